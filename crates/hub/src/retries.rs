//! How long to go on with somebody who does not answer as he should.

use std::time::Duration;

use crate::Patience;

/// The longest pause between attempts.
const LONGEST: Duration = Duration::from_mins(1);
/// Whoever asks for a longer pause is not waited for.
const LONGEST_ASKED: Duration = Duration::from_mins(10);

/// Failures in a row. Getting further than ever before begins a new row.
pub(crate) struct Retries {
    patience: Patience,
    failures: u32,
    furthest: u64,
}

impl Retries {
    /// Begins with so many bytes there.
    pub(crate) fn new(patience: Patience, reached: u64) -> Self {
        Self { patience, failures: 0, furthest: reached }
    }

    /// The pause after a failure with so many bytes there, as the server asked for or growing; nothing if it was the
    /// last attempt.
    pub(crate) fn pause(&mut self, reached: u64, asked: Option<Duration>) -> Option<Duration> {
        if reached > self.furthest {
            self.furthest = reached;
            self.failures = 0;
        }
        self.failures += 1;
        if self.failures >= self.patience.attempts || asked.is_some_and(|asked| asked > LONGEST_ASKED) {
            return None;
        }
        let growing = self.patience.pause.saturating_mul(1 << (self.failures - 1).min(16)).min(LONGEST);
        // Varied, so that many who lost the same server do not come back together.
        Some(asked.unwrap_or_else(|| growing.mul_f64(rand::random_range(0.5..1.0))))
    }

    /// Attempts that brought nothing new.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_end_unless_they_get_further_and_pauses_grow() {
        let pause = Duration::from_secs(8);
        let patience = Patience { attempts: 3, pause, stall: pause };
        let mut retries = Retries::new(patience, 10);
        let first = retries.pause(10, None).unwrap();
        assert!(first >= pause / 2 && first <= pause, "{first:?}");
        let second = retries.pause(0, None).unwrap();
        assert!(second >= pause && second <= pause * 2, "{second:?}");
        assert!(retries.pause(11, None).unwrap() <= pause);
        retries.pause(11, None).unwrap();
        assert_eq!(retries.pause(11, None), None);
        assert_eq!(retries.failures(), 3);
    }

    #[test]
    fn the_servers_own_pause_counts_unless_it_is_too_long() {
        let patience = Patience::default();
        let mut retries = Retries::new(patience, 0);
        assert_eq!(retries.pause(0, Some(Duration::ZERO)), Some(Duration::ZERO));
        assert_eq!(retries.pause(0, Some(Duration::from_mins(5))), Some(Duration::from_mins(5)));
        assert_eq!(retries.pause(0, Some(Duration::from_hours(1))), None);
    }
}
