use std::sync::Mutex;

use atelier_domain::{CancelToken, Progress, RunContext};
use candle_core::Tensor;

use super::{EditError, EditRequest, edit};
use crate::Placement;
use crate::golden::{self, EDIT, Golden, cropped, pattern};
use crate::pictures::to_tensor;
use crate::pipelines::{Klein, KleinError};

const PROMPT: &str = "Put the garment of image 2 on the person of image 1.";

fn references() -> [Tensor; 2] {
    let crop = |picture, width, height| to_tensor(&cropped(&picture, width, height)).unwrap();
    [crop(pattern(75, 100, 3), 64, 96), crop(pattern(112, 64, 4), 112, 64)]
}

fn tiny(budget: Option<u64>) -> Klein {
    Klein::open(&golden::path("klein-tiny"), Placement::cpu(), budget).unwrap()
}

fn context<'a>(cancel: &'a CancelToken, progress: &'a (dyn Fn(Progress) + Sync)) -> RunContext<'a> {
    RunContext { seed: 42, cancel, progress }
}

#[test]
fn a_whole_edit_with_two_references_is_the_references() {
    let (cancel, seen) = (CancelToken::default(), Mutex::new(Vec::new()));
    let progress = |progress: Progress| seen.lock().unwrap().push(progress);
    let (references, mut klein) = (references(), tiny(None));
    let request = EditRequest { prompt: PROMPT, references: &references, width: 96, height: 64, steps: 4 };
    let picture = edit(&mut klein, &request, &context(&cancel, &progress)).unwrap();

    // The reference gives (height, width, 3) in 0..1, with what lies outside cut off.
    let shown = ((picture / 2.0).unwrap() + 0.5).unwrap().clamp(0.0, 1.0).unwrap();
    let shown = shown.squeeze(0).unwrap().permute((1, 2, 0)).unwrap();
    Golden::open("edit").check("image", &shown, EDIT);

    let seen = seen.into_inner().unwrap();
    assert!(seen.iter().all(|progress| progress.steps == 9 && (1..=9).contains(&progress.step)));
    assert!(seen.is_sorted_by_key(|progress| progress.step));
    assert_eq!(seen.last().unwrap().step, 9);
}

#[test]
fn parts_stay_for_the_next_run_and_go_when_there_is_no_room() {
    let cancel = CancelToken::default();
    let request = EditRequest { prompt: PROMPT, references: &[], width: 16, height: 16, steps: 1 };
    let run = |klein: &mut Klein| {
        let loads = Mutex::new(0);
        let progress =
            |progress: Progress| *loads.lock().unwrap() += u32::from(progress.stage.ends_with("100 %"));
        edit(klein, &request, &context(&cancel, &progress))
            .map(|picture| (loads.into_inner().unwrap(), picture))
    };
    let mut roomy = tiny(Some(100 << 20));
    let (loads, first) = run(&mut roomy).unwrap();
    assert_eq!(loads, 3);
    assert_eq!(run(&mut roomy).unwrap().0, 0);
    let all = roomy.resident();
    roomy.release();
    assert_eq!(roomy.resident(), 0);

    // Room for the two largest parts, not for all three.
    let mut tight = tiny(Some(all - 1));
    for _ in 0..2 {
        let (loads, picture) = run(&mut tight).unwrap();
        assert!(loads >= 2 && tight.resident() < all);
        assert!(golden::error(&picture, &first) <= 0.0);
    }
    assert!(matches!(run(&mut tiny(Some(1000))), Err(EditError::Klein(KleinError::Memory { .. }))));
}

#[test]
fn sizes_that_the_model_does_not_take_are_refused() {
    let (cancel, mut klein) = (CancelToken::default(), tiny(None));
    let odd = [to_tensor(&pattern(30, 32, 1)).unwrap()];
    for (references, width, height, steps) in
        [(&odd[..], 32, 32, 4), (&[], 0, 32, 4), (&[], 32, 40, 4), (&[], 32, 32, 0)]
    {
        let request = EditRequest { prompt: PROMPT, references, width, height, steps };
        let refused = edit(&mut klein, &request, &context(&cancel, &|_| {}));
        assert!(matches!(refused, Err(EditError::Request(_))));
    }
}

#[test]
fn a_cancel_stops_the_run_wherever_it_is() {
    let references = references();
    let request = EditRequest { prompt: PROMPT, references: &references, width: 32, height: 32, steps: 2 };
    let mut klein = tiny(None);
    for stop_at in 1..=7 {
        let cancel = CancelToken::default();
        let progress = |progress: Progress| {
            if progress.step == stop_at {
                cancel.cancel();
            }
        };
        let stopped = edit(&mut klein, &request, &context(&cancel, &progress)).unwrap_err();
        assert!(stopped.is_cancelled(), "at step {stop_at}: {stopped:?}");
    }
}
