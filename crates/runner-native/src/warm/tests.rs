use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use super::Warm;

fn take(warm: &Warm<Arc<()>>, value: &Arc<()>) {
    warm.with(|| Ok::<_, Infallible>(value.clone()), |_| Ok(())).unwrap();
}

#[test]
fn a_value_is_kept_between_uses_and_made_once() {
    let (warm, value) = (Warm::new(Duration::from_hours(1)).unwrap(), Arc::new(()));
    take(&warm, &value);
    take(&warm, &Arc::new(()));
    assert!(warm.is_warm());
    assert_eq!(Arc::strong_count(&value), 2);
    drop(warm);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn an_idle_value_goes() {
    let (warm, value) = (Warm::new(Duration::from_millis(1)).unwrap(), Arc::new(()));
    take(&warm, &value);
    while warm.is_warm() {
        std::thread::yield_now();
    }
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn what_a_panic_left_behind_is_made_anew() {
    let (warm, value) = (Warm::new(Duration::from_hours(1)).unwrap(), Arc::new(()));
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        warm.with(
            || Ok::<_, Infallible>(value.clone()),
            |_| -> Result<(), Infallible> { panic!("half done") },
        )
    }));
    assert!(broken.is_err());
    let next = Arc::new(());
    take(&warm, &next);
    assert_eq!((Arc::strong_count(&value), Arc::strong_count(&next)), (1, 2));
}
