//! What people see while they wait: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;

/// Logs go to standard error; `ATELIER_LOG` chooses what, as `debug` or `atelier_server=debug`, and
/// `ATELIER_LOG_FORMAT=json` makes each line an object for programs.
pub(crate) fn start_log(quiet: bool) {
    // Signing tells every step of every file.
    let default = if quiet { "error" } else { "info,c2pa=warn" };
    let filter = EnvFilter::try_from_env("ATELIER_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("ATELIER_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().flatten_event(true).with_span_list(false).init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
}

/// The lines of several tasks that run at the same time.
pub(crate) struct Board {
    bars: Option<MultiProgress>,
}

/// One task on a [`Board`].
pub(crate) struct Line {
    name: String,
    bar: Option<ProgressBar>,
    shown: String,
}

impl Board {
    /// Bars if standard error is a terminal.
    pub(crate) fn new() -> Self {
        Self { bars: std::io::stderr().is_terminal().then(MultiProgress::new) }
    }

    /// Adds a task that passes `steps` steps.
    pub(crate) fn line(&self, name: &str, steps: u64) -> Line {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(steps).with_prefix(name.to_owned()));
            let style = ProgressStyle::with_template("{prefix:34} {bar:24} {elapsed:>4} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(std::time::Duration::from_millis(100));
            bar
        });
        Line { name: name.to_owned(), bar, shown: String::new() }
    }
}

impl Line {
    /// The task is at a step; words are printed when they change.
    pub(crate) fn at(&mut self, step: u64, words: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(step);
                bar.set_message(words.to_owned());
            }
            None if self.shown != words => eprintln!("{}: {words}", self.name),
            None => {}
        }
        words.clone_into(&mut self.shown);
    }

    /// The task has ended.
    pub(crate) fn end(&mut self, words: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(bar.length().unwrap_or(0));
                bar.finish_with_message(words.to_owned());
            }
            None => eprintln!("{}: {words}", self.name),
        }
    }
}
