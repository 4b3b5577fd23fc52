//! How many requests are answered: a bucket for each project and for each address, in memory.
//!
//! Each process counts for itself. Where addresses are counted, those of IPv6 are taken by their /64, which is what
//! one customer gets.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use atelier_domain::ProjectId;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::config::{Rate, RateConfig};

/// After so many checks the full buckets are forgotten.
const SWEEP: u32 = 10_000;

/// Every limit of this process.
pub(crate) struct Rates {
    projects: Option<Buckets<ProjectId>>,
    addresses: Option<Buckets<IpAddr>>,
    failed_logins: Option<Buckets<IpAddr>>,
    sign_ins: Option<Buckets<(String, IpAddr)>>,
}

/// There are too many; one more is answered after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany(pub(crate) Duration);

impl TooMany {
    /// The time in seconds, rounded up, and one at least: whoever waits so long is let in.
    pub(crate) fn whole_seconds(self) -> u64 {
        self.0.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
    }
}

impl Rates {
    pub(crate) fn new(config: &RateConfig) -> Self {
        Self {
            projects: config.project.map(Buckets::new),
            addresses: config.address.map(Buckets::new),
            failed_logins: config.failed_logins.map(Buckets::new),
            sign_ins: sign_in_quota().map(Buckets::with_quota),
        }
    }

    /// Counts a request of a project.
    pub(crate) fn project(&self, project: ProjectId) -> Result<(), TooMany> {
        check(self.projects.as_ref(), &project)
    }

    /// Counts a request from an address.
    pub(crate) fn address(&self, address: IpAddr) -> Result<(), TooMany> {
        check(self.addresses.as_ref(), &site(address))
    }

    /// Counts a failed authentication from an address.
    pub(crate) fn failed_login(&self, address: IpAddr) -> Result<(), TooMany> {
        check(self.failed_logins.as_ref(), &site(address))
    }

    /// Counts an attempt to sign in under an e-mail address, from an address. Somebody else who tries elsewhere locks
    /// nobody out.
    pub(crate) fn sign_in(&self, email: &str, address: IpAddr) -> Result<(), TooMany> {
        check(self.sign_ins.as_ref(), &(email.to_owned(), site(address)))
    }
}

/// Attempts at one password from one place: ten at once and four a minute, which leaves a password of ten characters
/// alone for longer than anybody tries.
fn sign_in_quota() -> Option<Quota> {
    let at_once = NonZeroU32::new(10)?;
    Quota::with_period(Duration::from_secs(15)).map(|quota| quota.allow_burst(at_once))
}

fn check<K: Hash + Eq + Clone>(buckets: Option<&Buckets<K>>, key: &K) -> Result<(), TooMany> {
    buckets.map_or(Ok(()), |buckets| buckets.check(key))
}

fn site(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

struct Buckets<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(rate: Rate) -> Self {
        Self::with_quota(Quota::per_second(rate.per_second).allow_burst(rate.burst))
    }

    fn with_quota(quota: Quota) -> Self {
        Self { limiter: RateLimiter::hashmap(quota), checks: AtomicU32::new(0) }
    }

    fn check(&self, key: &K) -> Result<(), TooMany> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        let now = self.limiter.clock().now();
        self.limiter.check_key(key).map_err(|full| TooMany(full.wait_time_from(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(per_second: u32, burst: u32) -> Rates {
        let [per_second, burst] = [per_second, burst].map(|number| NonZeroU32::new(number).unwrap());
        Rates::new(&RateConfig { address: Some(Rate { per_second, burst }), ..RateConfig::default() })
    }

    #[test]
    fn a_burst_is_let_in_and_then_it_is_said_when_to_come_again() {
        let rates = rates(1, 3);
        let address = "203.0.113.1".parse().unwrap();
        for _ in 0..3 {
            rates.address(address).unwrap();
        }
        let TooMany(wait) = rates.address(address).unwrap_err();
        assert!(wait <= Duration::from_secs(1) && wait > Duration::from_millis(500), "{wait:?}");
        rates.address("203.0.113.2".parse().unwrap()).unwrap();
    }

    #[test]
    fn one_customer_of_ipv6_is_one_address() {
        let rates = rates(1, 1);
        rates.address("2001:db8::1".parse().unwrap()).unwrap();
        assert!(rates.address("2001:db8::ffff:2".parse().unwrap()).is_err());
        rates.address("2001:db8:0:1::1".parse().unwrap()).unwrap();
    }

    #[test]
    fn what_has_no_limit_is_always_let_in() {
        let rates = rates(1, 1);
        for _ in 0..1000 {
            rates.project(ProjectId(1)).unwrap();
            rates.failed_login(IpAddr::from([203, 0, 113, 1])).unwrap();
        }
    }

    #[test]
    fn buckets_that_have_filled_up_are_forgotten() {
        let rates = rates(u32::MAX, 1);
        for number in 0..50_000_u32 {
            rates.address(IpAddr::from(number.to_be_bytes())).unwrap();
        }
        assert!(rates.addresses.unwrap().limiter.len() <= SWEEP as usize);
    }
}
