//! The databases that the server is measured on: one with a thousand bookings, copied afresh for every round, and one
//! with a million.

use crate::Failure;
use crate::paid::Till;
use std::sync::Arc;
use testkit::load::{BoxOffice, Buyer, Connection, Hall, LoadError, Offered, Plan, log_in_all, register};
use testkit::servers::{PostgresServer, Program};

/// People who buy in turn, so that nobody owns an unusual number of tickets.
const PEOPLE: u32 = 2000;
/// Free events beside the hot one.
const EVENTS: u32 = 1000;
/// Events that cost something: so many that nobody comes to have more than a few unpaid bookings of one.
const PAID: u32 = 1000;
/// As many as an event can have.
const PLENTY: u32 = 1_000_000;
/// Who runs the house.
pub(crate) const ADMIN: &str = "admin@example.org";
/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Halls of a thousand seats.
const HALLS: u32 = 100;
/// The template with a thousand bookings.
const SEED: &str = "seed";
/// The database with many bookings.
pub(crate) const LARGE: &str = "large";

/// A database server, and what is on sale in its databases.
pub(crate) struct Databases<'a> {
    pub(crate) server: &'a PostgresServer,
    worker: bool,
    pub(crate) hot: Arc<[Offered]>,
    pub(crate) spread: Arc<[Offered]>,
    /// Events whose tickets cost something.
    pub(crate) paid: Arc<[Offered]>,
    pub(crate) till: Till,
    /// Halls with seats, the hot one first; none unless they were asked for.
    pub(crate) halls: Arc<[Offered]>,
    /// One whose map is looked at.
    pub(crate) large_hall: Option<Offered>,
}

/// The program, serving one of the databases, with everybody logged in.
pub(crate) struct Serving {
    pub(crate) program: Program,
    pub(crate) database: String,
    pub(crate) tokens: Vec<String>,
}

fn program(server: &PostgresServer, database: &str, worker: bool, till: &Till) -> Result<Program, Failure> {
    let mut settings = vec![
        ("store.url", server.database_url(database)),
        ("mail.url", "box:".to_owned()),
        ("payments.simulators", "false".to_owned()),
        ("limits.enabled", "false".to_owned()),
        ("auth.registration", "open".to_owned()),
        ("auth.bcrypt_cost", "4".to_owned()),
        ("worker.enabled", worker.to_string()),
        ("live.listeners", "100000".to_owned()),
        ("live.per_account", "100000".to_owned()),
    ];
    settings.extend(till.settings());
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    Ok(Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings)?)
}

impl<'a> Databases<'a> {
    /// Makes the template over HTTP: people, events on sale, and one booking of each event, paid where it costs something.
    pub(crate) async fn prepare(server: &'a PostgresServer, worker: bool) -> Result<Self, Failure> {
        server.query("postgres", &format!("CREATE DATABASE {SEED};"))?;
        let till = Till::open().await?;
        let mut program = program(server, SEED, false, &till)?;
        program.run(&["migrate"], "")?;
        program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD)?;
        program.serve()?;
        let address = program.address();
        eprintln!("registering {PEOPLE} people, putting {} events on sale", EVENTS + 1);
        let tokens = register(address, PEOPLE).await?;
        let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await?;
        let mut offers = Vec::new();
        for number in 0..=EVENTS {
            let plan = Plan { title: format!("Evening {number}"), quantity: PLENTY, price: 0 };
            offers.push(office.put_on_sale(&plan).await?);
        }
        let mut paid = Vec::new();
        for number in 0..PAID {
            let plan = Plan { title: format!("Concert {number}"), quantity: PLENTY, price: 2500 };
            paid.push(office.put_on_sale(&plan).await?);
        }
        let mut connection = Connection::new(address);
        for (offered, token) in offers.iter().zip(&tokens) {
            let mut buyer = Buyer::new(token);
            let hold = buyer.hold(&mut connection, offered).await?.ok_or(SOLD_OUT)?;
            buyer.confirm(&mut connection, &hold).await?;
        }
        let mut checkouts = Vec::new();
        for (offered, token) in paid.iter().zip(&tokens) {
            let mut buyer = Buyer::paying(token, "stripe");
            let hold = buyer.hold(&mut connection, offered).await?.ok_or(SOLD_OUT)?;
            checkouts.push(buyer.order(&mut connection, &hold).await?);
        }
        for notice in till.pay(&checkouts).await? {
            let answer = connection.send(&notice).await?;
            if answer.status != 200 {
                return Err(format!("a notice was answered with {}", answer.status).into());
            }
        }
        program.stop()?;
        server.query(SEED, "VACUUM (ANALYZE);")?;
        let spread = offers.split_off(1).into();
        let (hot, paid, halls) = (offers.into(), paid.into(), Vec::new().into());
        Ok(Self { server, worker, hot, spread, paid, till, halls, large_hall: None })
    }

    /// Adds halls with seats to the template.
    pub(crate) async fn open_halls(&mut self) -> Result<(), Failure> {
        let mut program = program(self.server, SEED, false, &self.till)?;
        program.serve()?;
        eprintln!("opening {HALLS} halls with seats");
        let mut office = BoxOffice::open(program.address(), ADMIN, PASSWORD).await?;
        let hall = |title: String, rows, seats_per_row| Hall { title, rows, seats_per_row, price: 0 };
        let mut halls = Vec::new();
        for number in 0..HALLS {
            halls.push(office.open_hall(&hall(format!("Hall {number}"), 25, 40)).await?);
        }
        self.large_hall = Some(office.open_hall(&hall("Arena".into(), 100, 100)).await?);
        self.halls = halls.into();
        program.stop()?;
        self.server.query(SEED, "VACUUM (ANALYZE);")?;
        Ok(())
    }

    /// Serves a fresh copy of the template.
    pub(crate) async fn serve_small(&self, name: &str) -> Result<Serving, Failure> {
        let copy = format!("DROP DATABASE IF EXISTS {name};\nCREATE DATABASE {name} TEMPLATE {SEED};");
        self.server.query("postgres", &copy)?;
        self.server.query(name, "VACUUM (ANALYZE);")?;
        self.serve(name).await
    }

    /// Makes the large database: half of its bookings are of the hot event, a quarter was paid for.
    pub(crate) fn grow(&self, bookings: u32) -> Result<(), Failure> {
        eprintln!("writing {bookings} bookings with their tickets");
        self.server.query("postgres", &format!("CREATE DATABASE {LARGE} TEMPLATE {SEED};"))?;
        let hot = self.hot.first().map(|offered| offered.event.as_str()).unwrap_or_default();
        let (of_hot, of_paid, of_each) = (bookings / 2, bookings / 4 / PAID, bookings / 4 / EVENTS);
        let sql = include_str!("grow.sql")
            .replace(":hot", &format!("'{hot}'"))
            .replace(":of_hot", &of_hot.to_string())
            .replace(":of_paid", &of_paid.to_string())
            .replace(":of_each", &of_each.to_string());
        self.server.query(LARGE, &sql)?;
        Ok(())
    }

    /// Serves a database that is there.
    pub(crate) async fn serve(&self, database: &str) -> Result<Serving, Failure> {
        let mut program = program(self.server, database, self.worker, &self.till)?;
        program.serve()?;
        let tokens = log_in_all(program.address(), PEOPLE).await?;
        Ok(Serving { program, database: database.to_owned(), tokens })
    }
}

const SOLD_OUT: LoadError =
    LoadError::Answer { doing: "holding the first ticket", status: 409, body: String::new() };
