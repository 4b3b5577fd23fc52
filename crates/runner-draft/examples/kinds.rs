//! Fits how kinds of garments are told by their outline: draws outlines of every kind and of what is no garment, all sizes
//! varied, measures them and prints the weights of a multinomial logistic function (`src/garment/weights.rs`).
//! `kinds [--save DIR]` also saves the outlines.
#![expect(clippy::print_stdout, reason = "a command-line example")]

#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/truth/mod.rs"]
mod truth;

#[path = "../tests/truth/outlines.rs"]
mod outlines;

use atelier_runner_draft::inspect;
use outlines::{CLASSES, HEIGHT, Outline, WIDTH};
use truth::Dice;

/// Outlines drawn of every class.
const EACH: usize = 160;
/// Steps of descent, their size, and how much weights are held back.
const STEPS: usize = 8000;
const RATE: f64 = 0.5;
const RESTRAINT: f64 = 3e-5;

struct Sample {
    class: usize,
    measures: Vec<f64>,
}

fn drawn(save: Option<&str>) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (class, name) in CLASSES.iter().enumerate() {
        for number in 0..EACH {
            let mut dice = Dice::new((class * 1000 + number) as u64);
            let outline: Outline = outlines::draw(class, &mut dice);
            if let Some(folder) = save.filter(|_| number < 24) {
                let bytes: Vec<u8> = outline.iter().map(|inside| if *inside { 0 } else { 255 }).collect();
                let (path, kind) = (format!("{folder}/{name}-{number:02}.png"), image::ExtendedColorType::L8);
                let _ = image::save_buffer(path, &bytes, WIDTH as u32, HEIGHT as u32, kind);
            }
            let Some(measures) = inspect::measures(&outline, WIDTH) else { continue };
            let measures = measures.iter().map(|m| f64::from(*m)).chain([1.0]).collect();
            samples.push(Sample { class, measures });
        }
    }
    samples
}

fn shares(weights: &[Vec<f64>], measures: &[f64]) -> Vec<f64> {
    let odds: Vec<f64> =
        weights.iter().map(|row| row.iter().zip(measures).map(|(w, m)| w * m).sum()).collect();
    let most = odds.iter().copied().fold(f64::MIN, f64::max);
    let shares: Vec<f64> = odds.iter().map(|odds| (odds - most).exp()).collect();
    let sum: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / sum).collect()
}

/// Descends the mean log loss with momentum.
fn fitted(samples: &[&Sample]) -> Vec<Vec<f64>> {
    let width = samples.first().map_or(0, |sample| sample.measures.len());
    let mut weights = vec![vec![0.0; width]; CLASSES.len()];
    let mut speed = weights.clone();
    for _ in 0..STEPS {
        let mut slope = vec![vec![0.0; width]; CLASSES.len()];
        for sample in samples {
            for (class, share) in shares(&weights, &sample.measures).into_iter().enumerate() {
                let off = share - if class == sample.class { 1.0 } else { 0.0 };
                slope[class].iter_mut().zip(&sample.measures).for_each(|(s, m)| *s += off * m);
            }
        }
        for ((row, speed), slope) in weights.iter_mut().zip(&mut speed).zip(slope) {
            for ((weight, speed), slope) in row.iter_mut().zip(speed).zip(slope) {
                *speed = 0.9 * *speed - RATE * (slope / samples.len() as f64 + RESTRAINT * *weight);
                *weight += *speed;
            }
        }
    }
    weights
}

fn right(weights: &[Vec<f64>], samples: &[&Sample]) -> f64 {
    let best = |sample: &Sample| {
        let shares = shares(weights, &sample.measures);
        (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]))
    };
    let right = samples.iter().filter(|sample| best(sample) == Some(sample.class)).count();
    100.0 * right as f64 / samples.len().max(1) as f64
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let save = args.iter().position(|arg| arg == "--save").and_then(|at| args.get(at + 1));
    let samples = drawn(save.map(String::as_str));
    let part = |odd: bool| -> Vec<&Sample> {
        samples.iter().enumerate().filter(|(i, _)| (i % 2 == 1) == odd).map(|(_, sample)| sample).collect()
    };
    let half = fitted(&part(false));
    println!(
        "// fitted to one half: {:.1} % of it right, {:.1} % of the other",
        right(&half, &part(false)),
        right(&half, &part(true))
    );
    for (name, row) in CLASSES.iter().zip(fitted(&samples.iter().collect::<Vec<_>>())) {
        let row: Vec<String> = row.iter().map(|w| format!("{w:.2}")).collect();
        println!("    [{}], // {name}", row.join(", "));
    }
}
