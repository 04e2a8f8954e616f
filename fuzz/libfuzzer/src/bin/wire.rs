//! libFuzzer on the target `wire`.
#![no_main]

bim_libfuzzer::program!(wire);
