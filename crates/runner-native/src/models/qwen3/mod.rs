//! Qwen3 as a text encoder: its tokenizer, and the states after chosen layers. References: `Qwen3Model` and
//! `Qwen2Tokenizer` of transformers 5.23.

mod encoder;
mod tokenizer;

#[cfg(feature = "bench")]
pub(crate) use encoder::Layer;
pub use encoder::{TextConfig, TextEncoder};
pub use tokenizer::{Tokenized, Tokenizer, TokenizerError, chat};
