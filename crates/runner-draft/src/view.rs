//! Which part of the person's picture the result shows, and how large: the framing asked for.
//!
//! Decided here: framing comes before drawing, so that a close-up shows the garment's own detail and not an enlarged
//! preview. Heads are the measure: shoulders up is two and a half of them, waist up less than four.

use atelier_domain::{Picture, Shot, Style};

use crate::eyes::Person;
use crate::geometry::{Vec2, vec2};

/// A window onto the person's picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct View {
    /// Where the window's upper left corner lies in the picture, in its pixels; corners of pixels are at whole numbers.
    origin: Vec2,
    /// Picture pixels per result pixel.
    pub(crate) scale: f32,
    /// Width and height of the result.
    pub(crate) size: [usize; 2],
}

/// Result pixels per picture pixel at most: beyond that a close-up gets smaller instead of softer.
const ENLARGED: f32 = 2.4;

impl View {
    /// The picture as it is.
    pub(crate) fn whole(picture: &Picture) -> Self {
        Self {
            origin: vec2(0.0, 0.0),
            scale: 1.0,
            size: [picture.width() as usize, picture.height() as usize],
        }
    }

    /// Where a pixel of the result lies in the picture.
    pub(crate) fn source(&self, x: usize, y: usize) -> Vec2 {
        self.origin + vec2(x as f32 + 0.5, y as f32 + 0.5) * self.scale - vec2(0.5, 0.5)
    }

    /// Where a place of the picture lies in the result.
    pub(crate) fn target(&self, point: Vec2) -> Vec2 {
        (point + vec2(0.5, 0.5) - self.origin) * (1.0 / self.scale) - vec2(0.5, 0.5)
    }

    /// Whether a place of the picture exists.
    pub(crate) fn holds(picture: &Picture, point: Vec2) -> bool {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        point.x > -0.5 && point.y > -0.5 && point.x < width - 0.5 && point.y < height - 0.5
    }

    /// A window of the picture's own shape, `height` pixels of it tall, around a column and from a row on.
    fn window(picture: &Picture, middle: f32, top: f32, height: f32) -> Self {
        let (full_w, full_h) = (picture.width() as f32, picture.height() as f32);
        let width = height * full_w / full_h;
        let rows = full_h.min(height * ENLARGED).round().max(16.0);
        let scale = height / rows;
        let size = [(width / scale).round().max(16.0) as usize, rows as usize];
        Self { origin: vec2(middle - width / 2.0, top), scale, size }
    }

    /// Moved, and made smaller if it must, so that it shows nothing beyond the picture.
    fn inside(self, picture: &Picture) -> Self {
        let (full_w, full_h) = (picture.width() as f32, picture.height() as f32);
        let [width, height] = self.size.map(|side| side as f32 * self.scale);
        let shrink = (full_w / width).min(full_h / height).min(1.0);
        let middle = self.origin.x + width / 2.0;
        let window =
            if shrink < 1.0 { Self::window(picture, middle, self.origin.y, height * shrink) } else { self };
        let [width, height] = window.size.map(|side| side as f32 * window.scale);
        let origin =
            vec2(window.origin.x.min(full_w - width).max(0.0), window.origin.y.min(full_h - height).max(0.0));
        Self { origin, ..window }
    }
}

/// The window for a shot, and what to tell about it.
pub(crate) fn frame(picture: &Picture, person: &Person, shot: Shot, style: Style) -> (View, Option<String>) {
    let body = &person.body;
    let whole = View::whole(picture);
    let full = |x: f32, y: f32| person.frame.to_full(vec2(x, y));
    let top = full(0.0, body.head.top).y;
    let unit = body.unit * person.frame.factor[1];
    let middle = full(f32::midpoint(body.neck[0].x, body.neck[1].x), 0.0).x;
    let close = |above: f32, heads: f32| {
        let window = View::window(picture, middle, top - above * unit, heads * unit);
        // What is beyond the picture is unknown, and a person cut off by its edge stays cut off.
        if style == Style::KeepScene || touches(person) { window.inside(picture) } else { window }
    };
    match shot {
        Shot::Auto => (whole, None),
        Shot::Headshot => (close(0.4, 2.9), None),
        Shot::Medium => (close(0.45, 4.3), None),
        Shot::Wide => wide(picture, person, whole),
    }
}

/// Whether the figure is cut off by the lower edge of the picture.
fn touches(person: &Person) -> bool {
    let mask = &person.figure.mask;
    mask.row(mask.height - 1).iter().any(|&inside| inside)
}

fn wide(picture: &Picture, person: &Person, whole: View) -> (View, Option<String>) {
    let body = &person.body;
    if touches(person) || body.sole > person.figure.mask.height as f32 - 1.0 {
        let note = "draft: a wide shot was asked for, but the picture ends above the feet: all that is there is shown";
        return (whole, Some(note.to_owned()));
    }
    let row = |y: f32| person.frame.to_full(vec2(0.0, y)).y;
    let tall = row(body.sole) - row(body.head.top);
    let needed = tall / 0.84;
    let height = picture.height() as f32;
    let roomy = row(body.head.top) > 0.06 * tall && height - row(body.sole) > 0.04 * tall;
    if roomy && needed > 0.7 * height {
        return (whole, None);
    }
    let middle = person.frame.to_full(vec2(body.spine(body.crotch), 0.0)).x;
    let view = View::window(picture, middle, row(body.head.top) - 0.1 * tall, needed);
    (view, None)
}
