//! Edits of a small definition: which ones a peer would misread, and which not.

use prost_types::FileDescriptorSet;

use super::{Verdict, compare};

const BASE: &str = r#"
syntax = "proto3";
package t;
message Note {
  reserved 9;
  string title = 1;
  bytes body = 2;
  Colour colour = 3;
  optional uint32 size = 4;
  oneof at { uint64 time = 5; string place = 6; }
  repeated string tags = 7;
}
enum Colour {
  reserved 9;
  COLOUR_NONE = 0;
  COLOUR_RED = 1;
  COLOUR_BLUE = 2;
}
"#;

fn set(source: &str) -> FileDescriptorSet {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.proto"), source).unwrap();
    protox::compile(["t.proto"], [folder.path()]).expect("the edited definition is valid")
}

fn edited(from: &str, to: &str) -> Verdict {
    assert!(BASE.contains(from), "the edit applies");
    compare(&set(BASE), &set(&BASE.replace(from, to)))
}

#[track_caller]
fn harmless(from: &str, to: &str, notes: &[&str]) {
    let verdict = edited(from, to);
    assert_eq!(verdict.breaks, Vec::<String>::new());
    assert_eq!(verdict.notes, notes);
}

#[track_caller]
fn breaking(from: &str, to: &str, breaks: &[&str]) {
    assert_eq!(edited(from, to).breaks, breaks);
}

#[test]
fn nothing_changed_is_nothing_said() {
    assert_eq!(compare(&set(BASE), &set(BASE)), Verdict::default());
}

#[test]
fn a_new_field_value_or_message_is_harmless() {
    harmless("string title = 1;", "string title = 1; string more = 10;", &[]);
    harmless("COLOUR_BLUE = 2;", "COLOUR_BLUE = 2; COLOUR_GREEN = 3;", &[]);
    harmless("enum Colour", "message Other { string a = 1; }\nenum Colour", &[]);
    harmless("string place = 6;", "string place = 6; string town = 10;", &[]);
}

#[test]
fn a_renamed_field_value_or_oneof_is_only_a_note() {
    harmless("string title = 1;", "string heading = 1;", &["t.Note: field title = 1 is now called heading"]);
    harmless(
        "COLOUR_RED",
        "COLOUR_CRIMSON",
        &["t.Colour: value COLOUR_RED = 1 is now called COLOUR_CRIMSON"],
    );
    let verdict = edited("oneof at", "oneof origin");
    assert_eq!((verdict.breaks.len(), verdict.notes.len()), (0, 2));
}

#[test]
fn a_renamed_message_or_enum_is_only_a_note() {
    harmless("message Note", "message Memo", &["message t.Note is now called t.Memo"]);
    let verdict = compare(&set(BASE), &set(&BASE.replace("Colour ", "Color ")));
    assert_eq!(verdict.breaks, Vec::<String>::new());
    assert_eq!(verdict.notes, ["enum t.Colour is now called t.Color"]);
}

#[test]
fn a_removed_field_or_value_is_harmless_only_when_its_number_is_reserved() {
    harmless("bytes body = 2;", "reserved 2;", &[]);
    harmless("COLOUR_BLUE = 2;", "reserved 2;", &[]);
    breaking("bytes body = 2;", "", &["t.Note: field body = 2 was removed and its number is not reserved"]);
    breaking(
        "COLOUR_BLUE = 2;",
        "",
        &["t.Colour: value COLOUR_BLUE = 2 was removed and its number is not reserved"],
    );
}

#[test]
fn a_removed_message_or_enum_breaks() {
    let bare = "syntax = \"proto3\";\npackage t;\n";
    let verdict = compare(&set(BASE), &set(bare));
    assert_eq!(verdict.breaks, ["message t.Note was removed", "enum t.Colour was removed"]);
}

#[test]
fn a_changed_type_or_label_breaks() {
    breaking(
        "bytes body = 2;",
        "string body = 2;",
        &["t.Note: field body = 2 changed its type from bytes to string"],
    );
    breaking(
        "Colour colour = 3;",
        "int32 colour = 3;",
        &["t.Note: field colour = 3 changed its type from t.Colour to int32"],
    );
    breaking(
        "string title = 1;",
        "repeated string title = 1;",
        &["t.Note: field title = 1 changed from singular to repeated"],
    );
    breaking(
        "optional uint32 size",
        "uint32 size",
        &["t.Note: field size = 4 changed from optional to singular"],
    );
}

#[test]
fn a_number_that_was_used_or_reserved_is_not_used_again() {
    breaking(
        "bytes body = 2;",
        "uint64 count = 2;",
        &["t.Note: field body = 2: the number is re-used by uint64 count"],
    );
    breaking(
        "reserved 9;\n  string",
        "string x = 9;\n  string",
        &["t.Note: field x re-uses the reserved number 9"],
    );
    breaking(
        "reserved 9;\n  COLOUR_NONE = 0;",
        "COLOUR_NONE = 0; COLOUR_X = 9;",
        &["t.Colour: value COLOUR_X re-uses the reserved number 9"],
    );
}

#[test]
fn moving_in_or_out_of_a_oneof_breaks() {
    breaking("string place = 6; }", "} string place = 6;", &["t.Note: field place = 6 left oneof at"]);

    let moved = BASE.replace("  bytes body = 2;\n", "").replace("oneof at {", "oneof at { bytes body = 2;");
    assert_eq!(compare(&set(BASE), &set(&moved)).breaks, ["t.Note: field body = 2 moved into oneof at"]);
}
