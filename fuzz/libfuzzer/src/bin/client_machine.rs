//! libFuzzer on the target `client_machine`.
#![no_main]

bim_libfuzzer::program!(client_machine);
