//! libFuzzer on the target `config`.
#![no_main]

bim_libfuzzer::program!(config);
