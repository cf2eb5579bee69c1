//! Many more people than places, all at once, over HTTP on PostgreSQL, while things break.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::load::{BoxOffice, Buyer, Connection, LoadError, Offered, Plan, Stock, log_in, register};
use testkit::servers::{PostgresOptions, PostgresServer, Program, RedisServer};
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_blocking};

const PLACES: usize = 500;
/// Each tries ten times: 10,000 attempts.
const PEOPLE: u32 = 1000;
const TRIES: usize = 10;
/// So many try at the same moment.
const AT_ONCE: u32 = 500;
/// How long a restart may take before nobody tries again.
const PATIENCE: Duration = Duration::from_secs(60);
const DATABASE: &str = "synesthesie";
const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";

/// A system with an event of 500 free places, and people who have accounts.
struct Sale {
    program: Program,
    postgres: PostgresServer,
    redis: RedisServer,
    offered: Offered,
}

/// What all attempts share.
struct Rush {
    offered: Offered,
    sold: AtomicUsize,
    half_way: Notify,
    /// Whether a broken connection means to try again, or that something is wrong.
    restarts: bool,
}

impl Sale {
    async fn open() -> Self {
        let postgres = PostgresServer::start(&PostgresOptions::default()).unwrap();
        let redis = RedisServer::start().unwrap();
        postgres.query("postgres", &format!("CREATE DATABASE {DATABASE};")).unwrap();
        let mut program = program(&postgres, &redis, &[("limits.enabled", "false")]);
        program.run(&["migrate"], "").unwrap();
        program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD).unwrap();
        program.serve().unwrap();
        register(program.address(), PEOPLE).await.unwrap();
        let mut office = BoxOffice::open(program.address(), ADMIN, PASSWORD).await.unwrap();
        let plan = Plan { title: "Sought after".into(), quantity: u32::try_from(PLACES).unwrap(), price: 0 };
        let offered = office.put_on_sale(&plan).await.unwrap();
        program.stop().unwrap();
        // From here on as in production: logins are counted, in Redis.
        let mut program = self::program(&postgres, &redis, &[]);
        program.serve().unwrap();
        Self { program, postgres, redis, offered }
    }

    /// Lets everybody in; `restarts` as in [`Rush`].
    fn rush(&self, restarts: bool) -> (Arc<Rush>, JoinSet<()>) {
        let rush = Arc::new(Rush {
            offered: self.offered.clone(),
            sold: AtomicUsize::new(0),
            half_way: Notify::new(),
            restarts,
        });
        let mut attempts = JoinSet::new();
        for row in 0..AT_ONCE {
            attempts.spawn(try_in_turn(Arc::clone(&rush), Connection::new(self.program.address()), row));
        }
        (rush, attempts)
    }

    /// Every place was sold once, and the database agrees with itself and with the buyers.
    fn assert_sold_out(&self, confirmed: usize) {
        let places = u64::try_from(PLACES).unwrap();
        let stock = Stock::count(&self.postgres, DATABASE).unwrap();
        let expected = Stock { bookings: places, tickets: places, sold: places, held: 0, holds: 0 };
        assert_eq!(stock, expected);
        assert_eq!(confirmed, PLACES);
        assert_eq!(Stock::drifts(&self.postgres, DATABASE).unwrap(), Vec::<String>::new());
    }
}

fn program(postgres: &PostgresServer, redis: &RedisServer, further: &[(&str, &str)]) -> Program {
    let (store, redis) = (postgres.database_url(DATABASE), redis.url());
    let mut settings = vec![
        ("store.url", store.as_str()),
        ("redis.url", redis.as_str()),
        ("auth.registration", "open"),
        ("auth.bcrypt_cost", "4"),
        ("auth.signing_key", "0101010101010101010101010101010101010101010101010101010101010101"),
        ("payments.simulators", "false"),
    ];
    settings.extend(further);
    Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap()
}

async fn try_in_turn(rush: Arc<Rush>, mut connection: Connection, row: u32) {
    let mut people = Vec::new();
    for person in (row..PEOPLE).step_by(usize::try_from(AT_ONCE).unwrap()) {
        let since = Instant::now();
        let token = loop {
            match log_in(&mut connection, person).await {
                Ok(token) => break token,
                Err(failure) => rush.pause(since, failure).await,
            }
        };
        people.push(Buyer::new(&token));
    }
    for _ in 0..TRIES {
        for buyer in &mut people {
            rush.buy(&mut connection, buyer).await;
        }
    }
}

impl Rush {
    /// One attempt; whether it brought a ticket.
    async fn buy(&self, connection: &mut Connection, buyer: &mut Buyer) -> bool {
        let since = Instant::now();
        let hold = loop {
            match buyer.hold(connection, &self.offered).await {
                Ok(Some(hold)) => break hold,
                Ok(None) => return false,
                Err(failure) => self.pause(since, failure).await,
            }
        };
        while let Err(failure) = buyer.confirm(connection, &hold).await {
            self.pause(since, failure).await;
        }
        if self.sold.fetch_add(1, Ordering::SeqCst) + 1 == PLACES / 2 {
            self.half_way.notify_one();
        }
        true
    }

    /// Before asking again, when the connection broke because of a restart. Any answer but the expected ones is a
    /// failure, every 5xx among them.
    async fn pause(&self, since: Instant, failure: LoadError) {
        let broken = matches!(failure, LoadError::Connection { .. });
        assert!(broken && self.restarts && since.elapsed() < PATIENCE, "{failure}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn ten_thousand_attempts_at_five_hundred_places_sell_each_once() {
    let sale = Sale::open().await;
    let (rush, attempts) = sale.rush(false);
    attempts.join_all().await;
    sale.assert_sold_out(rush.sold.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_sale_goes_on_without_an_error_when_redis_dies_half_way_and_when_it_returns() {
    let mut sale = Sale::open().await;
    let (rush, attempts) = sale.rush(false);
    rush.half_way.notified().await;
    sale.redis.stop().unwrap();
    attempts.join_all().await;
    sale.assert_sold_out(rush.sold.load(Ordering::SeqCst));
    sale.redis.start_again().unwrap();
    log_in(&mut Connection::new(sale.program.address()), 0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_killed_half_way_through_a_sale_and_started_again_sells_each_place_once() {
    let mut sale = Sale::open().await;
    let (rush, attempts) = sale.rush(true);
    rush.half_way.notified().await;
    let mut program = sale.program;
    sale.program = spawn_blocking(move || {
        program.kill().unwrap();
        program.serve().unwrap();
        program
    })
    .await
    .unwrap();
    attempts.join_all().await;
    // Who was not told of a hold cannot confirm it. Its time passes, and its place is offered again.
    sale.postgres.query(DATABASE, "UPDATE holds SET expires_at = now() - interval '1 second';").unwrap();
    let mut connection = Connection::new(sale.program.address());
    let mut late = Buyer::new(&log_in(&mut connection, 0).await.unwrap());
    while rush.buy(&mut connection, &mut late).await {}
    sale.assert_sold_out(rush.sold.load(Ordering::SeqCst));
}
