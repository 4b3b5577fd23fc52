//! Any bytes under any declared type are read as a request body or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &[u8])| atelier_server::fuzzing::body(input.0, input.1));
