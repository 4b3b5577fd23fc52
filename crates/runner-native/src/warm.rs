//! Something large that stays in memory between uses and goes when nobody came for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// See the module.
pub(crate) struct Warm<T> {
    kept: Arc<Kept<T>>,
}

struct Kept<T> {
    value: Mutex<Option<T>>,
    used: Mutex<Instant>,
    idle: Duration,
}

impl<T: Send + 'static> Warm<T> {
    /// Keeps a value for so long after its last use.
    pub(crate) fn new(idle: Duration) -> std::io::Result<Self> {
        let kept = Arc::new(Kept { value: Mutex::new(None), used: Mutex::new(Instant::now()), idle });
        let watched = Arc::downgrade(&kept);
        std::thread::Builder::new().name("idle models".into()).spawn(move || watch(&watched, idle))?;
        Ok(Self { kept })
    }

    /// Uses the value, made first if it is not there. One at a time.
    pub(crate) fn with<R, E>(
        &self,
        make: impl FnOnce() -> Result<T, E>,
        work: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut value = locked(&self.kept.value);
        // A panic may have left it half changed.
        if self.kept.value.is_poisoned() {
            *value = None;
            self.kept.value.clear_poison();
        }
        let present = match value.take() {
            Some(present) => present,
            None => make()?,
        };
        let result = work(value.insert(present));
        *locked(&self.kept.used) = Instant::now();
        result
    }

    /// Whether there is a value in memory.
    #[cfg(test)]
    pub(crate) fn is_warm(&self) -> bool {
        locked(&self.kept.value).is_some()
    }
}

/// Ends when the value's owner is gone.
fn watch<T>(kept: &Weak<Kept<T>>, idle: Duration) {
    let pause = (idle / 4).clamp(Duration::from_millis(1), Duration::from_secs(10));
    loop {
        std::thread::sleep(pause);
        let Some(kept) = kept.upgrade() else { return };
        let Ok(mut value) = kept.value.try_lock() else { continue };
        if value.is_some() && locked(&kept.used).elapsed() >= kept.idle {
            *value = None;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
