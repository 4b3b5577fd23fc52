//! What an account may run, and what it pays.

use std::sync::Arc;

use atelier_domain::catalogue::Price;
use atelier_domain::{BillingRules, Money, Transition};
use atelier_store::{Act, Billing, NewTask, StoreError};
use futures_util::future::join_all;

use super::world::{CREDIT, NOW, PRICE, RULES, World, assert_refused};

/// One task for each tenth of the credit, any number above it.
const TENTHS: BillingRules = BillingRules {
    minimum_balance: Money::ZERO,
    balance_per_task: Some(Money(100)),
    unlimited_above: CREDIT,
};

fn by(rules: BillingRules, world: &World) -> NewTask {
    let billing = Billing { price: Price::per_request(PRICE), rules };
    NewTask { billing: Some(billing), ..world.new_task(PRICE) }
}

pub(crate) async fn what_is_reserved_is_known_beside_the_balance(world: World) {
    let account = world.account().await;
    assert_eq!((account.reserved, account.unfinished, account.unlimited), (Money::ZERO, 0, false));
    let first = world.submit().await;
    let second = world.submit().await;
    let account = world.account().await;
    assert_eq!((account.balance, account.reserved), (CREDIT - PRICE - PRICE, PRICE + PRICE));
    assert_eq!(account.unfinished, 2);
    world.store.stop(first.id, Transition::Cancel, NOW).await.unwrap();
    world.audit(&[first.id, second.id]).await;
    assert_eq!(world.account().await.unfinished, 1);
}

/// Reserved credit is still owned: it does not lower the limit.
pub(crate) async fn the_limit_follows_what_the_account_owns(world: World) {
    for _ in 0..10 {
        world.store.submit(by(TENTHS, &world), NOW).await.unwrap();
    }
    let refused = world.store.submit(by(TENTHS, &world), NOW).await;
    assert_refused!(refused, StoreError::TooManyTasks { balance: CREDIT, limit: 10 });
    let owned = BillingRules { minimum_balance: CREDIT, ..RULES };
    world.store.submit(by(owned, &world), NOW).await.unwrap();
    world.store.grant(world.account, Money(1), "over the threshold", &Act::operator(NOW)).await.unwrap();
    world.store.submit(by(TENTHS, &world), NOW).await.unwrap();
    world.audit(&[]).await;
}

pub(crate) async fn an_ended_task_makes_room_for_another(world: World) {
    let one = BillingRules { balance_per_task: Some(CREDIT), ..TENTHS };
    let task = world.store.submit(by(one, &world), NOW).await.unwrap();
    assert_refused!(
        world.store.submit(by(one, &world), NOW).await,
        StoreError::TooManyTasks { limit: 1, .. }
    );
    world.store.stop(task.id, Transition::Kill, NOW).await.unwrap();
    world.store.submit(by(one, &world), NOW).await.unwrap();
}

pub(crate) async fn fifty_submits_at_once_do_not_pass_the_limit(world: World) {
    let world = Arc::new(world);
    let submits = (0..50).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.store.submit(by(TENTHS, &world), NOW).await })
    });
    let results: Vec<_> = join_all(submits).await.into_iter().map(Result::unwrap).collect();
    let (accepted, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((accepted.len(), world.account().await.unfinished), (10, 10));
    for refusal in refused {
        assert_refused!(refusal, StoreError::TooManyTasks { balance: CREDIT, limit: 10 });
    }
}

pub(crate) async fn an_account_without_limits_pays_nothing(world: World) {
    let paid = world.submit().await;
    assert!(world.store.set_unlimited(world.account, true, &Act::operator(NOW)).await.unwrap().unlimited);
    let strict = BillingRules { minimum_balance: CREDIT, balance_per_task: Some(CREDIT), ..TENTHS };
    let mut tasks = vec![paid.id];
    for _ in 0..3 {
        let free = world.store.submit(by(strict, &world), NOW).await.unwrap();
        assert_eq!((free.price, free.tariff), (Money::ZERO, None));
        tasks.push(free.id);
    }
    assert_eq!(world.balance().await, CREDIT - PRICE, "what was submitted before keeps its price");
    assert!(world.account().await.unlimited);
    assert!(!world.store.set_unlimited(world.account, false, &Act::operator(NOW)).await.unwrap().unlimited);
    let refused = world.store.submit(by(strict, &world), NOW).await;
    assert_refused!(refused, StoreError::TooManyTasks { .. });
    world.audit(&tasks).await;
    let nobody = atelier_domain::AccountId::random();
    assert_refused!(
        world.store.set_unlimited(nobody, true, &Act::operator(NOW)).await,
        StoreError::NotFound("account")
    );
}

pub(crate) async fn a_task_keeps_the_price_it_was_submitted_at(world: World) {
    let task = world.submit().await;
    assert_eq!((task.price, task.tariff), (PRICE, Some(Price::per_request(PRICE))));
    assert_eq!(world.task(task.id).await.tariff, Some(Price::per_request(PRICE)));
    assert_eq!(world.claim().await.task.tariff, Some(Price::per_request(PRICE)));
}

pub(crate) async fn without_billing_nothing_is_asked(world: World) {
    let free = NewTask { billing: None, ..world.new_task(PRICE) };
    let task = world.store.submit(free, NOW).await.unwrap();
    assert_eq!((task.price, &task.tariff), (Money::ZERO, &None));
    assert_eq!(world.balance().await, CREDIT);
    world.audit(&[task.id]).await;
}
