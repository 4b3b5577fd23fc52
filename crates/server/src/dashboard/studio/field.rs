//! One parameter of a tool as a field of a form.

use atelier_domain::Tool;
use atelier_domain::catalogue::{Choice, Holds, Limits, Parameter, ParameterKind};
use maud::{Markup, html};

use super::cards::in_words;
use super::example::Shown;
use super::refusal::Refusal;

/// Renders the field of a parameter with what it holds and what is wrong with it.
pub(super) fn field(tool: &Tool, parameter: &Parameter, shown: &Shown, problems: &[Refusal]) -> Markup {
    let problem = problems.iter().find(|problem| problem.field.as_deref() == Some(&parameter.name));
    let about = About { tool, parameter, problem: problem.map(|problem| problem.text.as_str()) };
    if parameter.holds_pictures() {
        return about.pictures(shown.all(&parameter.name));
    }
    html! {
        div.field data-field=(parameter.name) {
            label for=(about.id()) { (label(parameter)) }
            (about.help())
            (about.control(shown.text(&parameter.name)))
            (about.problem())
        }
    }
}

/// The name of a parameter for people. Some published ones are names of programs.
fn label(parameter: &Parameter) -> String {
    in_words(&parameter.label)
}

struct About<'a> {
    tool: &'a Tool,
    parameter: &'a Parameter,
    problem: Option<&'a str>,
}

impl About<'_> {
    fn id(&self) -> String {
        format!("field-{}", self.parameter.name)
    }

    /// The help, unless it is one of the published placeholders.
    fn help(&self) -> Markup {
        let help = self.parameter.help.trim();
        html! { span.hint id={ (self.id()) "-help" } { @if !help.ends_with("-help") { (help) } } }
    }

    fn problem(&self) -> Markup {
        html! { span.problem id={ (self.id()) "-problem" } role="alert" { (self.problem.unwrap_or_default()) } }
    }

    fn described_by(&self) -> String {
        format!("{0}-help {0}-problem", self.id())
    }

    fn control(&self, value: &str) -> Markup {
        let (id, name, described) = (self.id(), &self.parameter.name, self.described_by());
        let invalid = self.problem.map(|_| "true");
        match (&self.parameter.holds, self.parameter.kind) {
            (Holds::Choice { options, open: false }, _) => html! {
                select id=(id) name=(name) aria-describedby=(described) aria-invalid=[invalid] {
                    @for option in distinct(options) {
                        option value=(option.value) selected[option.value == value] { (in_words(&option.label)) }
                    }
                }
            },
            (Holds::Choice { options, .. }, _) => html! {
                input id=(id) name=(name) value=(value) aria-describedby=(described) aria-invalid=[invalid]
                    list=[(!options.is_empty()).then(|| format!("{id}-options"))] autocomplete="off";
                @if !options.is_empty() {
                    datalist id={ (id) "-options" } {
                        @for option in distinct(options) { option value=(option.value) { (option.label) } }
                    }
                }
            },
            (Holds::Text { max_length }, ParameterKind::LongText) => html! {
                textarea id=(id) name=(name) maxlength=(max_length) rows="4" aria-describedby=(described)
                    aria-invalid=[invalid] { (value) }
            },
            (Holds::Text { max_length }, _) => html! {
                input id=(id) name=(name) value=(value) maxlength=(max_length) aria-describedby=(described)
                    aria-invalid=[invalid];
            },
            _ => self.number(value, self.parameter.limits()),
        }
    }

    fn number(&self, value: &str, limits: Option<Limits>) -> Markup {
        let (id, name, described) = (self.id(), &self.parameter.name, self.described_by());
        let whole = matches!(self.parameter.holds, Holds::Integer { .. });
        let slides = self.parameter.kind == ParameterKind::Slider;
        let step = limits.and_then(|limits| limits.step).filter(|_| slides);
        // Numbers between steps are allowed, so a box takes any.
        let step =
            step.map_or(if whole { "1".to_owned() } else { "any".to_owned() }, |step| step.to_string());
        let is_seed = self.tool.job.seed.as_ref() == Some(name);
        html! {
            div.with-button {
                input id=(id) name=(name) value=(value) type=(if slides { "range" } else { "number" }) step=(step)
                    min=[limits.map(|limits| limits.min.to_string()).or(whole.then(|| "0".to_owned()))]
                    max=[limits.map(|limits| limits.max.to_string())] inputmode=(if whole { "numeric" } else { "decimal" })
                    aria-describedby=(described) aria-invalid=[self.problem.map(|_| "true")];
                @if is_seed { button.second type="button" data-seed=(id) hidden { "New" } }
            }
            @if let Some(limits) = limits {
                span.hint { "From " (limits.min) " to " (limits.max) "." }
            }
        }
    }

    /// Files by chooser, and by name or address; the script makes a place to drop them of it.
    fn pictures(&self, names: &[String]) -> Markup {
        let (id, name, parameter) = (self.id(), &self.parameter.name, self.parameter);
        let most = if let Holds::Pictures { most, .. } = parameter.holds { most } else { 1 };
        let many = most > 1;
        html! {
            fieldset.picker data-field=(name) data-most=(most) aria-describedby=(self.described_by()) {
                legend { (label(parameter)) @if parameter.required { span.faint { " (needed)" } } }
                (self.help())
                ul.previews {}
                div.drop {
                    label.faint for=(id) { @if many { "Up to " (most) " pictures" } @else { "A picture" } }
                    input id=(id) type="file" name=(name) multiple[many]
                        accept="image/jpeg,image/png,image/webp,image/gif" aria-describedby=(self.described_by());
                    button.second.camera type="button" hidden { "Camera" }
                }
                details.by-address {
                    summary { "By address or sample name" }
                    input name=(name) value=(names.join(",")) aria-label={ (label(parameter)) ", by address" }
                        autocomplete="off" spellcheck="false";
                }
                (self.problem())
            }
        }
    }
}

/// Options whose value has not been there before: published lists repeat some.
fn distinct(options: &[Choice]) -> impl Iterator<Item = &Choice> {
    options.iter().enumerate().filter_map(|(index, option)| {
        let again = options[..index].iter().any(|earlier| earlier.value == option.value);
        (!again).then_some(option)
    })
}
