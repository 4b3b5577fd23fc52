//! A slug is canonical: only `[a-z0-9-]`, no `-` at the ends or twice, and a slug of a slug is itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let slug = atelier_domain::slug(text);
    assert!(slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
    assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
    assert_eq!(atelier_domain::slug(&slug), slug);
});
