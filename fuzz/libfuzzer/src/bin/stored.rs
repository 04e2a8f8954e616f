//! libFuzzer on the target `stored`.
#![no_main]

bim_libfuzzer::program!(stored);
