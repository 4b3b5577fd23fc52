//! Any bytes under any declared type are read as a request body or refused. The first line is the type.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let declared = std::str::from_utf8(&bytes[..line]).unwrap_or_default();
    atelier_server::fuzzing::body(declared, bytes.get(line + 1..).unwrap_or_default());
});
