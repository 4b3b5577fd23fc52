//! The settings in effect as an operator sees them: every one with its value, but no secret.

use figment::Figment;
use serde_json::Value;
use url::Url;

/// One setting in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name with its section, as `worker.lease_seconds`.
    pub name: String,
    /// Its value in words; of a secret only whether it is set.
    pub value: String,
    /// Whether it is another value than the documented default.
    pub changed: bool,
}

/// Every setting in the order of its name.
pub(super) fn settings(in_effect: &Figment, defaults: &Figment) -> Result<Vec<Setting>, Box<figment::Error>> {
    let (mut now, mut before) = (Vec::new(), Vec::new());
    flatten("", &in_effect.extract().map_err(Box::new)?, &mut now);
    flatten("", &defaults.extract().map_err(Box::new)?, &mut before);
    let setting = |(name, value): (String, Value)| {
        let changed =
            before.iter().find(|(other, _)| *other == name).is_none_or(|(_, other)| *other != value);
        Setting { value: shown(&name, &value), name, changed }
    };
    Ok(now.into_iter().map(setting).collect())
}

fn flatten(prefix: &str, value: &Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, member, into);
            }
        }
        value => into.push((prefix.to_owned(), value.clone())),
    }
}

/// A value in words. What is a secret by its name, and the password in an address, are not shown.
fn shown(name: &str, value: &Value) -> String {
    let is_secret = ["token", "secret", "password"].iter().any(|word| name.ends_with(word));
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(|item| shown(name, item)).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    match (is_secret, text.is_empty()) {
        (true, true) => "not set".to_owned(),
        (true, false) => "set, not shown".to_owned(),
        (false, _) => without_password(text),
    }
}

fn without_password(text: String) -> String {
    let Some(mut url) = Url::parse(&text).ok().filter(|url| url.password().is_some()) else { return text };
    match url.set_password(Some("hidden")) {
        Ok(()) => url.to_string(),
        Err(()) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format as _, Toml};

    use super::*;

    fn of(text: &str) -> Vec<Setting> {
        let defaults =
            Toml::string("data = 'x'\n[models]\ntoken = ''\nendpoint = 'https://hub.example'\nsizes = []");
        let defaults = Figment::from(defaults);
        settings(&defaults.clone().merge(Toml::string(text)), &defaults).unwrap()
    }

    #[test]
    fn a_setting_says_whether_it_was_changed() {
        let shown = of("[models]\nsizes = [1, 2]");
        let words: Vec<_> =
            shown.iter().map(|one| (one.name.as_str(), one.value.as_str(), one.changed)).collect();
        assert_eq!(
            words,
            [
                ("data", "x", false),
                ("models.endpoint", "https://hub.example", false),
                ("models.sizes", "1, 2", true),
                ("models.token", "not set", false),
            ]
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = of("[models]\ntoken = 'hf_abc'\nendpoint = 'https://ada:hunter2@mirror.example/'");
        assert!(!format!("{shown:?}").contains("hf_abc") && !format!("{shown:?}").contains("hunter2"));
        assert_eq!(shown[3].value, "set, not shown");
        assert_eq!(shown[1].value, "https://ada:hidden@mirror.example/");
    }
}
