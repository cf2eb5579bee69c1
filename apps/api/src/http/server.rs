//! The server: started on a listener, stopped in order.

use super::envelope::envelope;
use super::json::MAX_BYTES;
use super::missing::{Methods, missing};
use super::openapi::{self, Document};
use super::problem::Problem;
use super::{docs, routes};
use crate::live;
use crate::wiring::App;
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, PayloadConfig, QueryConfig, to};
use actix_web::{App as Actix, Error, HttpServer};
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::task::JoinHandle;
use utoipa_actix_web::AppExt;

/// How long requests in flight may take to end when the server stops, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;
/// How long the first request of a connection may take to be read. It counts while the server is busy with others, too:
/// five seconds, as usual, would call those slow who come with thousands in the moment when a sale begins.
const FIRST_REQUEST: Duration = Duration::from_secs(20);

/// A running server.
pub struct Server {
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
    /// Tells those who listen.
    live: JoinHandle<()>,
    app: Arc<App>,
}

impl Server {
    /// Says so on `/health/ready`, waits, takes no new requests, ends those in flight.
    ///
    /// # Errors
    /// When the server had failed.
    pub async fn stop(self, wait: Duration) -> io::Result<()> {
        self.app.drain();
        tokio::time::sleep(wait).await;
        // Streams would go on: those who listen come again, elsewhere.
        self.app.live.close();
        self.handle.stop(true).await;
        self.live.abort();
        self.task.await.map_err(io::Error::other)?
    }

    /// Ends when the server fails by itself.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn failed(&mut self) -> io::Result<()> {
        (&mut self.task).await.map_err(io::Error::other)?
    }
}

/// Serves on a listener until it is stopped.
///
/// # Errors
/// When the listener cannot be used.
pub fn start(app: Arc<App>, listener: TcpListener) -> io::Result<Server> {
    let document = openapi::document();
    let json = serde_json::to_string(&document).map_err(io::Error::other)?;
    let methods = Data::new(Methods::of(&document));
    let document = Data::new(Document { json, page: docs::page(&document) });
    let data = Data::from(Arc::clone(&app));
    let server = HttpServer::new(move || {
        let refuse_query = |_, _: &_| -> Error {
            Problem::bad_request("malformed_query", "The query cannot be read.").into()
        };
        // What cannot be an id names nothing.
        let refuse_path = |_, _: &_| -> Error { Problem::not_found().into() };
        Actix::new()
            .app_data(data.clone())
            .app_data(document.clone())
            .app_data(methods.clone())
            .app_data(PayloadConfig::new(MAX_BYTES))
            .app_data(QueryConfig::default().error_handler(refuse_query))
            .app_data(PathConfig::default().error_handler(refuse_path))
            .wrap(from_fn(envelope))
            .into_utoipa_app()
            .configure(routes::routes)
            .into_app()
            .default_service(to(missing))
    });
    let workers = available_parallelism().map_or(2, usize::from);
    let server = server.workers(workers).disable_signals().shutdown_timeout(SHUTDOWN_SECONDS);
    // What is packed on its way is written in pieces, and none of them shall wait until the one before was acknowledged.
    let server = server.client_request_timeout(FIRST_REQUEST).tcp_nodelay(true);
    let running = server.listen(listener)?.run();
    let handle = running.handle();
    let live = tokio::spawn(live::places::watched_over(Arc::clone(&app)));
    Ok(Server { handle, task: tokio::spawn(running), live, app })
}
