//! libFuzzer on the target `fanout_queue`.
#![no_main]

bim_libfuzzer::program!(fanout_queue);
