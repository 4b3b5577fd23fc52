//! Video effects: three seconds from one picture, the person moved over the filled background.
//!
//! Decided here: an effect is prepared once (layers, particles, costumes) and then drawn a frame at a time, at a time in
//! seconds and nothing else, so that the same seed gives the same clip. While a frame is drawn, the one before it
//! is encoded; no more than two are held.

mod assassin;
mod bodies;
mod camera;
mod cast;
mod costume;
mod crash;
mod draw;
mod electric;
mod expression;
mod eye;
mod frame;
mod guns;
mod hair;
mod heroes;
mod hulk;
mod joker;
mod jungle;
mod lens;
mod moods;
mod motion;
mod puppet;
mod scenery;
mod wardrobe;
mod worn;

use std::time::Instant;

use atelier_domain::{Artifact, Content, Effect, Picture, Progress, RunContext, RunError, VideoEffect};
use atelier_video::{ClipWriter, VideoError};

use crate::effects::cast::Cast;
use crate::effects::frame::Frame;
use crate::effects::heroes::{Hero, Transformation};
use crate::stages::Stages;
use crate::{DraftOptions, label};

/// What the person who asked should know first.
const WHAT_IT_IS: &str = "draft: classical CPU animation of the one picture without a generative model; \
    it cannot turn the person or show what the picture hides";
/// Frames per second, and in a clip.
const RATE: u32 = 24;
const FRAMES: u32 = 3 * RATE;
/// Frames between two reports.
const REPORT: u32 = 6;

/// A prepared effect.
trait Act: Sync {
    /// Draws the frame at a time in `0..3` seconds; at 0 it is the picture.
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame);
}

fn prepare(effect: Effect, cast: &Cast, seed: u64) -> Box<dyn Act> {
    match effect {
        Effect::CameraControls => Box::new(lens::CameraControls::new(cast, seed)),
        Effect::Laughing => Box::new(moods::Laughing),
        Effect::Crying => Box::new(moods::Crying::new(seed)),
        Effect::AngryFace => Box::new(moods::Angry::new(seed)),
        Effect::Melting => Box::new(bodies::Melting::new(cast, seed)),
        Effect::ChestBouncingDance => Box::new(bodies::ChestBouncingDance::new(cast, seed)),
        Effect::Electrify => Box::new(electric::Electrify::new(cast, seed)),
        Effect::FluffyHair => Box::new(hair::FluffyHair::new(cast, seed)),
        Effect::EyeCloseUp => Box::new(eye::EyeCloseUp::new(cast, seed)),
        Effect::Joker => Box::new(joker::Joker::new(cast, seed)),
        Effect::Spiderman => Box::new(Transformation::new(Hero::Spider, cast, seed)),
        Effect::Batman => Box::new(Transformation::new(Hero::Bat, cast, seed)),
        Effect::Ironman => Box::new(Transformation::new(Hero::Iron, cast, seed)),
        Effect::Superman => Box::new(Transformation::new(Hero::Super, cast, seed)),
        Effect::Jungle => Box::new(jungle::Jungle::new(cast, seed)),
        Effect::Hulk => Box::new(hulk::Hulk::new(cast, seed)),
        Effect::Assassin => Box::new(assassin::Assassin::new(cast, seed)),
        Effect::GunShooting => Box::new(guns::GunShooting::new(cast, seed)),
        Effect::Crash => Box::new(crash::Crash::new(cast, seed)),
    }
}

fn engine(error: &VideoError) -> RunError {
    RunError::Engine(error.to_string())
}

/// Runs one video effect.
pub(crate) fn run(
    job: &VideoEffect<Picture>,
    context: &RunContext<'_>,
    options: DraftOptions,
    stages: &mut Stages,
) -> Result<Artifact, RunError> {
    let report = |step: u32, stage: &str| {
        (context.progress)(Progress { stage: stage.to_owned(), step, steps: FRAMES / REPORT + 1 });
    };
    let mut clock = Instant::now();
    report(1, "find person");
    let cast = Cast::new(&job.person, context.cancel)?;
    stages.took("find", &mut clock);
    let act = prepare(job.effect, &cast, context.seed);
    stages.took("prepare", &mut clock);

    let [width, height] = cast.size;
    let mut writer = ClipWriter::new(width as u32, height as u32, RATE).map_err(|e| engine(&e))?;
    let mut frame = Frame::new(cast.size);
    let [mut done, mut next] = [vec![0; width * height * 4], vec![0; width * height * 4]];
    for number in 0..=FRAMES {
        context.cancel.check()?;
        if number.is_multiple_of(REPORT) && number < FRAMES {
            report(2 + number / REPORT, "draw");
        }
        let (encoded, ()) = rayon::join(
            || if number > 0 { writer.push(&done) } else { Ok(()) },
            || {
                if number < FRAMES {
                    act.draw(number as f32 / RATE as f32, &cast, &mut frame);
                    frame.write(&mut next);
                    if options.label {
                        label::draw(&mut next, width, height);
                    }
                }
            },
        );
        encoded.map_err(|e| engine(&e))?;
        std::mem::swap(&mut done, &mut next);
    }
    stages.took("draw and encode", &mut clock);
    let clip = writer.finish().map_err(|e| engine(&e))?;
    Ok(Artifact { content: Content::Clip(clip), notes: notes(job.effect, &cast), findings: Vec::new() })
}

/// What the draft is, and what it had to assume about this picture.
fn notes(effect: Effect, cast: &Cast) -> Vec<String> {
    let mut notes = vec![WHAT_IT_IS.to_owned()];
    if !cast.face.seen() {
        notes.push("draft: the eyes were not found; their place was taken from proportion".to_owned());
    }
    if effect == Effect::FluffyHair && cast.person.hair.count() == 0 {
        notes.push("draft: no hair was found; brown curls were drawn".to_owned());
    }
    if effect == Effect::GunShooting && !puppet::arms_seen(cast) {
        notes.push(
            "draft: the arms cannot be told from the rest of the picture; others were drawn".to_owned(),
        );
    }
    if effect == Effect::EyeCloseUp {
        notes.push("draft: the eye is drawn, in the colour found in the picture".to_owned());
    }
    notes
}

/// Frames of a clip at given seconds as pictures, at the clip's size and without a label: for looking at an effect.
pub fn stills(job: &VideoEffect<Picture>, seed: u64, times: &[f32]) -> Result<Vec<Picture>, RunError> {
    let cast = Cast::new(&job.person, &atelier_domain::CancelToken::default())?;
    let act = prepare(job.effect, &cast, seed);
    let mut frame = Frame::new(cast.size);
    let [width, height] = cast.size;
    let still = |&time: &f32| {
        let mut rgba = vec![0; width * height * 4];
        act.draw(time, &cast, &mut frame);
        frame.write(&mut rgba);
        Picture::from_rgba(width as u32, height as u32, rgba).map_err(|e| RunError::Engine(e.to_string()))
    };
    times.iter().map(still).collect()
}
