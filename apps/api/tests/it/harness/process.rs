//! The built program as a process of its own, that is killed when a call passes on its lines and started again.

use super::client::{Answer, Client, answer};
use super::providers::{Providers, Till};
use super::shop::{Store, checkout_url, put_on_sale};
use super::wire::{Moment, Trick, Wire};
use super::{PASSWORD, Person, unique_email};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::servers::Program;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something outside of this process.
const POLL: Duration = Duration::from_millis(20);
const ADMIN: &str = "admin@example.org";
/// Any 32 bytes: tokens and codes must be worth as much after a restart.
const SIGNING_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c";

/// The program with an event on sale and somebody who buys.
pub struct Process {
    program: Arc<Mutex<Program>>,
    deaths: watch::Sender<usize>,
    pub providers: Providers,
    /// Between it and the providers.
    lines: [(Till, Wire); 2],
    /// Between the providers' notices and it.
    pub hooks: Wire,
    buyer: Client,
    event: String,
    ticket_type: String,
    store: Store,
    /// Declared last: it is dropped when nobody uses it any more.
    _database: Option<FreshDatabase>,
}

impl Process {
    /// With so many seconds for a buyer to pay; everything that the program waits for is a second long.
    pub async fn start(store: Store, to_pay: u32) -> Self {
        Self::start_with(store, to_pay, &[]).await
    }

    /// The same with more variables.
    pub async fn start_with(store: Store, to_pay: u32, more: &[(&'static str, String)]) -> Self {
        let mut providers = Providers::start(Arc::new(SystemClock)).await;
        let lines = [
            (Till::Stripe, Wire::to(providers.base(Till::Stripe)).await),
            (Till::Paypal, Wire::to(providers.base(Till::Paypal)).await),
        ];
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let url = database.as_ref().map_or_else(|| "local:./data".to_owned(), FreshDatabase::url);
        let mut settings = Providers::variables(&lines[0].1.url, &lines[1].1.url);
        let text = |text: &str| text.to_owned();
        settings.extend([
            ("store.url", url),
            ("payments.simulators", text("false")),
            ("booking.payment_seconds", to_pay.to_string()),
            ("booking.first_look_seconds", text("1")),
            ("booking.look_again_seconds", text("1")),
            ("worker.lease_seconds", text("1")),
            ("auth.signing_key", text(SIGNING_KEY)),
            ("auth.registration", text("open")),
            ("auth.bcrypt_cost", text("4")),
            ("limits.enabled", text("false")),
        ]);
        settings.extend(more.iter().cloned());
        let program = spawn_blocking(move || launch(&settings)).await.unwrap();
        let address = format!("http://{}", program.address());
        let hooks = Wire::to(&address).await;
        providers.tell(&hooks.url);
        let http = crate::harness::http().timeout(PATIENCE).build().unwrap();
        let stranger = Client::new(http.clone(), address.clone(), None);
        let admin = log_in(&stranger, ADMIN).await;
        let (event, ticket_type) = put_on_sale(&admin, SystemClock.now(), 1000).await;
        let email = unique_email("buyer");
        let body = json!({"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"});
        stranger.post("/auth/register", &body).await.expect(201);
        let buyer = log_in(&stranger, &email).await.client;
        let (program, deaths) = (Arc::new(Mutex::new(program)), watch::Sender::new(0));
        Self {
            program,
            deaths,
            providers,
            lines,
            hooks,
            buyer,
            event,
            ticket_type,
            store,
            _database: database,
        }
    }

    /// The line to one provider.
    pub fn line(&self, till: Till) -> &Wire {
        let found = self.lines.iter().find(|(which, _)| *which == till);
        &found.expect("a line to each provider").1
    }

    /// Kills the program, and starts it again, when the call of this kind after so many others passes on a line.
    pub fn kill_at(&self, wire: &Wire, passing: usize, on: &str, moment: Moment) {
        let (program, deaths) = (Arc::clone(&self.program), self.deaths.clone());
        let kill = move || {
            die_and_rise(&program);
            deaths.send_modify(|count| *count += 1);
        };
        wire.trap_after(passing, on, moment, Trick::Do(Arc::new(kill)));
    }

    /// Returns when it was killed and started so often by [`Self::kill_at`].
    pub async fn died(&self, times: usize) {
        let mut deaths = self.deaths.subscribe();
        let died = deaths.wait_for(|count| *count == times);
        tokio::time::timeout(PATIENCE, died).await.expect("it was killed").unwrap();
    }

    /// Kills it and starts it again, so that it remembers nothing but what it kept.
    pub async fn restart(&self) {
        let program = Arc::clone(&self.program);
        spawn_blocking(move || die_and_rise(&program)).await.unwrap();
    }

    /// Asks as the buyer, again after a crash, as browsers do.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        let since = Instant::now();
        loop {
            let request = self.buyer.request(method.clone(), path).json(body);
            match request.send().await {
                Ok(response) => return Answer::of(response).await,
                Err(_) if since.elapsed() < PATIENCE => tokio::time::sleep(POLL).await,
                Err(error) => panic!("{path}: {error}"),
            }
        }
    }

    /// A booking of one place, which waits for its payment.
    pub async fn book(&self, till: Till) -> Value {
        let wish = json!({
            "event_id": self.event, "items": [{"ticket_type_id": self.ticket_type, "quantity": 1}],
        });
        let hold = self.ask(Method::POST, "/seats/hold", &wish).await.expect(201);
        let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": till.name()}});
        self.ask(Method::POST, "/bookings/confirm", &wish).await.expect(201)
    }

    /// Books a place, pays it or not, and kills the program at once. Returns when what was paid is known, since nobody may have
    /// more than three that wait for money.
    pub async fn book_and_die(&self, paid: bool) {
        let booking = self.book(Till::Stripe).await;
        if paid {
            self.providers.press(checkout_url(&booking), "pay").await;
        }
        self.restart().await;
        if paid {
            self.until(&booking, "confirmed", |booking| booking["status"] == "confirmed").await;
        }
    }

    /// Another attempt to pay it.
    pub async fn pay_again(&self, booking: &Value, till: Till) -> Value {
        let path = format!("/bookings/{}/pay", booking["id"].as_str().unwrap());
        self.ask(Method::POST, &path, &json!({"provider": till.name()})).await.expect(201)
    }

    /// The booking, once it is as wanted.
    pub async fn until(&self, booking: &Value, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/bookings/{}", booking["id"].as_str().unwrap());
        let since = Instant::now();
        loop {
            let now = self.ask(Method::GET, &path, &Value::Null).await.expect(200);
            if wanted(&now) {
                return now;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "never {what}: {now}\n{}",
                self.program.lock().unwrap().log()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Returns when nothing is owed any more.
    pub async fn until_idle(&self) {
        let since = Instant::now();
        loop {
            self.providers.drained().await;
            let metrics = self.ask(Method::GET, "/metrics", &Value::Null).await.text;
            let number = |name: &str| {
                let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
                line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
            };
            assert!(number("synesthesie_outbox_parked") < 0.5, "{}", self.program.lock().unwrap().log());
            if number("synesthesie_outbox_waiting") < 0.5 {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "something is still owed: {metrics}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Has the event cancelled; what was answered.
    pub async fn cancel_event(&self) -> Value {
        let admin = log_in(&self.buyer.with(None), ADMIN).await;
        admin.client.post(&format!("/admin/events/{}/cancel", self.event), &json!({})).await.expect(202)
    }

    /// Has an address called when something happens to a booking.
    pub async fn call(&self, url: &str) {
        let admin = log_in(&self.buyer.with(None), ADMIN).await.client;
        let organisations = admin.get("/admin/organisations").await.expect(200);
        let path =
            format!("/admin/organisations/{}/hooks", organisations["items"][0]["id"].as_str().unwrap());
        admin.post(&path, &json!({"url": url})).await.expect(201);
    }

    /// How far the work has come that was accepted.
    pub async fn job(&self, accepted: &Value) -> Value {
        let admin = log_in(&self.buyer.with(None), ADMIN).await;
        admin.client.get(&format!("/jobs/{}", accepted["job_id"].as_str().unwrap())).await.expect(200)
    }

    /// Every booking of the buyer.
    pub async fn bookings(&self) -> Vec<Value> {
        let page = self.ask(Method::GET, "/users/bookings?limit=100", &Value::Null).await.expect(200);
        assert_eq!(page["next_cursor"], Value::Null);
        page["items"].as_array().unwrap().clone()
    }

    /// The mails with tickets that the buyer got; none are kept beside PostgreSQL.
    pub async fn ticket_mails(&self) -> Option<Vec<Value>> {
        if matches!(self.store, Store::Postgres) {
            return None;
        }
        let stranger = self.buyer.with(None);
        let admin = log_in(&stranger, ADMIN).await;
        let page = admin.client.get("/admin/mail?limit=100").await.expect(200);
        assert_eq!(page["next_cursor"], Value::Null);
        let mails = page["items"].as_array().unwrap().iter();
        Some(mails.filter(|mail| mail["attachments"] != json!([])).cloned().collect())
    }

    /// Ends it in order, and has it recount its places.
    pub async fn stop_and_recount(self) {
        let recount = move || {
            let mut program = self.program.lock().unwrap();
            program.stop().unwrap();
            program.run(&["check-stock"], "").unwrap();
        };
        spawn_blocking(recount).await.unwrap();
    }
}

fn die_and_rise(program: &Mutex<Program>) {
    let mut program = program.lock().unwrap();
    program.kill().unwrap();
    program.serve().unwrap();
}

fn launch(settings: &[(&str, String)]) -> Program {
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut program = Program::new(Path::new(env!("CARGO_BIN_EXE_synesthesie")), &settings).unwrap();
    let create = ["user", "create-admin", "--email", ADMIN, "--password-stdin"];
    program.run(&create, PASSWORD).unwrap();
    program.serve().unwrap();
    program
}

async fn log_in(stranger: &Client, email: &str) -> Person {
    let body = json!({"email": email, "password": PASSWORD});
    let request = stranger.request(Method::POST, "/auth/login").json(&body);
    let session = answer(request).await.expect(200);
    let token = session["access_token"].as_str().unwrap();
    Person {
        id: session["user"]["id"].as_str().unwrap().to_owned(),
        email: email.to_owned(),
        refresh_token: session["refresh_token"].as_str().unwrap().to_owned(),
        client: stranger.with(Some(token)),
    }
}
