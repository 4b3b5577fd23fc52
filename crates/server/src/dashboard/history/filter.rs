//! Which tasks a list shows, as its address says it: an address can be shared and kept.

use atelier_domain::{AccountId, ProjectId, TaskState, Timestamp, ToolSlug};
use atelier_store::{Place, TaskFilter};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use crate::dashboard::error::DashboardError;

/// The query of an address; an empty text leaves its filter out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    /// `owner/model`.
    pub(super) tool: String,
    /// The word of a [`Status`].
    pub(super) status: String,
    /// A project's number.
    pub(super) project: String,
    /// The first day, as `2026-11-30`, in UTC.
    pub(super) from: String,
    /// The last day.
    pub(super) to: String,
    /// The task before which the list goes on.
    before: String,
    /// The task after which the list ends.
    after: String,
}

/// What a list is filtered by instead of every state that a task can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    UnderWay,
    Succeeded,
    Failed,
    Cancelled,
}

impl Status {
    pub(super) const ALL: [Self; 4] = [Self::UnderWay, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// The word in the address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::UnderWay => "under-way",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The word for readers.
    pub(super) fn label(self) -> &'static str {
        if self == Self::UnderWay { "under way" } else { self.word() }
    }

    fn states(self) -> Vec<TaskState> {
        let holds = |state: &TaskState| match self {
            Self::UnderWay => !state.is_terminal(),
            Self::Succeeded => *state == TaskState::Succeeded,
            Self::Failed => *state == TaskState::Failed,
            Self::Cancelled => *state == TaskState::Cancelled,
        };
        TaskState::ALL.into_iter().filter(holds).collect()
    }
}

impl Filter {
    /// What is asked of the store, for an account.
    pub(super) fn read(&self, account: AccountId) -> Result<(TaskFilter, Place), DashboardError> {
        let status = Status::ALL.into_iter().find(|status| status.word() == self.status);
        let filter = TaskFilter {
            account,
            tool: if_given(&self.tool, "tool must be owner/model", ToolSlug::parse)?,
            states: if_given(&self.status, "status is none that tasks have", |_| status)?
                .map(Status::states)
                .unwrap_or_default(),
            project: if_given(&self.project, "project must be a number", |text| text.parse().ok())?
                .map(ProjectId),
            from: if_given(&self.from, "from must be a day, as 2026-11-30", day)?,
            until: if_given(&self.to, "to must be a day, as 2026-11-30", day)?
                .map(|at| at.after(std::time::Duration::from_hours(24))),
        };
        let number = |text: &str| text.parse().ok();
        let before = if_given(&self.before, "before must be a task's number", number)?.map(Place::Before);
        let after = if_given(&self.after, "after must be a task's number", number)?.map(Place::After);
        Ok((filter, before.or(after).unwrap_or(Place::Newest)))
    }

    /// Whether anything is left out.
    pub(super) fn is_any(&self) -> bool {
        self.pairs().iter().all(|(_, text)| text.is_empty())
    }

    /// The query of the list from a place on, with its question mark.
    pub(super) fn at(&self, place: Place) -> String {
        let mut query = Serializer::new(String::new());
        for (name, text) in self.pairs().into_iter().filter(|(_, text)| !text.is_empty()) {
            query.append_pair(name, text);
        }
        match place {
            Place::Newest => {}
            Place::Before(id) => drop(query.append_pair("before", &id.to_string())),
            Place::After(id) => drop(query.append_pair("after", &id.to_string())),
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("tool", &self.tool),
            ("status", &self.status),
            ("project", &self.project),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
}

/// A value of an address, unless it is left out or empty; `rule` names it and says what it must be.
pub(in crate::dashboard) fn if_given<T>(
    text: &str,
    rule: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, DashboardError> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| DashboardError::Invalid(format!("In the address, {rule}.")))
}

/// The first moment of a day of UTC.
fn day(text: &str) -> Option<Timestamp> {
    let at = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_shown_and_where_it_goes_on() {
        let filter = Filter {
            tool: "wiro/virtual-try-on".into(),
            to: "2026-11-30".into(),
            before: "7".into(),
            ..Filter::default()
        };
        let account = AccountId::random();
        let (read, place) = filter.read(account).unwrap();
        assert_eq!((place, read.until), (Place::Before(7), Some(Timestamp(1_796_083_200_000))));
        assert_eq!(filter.at(Place::After(9)), "?tool=wiro%2Fvirtual-try-on&to=2026-11-30&after=9");
        assert_eq!(Filter::default().at(Place::Newest), "");
    }

    #[test]
    fn what_an_address_cannot_mean_is_refused() {
        for bad in [
            Filter { from: "2026-13-01".into(), ..Filter::default() },
            Filter { to: "yesterday".into(), ..Filter::default() },
            Filter { status: "lost".into(), ..Filter::default() },
            Filter { project: "x".into(), ..Filter::default() },
            Filter { before: "x".into(), ..Filter::default() },
        ] {
            assert!(bad.read(AccountId::random()).is_err(), "{bad:?}");
        }
    }
}
