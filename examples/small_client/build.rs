//! Leaves the tables for unwinding out of the small program: 13 % of it, and read by nobody with `panic = "abort"`.
//!
//! A build script is not told the profile nor its `panic`, only `opt-level`: here, `z` is the profile `size` alone.
//! A program whose `opt-level = "z"` unwinds must not have this: no panic in it could be caught any more.

use std::env;

const SCRIPT: &str = "no_unwinding.ld";

fn main() {
    println!("cargo::rerun-if-changed={SCRIPT}");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|it| it == value);
    if is("OPT_LEVEL", "z") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo tells every build script");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/{SCRIPT},--no-eh-frame-hdr");
    }
}
