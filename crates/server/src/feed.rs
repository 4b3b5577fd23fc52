//! What happens to tasks, for those who listen.
//!
//! One feed per process looks into the store for all its listeners: at once when this process has changed a
//! followed task, every [`POLL`] for what other processes do, and never while nobody listens. Each followed
//! task has one [`History`] that its listeners share. Nothing is queued for anybody: a listener is woken, and
//! reads on from where it was when it gets to it. So a slow one costs no memory and misses nothing but
//! progress that is out of date by then, and one that comes late reads the same history from its beginning.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atelier_domain::{Event, EventKind, Task, TaskId};
use atelier_store::{Store, StoreError, TaskRef};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

/// How often the store is looked at without being told.
const POLL: Duration = Duration::from_millis(100);
/// A look at everything that is followed takes at most this part of the time until the next.
const SHARE: u32 = 10;
/// How many tasks one look asks for.
const CHUNK: usize = 500;
/// How long to wait after the store failed.
const RETRY: Duration = Duration::from_secs(1);

/// What has happened to one task so far.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// In order: every state that was entered, and the latest progress only.
    events: Vec<Event>,
    /// The whole task, once the last event has ended it.
    ended: Option<Arc<Task>>,
}

impl History {
    /// What happened after event number `seen`.
    pub(crate) fn after(&self, seen: u32) -> &[Event] {
        &self.events[self.events.partition_point(|event| event.sequence <= seen)..]
    }

    /// The number of the last event; 0 before the first.
    pub(crate) fn last(&self) -> u32 {
        self.events.last().map_or(0, |event| event.sequence)
    }

    /// Every event that is kept.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// The whole task, if it has ended.
    pub(crate) fn ended(&self) -> Option<&Task> {
        self.ended.as_deref()
    }

    fn extend(&mut self, news: &[Event], ended: Option<Arc<Task>>) {
        let progress = |event: &Event| matches!(event.kind, EventKind::Progress(_));
        if news.iter().any(progress) {
            self.events.retain(|event| !progress(event));
        }
        self.events.extend_from_slice(news);
        self.ended = ended;
    }
}

/// See the module.
pub(crate) struct Feed {
    store: Arc<dyn Store>,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    /// Tasks that have not ended, or whose end has not been read yet.
    followed: HashMap<TaskId, watch::Sender<History>>,
    /// Those of them to look for at once.
    due: HashSet<TaskId>,
    /// Whether the task that looks into the store runs.
    looking: bool,
}

impl Feed {
    pub(crate) fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, state: Mutex::default(), wake: Notify::new() })
    }

    /// The history of a task, from its beginning. The channel closes after the history that ends the task.
    pub(crate) fn follow(self: &Arc<Self>, task: TaskId) -> watch::Receiver<History> {
        let mut state = self.state();
        let mut listener = state.followed.entry(task).or_default().subscribe();
        // What is known already is news for a new listener.
        listener.mark_changed();
        state.due.insert(task);
        if !std::mem::replace(&mut state.looking, true) {
            tokio::spawn(self.clone().look_out());
        }
        self.wake.notify_one();
        listener
    }

    /// To be called after this process has changed a task.
    pub(crate) fn changed(&self, task: TaskId) {
        let mut state = self.state();
        if state.followed.contains_key(&task) {
            state.due.insert(task);
            self.wake.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps every history up to date until nobody listens any more.
    async fn look_out(self: Arc<Self>) {
        let mut next = Instant::now();
        loop {
            let start = Instant::now();
            let everything = start >= next;
            let Some(seen) = self.seen(everything) else { return };
            if let Err(error) = self.look(&seen).await {
                tracing::error!(error = &error as &dyn std::error::Error, "followed tasks cannot be read");
                tokio::time::sleep(RETRY).await;
                next = Instant::now();
                continue;
            }
            if everything {
                next = Instant::now() + POLL.max(start.elapsed() * SHARE);
            }
            // Either way there is something to look for.
            let _ = timeout_at(next, self.wake.notified()).await;
        }
    }

    /// What to look for, with the last event that is known of each; `None` when nobody listens.
    fn seen(&self, everything: bool) -> Option<Vec<(TaskId, u32)>> {
        let mut state = self.state();
        let due = std::mem::take(&mut state.due);
        if everything {
            state.followed.retain(|_, history| history.receiver_count() > 0);
            state.looking = !state.followed.is_empty();
            let seen = state.followed.iter().map(|(task, history)| (*task, history.borrow().last()));
            return state.looking.then(|| seen.collect());
        }
        let seen = |task| state.followed.get(&task).map(|history| (task, history.borrow().last()));
        Some(due.into_iter().filter_map(seen).collect())
    }

    async fn look(&self, seen: &[(TaskId, u32)]) -> Result<(), StoreError> {
        for chunk in seen.chunks(CHUNK) {
            let news = self.store.news(chunk).await?;
            for of_one in news.chunk_by(|one, next| one.task == next.task) {
                self.tell(of_one).await?;
            }
        }
        Ok(())
    }

    /// Adds events of one task to its history.
    async fn tell(&self, news: &[Event]) -> Result<(), StoreError> {
        let Some(last) = news.last() else { return Ok(()) };
        let ended = match last.kind {
            EventKind::Entered(state) if state.is_terminal() => {
                let task = self.store.task(&TaskRef::Id(last.task)).await?;
                Some(Arc::new(task.ok_or(StoreError::NotFound("task"))?))
            }
            _ => None,
        };
        let mut state = self.state();
        let Some(history) = state.followed.get(&last.task) else { return Ok(()) };
        let over = ended.is_some();
        history.send_modify(|history| history.extend(news, ended));
        if over {
            state.followed.remove(&last.task);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use atelier_domain::{Progress, TaskState, Timestamp};

    use super::*;

    fn event(sequence: u32, kind: EventKind) -> Event {
        Event { task: TaskId(1), sequence, at: Timestamp(i64::from(sequence)), kind }
    }

    fn progress(step: u32) -> EventKind {
        EventKind::Progress(Progress { stage: "denoise".into(), step, steps: 9 })
    }

    /// A run whose progress comes between `Running` and `Ended`, numbered as the store numbers it.
    fn run(reports: u32) -> Vec<Event> {
        let states = |part: &[TaskState]| part.iter().copied().map(EventKind::Entered).collect::<Vec<_>>();
        let kinds = [
            states(&TaskState::ALL[..6]),
            (1..=reports).map(progress).collect(),
            states(&TaskState::ALL[6..9]),
        ];
        (1..).zip(kinds.concat()).map(|(sequence, kind)| event(sequence, kind)).collect()
    }

    #[test]
    fn whenever_a_listener_reads_it_reads_every_state_once_and_in_order() {
        let all = run(4);
        // Bit n of `reads`: the listener reads after event n. Bit n of `looks`: the feed looks after event n.
        for reads in 0..1_u32 << all.len() {
            let looks = reads.wrapping_mul(0x9E37_79B9) >> 7;
            let (mut history, mut seen, mut waiting) = (History::default(), 0, Vec::new());
            let (mut states, mut steps) = (Vec::new(), Vec::new());
            for (n, event) in all.iter().enumerate() {
                // The store keeps the latest progress only.
                waiting.retain(|kept: &Event| {
                    !matches!((&kept.kind, &event.kind), (EventKind::Progress(_), EventKind::Progress(_)))
                });
                waiting.push(event.clone());
                let last = n + 1 == all.len();
                if last || looks >> n & 1 == 1 {
                    history.extend(&std::mem::take(&mut waiting), None);
                }
                if last || reads >> n & 1 == 1 {
                    for event in history.after(seen) {
                        match &event.kind {
                            EventKind::Entered(state) => states.push(*state),
                            EventKind::Progress(progress) => steps.push(progress.step),
                        }
                    }
                    seen = history.last();
                }
            }
            assert_eq!(states, TaskState::ALL[..9]);
            assert!(steps.is_sorted() && steps.last() == Some(&4), "{steps:?}");
            assert_eq!(history.events().len(), 10, "one report is kept");
        }
    }
}
