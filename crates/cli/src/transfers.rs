//! Files on their way, as people see them: a bar each on a terminal, plain lines elsewhere.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::Mutex;

use atelier_hub::{Event, FilePath};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// See the module.
pub(crate) struct Transfers {
    bars: Option<(MultiProgress, Mutex<HashMap<FilePath, ProgressBar>>)>,
}

impl Transfers {
    /// Bars if standard error is a terminal.
    pub(crate) fn new() -> Self {
        Self { bars: std::io::stderr().is_terminal().then(Default::default) }
    }

    /// Shows what happens to a file of this size.
    pub(crate) fn show(&self, file: &FilePath, size: u64, event: Event<'_>) {
        let Some((board, bars)) = &self.bars else {
            match event {
                Event::At(_) => {}
                Event::Waiting(words) => eprintln!("{file}: {words}"),
                Event::Done => eprintln!("{file}: done"),
            }
            return;
        };
        let Ok(mut bars) = bars.lock() else { return };
        let bar = bars.entry(file.clone()).or_insert_with(|| {
            let bar = board.add(ProgressBar::new(size).with_prefix(shortened(file.as_str())));
            // 79 columns, since a line that wraps cannot be drawn over.
            let style =
                "{prefix:36} {bar:10} {decimal_bytes:>9}/{decimal_total_bytes:9} {decimal_bytes_per_sec:>11}";
            bar.set_style(
                ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        match event {
            Event::At(at) => {
                // The rate is that of this run, without what an earlier one brought.
                if bar.position() == 0 {
                    bar.set_position(at);
                    bar.reset_eta();
                }
                bar.set_position(at);
            }
            Event::Waiting(words) => {
                // Where it cannot be shown, nobody is looking.
                let _ = board.println(format!("{file}: {words}"));
            }
            Event::Done => {
                bar.set_position(size);
                bar.finish();
            }
        }
    }
}

/// The end of a path, which tells files apart.
fn shortened(path: &str) -> String {
    match path.chars().count() {
        0..=36 => path.to_owned(),
        length => std::iter::once('…').chain(path.chars().skip(length - 35)).collect(),
    }
}
