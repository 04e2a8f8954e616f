//! What is code and what is words; where tests begin and end.

use super::Code;

#[track_caller]
fn blanked(source: &str, expected: &str) {
    assert_eq!(Code::of(source).text(), expected);
}

#[test]
fn comments_are_blanked_and_lines_stay() {
    blanked("a // b\nc", "a     \nc");
    blanked("a /* b /* c */ d\n */ e", "a               \n    e");
    blanked("/**/a", "    a");
    blanked("/*/ a */b", "        b");
}

#[test]
fn the_insides_of_strings_and_characters_are_blanked() {
    blanked(r#"f("x{y")"#, r#"f("   ")"#);
    blanked(r#"f("a\"{")"#, r#"f("    ")"#);
    blanked("f('{', '\\'', 'é')", "f(' ', '  ', '  ')");
    blanked("b\"{\" x", "b\" \" x");
}

#[test]
fn raw_strings_end_at_their_own_hashes() {
    blanked("r#\"a \" { \"# b", "r         # b");
    blanked("r\"{\" b", "r  \" b");
    blanked("r#type b", "r#type b");
    blanked("for\"{\"", "for\" \"");
}

#[test]
fn a_lifetime_is_not_a_character() {
    blanked("fn f<'a>(x: &'a str) { 'l: loop {} }", "fn f<'a>(x: &'a str) { 'l: loop {} }");
}

#[test]
fn words_stand_alone() {
    let code = Code::of("rand operand rand_x rand::y");
    assert_eq!(code.words("rand").collect::<Vec<_>>(), [0, 20]);
}

#[test]
fn items_marked_as_tests_are_known_to_their_end() {
    let source = "fn a() { x }\n#[cfg(test)]\n#[path = \"b.rs\"]\nmod tests { fn c() { y } }\nfn d() { z }\n";
    let code = Code::of(source);
    let tested: Vec<bool> =
        ["x", "y", "z"].iter().map(|c| code.in_test(code.words(c).next().unwrap())).collect();
    assert_eq!(tested, [false, true, false]);
}

#[test]
fn a_test_module_in_another_file_ends_at_its_semicolon() {
    let code = Code::of("#[cfg(test)]\nmod tests;\nfn d() { z }\n");
    assert!(!code.in_test(code.words("z").next().unwrap()));
}

#[test]
fn a_body_is_found_past_brackets_with_semicolons() {
    let code = Code::of("fn f(x: [u8; 2]) -> u8 { x }\nfn g();");
    assert_eq!(code.body(0), Some(23..28));
    assert_eq!(code.body(29), None);
}

#[test]
fn lines_are_counted_from_one() {
    let code = Code::of("a\nb\n");
    assert_eq!((code.line(0), code.line(1), code.line(2)), (1, 1, 2));
}
