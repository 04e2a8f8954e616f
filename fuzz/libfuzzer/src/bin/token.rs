//! libFuzzer on the target `token`.
#![no_main]

bim_libfuzzer::program!(token);
