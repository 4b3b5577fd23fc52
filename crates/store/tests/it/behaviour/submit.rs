//! Accepting tasks and reserving their price.

use std::collections::BTreeMap;

use atelier_domain::catalogue::Price;
use atelier_domain::{
    AccountId, BillingRules, EventKind, InputFile, Money, TaskId, TaskState, TaskToken, Value, Values,
};
use atelier_store::{Act, Billing, LedgerKind, NewTask, QueueDepth, StoreError, TaskRef};
use serde_json::json;
use uuid::Uuid;

use super::world::{CREDIT, NOW, PRICE, RULES, World, after, assert_refused, new_project, new_upload};

pub(crate) async fn a_task_is_found_by_every_name_it_has(world: World) {
    let mut new = world.new_task(PRICE);
    new.shown_parameters.insert("prompt".into(), json!("a \"red\" coat\u{0} 🧥"));
    new.values = Values(BTreeMap::from([
        ("scale".into(), Value::Float(0.1)),
        ("seed".into(), Value::Integer(i64::MIN)),
        ("person".into(), Value::Files(vec![InputFile::Url("https://example.org/a.png".into())])),
    ]));
    new.callback_url = "https://example.org/hook".into();
    let task = world.store.submit(new.clone(), after(1)).await.unwrap();
    assert_eq!((task.state, task.attempt, task.timeline.created), (TaskState::Queued, 0, after(1)));
    assert_eq!((&task.shown_parameters, &task.values), (&new.shown_parameters, &new.values));
    assert_eq!((&task.token, &task.callback_url, task.price), (&new.token, &new.callback_url, PRICE));
    for name in [TaskRef::Id(task.id), TaskRef::Token(task.token.clone()), TaskRef::Uuid(task.uuid)] {
        assert_eq!(world.store.task(&name).await.unwrap().as_ref(), Some(&task));
    }
    for name in [TaskRef::Id(TaskId(99)), TaskRef::Token(TaskToken::random()), TaskRef::Uuid(Uuid::new_v4())]
    {
        assert_eq!(world.store.task(&name).await.unwrap(), None);
    }
    let events = world.store.events(task.id, 0).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].sequence, &events[0].kind), (1, &EventKind::Entered(TaskState::Queued)));
    assert_eq!(world.balance().await, CREDIT - PRICE);
    world.audit(&[task.id]).await;
}

pub(crate) async fn what_is_not_paid_for_leaves_no_trace(world: World) {
    let new = NewTask { uploads: vec![new_upload(world.account)], ..world.new_task(CREDIT + Money(1)) };
    let refused = world.store.submit(new.clone(), NOW).await;
    assert_refused!(refused, StoreError::InsufficientBalance { balance: CREDIT });
    assert_eq!(world.store.task(&TaskRef::Token(new.token)).await.unwrap(), None);
    assert_eq!(world.store.file_by_key(&new.uploads[0].access_key).await.unwrap(), None);
    assert_eq!(world.store.queue_depth().await.unwrap(), QueueDepth::default());
    assert_eq!(world.store.ledger(world.account).await.unwrap().len(), 1);
    let all_of_it = world.store.submit(world.new_task(CREDIT), NOW).await.unwrap();
    assert_eq!(world.balance().await, Money::ZERO);
    world.audit(&[all_of_it.id]).await;
}

pub(crate) async fn a_minimum_balance_is_asked_for_but_not_taken(world: World) {
    let with_minimum = |minimum_balance| {
        let rules = BillingRules { minimum_balance, ..RULES };
        let billing = Some(Billing { price: Price::per_request(PRICE), rules });
        NewTask { billing, ..world.new_task(PRICE) }
    };
    let refused = world.store.submit(with_minimum(CREDIT + Money(1)), NOW).await;
    assert_refused!(refused, StoreError::InsufficientBalance { balance: CREDIT });
    world.store.submit(with_minimum(CREDIT), NOW).await.unwrap();
    assert_eq!(world.balance().await, CREDIT - PRICE);
}

pub(crate) async fn a_free_task_needs_no_credit(world: World) {
    world.store.submit(world.new_task(CREDIT), NOW).await.unwrap();
    let free = world.store.submit(world.new_task(Money::ZERO), NOW).await.unwrap();
    world.store.stop(free.id, atelier_domain::Transition::Cancel, NOW).await.unwrap();
    world.audit(&[free.id]).await;
    assert_eq!(world.balance().await, Money::ZERO);
}

pub(crate) async fn a_token_is_used_once(world: World) {
    let new = world.new_task(PRICE);
    let task = world.store.submit(new.clone(), NOW).await.unwrap();
    assert_refused!(world.store.submit(new, NOW).await, StoreError::Exists("task"));
    assert_eq!(world.balance().await, CREDIT - PRICE);
    world.audit(&[task.id]).await;
}

pub(crate) async fn uploads_come_with_their_task(world: World) {
    let uploads = vec![new_upload(world.account), new_upload(world.account)];
    let new = NewTask { uploads: uploads.clone(), ..world.new_task(PRICE) };
    world.store.submit(new, NOW).await.unwrap();
    for upload in &uploads {
        assert_eq!(world.store.file_by_key(&upload.access_key).await.unwrap().as_ref(), Some(upload));
    }
    let again = NewTask { uploads, ..world.new_task(PRICE) };
    assert_refused!(world.store.submit(again, NOW).await, StoreError::Exists("file"));
}

pub(crate) async fn a_task_needs_a_project_of_its_account(world: World) {
    let bob = world.store.create_account("bob@example.org", NOW).await.unwrap().id;
    let his = world.store.create_project(new_project(bob), &Act::operator(NOW)).await.unwrap().id;
    let refused = world.store.submit(NewTask { project: his, ..world.new_task(PRICE) }, NOW).await;
    assert_refused!(refused, StoreError::NotFound("project"));
    let nobody = NewTask { account: AccountId::random(), ..world.new_task(Money::ZERO) };
    assert_refused!(world.store.submit(nobody, NOW).await, StoreError::NotFound("account"));
    let grants = world.store.ledger(world.account).await.unwrap();
    assert_eq!(grants.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [LedgerKind::Grant]);
}
