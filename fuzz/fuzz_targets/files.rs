//! Any text as a file parameter gives references that were in it, or a refusal.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| atelier_server::fuzzing::files(input.0, input.1));
