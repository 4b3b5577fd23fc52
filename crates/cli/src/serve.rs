//! `atelier serve`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use atelier_server::config::Config;
use atelier_server::{App, Deliverer, Worker, transport};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::{Role, ServeArgs};
use crate::studio;

/// Open files besides connections: the database, pictures, fetches and webhooks.
const OTHER_FILES: usize = 500;

pub(crate) async fn serve(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let mut config = studio::config(&args.place)?;
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    let stop = stop_on_signal()?;
    let listener =
        if args.role == Role::Worker { None } else { Some(bind(&config.listen.to_string()).await?) };
    let address = listener.as_ref().map(TcpListener::local_addr).transpose()?.unwrap_or(config.listen);
    let base = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    raise_file_limit(&config);
    let data = config.data.clone();
    let app = studio::open(config, base.clone()).await?;
    if listener.is_some() {
        app.may_listen(address).await?;
    }
    if listener.is_some() {
        welcome(&app, &data, address).await?;
    }
    let worker = (args.role != Role::Api).then(|| Worker::new(app.clone())).transpose()?;
    let working = worker.map(|worker| tokio::spawn(worker.run(stop.clone())));
    // Where the API is: that process knows the address that links begin with, and it serves also while no worker does.
    let deliverer = (args.role != Role::Worker).then(|| Deliverer::new(app.clone())).transpose()?;
    let delivering = deliverer.map(|deliverer| tokio::spawn(deliverer.run(stop.clone())));
    if let Some(listener) = listener {
        println!("Atelier serves {base} from {}", data.display());
        transport::serve(app.clone(), listener, stop).await?;
    } else {
        println!("Atelier works on the tasks in {}", data.display());
        stop.cancelled().await;
    }
    for work in working.into_iter().chain(delivering) {
        work.await?;
    }
    app.close_sockets().await;
    Ok(ExitCode::SUCCESS)
}

/// How to get in, while nobody can: in a browser, and without one. On a machine of one's own nothing is paid.
async fn welcome(app: &App, data: &Path, address: SocketAddr) -> anyhow::Result<()> {
    let (own_machine, data) = (address.ip().is_loopback(), data.display());
    let link = atelier_server::first_run_link(app, own_machine).await?;
    if let Some(link) = &link {
        println!(
            "Nobody can sign in yet. Whoever opens this link first, once, runs this installation:\n  {link}"
        );
    }
    if link.is_some() && app.storage.store.projects().await?.is_empty() {
        let unlimited = if own_machine { " --unlimited" } else { "" };
        println!("Without a browser, in another terminal:");
        println!("  atelier account create --email you@example.com{unlimited} --data {data}");
        if !own_machine {
            println!("  atelier credits grant --account you@example.com --usd 25 --data {data}");
        }
        println!(
            "  atelier project create --account you@example.com --name first --auth signature --data {data}"
        );
        println!("Callers through TryonAPI need a bearer key besides; here for the project with the id 1:");
        println!("  atelier key create --project 1 --kind tryon --data {data}");
    }
    Ok(())
}

/// Every connection is an open file, and many systems allow a process 1024 of them until it asks for more.
fn raise_file_limit(config: &Config) {
    let wanted = config.sockets.max_open + config.transport.connections + OTHER_FILES;
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(allowed) if allowed < wanted as u64 => {
            tracing::warn!(
                allowed,
                wanted,
                "the system allows fewer open files than the settings do connections"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}

async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Set on the first interrupt or request to terminate.
pub(crate) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    });
    Ok(stop)
}
