//! A call that works everywhere: a tool with the first set of samples that its page offers.

use atelier_domain::Tool;

use super::snippets::{Argument, ArgumentValue, Credential, Snippet, run};

/// Programs that make it on the server with the public address `base`.
pub(super) fn programs(base: &str, tool: &Tool, credential: Credential<'_>) -> Vec<Snippet> {
    let fields = tool.inspires.first().into_iter().flat_map(|set| &set.0).flat_map(|(name, values)| {
        values.iter().map(|value| Argument { name: name.clone(), value: ArgumentValue::Text(value.clone()) })
    });
    run(base, &tool.slug, &fields.collect::<Vec<_>>(), credential)
}
