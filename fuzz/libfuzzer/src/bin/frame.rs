//! libFuzzer on the target `frame`.
#![no_main]

bim_libfuzzer::program!(frame);
