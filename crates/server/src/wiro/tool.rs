//! `POST /v1/Tool/...`: the catalogue. It is public; credentials that are sent along are checked all the same.

use std::collections::HashMap;
use std::sync::Arc;

use atelier_domain::{Tool, ToolSlug, slug};
use atelier_store::ToolStat;
use axum::extract::{Request, State};
use serde_json::{Map, Value, json};

use super::auth::authenticate_if_present;
use super::body::{self, Fields};
use super::envelope::{Reply, WiroError};
use super::model::{self, Readme, model};
use super::schema::{ExploreAnswer, ToolListRequest, ToolName, ToolsAnswer};
use crate::app::App;

/// The section of tools that turn nothing into anything.
const OTHER: &str = "other";

/// `POST /v1/Tool/List`: the tools that pass every filter, in parts.
#[utoipa::path(
    post,
    path = "/v1/Tool/List",
    tag = "Catalogue",
    request_body = ToolListRequest,
    responses((status = 200, description = "Done or refused", body = ToolsAnswer))
)]
pub(crate) async fn list(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let fields = public_fields(&app, request).await?;
    let filter = Filter::new(&fields);
    let mut found: Vec<(usize, &Tool)> =
        app.catalogue.tools().iter().filter_map(|tool| Some((filter.rank(tool)?, tool))).collect();
    // The catalogue is in the order of ids and of time; no tool has ratings or comments to sort by.
    let slice = fields.slice();
    match fields.text("sort").as_deref() {
        Some("id" | "time") if !slice.oldest_first => found.reverse(),
        Some("id" | "time") => {}
        _ => found.sort_by_key(|(rank, _)| *rank),
    }
    let total = found.len();
    let start = usize::try_from(slice.start).unwrap_or(usize::MAX);
    let part = found.into_iter().skip(start).take(slice.limit as usize).map(|(_, tool)| tool);
    reply(&app, part, Some(total), Readme::Without).await
}

/// `POST /v1/Tool/Detail`: one tool, by either spelling of its name.
#[utoipa::path(
    post,
    path = "/v1/Tool/Detail",
    tag = "Catalogue",
    request_body = ToolName,
    responses((status = 200, description = "Done or refused", body = ToolsAnswer))
)]
pub(crate) async fn detail(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    let fields = public_fields(&app, request).await?;
    let part = |name| fields.text(name).unwrap_or_default();
    let name = ToolSlug::new(&part("slugowner"), &part("slugproject"));
    let tool = app.catalogue.find(&name).ok_or(WiroError::UnknownTool)?;
    reply(&app, std::iter::once(tool), None, Readme::With).await
}

/// `POST /v1/Tool/Explore`: the tools by what they turn into what, as their categories say.
#[utoipa::path(
    post,
    path = "/v1/Tool/Explore",
    tag = "Catalogue",
    responses((status = 200, description = "Done or refused", body = ExploreAnswer))
)]
pub(crate) async fn explore(State(app): State<Arc<App>>, request: Request) -> Result<Reply, WiroError> {
    public_fields(&app, request).await?;
    let mut sections: Vec<(&str, Vec<Value>)> = Vec::new();
    for tool in app.catalogue.tools() {
        let turns = tool.categories.iter().map(String::as_str).filter(|category| category.contains("-to-"));
        let turns: Vec<&str> = turns.collect();
        for id in if turns.is_empty() { vec![OTHER] } else { turns } {
            match sections.iter_mut().find(|(known, _)| *known == id) {
                Some((_, tools)) => tools.push(card(tool, &app.base)),
                None => sections.push((id, vec![card(tool, &app.base)])),
            }
        }
    }
    let section = |(id, tools): (&str, Vec<Value>)| {
        let mut title = id.replace('-', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        json!({"id": id, "title": title, "total": tools.len(), "tools": tools})
    };
    let mut reply = Map::new();
    reply.insert("explore".into(), sections.into_iter().map(section).collect());
    Ok(Reply(reply))
}

async fn public_fields(app: &App, request: Request) -> Result<Fields, WiroError> {
    let (head, body) = request.into_parts();
    authenticate_if_present(app, &head).await?;
    body::decode(&head.headers, body, &app.config.limits).await
}

async fn reply<'a>(
    app: &App,
    tools: impl Iterator<Item = &'a Tool>,
    total: Option<usize>,
    readme: Readme,
) -> Result<Reply, WiroError> {
    let stats = app.storage.store.tool_stats().await.map_err(WiroError::from_store)?;
    let stats: HashMap<ToolSlug, ToolStat> =
        stats.into_iter().map(|stat| (stat.tool.clone(), stat)).collect();
    let mut reply = Map::new();
    if let Some(total) = total {
        reply.insert("total".into(), json!(total));
    }
    let shown = tools.map(|tool| model(tool, &app.base, stats.get(&tool.slug), readme));
    reply.insert("tool".into(), shown.collect());
    Ok(Reply(reply))
}

/// The short object of a section.
fn card(tool: &Tool, base: &str) -> Value {
    json!({
        "id": tool.id,
        "cleanslugowner": tool.slug.owner,
        "cleanslugproject": tool.slug.model,
        "image": model::cover(tool, base),
        "description": tool.description,
        "categories": tool.categories,
        "commentcount": "0",
        "ratedusercount": "0",
        "averagepoint": "0",
    })
}

/// What a list is narrowed down by.
struct Filter {
    words: Vec<String>,
    categories: Vec<String>,
    tags: Vec<String>,
    owner: Option<String>,
}

impl Filter {
    fn new(fields: &Fields) -> Self {
        let search = fields.text("search").unwrap_or_default().to_lowercase();
        Self {
            words: search.split_whitespace().map(str::to_owned).collect(),
            categories: fields.texts("categories"),
            tags: fields.texts("tags"),
            owner: fields.text("slugowner").map(|owner| slug(&owner)),
        }
    }

    /// How far down a tool belongs in the list; none if it is not in it. Every word must be found, best in the name.
    fn rank(&self, tool: &Tool) -> Option<usize> {
        let any = |wanted: &[String], has: &[String]| {
            wanted.is_empty()
                || wanted.iter().any(|one| has.iter().any(|other| other.eq_ignore_ascii_case(one)))
        };
        let owned = self.owner.as_ref().is_none_or(|owner| *owner == tool.slug.owner);
        if !owned || !any(&self.categories, &tool.categories) || !any(&self.tags, &tool.tags) {
            return None;
        }
        let name = format!("{} {}", tool.title, tool.slug).to_lowercase();
        let labels = [&tool.categories[..], &tool.tags[..]].concat().join(" ").to_lowercase();
        let description = tool.description.to_lowercase();
        let place =
            |word: &String| [&name, &labels, &description].iter().position(|text| text.contains(word));
        self.words.iter().map(place).sum::<Option<usize>>()
    }
}
