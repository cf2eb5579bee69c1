//! A server as `serve` starts it for a developer: with simulators beside it and a worker inside.

use super::{TestApp, config};
use kernel::{Clock, SystemClock};
use simulators::Running;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use synesthesie::http::start;
use synesthesie::simulated::simulated;
use synesthesie::wiring::build;
use synesthesie::worker;
use tokio::sync::watch;

/// The server, and what runs beside it until this is dropped.
pub struct Simulated {
    pub app: TestApp,
    _providers: Running,
    _work: watch::Sender<bool>,
}

impl Simulated {
    /// In memory, on ports of its own.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let settings = [
            ("payments.simulators", "true"),
            ("payments.stripe_bind", "127.0.0.1:0"),
            ("payments.paypal_bind", "127.0.0.1:0"),
        ];
        let config = config(&address.to_string(), &settings);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let simulated = simulated(&config, address, Arc::clone(&clock)).await.unwrap().unwrap();
        let app = Arc::new(build(&simulated.config, clock).await.unwrap());
        app.events.ensure_default_organisation("House").await.unwrap();
        let server = Some(start(Arc::clone(&app), listener).unwrap());
        let (work, stop) = watch::channel(false);
        tokio::spawn(worker::run(Arc::clone(&app), stop));
        let http = crate::harness::http().timeout(Duration::from_secs(60)).build().unwrap();
        let app = TestApp { app, url: format!("http://{address}"), server, http };
        Self { app, _providers: simulated.running, _work: work }
    }
}
