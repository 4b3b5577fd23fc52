//! Charts over days as inline SVG, each with a table of its numbers behind it. Colours and type are in `charts.css`.

use std::fmt::Write as _;

use atelier_domain::Timestamp;
use maud::{Markup, html};

use crate::dashboard::layout;

/// The drawing's size and the part of it that holds the data, in its own units.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 356.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 130.0;

/// One kind of value.
pub(super) struct Series {
    /// What it is called.
    pub(super) name: &'static str,
    /// Its class, which gives it its colour.
    pub(super) class: &'static str,
    /// One value a day; none where there is nothing to say.
    pub(super) values: Vec<Option<f64>>,
}

/// Whether values are parts of a whole or stand for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Bars, one part upon the other.
    Stacked,
    /// A line each, with gaps where there is no value.
    Lines,
}

/// Some series over the same days.
pub(super) struct Chart<'a> {
    /// Its name in addresses within the page.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) form: Form,
    pub(super) days: &'a [Timestamp],
    pub(super) series: Vec<Series>,
    /// A value in words.
    pub(super) say: fn(f64) -> String,
    /// The top of the scale, where it is given.
    pub(super) top: Option<f64>,
}

impl Chart<'_> {
    pub(super) fn show(&self) -> Markup {
        let top = self.top.unwrap_or_else(|| round_up(self.highest()));
        let name = format!("{}-title", self.id);
        html! {
            figure.chart {
                figcaption {
                    strong id=(name) { (self.title) }
                    @if self.series.len() > 1 {
                        span.legend { @for series in &self.series { span class=(series.class) { (series.name) } } }
                    }
                }
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby=(name) {
                    @for part in [0.0, 0.5, 1.0] {
                        @let y = at(part);
                        line.grid x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
                        text x=(LEFT - 5.0) y=(y + 4.0) text-anchor="end" { ((self.say)(part * top)) }
                    }
                    @if let (Some(first), Some(last)) = (self.days.first(), self.days.last()) {
                        text x=(LEFT) y=(HEIGHT - 6.0) { (short(*first)) }
                        text x=(RIGHT) y=(HEIGHT - 6.0) text-anchor="end" { (short(*last)) }
                    }
                    @match self.form {
                        Form::Stacked => { (self.bars(top)) },
                        Form::Lines => { @for series in &self.series { (self.line(series, top)) } },
                    }
                }
                (self.table())
            }
        }
    }

    fn highest(&self) -> f64 {
        let day = |day: usize| {
            let values = self.series.iter().filter_map(|series| series.values.get(day).copied().flatten());
            if self.form == Form::Stacked { values.sum() } else { values.fold(0.0, f64::max) }
        };
        (0..self.days.len()).map(day).fold(0.0, f64::max)
    }

    /// The left edge of a day, and how wide it is.
    fn slot(&self, day: usize) -> (f64, f64) {
        let width = (RIGHT - LEFT) / count(self.days.len().max(1));
        (LEFT + width * count(day), width)
    }

    fn bars(&self, top: f64) -> Markup {
        html! {
            @for day in 0..self.days.len() {
                @let (left, width) = self.slot(day);
                @for (class, below, value) in self.parts(day) {
                    rect class=(class) x=(tenth(left + width * 0.1)) width=(tenth(width * 0.8))
                        y=(tenth(at((below + value) / top))) height=(tenth(at(below / top) - at((below + value) / top))) {}
                }
            }
        }
    }

    /// The parts of a day's bar from its foot: class, where it begins, how much it is.
    fn parts(&self, day: usize) -> Vec<(&'static str, f64, f64)> {
        let given = self.series.iter().filter_map(|series| Some((series.class, (*series.values.get(day)?)?)));
        let parts = given.filter(|(_, value)| *value > 0.0).scan(0.0, |below, (class, value)| {
            let part = (class, *below, value);
            *below += value;
            Some(part)
        });
        parts.collect()
    }

    fn line(&self, series: &Series, top: f64) -> Markup {
        let (mut path, mut dots, mut joined) = (String::new(), Vec::new(), false);
        for (day, value) in series.values.iter().enumerate() {
            let Some(value) = value else {
                joined = false;
                continue;
            };
            let (left, width) = self.slot(day);
            let (x, y) = (tenth(left + width / 2.0), tenth(at(value / top)));
            // Writing into a string never fails.
            let _ = write!(path, "{}{x} {y}", if joined { "L" } else { "M" });
            dots.push((x, y));
            joined = true;
        }
        html! {
            path class=(series.class) d=(path) {}
            @for (x, y) in dots { circle class=(series.class) cx=(x) cy=(y) r="1.6" {} }
        }
    }

    fn table(&self) -> Markup {
        let said = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), self.say);
        html! {
            details {
                summary { "As a table" }
                div.scroll { table {
                    caption.hidden { (self.title) }
                    thead { tr { th scope="col" { "Day" }
                        @for series in &self.series { th.number scope="col" { (series.name) } } } }
                    tbody { @for (number, day) in self.days.iter().enumerate().rev() {
                        tr { th scope="row" { (short(*day)) }
                            @for series in &self.series { td.number { (said(series.values[number])) } } }
                    } }
                } }
            }
        }
    }
}

/// Where a part of the scale lies, from its foot.
fn at(part: f64) -> f64 {
    BOTTOM - part * (BOTTOM - TOP)
}

fn tenth(value: f64) -> String {
    format!("{value:.1}")
}

/// A number of days, which a chart has few of.
fn count(days: usize) -> f64 {
    f64::from(u32::try_from(days).unwrap_or(u32::MAX))
}

/// The least of 1, 2, 5, 10, … times a power of ten that is not below a value.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * power >= value * (1.0 - 1e-9));
    step.unwrap_or(10.0) * power
}

/// A day as `21 Nov`.
pub(super) fn short(day: Timestamp) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let exact = layout::exact(day);
    let number =
        |range| exact.get(range).and_then(|digits: &str| digits.parse::<usize>().ok()).unwrap_or_default();
    let month = MONTHS.get(number(5..7).wrapping_sub(1)).unwrap_or(&"");
    format!("{} {month}", number(8..10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        for (value, top) in
            [(0.0, 1.0), (1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (7.0, 10.0), (0.09, 0.1), (1200.0, 2000.0)]
        {
            assert!((round_up(value) - top).abs() < 1e-9, "{value}: {}", round_up(value));
        }
    }

    #[test]
    fn days_have_names() {
        assert_eq!([Timestamp(0), Timestamp(1_796_083_200_000)].map(short), ["1 Jan", "1 Dec"]);
    }
}
