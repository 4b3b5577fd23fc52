//! What follows from the answer to an attempt.
//!
//! Any success acknowledges. 410 ends it: the receiver wants no more. An address that may not be called will
//! not become another by waiting. Everything else, redirects included, is tried again by the schedule; a
//! receiver that asks for a pause (429 or 503 with `Retry-After`) gets the pause it asks for.

use std::time::{Duration, SystemTime};

use atelier_domain::Timestamp;
use atelier_store::{DeliveryFailure, DeliveryState};
use rand::Rng as _;

use crate::fetch::Answer;

/// The longest pause that a receiver can ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(24);
/// How much longer or shorter a scheduled pause becomes by chance, so that what failed together comes back apart.
const JITTER: f64 = 0.2;

/// What becomes of a delivery whose attempt number `try_number`, counted from 1, ended at `now`.
pub(super) fn after(
    answer: &Result<Answer, DeliveryFailure>,
    try_number: u32,
    retries: &[Duration],
    now: Timestamp,
) -> DeliveryState {
    match answer {
        Ok(Answer { status: 200..=299, .. }) => return DeliveryState::Delivered,
        Ok(Answer { status: 410, .. }) => return DeliveryState::Gone,
        Err(DeliveryFailure::Forbidden) => return DeliveryState::Abandoned,
        _ => {}
    }
    let scheduled = try_number.checked_sub(1).and_then(|index| retries.get(index as usize));
    let Some(scheduled) = scheduled else { return DeliveryState::Abandoned };
    let pause = answer.as_ref().ok().and_then(asked).unwrap_or_else(|| jittered(*scheduled));
    DeliveryState::Pending { due: now.after(pause) }
}

fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(1.0 - JITTER..=1.0 + JITTER))
}

/// The pause that a receiver asks for, in seconds or as a date.
fn asked(answer: &Answer) -> Option<Duration> {
    let text = answer.retry_after.as_deref().filter(|_| matches!(answer.status, 429 | 503))?.trim();
    let pause = text.parse().ok().map(Duration::from_secs).or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default())
    })?;
    Some(pause.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const RETRIES: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(100)];

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        Answer { status, retry_after: retry_after.map(str::to_owned) }
    }

    /// The pause before the next attempt, in seconds.
    fn pause(answer: &Result<Answer, DeliveryFailure>, try_number: u32) -> Option<f64> {
        match after(answer, try_number, &RETRIES, NOW) {
            DeliveryState::Pending { due } => Some(due.since(NOW).as_secs_f64()),
            _ => None,
        }
    }

    #[test]
    fn success_gone_and_forbidden_end_a_delivery() {
        for status in [200, 202, 204, 299] {
            assert_eq!(after(&Ok(answer(status, None)), 1, &RETRIES, NOW), DeliveryState::Delivered);
        }
        assert_eq!(after(&Ok(answer(410, None)), 1, &RETRIES, NOW), DeliveryState::Gone);
        assert_eq!(after(&Err(DeliveryFailure::Forbidden), 1, &RETRIES, NOW), DeliveryState::Abandoned);
    }

    #[test]
    fn everything_else_follows_the_schedule_with_jitter_and_then_ends() {
        let mut pauses = Vec::new();
        for status in [301, 307, 400, 401, 404, 429, 500, 503] {
            let answer = Ok(answer(status, None));
            pauses.push(pause(&answer, 1).unwrap());
            assert!((80.0..=120.0).contains(&pause(&answer, 2).unwrap()));
            assert_eq!(after(&answer, 3, &RETRIES, NOW), DeliveryState::Abandoned);
        }
        for failure in [DeliveryFailure::Connection, DeliveryFailure::Tls, DeliveryFailure::Timeout] {
            pauses.push(pause(&Err(failure), 1).unwrap());
        }
        assert!(pauses.iter().all(|pause| (8.0..=12.0).contains(pause)), "{pauses:?}");
        assert!(pauses.iter().any(|pause| (pause - pauses[0]).abs() > 0.001), "no jitter: {pauses:?}");
    }

    #[test]
    fn f13_a_receiver_that_asks_for_a_pause_gets_it_within_reason() {
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_mins(50));
        for status in [429, 503] {
            assert_eq!(pause(&Ok(answer(status, Some("7"))), 1), Some(7.0));
            assert_eq!(pause(&Ok(answer(status, Some(" 0 "))), 1), Some(0.0));
            assert!((2990.0..=3000.0).contains(&pause(&Ok(answer(status, Some(&date))), 1).unwrap()));
            assert_eq!(pause(&Ok(answer(status, Some("Wed, 21 Oct 2015 07:28:00 GMT"))), 1), Some(0.0));
            assert_eq!(pause(&Ok(answer(status, Some("99999999999"))), 1), Some(86400.0));
            for nonsense in ["", "-5", "soon", "1e9", "99999999999999999999999"] {
                assert!((8.0..=12.0).contains(&pause(&Ok(answer(status, Some(nonsense))), 1).unwrap()));
            }
            assert_eq!(after(&Ok(answer(status, Some("7"))), 3, &RETRIES, NOW), DeliveryState::Abandoned);
        }
        assert!(
            (8.0..=12.0).contains(&pause(&Ok(answer(500, Some("7"))), 1).unwrap()),
            "only where it has a meaning"
        );
    }
}
