//! How far an answer is from the truth.

use std::collections::BTreeMap;

use atelier_domain::RunError;
use atelier_runner_draft::inspect::Seen;

use super::scenes::{Scene, Truth};

/// What came out of one look at one scene.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) scene: String,
    pub(crate) group: &'static str,
    pub(crate) view: &'static str,
    pub(crate) truth: String,
    /// What it was taken for, or the refusal.
    pub(crate) verdict: Result<&'static str, String>,
    /// Overlap of the outlines (intersection over union); 0 where refused.
    pub(crate) overlap: f32,
    /// Errors by landmark, in shares of the truth's unit; only landmarks in the frame.
    pub(crate) errors: BTreeMap<String, f32>,
    pub(crate) confidence: BTreeMap<&'static str, f32>,
}

fn overlap(truth: &[f32], seen: &[f32]) -> f32 {
    let (mut both, mut either) = (0_u32, 0_u32);
    for (truth, seen) in truth.iter().zip(seen) {
        let (truth, seen) = (*truth > 0.5, *seen > 0.5);
        both += u32::from(truth && seen);
        either += u32::from(truth || seen);
    }
    both as f32 / either.max(1) as f32
}

fn errors(truth: &Truth, seen: &Seen, [width, height]: [u32; 2]) -> BTreeMap<String, f32> {
    let top = truth.mask.iter().position(|&alpha| alpha > 0.5).unwrap_or(0) / width as usize;
    let mut errors = BTreeMap::new();
    for (name, &[x, y]) in &truth.points {
        let framed = x > 0.0 && y > 0.0 && x < width as f32 && y < height as f32;
        let Some(&[sx, sy]) = seen.points.get(name.as_str()).filter(|_| framed) else { continue };
        let off = match name.as_str() {
            // Hair counts as head; of heights only the row is meant.
            "head_top" => (sy - top as f32).abs(),
            "sole" | "chin" => (sy - y).abs(),
            _ => (sx - x).hypot(sy - y),
        };
        errors.insert(name.trim_end_matches("_left").trim_end_matches("_right").to_owned(), off / truth.unit);
    }
    errors
}

/// Holds an answer against the truth.
pub(crate) fn judged(scene: &Scene, seen: Result<&Seen, &RunError>) -> Look {
    let truth = &scene.truth;
    let size = [scene.picture.width(), scene.picture.height()];
    let (verdict, overlap, errors, confidence) = match seen {
        Ok(seen) => (
            Ok(seen.kind),
            overlap(&truth.mask, &seen.mask),
            errors(truth, seen, size),
            seen.confidence.clone(),
        ),
        Err(error) => (Err(error.to_string()), 0.0, BTreeMap::new(), BTreeMap::new()),
    };
    let (scene, group) = (scene.name.clone(), scene.group);
    Look { scene, group, view: truth.view, truth: truth.kind.clone(), verdict, overlap, errors, confidence }
}

/// The mean, 0 of nothing.
pub(crate) fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0_f32), |(sum, count), value| (sum + value, count + 1.0));
    sum / count.max(1.0)
}
