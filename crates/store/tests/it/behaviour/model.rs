//! Random interleavings of everything that owners, workers and the reaper do, beside a model of a few lines.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use atelier_domain::{Money, Progress, TaskId, TaskState, Transition};
use atelier_store::{Lease, Outcome, QueueDepth, Reaped, Storage, StoreError};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::world::{CREDIT, Home, LEASE, NOW, STEPS, World, failure, success};

type Opening = Pin<Box<dyn Future<Output = (Storage, Home)>>>;

/// After how many attempts the reaper gives up.
const ATTEMPTS: u32 = 2;

#[derive(Debug, Clone)]
enum Action {
    Submit {
        price: i64,
    },
    Claim,
    /// The next step of a run, by the holder of any lease ever given.
    Advance(Index),
    /// As many steps as there are before delivery.
    AdvanceAll(Index),
    /// A step out of turn.
    Jump(Index, usize),
    Progress(Index),
    Succeed(Index, i64),
    Fail(Index),
    Renew(Index),
    Stop(Index, bool),
    Wait {
        seconds: u64,
    },
    Reap,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let any = || any::<Index>();
    let action = prop_oneof![
        4 => (0_i64..400).prop_map(|price| Action::Submit { price }),
        5 => Just(Action::Claim),
        4 => any().prop_map(Action::Advance),
        5 => any().prop_map(Action::AdvanceAll),
        1 => (any(), 0..STEPS.len()).prop_map(|(lease, step)| Action::Jump(lease, step)),
        1 => any().prop_map(Action::Progress),
        4 => (any(), -10_i64..500).prop_map(|(lease, cost)| Action::Succeed(lease, cost)),
        2 => any().prop_map(Action::Fail),
        2 => any().prop_map(Action::Renew),
        2 => (any(), proptest::bool::ANY).prop_map(|(task, kill)| Action::Stop(task, kill)),
        2 => (1_u64..40).prop_map(|seconds| Action::Wait { seconds }),
        2 => Just(Action::Reap),
    ];
    proptest::collection::vec(action, 1..60)
}

/// Runs the comparison against what `open` opens, anew for every case.
pub(crate) fn check(open: impl Fn() -> Opening) {
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    let compared = runner.run(&actions(), |actions| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut side_by_side = SideBySide::new(World::new(open().await).await);
            for action in actions {
                side_by_side.act(action).await;
            }
            side_by_side.compare().await;
        });
        Ok(())
    });
    compared.unwrap_or_else(|difference| panic!("{difference}"));
}

/// What the model knows of a task.
#[derive(Debug)]
struct Expected {
    id: TaskId,
    state: TaskState,
    attempt: u32,
    price: i64,
    cost: i64,
    /// The fence that holds it, and until which second.
    held: Option<(i64, u64)>,
}

struct SideBySide {
    world: World,
    second: u64,
    balance: i64,
    tasks: Vec<Expected>,
    leases: Vec<Lease>,
}

impl SideBySide {
    fn new(world: World) -> Self {
        Self { world, second: 0, balance: CREDIT.0, tasks: Vec::new(), leases: Vec::new() }
    }

    fn now(&self) -> atelier_domain::Timestamp {
        NOW.after(Duration::from_secs(self.second))
    }

    fn lease(&self, index: Index) -> Option<Lease> {
        (!self.leases.is_empty()).then(|| index.get(&self.leases).clone())
    }

    /// The task that a lease holds; none if it is stale.
    fn held(&mut self, lease: &Lease) -> Option<&mut Expected> {
        self.tasks
            .iter_mut()
            .find(|task| task.id == lease.task && task.held.is_some_and(|(fence, _)| fence == lease.fence))
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Submit { price } => self.submit(price).await,
            Action::Claim => self.claim().await,
            Action::Advance(index) => self.advance(index, None).await,
            Action::AdvanceAll(index) => {
                for _ in 0..STEPS.len() {
                    self.advance(index, None).await;
                }
            }
            Action::Jump(index, step) => self.advance(index, Some(STEPS[step])).await,
            Action::Progress(index) => self.progress(index).await,
            Action::Succeed(index, cost) => self.finish(index, success(Money(cost))).await,
            Action::Fail(index) => self.finish(index, failure()).await,
            Action::Renew(index) => self.renew(index).await,
            Action::Stop(index, kill) => self.stop(index, kill).await,
            Action::Wait { seconds } => self.second += seconds,
            Action::Reap => self.reap().await,
        }
    }

    async fn submit(&mut self, price: i64) {
        let submitted = self.world.store.submit(self.world.new_task(Money(price)), self.now()).await;
        if self.balance < price {
            assert!(
                matches!(submitted, Err(StoreError::InsufficientBalance { balance }) if balance.0 == self.balance)
            );
            return;
        }
        self.balance -= price;
        let id = submitted.unwrap().id;
        self.tasks.push(Expected { id, state: TaskState::Queued, attempt: 0, price, cost: 0, held: None });
    }

    async fn claim(&mut self) {
        let claimed = self.world.store.claim("worker", LEASE, self.now()).await.unwrap();
        let until = self.second + LEASE.as_secs();
        let oldest = self.tasks.iter_mut().find(|task| task.state == TaskState::Queued);
        let Some(oldest) = oldest else { return assert!(claimed.is_none()) };
        let lease = claimed.unwrap().lease;
        assert_eq!(lease.task, oldest.id);
        assert!(self.leases.iter().all(|earlier| earlier.fence < lease.fence));
        (oldest.state, oldest.held) = (TaskState::Accepted, Some((lease.fence, until)));
        oldest.attempt += 1;
        self.leases.push(lease);
    }

    async fn advance(&mut self, index: Index, step: Option<Transition>) {
        let Some(lease) = self.lease(index) else { return };
        let next = |state: TaskState| {
            STEPS.into_iter().find(|step| state.apply(*step).is_ok_and(|next| !next.is_terminal()))
        };
        let current = self.held(&lease).map(|task| task.state);
        let step = step.or_else(|| current.and_then(next)).unwrap_or(STEPS[0]);
        let advanced = self.world.store.advance(&lease, step, self.now()).await;
        let Some(task) = self.held(&lease) else { return assert_lost(&advanced) };
        match task.state.apply(step) {
            Ok(state) if !state.is_terminal() => {
                advanced.unwrap();
                task.state = state;
            }
            _ => assert!(matches!(advanced, Err(StoreError::Illegal(_))), "{advanced:?}"),
        }
    }

    async fn progress(&mut self, index: Index) {
        let Some(lease) = self.lease(index) else { return };
        let report = Progress { stage: "denoise".into(), step: 1, steps: 2 };
        let reported = self.world.store.progress(&lease, &report, self.now()).await;
        if self.held(&lease).is_some() { reported.unwrap() } else { assert_lost(&reported) }
    }

    async fn finish(&mut self, index: Index, outcome: Outcome) {
        let Some(lease) = self.lease(index) else { return };
        let finished = self.world.store.finish(&lease, outcome.clone(), self.now()).await;
        let Some(task) = self.held(&lease) else { return assert_lost(&finished) };
        let (transition, cost) = match outcome {
            Outcome::Succeeded { cost, .. } => (Transition::Succeed, cost.0.clamp(0, task.price)),
            Outcome::Failed { .. } => (Transition::Fail, 0),
        };
        let Ok(state) = task.state.apply(transition) else {
            return assert!(matches!(finished, Err(StoreError::Illegal(_))), "{finished:?}");
        };
        finished.unwrap();
        (task.state, task.cost, task.held) = (state, cost, None);
        self.balance += task.price - cost;
    }

    async fn renew(&mut self, index: Index) {
        let Some(lease) = self.lease(index) else { return };
        let lost =
            self.world.store.renew(std::slice::from_ref(&lease), LEASE, true, self.now()).await.unwrap();
        let until = self.second + LEASE.as_secs();
        match self.held(&lease) {
            None => assert_eq!(lost, [lease.task]),
            Some(task) => {
                assert_eq!(lost, []);
                task.held = Some((lease.fence, until));
            }
        }
    }

    async fn stop(&mut self, index: Index, kill: bool) {
        if self.tasks.is_empty() {
            return;
        }
        let how = if kill { Transition::Kill } else { Transition::Cancel };
        let now = self.now();
        let task = index.index(self.tasks.len());
        let task = &mut self.tasks[task];
        let stopped = self.world.store.stop(task.id, how, now).await;
        if task.state == TaskState::Cancelled {
            assert_eq!(stopped.unwrap().state, TaskState::Cancelled);
        } else if let Ok(state) = task.state.apply(how) {
            assert_eq!(stopped.unwrap().state, state);
            (task.state, task.held) = (state, None);
            self.balance += task.price;
        } else {
            assert!(matches!(stopped, Err(StoreError::Illegal(_))), "{stopped:?}");
        }
    }

    async fn reap(&mut self) {
        let reaped = self.world.store.reap(ATTEMPTS, self.now()).await.unwrap();
        let mut expected = Reaped::default();
        let second = self.second;
        for task in self.tasks.iter_mut().filter(|task| task.held.is_some_and(|(_, until)| until <= second)) {
            task.held = None;
            if task.attempt < ATTEMPTS {
                task.state = TaskState::Queued;
                expected.requeued.push(task.id);
            } else {
                task.state = TaskState::Failed;
                self.balance += task.price;
                expected.failed.push(task.id);
            }
        }
        assert_eq!(reaped, expected);
    }

    async fn compare(&self) {
        assert_eq!(self.world.balance().await.0, self.balance);
        for expected in &self.tasks {
            let task = self.world.task(expected.id).await;
            assert_eq!(
                (task.state, task.attempt, task.cost.0),
                (expected.state, expected.attempt, expected.cost)
            );
        }
        let waiting = self.tasks.iter().filter(|task| task.state == TaskState::Queued).count() as u64;
        let running = self.tasks.iter().filter(|task| task.held.is_some()).count() as u64;
        assert_eq!(self.world.store.queue_depth().await.unwrap(), QueueDepth { waiting, running });
        self.world.audit(&self.tasks.iter().map(|task| task.id).collect::<Vec<_>>()).await;
    }
}

fn assert_lost(result: &Result<(), StoreError>) {
    assert!(matches!(result, Err(StoreError::LeaseLost(_))), "{result:?}");
}
