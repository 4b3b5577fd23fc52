//! Which server may be reached by other machines.
//!
//! There are no default credentials: a fresh server is of no use to anybody until its operator makes a project. What
//! is set up for one person's own machine is work for nothing, so a server that does such work must not become
//! reachable by accident.

use std::net::SocketAddr;

use atelier_store::StoreError;
use thiserror::Error;

use crate::app::App;

/// Why a server does not start. The operator must act.
#[derive(Debug, Error)]
pub enum ExposureError {
    /// Nobody pays for anything.
    #[error(
        "{0} can be reached from other machines, but billing is off: whoever has a key could keep this machine busy \
         for nothing. Listen on 127.0.0.1, set `billing.enabled`, or allow it with `billing.free_on_public_address`"
    )]
    BillingOff(SocketAddr),
    /// An account pays for nothing.
    #[error(
        "{0} can be reached from other machines, but the account {1} is unlimited: whoever has one of its keys could \
         keep this machine busy for nothing. Listen on 127.0.0.1, end it with `atelier account set --email {1} \
         --unlimited false`, or allow it with `billing.free_on_public_address`"
    )]
    UnlimitedAccount(SocketAddr, String),
    /// The accounts cannot be looked at.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Whether this installation may be served at an address. To be asked before listening; an account that is made
    /// unlimited afterwards is its operator's decision.
    pub async fn may_listen(&self, address: SocketAddr) -> Result<(), ExposureError> {
        if address.ip().is_loopback() || self.config.billing.free_on_public_address {
            return Ok(());
        }
        if self.config.billing.rules.is_none() {
            return Err(ExposureError::BillingOff(address));
        }
        let accounts = self.storage.store.accounts().await?;
        match accounts.into_iter().find(|account| account.unlimited) {
            Some(free) => Err(ExposureError::UnlimitedAccount(address, free.email)),
            None => Ok(()),
        }
    }
}
