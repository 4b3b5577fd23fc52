//! An installation with one account and one project, and short words for what happens in it.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use atelier_domain::catalogue::Price;
use atelier_domain::{
    AccessKey, AccountId, AllowedNetworks, ApiKey, ApiSecret, BillingRules, EventKind, Failure, FileId,
    Finding, InputRole, Money, Output, ProjectId, PublicPath, Task, TaskId, TaskState, TaskToken, Timestamp,
    ToolSlug, Transition,
};
use atelier_store::{
    Account, Act, AuthMode, Billing, Claim, Lease, LedgerEntry, LedgerKind, NewProject, NewTask, Outcome,
    Storage, Store, StoreError, StoredFile, TaskRef,
};

/// Keeps what lies under a store for as long as the store is used.
pub(crate) type Home = Box<dyn Any + Send + Sync>;

/// When everything happens that needs no other time.
pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);
/// How long a claim lasts.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// What the account starts with.
pub(crate) const CREDIT: Money = Money(1000);
/// What a task costs unless a test says otherwise.
pub(crate) const PRICE: Money = Money(40);

/// Nothing is asked but the price.
pub(crate) const RULES: BillingRules =
    BillingRules { minimum_balance: Money::ZERO, balance_per_task: None, unlimited_above: Money::ZERO };

/// The steps of a run up to the point where outputs can be delivered.
pub(crate) const STEPS: [Transition; 7] = [
    Transition::BeginPreprocessing,
    Transition::FinishPreprocessing,
    Transition::Assign,
    Transition::Start,
    Transition::End,
    Transition::BeginPostprocessing,
    Transition::Succeed,
];

/// Some seconds after [`NOW`].
pub(crate) fn after(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) account: AccountId,
    pub(crate) project: ProjectId,
    pub(crate) home: Home,
}

impl World {
    pub(crate) async fn new((storage, home): (Storage, Home)) -> Self {
        let store = storage.store;
        let account = store.create_account("ada@example.org", NOW).await.unwrap().id;
        store.grant(account, CREDIT, "to begin with", &Act::operator(NOW)).await.unwrap();
        let project = store.create_project(new_project(account), &Act::operator(NOW)).await.unwrap().id;
        Self { store, account, project, home }
    }

    /// A task as the tests submit it.
    pub(crate) fn new_task(&self, price: Money) -> NewTask {
        NewTask {
            token: TaskToken::random(),
            project: self.project,
            account: self.account,
            tool: ToolSlug::new("wiro", "virtual-try-on"),
            shown_parameters: serde_json::Map::new(),
            values: atelier_domain::Values::default(),
            callback_url: String::new(),
            bearer_key: None,
            external_id: String::new(),
            dialect: "wiro".into(),
            billing: Some(Billing { price: Price::per_request(price), rules: RULES }),
            idempotency: None,
            uploads: Vec::new(),
        }
    }

    pub(crate) async fn submit(&self) -> Task {
        self.store.submit(self.new_task(PRICE), NOW).await.unwrap()
    }

    pub(crate) async fn claim(&self) -> Claim {
        self.store.claim("worker", LEASE, NOW).await.unwrap().expect("a task waits")
    }

    /// A task in the hands of a worker that has brought it to `state`.
    pub(crate) async fn task_in(&self, state: TaskState) -> Claim {
        self.submit().await;
        let claim = self.claim().await;
        let mut reached = TaskState::Accepted;
        for step in STEPS {
            if reached == state {
                break;
            }
            self.store.advance(&claim.lease, step, NOW).await.unwrap();
            reached = reached.apply(step).unwrap();
        }
        assert_eq!(self.task(claim.lease.task).await.state, state);
        claim
    }

    pub(crate) async fn succeed(&self, lease: &Lease) -> Result<(), StoreError> {
        self.store.finish(lease, success(PRICE), NOW).await
    }

    pub(crate) async fn task(&self, id: TaskId) -> Task {
        self.store.task(&TaskRef::Id(id)).await.unwrap().expect("an accepted task is never lost")
    }

    pub(crate) async fn account(&self) -> Account {
        self.store.account_by_email("ada@example.org").await.unwrap()
    }

    pub(crate) async fn balance(&self) -> Money {
        self.account().await.balance
    }

    /// The states that a task has entered, in order.
    pub(crate) async fn states(&self, id: TaskId) -> Vec<TaskState> {
        let events = self.store.events(id, 0).await.unwrap();
        events
            .into_iter()
            .filter_map(|event| if let EventKind::Entered(state) = event.kind { Some(state) } else { None })
            .collect()
    }

    /// Checks everything that must hold at any time: for each task its events, outputs and settlement, and
    /// that the ledger explains the balance.
    pub(crate) async fn audit(&self, tasks: &[TaskId]) {
        let ledger = self.store.ledger(self.account).await.unwrap();
        assert_eq!(ledger.iter().map(|entry| entry.amount).sum::<Money>(), self.balance().await);
        let account = self.account().await;
        assert!(account.balance >= Money::ZERO);
        let open = |kind| ledger.iter().filter(move |entry| entry.kind == kind);
        let unfinished = open(LedgerKind::Reserve).count() - open(LedgerKind::Release).count();
        assert_eq!(account.unfinished as usize, unfinished);
        let held: Money =
            open(LedgerKind::Reserve).chain(open(LedgerKind::Release)).map(|entry| entry.amount).sum();
        assert_eq!(account.reserved, -held);
        for id in tasks {
            let task = self.task(*id).await;
            let states = self.states(*id).await;
            assert_eq!(states.first(), Some(&TaskState::Queued));
            assert_eq!(states.last(), Some(&task.state));
            let ends = states.iter().filter(|state| state.is_terminal()).count();
            assert_eq!(ends, usize::from(task.state.is_terminal()), "{states:?}");
            let succeeded = task.state == TaskState::Succeeded;
            assert_eq!(!task.outputs.is_empty(), succeeded);
            let sequences: Vec<_> =
                self.store.events(*id, 0).await.unwrap().iter().map(|event| event.sequence).collect();
            assert!(sequences.is_sorted_by(|one, next| one < next), "{sequences:?}");
            assert_settled(&task, &ledger);
        }
    }
}

/// One reservation; a release once it has ended; a charge once it has succeeded.
fn assert_settled(task: &Task, ledger: &[LedgerEntry]) {
    let of_task: Vec<_> = ledger
        .iter()
        .filter(|entry| entry.task == Some(task.id))
        .map(|entry| (entry.kind, entry.amount))
        .collect();
    let mut expected = vec![(LedgerKind::Reserve, -task.price)];
    if task.state.is_terminal() {
        expected.push((LedgerKind::Release, task.price));
    }
    if task.state == TaskState::Succeeded {
        expected.push((LedgerKind::Charge, -task.cost));
    } else {
        assert_eq!(task.cost, Money::ZERO);
    }
    assert_eq!(of_task, expected, "task {} in state {:?}", task.id, task.state);
}

pub(crate) fn new_project(account: AccountId) -> NewProject {
    NewProject {
        account,
        name: "shop".into(),
        auth: AuthMode::Signature,
        key: ApiKey::random(),
        secret: ApiSecret::random(),
        allowed_networks: AllowedNetworks::default(),
    }
}

pub(crate) fn success(cost: Money) -> Outcome {
    let findings = vec![Finding { role: InputRole::Garment(0), what: "dress".into(), confidence: 0.75 }];
    let (runner, log) = ("draft".into(), "fitted".into());
    Outcome::Succeeded { outputs: vec![new_output()], cost, runner, log, findings }
}

pub(crate) fn failure() -> Outcome {
    let failure = Failure::Input { role: InputRole::Person, confidence: Some(0.25) };
    let (error, runner) = ("no person found".into(), Some("draft".into()));
    Outcome::Failed { error, failure, runner, log: String::new() }
}

pub(crate) fn new_output() -> Output {
    Output {
        id: FileId::random(),
        folder: FileId::random(),
        name: "0.png".into(),
        content_type: "image/png".into(),
        size: 3,
        width: 768,
        height: 1024,
        length: Duration::ZERO,
        sha256: "ab".repeat(32),
        added: NOW,
        access_key: AccessKey::random(),
        public_path: PublicPath::random(),
    }
}

pub(crate) fn new_upload(account: AccountId) -> StoredFile {
    StoredFile {
        id: FileId::random(),
        account,
        name: "person.jpg".into(),
        content_type: "image/jpeg".into(),
        size: 5,
        sha256: "cd".repeat(32),
        access_key: AccessKey::random(),
        public_path: None,
        parent: None,
        added: NOW,
    }
}

/// The error is this variant (and fields).
macro_rules! assert_refused {
    ($result:expr, $pattern:pat $(if $guard:expr)?) => {
        match $result {
            Err($pattern) $(if $guard)? => {}
            other => panic!("expected {}, got {other:?}", stringify!($pattern)),
        }
    };
}
pub(crate) use assert_refused;
