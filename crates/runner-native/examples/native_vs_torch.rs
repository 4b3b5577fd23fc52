//! The native side of `bench/native_vs_torch`: reads orders from standard input, a line each, and answers each with a line.
//!
//! `open FOLDER` loads a part of a model, `run` computes it and says how many milliseconds that took, `save FILE` writes the
//! last result as the tensor `out`.
#![expect(clippy::print_stdout, reason = "a program that answers on standard output")]

use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::path::Path;
use std::time::Instant;

use atelier_runner_native::bench::Part;
use candle_core::Tensor;

type Answer = Result<String, Box<dyn std::error::Error>>;

#[derive(Default)]
struct State {
    part: Option<Part>,
    last: Option<Tensor>,
}

impl State {
    fn obey(&mut self, order: &str) -> Answer {
        match order.split_once(' ').unwrap_or((order, "")) {
            ("open", folder) => {
                // The part before would need its memory beside this one's.
                *self = Self::default();
                self.part = Some(Part::open(Path::new(folder))?);
                Ok("ready".to_owned())
            }
            ("run", _) => {
                let part = self.part.as_ref().ok_or("nothing is open")?;
                // Its memory is free for the next result.
                self.last = None;
                let begin = Instant::now();
                self.last = Some(part.run()?);
                Ok(format!("{:.3}", begin.elapsed().as_secs_f64() * 1e3))
            }
            ("save", file) => {
                let last = self.last.as_ref().ok_or("nothing was computed")?;
                last.save_safetensors("out", file)?;
                Ok("saved".to_owned())
            }
            _ => Err(format!("no order: {order}").into()),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut state = State::default();
    for order in stdin().lock().lines() {
        let answer = state.obey(&order?).unwrap_or_else(|error| format!("error {error:?}"));
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}
