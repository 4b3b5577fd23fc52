//! What models are told: one file per tool turns its options into an instruction.
//!
//! klein follows sentences in the order of what matters, and takes no list of things to avoid: what must not be there is
//! said as what is there instead. Pictures are called `image 1`, `image 2`, ... in the order in which they are given.

pub(crate) mod headshot;
pub(crate) mod try_on;

/// The sentences in a row.
fn joined(sentences: &[&str]) -> String {
    let filled: Vec<_> = sentences.iter().filter(|sentence| !sentence.is_empty()).copied().collect();
    filled.join(" ")
}
