//! What turns a target of `bim-fuzz` into a program of libFuzzer. Holds no logic: a find of one of these programs
//! is replayed without them.

pub use bim_fuzz::targets;
pub use libfuzzer_sys;

/// A program that feeds the target of this name.
#[macro_export]
macro_rules! program {
    ($target:ident) => {
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::targets::$target::target(data));
    };
}
