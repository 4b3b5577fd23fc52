//! Editing pictures by instruction with FLUX.2 klein, from prompt and references to the new picture. Reference:
//! `Flux2KleinPipeline` of diffusers 0.42, without guidance, which the distilled model does not take.

use std::cell::Cell;

use atelier_domain::{Progress, RunContext};
use candle_core::{DType, Device, Tensor};
use thiserror::Error;

use super::klein::{Klein, KleinError, Loading};
use crate::Placement;
use crate::models::ModelError;
use crate::models::flux2::Place;
use crate::models::qwen3::TokenizerError;
use crate::noise;
use crate::schedulers::{FlowMatch, empirical_mu};
use crate::weights::WeightsError;

/// Ids that a prompt is padded to.
const TEXT_TOKENS: usize = 512;
/// The first axis of places counts pictures in these steps: 0 is the new one, 10 the first reference.
const REFERENCE_STEP: u32 = 10;

/// What to make.
pub struct EditRequest<'a> {
    /// The instruction.
    pub prompt: &'a str,
    /// Pictures that it speaks of, first to last: (1, 3, height, width) in -1..1, sides as [`Klein::token_side`] wants.
    pub references: &'a [Tensor],
    /// Width of the new picture; likewise.
    pub width: usize,
    /// Height of the new picture; likewise.
    pub height: usize,
    /// How many steps to take. The model is made for four.
    pub steps: usize,
}

/// Why there is no new picture.
#[derive(Debug, Error)]
pub enum EditError {
    /// The one who asked: a size or a number is not one that the model takes.
    #[error("{0}")]
    Request(String),
    /// The operator: the model.
    #[error("the model is not ready")]
    Klein(#[from] KleinError),
    /// The prompt could not be split.
    #[error("the prompt cannot be read")]
    Tokenizer(#[from] TokenizerError),
    /// The device: memory, or a fault of ours.
    #[error("the model failed")]
    Model(#[from] ModelError),
    /// The numbers went to infinity.
    #[error("the picture came out without a value at some places")]
    NotFinite,
}

impl EditError {
    /// Whether it is no error: nobody wants the picture any more.
    pub fn is_cancelled(&self) -> bool {
        let loading =
            |error: &KleinError| matches!(error, KleinError::Weights { source: WeightsError::Cancelled, .. });
        match self {
            Self::Model(ModelError::Cancelled) => true,
            Self::Klein(error) => loading(error),
            _ => false,
        }
    }
}

impl From<candle_core::Error> for EditError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}

/// The new picture, (1, 3, height, width) about -1..1, in f32 on the CPU. Seed, cancel and progress are the context's.
pub fn edit(
    klein: &mut Klein,
    request: &EditRequest<'_>,
    context: &RunContext<'_>,
) -> Result<Tensor, EditError> {
    check(klein, request)?;
    let run = Run { request, context, done: Cell::new(0) };
    let text = run.encode_text(klein)?;
    let references = run.encode_references(klein)?;
    let latents = run.noise(klein)?;
    let latents = run.draw(klein, latents, &text, &references)?;
    run.decode(klein, &latents)
}

fn check(klein: &Klein, request: &EditRequest<'_>) -> Result<(), EditError> {
    let side = klein.token_side();
    let fits = |size: usize| size > 0 && size.is_multiple_of(side);
    if !fits(request.width) || !fits(request.height) {
        let size = format!("{} x {}", request.width, request.height);
        return Err(EditError::Request(format!(
            "a picture of {size} was asked for; sides are multiples of {side}"
        )));
    }
    for (number, reference) in (1..).zip(request.references) {
        let (batch, channels, height, width) = reference.dims4()?;
        if (batch, channels) != (1, 3) || !fits(width) || !fits(height) {
            let shape = reference.shape();
            let reason =
                format!("reference {number} is {shape:?} and not (1, 3, height, width), multiples of {side}");
            return Err(EditError::Request(reason));
        }
    }
    if request.steps == 0 { Err(EditError::Request("no steps were asked for".to_owned())) } else { Ok(()) }
}

/// One edit on its way.
struct Run<'a> {
    request: &'a EditRequest<'a>,
    context: &'a RunContext<'a>,
    /// Steps of the progress that have begun.
    done: Cell<u32>,
}

/// A picture as the transformer takes it.
struct Tokens {
    /// (1, rows x columns, channels)
    sequence: Tensor,
    grid: [usize; 2],
}

impl Tokens {
    /// Takes (1, channels, rows, columns).
    fn new(picture: &Tensor) -> Result<Self, EditError> {
        let (_, _, rows, columns) = picture.dims4()?;
        Ok(Self { sequence: picture.flatten_from(2)?.transpose(1, 2)?.contiguous()?, grid: [rows, columns] })
    }
}

impl Run<'_> {
    fn encode_text(&self, klein: &mut Klein) -> Result<Tensor, EditError> {
        self.begin("read the prompt");
        let tokens = klein.tokenizer().encode(self.request.prompt, TEXT_TOKENS)?;
        Ok(klein.text_encoder(&self.loading())?.forward(&tokens, self.context.cancel)?)
    }

    fn encode_references(&self, klein: &mut Klein) -> Result<Vec<Tokens>, EditError> {
        let mut references = Vec::with_capacity(self.request.references.len());
        for (number, picture) in (1..).zip(self.request.references) {
            self.begin(&format!("look at picture {number}"));
            let picture = placed(picture, klein.placement())?;
            let vae = klein.vae(&self.loading())?;
            references.push(Tokens::new(&vae.encode(&picture, self.context.cancel)?)?);
        }
        Ok(references)
    }

    fn noise(&self, klein: &Klein) -> Result<Tokens, EditError> {
        let side = klein.token_side();
        let (rows, columns) = (self.request.height / side, self.request.width / side);
        let noise = noise::normal(self.context.seed, (1, klein.token_channels(), rows, columns))?;
        Tokens::new(&placed(&noise, klein.placement())?)
    }

    /// Takes the noise away, step by step, with the references' tokens behind those of the new picture.
    fn draw(
        &self,
        klein: &mut Klein,
        noise: Tokens,
        text: &Tensor,
        references: &[Tokens],
    ) -> Result<Tokens, EditError> {
        self.begin("begin to draw");
        let transformer = klein.transformer(&self.loading())?;
        let rotary = transformer.rotary(&places(&noise, references))?;
        let Tokens { sequence: mut latents, grid } = noise;
        let tokens = latents.dim(1)?;
        let mu = empirical_mu(tokens, self.request.steps);
        let schedule = FlowMatch::new(klein.scheduler(), self.request.steps, mu);
        for step in 0..schedule.steps() {
            self.begin(&format!("draw, step {} of {}", step + 1, schedule.steps()));
            let all: Vec<_> =
                std::iter::once(&latents).chain(references.iter().map(|tokens| &tokens.sequence)).collect();
            let (all, time) = (Tensor::cat(&all, 1)?, schedule.time(step));
            let velocity = transformer.forward(&all, text, time, &rotary, self.context.cancel)?;
            latents = schedule.step(step, &latents, &velocity.narrow(1, 0, tokens)?)?;
        }
        Ok(Tokens { sequence: latents, grid })
    }

    fn decode(&self, klein: &mut Klein, latents: &Tokens) -> Result<Tensor, EditError> {
        self.begin("finish the picture");
        let [rows, columns] = latents.grid;
        let tokens = latents.sequence.transpose(1, 2)?.reshape((1, klein.token_channels(), rows, columns))?;
        let picture = klein.vae(&self.loading())?.decode(&tokens, self.context.cancel)?;
        let picture = picture.to_dtype(DType::F32)?.to_device(&Device::Cpu)?;
        // A sum is finite if all its parts are, unless it overflows by itself; that would be no picture either.
        if picture.sum_all()?.to_scalar::<f32>()?.is_finite() {
            Ok(picture)
        } else {
            Err(EditError::NotFinite)
        }
    }

    fn begin(&self, stage: &str) {
        self.done.set(self.done.get() + 1);
        let progress = Progress { stage: stage.to_owned(), step: self.done.get(), steps: self.steps() };
        (self.context.progress)(progress);
    }

    fn loading(&self) -> Loading<'_> {
        Loading { context: self.context, step: self.done.get(), steps: self.steps() }
    }

    fn steps(&self) -> u32 {
        // Besides references and steps: the prompt, the beginning, the end.
        (self.request.references.len() + self.request.steps + 3) as u32
    }
}

fn placed(tensor: &Tensor, placement: &Placement) -> candle_core::Result<Tensor> {
    tensor.to_dtype(placement.dtype)?.to_device(&placement.device)
}

/// The places of all tokens: the text's, which are numbered on the last axis; the new picture's; the references'.
fn places(picture: &Tokens, references: &[Tokens]) -> Vec<Place> {
    let text = (0..TEXT_TOKENS as u32).map(|number| [0, 0, 0, number]);
    let grid = |time: u32, [rows, columns]: [usize; 2]| {
        (0..rows as u32).flat_map(move |row| (0..columns as u32).map(move |column| [time, row, column, 0]))
    };
    let references =
        (1..).zip(references).flat_map(|(number, tokens)| grid(number * REFERENCE_STEP, tokens.grid));
    text.chain(grid(0, picture.grid)).chain(references).collect()
}

#[cfg(test)]
mod tests;
