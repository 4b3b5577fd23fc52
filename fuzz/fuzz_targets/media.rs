//! Any bytes are decoded within the limits as a picture, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| atelier_server::fuzzing::media(bytes));
