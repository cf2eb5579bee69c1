//! What a program that serves nobody tells machines: whether it lives, whether it is ready, and what it counts.

use super::envelope::envelope;
use super::health;
use crate::wiring::App;
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as Actix, HttpServer};
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How long such an answer may take to end, in seconds.
const SHUTDOWN_SECONDS: u64 = 5;

/// A listener for machines.
pub struct Probes {
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

impl Probes {
    /// Takes no more questions.
    ///
    /// # Errors
    /// When the listener had failed.
    pub async fn stop(self) -> io::Result<()> {
        self.handle.stop(true).await;
        self.task.await.map_err(io::Error::other)?
    }
}

/// Answers machines on a listener until it is stopped.
///
/// # Errors
/// When the listener cannot be used.
pub fn start(app: Arc<App>, listener: TcpListener) -> io::Result<Probes> {
    let data = Data::from(app);
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(data.clone())
            .wrap(from_fn(envelope))
            .service(health::live)
            .service(health::ready)
            .service(health::metrics)
    });
    let server = server.workers(1).disable_signals().shutdown_timeout(SHUTDOWN_SECONDS);
    let running = server.listen(listener)?.run();
    let handle = running.handle();
    Ok(Probes { handle, task: tokio::spawn(running) })
}
