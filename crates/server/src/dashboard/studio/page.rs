//! `GET /dashboard/tools/{owner}/{model}`: the page of a tool, made from the catalogue.

use std::sync::Arc;

use atelier_domain::catalogue::Parameter;
use atelier_domain::{Role, TaskId, Tool};
use atelier_store::{Account, Project, TaskRef};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::error::DashboardError;
use super::super::layout::{self, Page, Section, dollars};
use super::super::session::SignedIn;
use super::super::{ROOT, snippets};
use super::example::{Shown, sets};
use super::field::field;
use super::preview::{self, Preview};
use super::refusal::Refusal;
use super::{cards, served_by, tool};
use crate::app::App;
use crate::samples;

/// What the form begins with besides the defaults.
#[derive(Debug, Default, Deserialize)]
pub(super) struct From {
    /// The values of this task of the account.
    task: Option<i64>,
    /// The sample set of this number.
    sample: Option<usize>,
}

/// The handler.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
    Query(from): Query<From>,
    who: SignedIn,
) -> Result<Response, DashboardError> {
    let tool = tool(&app, &path)?;
    let task = match from.task {
        Some(id) => app.storage.store.task(&TaskRef::Id(TaskId(id))).await?,
        None => None,
    };
    let task = task.filter(|task| task.account == who.account() && task.tool == tool.slug);
    let shown = match (&task, from.sample) {
        (Some(task), _) => Shown::of_task(tool, task, &app.base),
        (None, sample) => {
            let set = sample.and_then(|number| sets(tool).into_iter().nth(number)).unwrap_or_default();
            Shown::defaults(tool).with(&set)
        }
    };
    let follow = task.as_ref().map(|task| (task.id, task.token.as_str().to_owned()));
    let view = View { app: &app, who: &who, tool, shown, problems: &[], project: None, follow };
    view.show().await
}

/// Everything that the page shows.
pub(super) struct View<'a> {
    pub(super) app: &'a App,
    pub(super) who: &'a SignedIn,
    pub(super) tool: &'a Tool,
    /// What the form holds.
    pub(super) shown: Shown,
    /// What was wrong with it when it was sent.
    pub(super) problems: &'a [Refusal],
    /// The number of the project that was chosen.
    pub(super) project: Option<String>,
    /// The task whose progress or result the script shows, with its token.
    pub(super) follow: Option<(TaskId, String)>,
}

impl View<'_> {
    /// The page.
    pub(super) async fn show(&self) -> Result<Response, DashboardError> {
        let (app, who) = (self.app, self.who);
        let account = app.storage.store.account(who.account()).await?;
        let projects = app.storage.store.projects_of(who.account()).await?;
        let chosen =
            self.project.as_ref().and_then(|id| projects.iter().find(|one| one.id.to_string() == *id));
        let chosen = chosen.or(projects.first());
        let preview = preview::of(app, self.tool, &self.shown, chosen, &account);
        let content = html! {
            (self.head())
            @for problem in self.problems.iter().filter(|problem| problem.field.is_none()) {
                (layout::notice("bad", &problem.text))
            }
            div.bench {
                (self.form(&projects, chosen, &account, &preview))
                section.stage #stage aria-labelledby="stage-title" {
                    h2 #stage-title { "Result" }
                    div #run-state role="status" aria-live="polite" {}
                    div #result { p.faint { "What you make appears here." } }
                }
            }
            (code(&preview))
        };
        let title = cards::name(self.tool);
        let (modules, styles) = (&["playground.js"][..], &["studio.css"][..]);
        Ok(Page { title: &title, section: Section::Studio, who, modules, styles }.show(&content))
    }

    fn head(&self) -> Markup {
        html! {
            p.lead { (self.tool.description) }
            p.row.facts {
                span.tag { (self.tool.slug) }
                @match served_by(self.app, self.tool) {
                    Ok(runner) => {
                        span.tag.good { "served by " (runner) }
                        @if runner == "draft" { span.faint { "A draft by classical imaging, without a trained model." } }
                    }
                    Err(reason) => span.tag.warn { "not served: " (reason) },
                }
            }
        }
    }

    fn form(
        &self,
        projects: &[Project],
        chosen: Option<&Project>,
        account: &Account,
        preview: &Preview,
    ) -> Markup {
        let (tool, may) = (self.tool, self.who.may(Role::Member));
        let (needed, optional): (Vec<_>, Vec<_>) =
            tool.parameters.iter().partition(|parameter| parameter.required);
        let ready = may && chosen.is_some() && served_by(self.app, tool).is_ok();
        let path = format!("{ROOT}/tools/{}", tool.slug);
        html! {
            form.card #run-form method="post" enctype="multipart/form-data" action={ (path) "/run" } data-tool=(path)
                data-base=(self.app.base) data-seed=[tool.job.seed.as_deref()]
                data-task=[self.follow.as_ref().map(|(id, _)| id.to_string())]
                data-task-token=[self.follow.as_ref().map(|(_, token)| token)] {
                (layout::token(self.who))
                (self.samples())
                @for parameter in needed { (field(tool, parameter, &self.shown, self.problems)) }
                @if !optional.is_empty() {
                    details.options open { summary { "Options" }
                        div.fields { @for parameter in optional { (field(tool, parameter, &self.shown, self.problems)) } }
                    }
                }
                @if projects.is_empty() {
                    (layout::notice("warn", "A run is billed to a project, and this account has none yet."))
                    p { a href={ (ROOT) "/projects" } { "Make a project" } }
                } @else {
                    div.field { label for="projectid" { "Project that is billed" }
                        select #projectid name="projectid" { @for project in projects {
                            option value=(project.id) selected[chosen.is_some_and(|one| one.id == project.id)] { (project.name) }
                        } }
                    }
                }
                div.go {
                    p { span #cost { (preview.cost) } " · balance "
                        span.money #balance { (dollars(account.balance)) } }
                    button #go disabled[!ready] { "Run" }
                    @if !may { p.faint { "Running takes the role member in this account." } }
                }
                p.problem #run-problem role="alert" {}
            }
        }
    }

    /// The sample sets: links that fill the form, with or without the script.
    fn samples(&self) -> Markup {
        let sets = sets(self.tool);
        let pictures = |set: &[(String, Vec<String>)]| -> Vec<String> {
            let of = |(name, values): &(String, Vec<String>)| {
                let holds = self.tool.parameter(name).is_some_and(Parameter::holds_pictures);
                if holds { values.clone() } else { Vec::new() }
            };
            set.iter().flat_map(of).collect()
        };
        html! {
            @if !sets.is_empty() {
                div.samples role="group" aria-label="Try it with" {
                    span.faint { "Try it with" }
                    @for (number, set) in sets.iter().enumerate() {
                        a href={ "?sample=" (number) } data-set=(serde_json::json!(set.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()))
                            aria-label={ "Sample set " (number + 1) } {
                            @for name in pictures(set) { img src={ (samples::PATH) "/" (name) } alt="" loading="lazy"; }
                        }
                    }
                }
            }
        }
    }
}

/// The same call as code.
fn code(preview: &Preview) -> Markup {
    html! {
        section.card.code aria-labelledby="code-title" {
            h2 #code-title { "The same as code" }
            p.faint { "It follows the form. Put in the key of your project, which is shown when the key is made." }
            (programs("run", "code", &preview.code))
            @if !preview.tryon.is_empty() {
                h3 { "By TryonAPI" }
                p.faint { "Two pictures and nothing else, with a TryonAPI key of the project." }
                (programs("tryon", "code-tryon", &preview.tryon))
            }
        }
    }
}

fn programs(group: &str, prefix: &str, programs: &[snippets::Snippet]) -> Markup {
    html! {
        @for (index, snippet) in programs.iter().enumerate() {
            @let id = format!("{prefix}-{}", snippet.language.id());
            details name=(group) open[index == 0] { summary { (snippet.language.name()) }
                div.listing {
                    button.second type="button" data-copy=(id) { "Copy" }
                    pre tabindex="0" aria-label={ (snippet.language.name()) } { code id=(id) { (snippet.code) } }
                }
            }
        }
    }
}
