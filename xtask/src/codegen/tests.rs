//! The whole chore on a small tree of its own.

use std::fs;
use std::path::Path;

use super::{Args, BASE, DESCRIPTORS, GENERATED, run};

const SOURCE: &str = "syntax = \"proto3\";\npackage bim.v1;\n\n// A greeting.\nmessage Hello {\n  // Who greets.\n  string name = 1;\n  bytes body = 2;\n  map<string, string> ext = 3;\n}\n";
const CHECK: Args = Args { check: true, accept: false };
const ACCEPT: Args = Args { check: false, accept: true };

fn tree() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(root.path().join("rustfmt.toml"), "edition = \"2024\"\n").unwrap();
    edit(root.path(), SOURCE);
    root
}

fn edit(root: &Path, text: &str) {
    fs::create_dir_all(root.join("proto/bim/v1")).unwrap();
    fs::write(root.join("proto/bim/v1/hello.proto"), text).unwrap();
}

#[test]
fn what_was_generated_passes_the_check_and_keeps_its_comments() {
    let root = tree();
    run(root.path(), &ACCEPT).unwrap();
    run(root.path(), &CHECK).unwrap();

    let rust = fs::read_to_string(root.path().join(GENERATED)).unwrap();
    assert!(rust.starts_with("// This file is @generated"), "{rust}");
    assert!(rust.contains("/// Who greets."), "{rust}");
    assert!(rust.contains("::prost::bytes::Bytes"), "{rust}");
    assert!(rust.contains("btree_map") && !rust.contains("HashMap"), "{rust}");
    assert!(rust.contains("\"bim.v1\""), "{rust}");
}

#[test]
fn generating_twice_gives_the_same_bytes() {
    let (one, two) = (tree(), tree());
    run(one.path(), &ACCEPT).unwrap();
    run(two.path(), &ACCEPT).unwrap();
    for file in [GENERATED, DESCRIPTORS, BASE] {
        assert_eq!(
            fs::read(one.path().join(file)).unwrap(),
            fs::read(two.path().join(file)).unwrap(),
            "{file}"
        );
    }
}

#[test]
fn a_comment_changes_the_rust_and_not_the_descriptors() {
    let root = tree();
    run(root.path(), &ACCEPT).unwrap();
    let before = fs::read(root.path().join(DESCRIPTORS)).unwrap();
    edit(root.path(), &SOURCE.replace("Who greets", "Who is greeting"));

    let failure = run(root.path(), &CHECK).unwrap_err();
    assert!(failure.what.contains(GENERATED), "{failure}");
    assert!(failure.mend.contains("cargo xtask codegen"), "{failure}");

    run(root.path(), &Args::default()).unwrap();
    assert_eq!(before, fs::read(root.path().join(DESCRIPTORS)).unwrap());
    run(root.path(), &CHECK).unwrap();
}

#[test]
fn a_check_without_a_base_is_an_error() {
    let root = tree();
    run(root.path(), &Args::default()).unwrap();
    let failure = run(root.path(), &CHECK).unwrap_err();
    assert!(failure.what.contains(BASE) && failure.mend.contains("--accept"), "{failure}");
}

#[test]
fn a_break_fails_until_it_is_accepted() {
    let root = tree();
    run(root.path(), &ACCEPT).unwrap();
    edit(root.path(), &SOURCE.replace("  bytes body = 2;\n", ""));
    let failure = run(root.path(), &Args::default()).unwrap_err();
    assert!(failure.what.contains("bim.v1.Hello"), "{failure}");
    run(root.path(), &ACCEPT).unwrap();
    run(root.path(), &CHECK).unwrap();
}

#[test]
fn a_mistake_in_a_source_names_its_file() {
    let root = tree();
    edit(root.path(), "syntax = \"proto3\";\npackage bim.v1;\nmessage Hello { strin name = 1; }\n");
    let failure = run(root.path(), &CHECK).unwrap_err();
    assert!(failure.what.contains("hello.proto"), "{failure}");
}
