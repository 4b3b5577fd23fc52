//! From a prompt to the ids that the text encoder takes.

use std::path::Path;

use thiserror::Error;

/// What fills the ids up to their fixed number.
const PADDING: &str = "<|endoftext|>";

/// A fault of the tokenizer's file, or of the tokenizer.
#[derive(Debug, Error)]
#[error("the tokenizer failed")]
pub struct TokenizerError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// See the module.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    padding: u32,
}

/// A prompt's ids, with padding behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokenized {
    /// As many as were asked for.
    pub ids: Vec<u32>,
    /// How many of them are the prompt's.
    pub length: usize,
}

/// The prompt as the only message of a user whom the model answers without thinking first.
pub fn chat(prompt: &str) -> String {
    format!("<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    pub fn open(path: &Path) -> Result<Self, TokenizerError> {
        let inner = tokenizers::Tokenizer::from_file(path).map_err(TokenizerError)?;
        let padding = inner
            .token_to_id(PADDING)
            .ok_or_else(|| TokenizerError(format!("it has no {PADDING}").into()))?;
        Ok(Self { inner, padding })
    }

    /// The ids of the prompt in its chat, padded or cut to `tokens`.
    pub fn encode(&self, prompt: &str, tokens: usize) -> Result<Tokenized, TokenizerError> {
        let encoding = self.inner.encode_fast(chat(prompt), true).map_err(TokenizerError)?;
        let mut ids = encoding.get_ids().to_vec();
        let length = ids.len().min(tokens);
        ids.resize(tokens, self.padding);
        Ok(Tokenized { ids, length })
    }
}

#[cfg(test)]
mod tests;
