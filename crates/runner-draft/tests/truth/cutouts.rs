//! The rendered cut-outs and what is known about them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// What the renderer wrote about one cut-out; places in its own pixels.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// `person`, or the kind of garment.
    pub(crate) kind: String,
    /// How much of a person is there: `full`, `half`, `bust`.
    pub(crate) view: String,
    /// A person's whole height in pixels, in the picture or not.
    pub(crate) body: f32,
    pub(crate) points: BTreeMap<String, [f32; 2]>,
}

/// One cut-out: straight sRGB and alpha in `0..=1`.
#[derive(Debug, Clone)]
pub(crate) struct Cutout {
    pub(crate) name: String,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgba: Vec<[f32; 4]>,
    pub(crate) known: Known,
}

impl Known {
    fn read(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let place = |at: &Value| [0, 1].map(|i| at[i].as_f64().unwrap() as f32);
        let points = value["points"].as_object().unwrap().iter();
        Self {
            kind: text("kind"),
            view: text("view"),
            body: value["body"].as_f64().unwrap_or(0.0) as f32,
            points: points.map(|(name, at)| (name.clone(), place(at))).collect(),
        }
    }
}

impl Cutout {
    /// The renderer knows where a body's seams are, not how far cloth spreads from them: hems and waistbands end on the
    /// outline, in their row.
    fn end_on_the_outline(&mut self) {
        let (width, height) = (self.width, self.height);
        let cloth = |x: f32, y: usize| self.rgba[y * width + (x as usize).min(width - 1)][3] > 0.5;
        for (name, [x, y]) in &mut self.known.points {
            let step = if name.ends_with("_left") { -1.0 } else { 1.0 };
            if self.known.kind == "person" || !(name.starts_with("hem") || name.starts_with("waist")) {
                continue;
            }
            // The very last rows are ragged.
            let row = y.clamp(0.012 * height as f32, 0.988 * height as f32) as usize;
            while (1.0..width as f32 - 1.0).contains(&(*x + step)) && cloth(*x + step, row) {
                *x += step;
            }
        }
    }
}

/// All cut-outs, in the order of their names.
pub(crate) fn load() -> Vec<Cutout> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth/cutouts");
    let book = std::fs::read_to_string(folder.join("truth.json")).unwrap();
    let book: BTreeMap<String, Value> = serde_json::from_str(&book).unwrap();
    let read = |(name, known): (String, Value)| {
        let known = Known::read(&known);
        let picture = image::open(folder.join(format!("{name}.webp"))).unwrap().into_rgba8();
        let rgba = picture.pixels().map(|pixel| pixel.0.map(|c| f32::from(c) / 255.0)).collect();
        let mut cutout =
            Cutout { name, width: picture.width() as usize, height: picture.height() as usize, rgba, known };
        cutout.end_on_the_outline();
        cutout
    };
    book.into_iter().map(read).collect()
}
