//! `POST /dashboard/tools/{owner}/{model}/preview`: what a run with the present values would cost, and the same call as
//! code. Nothing is changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use atelier_domain::catalogue::Parameter;
use atelier_domain::{AccessKey, Given, InputFile, Scalar, Tool};
use atelier_store::{Account, AuthMode, Project};
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json as object;

use super::super::error::DashboardError;
use super::super::form::{Fields, Form};
use super::super::layout::dollars;
use super::super::snippets::{self, Argument, ArgumentValue, Credential, Snippet};
use super::example::Shown;
use super::{json, price, tool};
use crate::app::App;

/// What marks the name of a file that the browser holds, in the place of a reference.
const LOCAL: &str = "file:";

/// What a form comes to.
pub(super) struct Preview {
    /// What the run costs, in words.
    pub(super) cost: String,
    /// Programs that make the same call.
    pub(super) code: Vec<Snippet>,
    /// Programs that make it by TryonAPI, where that runs this tool.
    pub(super) tryon: Vec<Snippet>,
}

/// The handler.
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
    Form { who, fields }: Form,
) -> Result<Response, DashboardError> {
    let tool = tool(&app, &path)?;
    let account = app.storage.store.account(who.account()).await?;
    let projects = app.storage.store.projects_of(who.account()).await?;
    let project = projects.iter().find(|project| project.id.to_string() == fields.text("projectid"));
    let preview = of(&app, tool, &shown(tool, &fields), project, &account);
    let by_language = |snippets: Vec<Snippet>| -> BTreeMap<&str, String> {
        snippets.into_iter().map(|snippet| (snippet.language.id(), snippet.code)).collect()
    };
    Ok(json(&object!({
        "cost": preview.cost,
        "balance": dollars(account.balance),
        "code": by_language(preview.code),
        "tryon": by_language(preview.tryon),
    })))
}

fn shown(tool: &Tool, fields: &Fields) -> Shown {
    let texts = |parameter: &Parameter| {
        let texts: Vec<_> =
            fields.all(&parameter.name).filter(|text| !text.is_empty()).map(str::to_owned).collect();
        (parameter.name.clone(), texts)
    };
    Shown(tool.parameters.iter().map(texts).collect())
}

/// What a form with these values comes to.
pub(super) fn of(
    app: &App,
    tool: &Tool,
    shown: &Shown,
    project: Option<&Project>,
    account: &Account,
) -> Preview {
    let arguments: Vec<_> =
        tool.parameters.iter().flat_map(|parameter| arguments(parameter, shown)).collect();
    let credential = Credential::placeholder(project.map_or(AuthMode::Key, |project| project.auth));
    let tryon = if tool.slug == app.config.tryon.tool {
        snippets::tryon(&app.base, snippets::BEARER, "person.jpg", "garment.jpg")
    } else {
        Vec::new()
    };
    Preview {
        cost: cost(app, tool, shown, account),
        code: snippets::run(&app.base, &tool.slug, &arguments, credential),
        tryon,
    }
}

fn arguments(parameter: &Parameter, shown: &Shown) -> Vec<Argument> {
    let value = |text: &String| match text.strip_prefix(LOCAL) {
        Some(file) if parameter.holds_pictures() => ArgumentValue::File(file.to_owned()),
        _ => ArgumentValue::Text(text.clone()),
    };
    let texts = shown.all(&parameter.name).iter().filter(|text| !text.is_empty());
    texts.map(|text| Argument { name: parameter.name.clone(), value: value(text) }).collect()
}

/// What a run with these values costs at most, in words; of values that are refused, what the tool costs.
fn cost(app: &App, tool: &Tool, shown: &Shown, account: &Account) -> String {
    if account.unlimited || app.config.billing.rules.is_none() {
        return "Free for this account".to_owned();
    }
    match tool.check(&given(tool, shown)) {
        Ok(values) => format!("Costs {}", price::at_most(tool.price(&values))),
        Err(_) => format!("Costs {}", price::of_tool(tool)),
    }
}

/// The values as far as prices look at them: of pictures their number.
fn given(tool: &Tool, shown: &Shown) -> Given {
    let mut given = Given::default();
    for parameter in &tool.parameters {
        let mut texts = shown.all(&parameter.name).iter().filter(|text| !text.is_empty());
        if parameter.holds_pictures() {
            let files = texts.map(|_| InputFile::Stored(AccessKey::random())).collect();
            given.files.insert(parameter.name.clone(), files);
        } else if let Some(text) = texts.next_back() {
            given.scalars.insert(parameter.name.clone(), Scalar::Text(text.clone()));
        }
    }
    given
}
