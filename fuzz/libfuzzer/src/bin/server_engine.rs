//! libFuzzer on the target `server_engine`.
#![no_main]

bim_libfuzzer::program!(server_engine);
