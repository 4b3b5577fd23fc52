//! Any text as a file parameter gives references that were in it, or a refusal. The first line is the field's name.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (name, value) = text.split_once('\n').unwrap_or(("inputImageHuman", text));
    atelier_server::fuzzing::files(name, value);
});
