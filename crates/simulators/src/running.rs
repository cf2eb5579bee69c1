//! Starting and stopping.

use crate::desk::{Desk, Kept, Provider};
use crate::paypal::PayPal;
use crate::settings::{Refused, Settings};
use crate::site;
use crate::stripe::Stripe;
use actix_web::dev::ServerHandle;
use actix_web::web::{Data, PayloadConfig, to};
use actix_web::{App, HttpServer};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked whether something has expired.
const TICK: Duration = Duration::from_secs(1);

/// Two simulators that listen.
pub struct Running {
    /// Base address of the Stripe API, without a slash at the end: `http://127.0.0.1:12111`.
    pub stripe_base: String,
    /// Base address of the PayPal API, without a slash at the end.
    pub paypal_base: String,
    stripe: Arc<Desk<Stripe>>,
    paypal: Arc<Desk<PayPal>>,
    servers: [ServerHandle; 2],
}

/// Starts both simulators. Has to be called within a tokio runtime, which sends the notices.
///
/// # Errors
/// [`Refused`]: in production, beside real keys, on an address that strangers reach, and when an address or the
/// state file cannot be used.
pub async fn start(settings: Settings) -> Result<Running, Refused> {
    settings.check()?;
    let stripe_at = listen(settings.stripe_bind)?;
    let paypal_at = listen(settings.paypal_bind)?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .map_err(Refused::Client)?;
    let stripe_base = format!("http://{}", stripe_at.1);
    let paypal_base = format!("http://{}", paypal_at.1);
    let stripe = Stripe::new(&settings, &stripe_base);
    let paypal = PayPal::new(&settings, &paypal_base);
    let stripe = open(stripe, &settings, &client).await?;
    let paypal = open(paypal, &settings, &client).await?;
    let servers = [
        serve(Arc::clone(&stripe), stripe_at.0, settings.stripe_bind)?,
        serve(Arc::clone(&paypal), paypal_at.0, settings.paypal_bind)?,
    ];
    let running = Running { stripe_base, paypal_base, stripe, paypal, servers };
    running.deliver_to(settings.stripe_webhook_url, settings.paypal_webhook_url);
    Ok(running)
}

impl Running {
    /// Sends notices to these addresses from now on, beginning with those that waited for one; `None` changes
    /// nothing.
    pub fn deliver_to(&self, stripe_webhook_url: Option<String>, paypal_webhook_url: Option<String>) {
        if let Some(url) = stripe_webhook_url {
            self.stripe.deliver_to(url);
        }
        if let Some(url) = paypal_webhook_url {
            self.paypal.deliver_to(url);
        }
    }

    /// Returns when no notice is on its way: all were accepted, given up or had no address to go to.
    pub async fn drained(&self) {
        self.stripe.drained().await;
        self.paypal.drained().await;
    }

    /// Ends both: calls that are being answered get their answer, notices on their way are left (with a state file
    /// the next start sends them).
    pub async fn stop(self) {
        self.stripe.stop.send_replace(true);
        self.paypal.stop.send_replace(true);
        for server in &self.servers {
            server.stop(true).await;
        }
        self.stripe.flushed().await;
        self.paypal.flushed().await;
    }
}

impl Drop for Running {
    /// What nobody stopped ends too, without waiting.
    fn drop(&mut self) {
        self.stripe.stop.send_replace(true);
        self.paypal.stop.send_replace(true);
        for server in &self.servers {
            drop(server.stop(false));
        }
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Refused> {
    let refused = |cause| Refused::Bind { address, cause };
    let listener = TcpListener::bind(address).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

async fn open<P: Provider>(
    provider: P,
    settings: &Settings,
    client: &reqwest::Client,
) -> Result<Arc<Desk<P>>, Refused> {
    let file = settings.state_file.as_deref().map(|path| crate::keep::path_for(path, P::NAME));
    let kept = match &file {
        Some(path) => load::<P>(path.clone()).await?,
        None => Kept::default(),
    };
    let desk = Desk::new(provider, kept, file, client.clone(), Arc::clone(&settings.clock));
    tokio::spawn(Desk::keep(Arc::downgrade(&desk)));
    tokio::spawn(tick(Arc::clone(&desk)));
    Ok(desk)
}

async fn load<P: Provider>(path: PathBuf) -> Result<Kept<P::Books>, Refused> {
    let from = path.clone();
    let loaded = tokio::task::spawn_blocking(move || crate::keep::load(&from)).await;
    let loaded = loaded.map_err(std::io::Error::other).and_then(|loaded| loaded);
    loaded.map_err(|cause| Refused::State { path, cause })
}

/// Lets sessions expire although nobody asks for them.
async fn tick<P: Provider>(desk: Arc<Desk<P>>) {
    let ticking = async {
        let mut interval = tokio::time::interval(TICK);
        loop {
            interval.tick().await;
            desk.expire().await;
        }
    };
    tokio::select! {
        () = desk.stopped() => {}
        () = ticking => {}
    }
}

fn serve<P: Provider>(
    desk: Arc<Desk<P>>,
    listener: TcpListener,
    address: SocketAddr,
) -> Result<ServerHandle, Refused> {
    let desk = Data::new(desk);
    let app = move || {
        App::new()
            .app_data(desk.clone())
            .app_data(PayloadConfig::new(1 << 20))
            .default_service(to(site::answer::<P>))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)
        .map_err(|cause| Refused::Bind { address, cause })?
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}
