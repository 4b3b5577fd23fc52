//! How many calls are under way to which host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The calls of this process by host.
#[derive(Clone)]
pub(super) struct Hosts {
    limit: usize,
    calls: Arc<Mutex<HashMap<String, usize>>>,
}

/// A call to a host that is under way until this value is dropped.
pub(super) struct Place {
    hosts: Hosts,
    host: String,
}

impl Hosts {
    /// At most `limit` calls to each host.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, calls: Arc::default() }
    }

    /// Counts a call. That the host has a place left is for the caller to see to, with [`Hosts::busy`].
    pub(super) fn enter(&self, host: &str) -> Place {
        *self.lock().entry(host.to_owned()).or_default() += 1;
        Place { hosts: self.clone(), host: host.to_owned() }
    }

    /// The hosts that have no place left.
    pub(super) fn busy(&self) -> Vec<String> {
        let calls = self.lock();
        calls.iter().filter(|(_, calls)| **calls >= self.limit).map(|(host, _)| host.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut calls = self.hosts.lock();
        if let Some(count) = calls.get_mut(&self.host) {
            *count -= 1;
            if *count == 0 {
                calls.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_busy_while_it_has_as_many_calls_as_it_may() {
        let hosts = Hosts::new(2);
        let first = hosts.enter("slow.example");
        let _other = hosts.enter("quick.example");
        assert!(hosts.busy().is_empty());
        let second = hosts.enter("slow.example");
        assert_eq!(hosts.busy(), ["slow.example"]);
        drop(first);
        assert!(hosts.busy().is_empty());
        drop(second);
        assert_eq!(hosts.lock().len(), 1, "what is over is forgotten");
    }
}
