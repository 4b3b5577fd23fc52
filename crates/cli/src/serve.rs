//! `atelier serve`.

use std::process::ExitCode;

use anyhow::Context as _;
use atelier_server::{Deliverer, Worker};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::{Role, ServeArgs};
use crate::studio;

/// Open files besides sockets: other connections, the database, pictures.
const OTHER_FILES: u64 = 1000;

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
    raise_file_limit(config.sockets.max_open);
    let data = config.data.clone();
    let app = studio::open(config, base.clone()).await?;
    if app.storage.store.projects().await?.is_empty() {
        println!("No project can use this server yet. Make one, in another terminal:");
        println!("  atelier account create --email you@example.com --data {}", data.display());
        println!("  atelier credits grant --account you@example.com --usd 25 --data {}", data.display());
        println!(
            "  atelier project create --account you@example.com --name first --auth signature --data {}",
            data.display()
        );
    }
    let worker = (args.role != Role::Api).then(|| Worker::new(app.clone())).transpose()?;
    let working = worker.map(|worker| tokio::spawn(worker.run(stop.clone())));
    // Where the API is: that process knows the address that links begin with, and it serves also while no worker does.
    let deliverer = (args.role != Role::Worker).then(|| Deliverer::new(app.clone())).transpose()?;
    let delivering = deliverer.map(|deliverer| tokio::spawn(deliverer.run(stop.clone())));
    if let Some(listener) = listener {
        println!("Atelier serves {base} from {}", data.display());
        studio::serve_http(app.clone(), listener, stop).await?;
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

/// Each socket is an open file, and many systems allow a process 1024 of them until it asks for more.
fn raise_file_limit(sockets: usize) {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) if files < sockets as u64 + OTHER_FILES => {
            tracing::warn!(files, sockets, "sockets.max_open is more than this process may open");
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
