use serde::Deserialize;

use super::{Tokenizer, chat};
use crate::golden;

#[derive(Deserialize)]
struct Row {
    prompt: String,
    text: String,
    ids: Vec<u32>,
}

#[test]
fn two_hundred_prompts_get_the_references_ids() {
    let tokenizer = Tokenizer::open(&golden::path("klein-tiny/tokenizer/tokenizer.json")).unwrap();
    let rows = std::fs::read_to_string(golden::path("prompts.jsonl")).unwrap();
    let rows: Vec<Row> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 200);
    for row in rows {
        assert_eq!(chat(&row.prompt), row.text);
        let tokens = tokenizer.encode(&row.prompt, 512).unwrap();
        assert_eq!(tokens.ids.len(), 512);
        assert_eq!(tokens.ids[..tokens.length], row.ids, "{:?}", row.prompt);
    }
}
