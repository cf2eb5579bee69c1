//! The scanner's page in a real browser, on the program itself.

use crate::events::cast::{event_of, id, in_hours, ticket_type};
use crate::harness::browser::{browse, tools};
use crate::harness::{Client, PASSWORD, scan, unique_email};
use crate::night::wish;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::servers::Program;
use tokio::task::spawn_blocking;

const TITLE: &str = "Tonight at the harbour";
const ADMIN: &str = "admin@example.org";
const SIGNING_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c";

/// A house that is open tonight, with guests and somebody at its door, and another house.
struct House {
    program: Arc<Mutex<Program>>,
    owner: Client,
    event: String,
    /// Tonight's, of which the last is cancelled.
    tickets: Vec<Value>,
    guest: Client,
    case: Value,
}

impl House {
    async fn open() -> Self {
        let program = spawn_blocking(launch).await.unwrap();
        let url = format!("http://{}", program.address());
        let http = crate::harness::http().timeout(Duration::from_secs(60)).build().unwrap();
        let stranger = Client::new(http, url.clone(), None);
        let admin = log_in(&stranger, ADMIN).await;
        let here = organisation(&admin, "Here").await;
        let elsewhere = organisation(&admin, "Elsewhere").await;
        let (_, owner) = staff(&stranger, &admin, &here, "owner").await;
        let (door, _) = staff(&stranger, &admin, &here, "door").await;
        let (other, _) = staff(&stranger, &admin, &elsewhere, "door").await;
        let (_, guest) = member(&stranger).await;
        let tomorrow = night(&owner, &here, "Tomorrow", 24).await;
        let elsewhere = book(&guest, &tomorrow, 1).await;
        let event = night(&owner, &here, TITLE, 1).await;
        let booking = book(&guest, &event, 5).await;
        let tickets = booking["tickets"].as_array().unwrap().clone();
        let cancel = format!("/bookings/{}/cancel", id(&booking));
        guest.post(&cancel, &json!({"ticket_ids": [tickets[4]["id"]]})).await.expect(200);
        let case = json!({
            "url": url, "title": TITLE,
            "door": {"email": door, "password": PASSWORD},
            "stranger": {"email": other, "password": PASSWORD},
            "codes": {
                "good": tickets[0]["code"], "other": tickets[1]["code"], "revoked": tickets[4]["code"],
                "elsewhere": elsewhere["tickets"][0]["code"],
            },
        });
        let event = event.0;
        Self { program: Arc::new(Mutex::new(program)), owner, event, tickets, guest, case }
    }

    async fn plays(&self, script: &str) {
        browse(script, &self.case, async |wish: &str| self.does(wish).await).await;
    }

    /// What a script may wish for.
    async fn does(&self, wish: &str) -> Value {
        let program = Arc::clone(&self.program);
        match wish {
            "stop" => spawn_blocking(move || program.lock().unwrap().kill().unwrap()).await.unwrap(),
            "start" => spawn_blocking(move || program.lock().unwrap().serve().unwrap()).await.unwrap(),
            "stats" | "conflicts" => {
                let path = format!("/admin/events/{}/check-in/{wish}", self.event);
                return self.owner.get(&path).await.expect(200);
            }
            _ => panic!("nobody can do {wish}"),
        }
        Value::Null
    }
}

fn launch() -> Program {
    let settings = [
        ("store.url", "local:./data"),
        ("payments.simulators", "false"),
        ("auth.signing_key", SIGNING_KEY),
        ("auth.registration", "open"),
        ("auth.bcrypt_cost", "4"),
        ("limits.enabled", "false"),
    ];
    let mut program = Program::new(Path::new(env!("CARGO_BIN_EXE_synesthesie")), &settings).unwrap();
    program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD).unwrap();
    program.serve().unwrap();
    program
}

async fn log_in(stranger: &Client, email: &str) -> Client {
    let session =
        stranger.post("/auth/login", &json!({"email": email, "password": PASSWORD})).await.expect(200);
    stranger.with(session["access_token"].as_str())
}

async fn organisation(admin: &Client, name: &str) -> String {
    id(&admin.post("/admin/organisations", &json!({"name": name})).await.expect(201)).to_owned()
}

/// Their id and address, and how they ask.
async fn member(stranger: &Client) -> ((String, String), Client) {
    let email = unique_email("member");
    let body = json!({"email": email, "password": PASSWORD, "first_name": "Ottilie", "last_name": "Byron"});
    let session = stranger.post("/auth/register", &body).await.expect(201);
    ((id(&session["user"]).to_owned(), email), stranger.with(session["access_token"].as_str()))
}

async fn staff(stranger: &Client, admin: &Client, organisation: &str, role: &str) -> (String, Client) {
    let ((account, email), client) = member(stranger).await;
    let path = format!("/admin/organisations/{organisation}/members");
    admin.post(&path, &json!({"account_id": account, "role": role})).await.expect(201);
    (email, client)
}

/// A published event that begins in so many hours and whose doors open an hour before, with its free kind of ticket.
async fn night(owner: &Client, organisation: &str, title: &str, hours: i64) -> (String, String) {
    let mut body = event_of(organisation, title);
    body["starts_at"] = json!(in_hours(hours));
    body["ends_at"] = json!(in_hours(hours + 6));
    body["doors_at"] = json!(in_hours(hours - 1));
    let event = owner.post("/admin/events", &body).await.expect(201);
    let path = format!("/admin/events/{}", id(&event));
    let mut guest = ticket_type("Guest", 50);
    guest["price"]["amount"] = json!(0);
    let kind = owner.post(&format!("{path}/ticket-types"), &guest).await.expect(201);
    owner.post(&format!("{path}/publish"), &json!({})).await.expect(200);
    (id(&event).to_owned(), id(&kind).to_owned())
}

async fn book(guest: &Client, (event, kind): &(String, String), count: u32) -> Value {
    let items = json!([{"ticket_type_id": kind, "quantity": count}]);
    let hold = guest.post("/seats/hold", &json!({"event_id": event, "items": items})).await.expect(201);
    let mut wish = wish(&hold, "free");
    wish["attendees"] =
        json!([{"first_name": "Ottilie", "last_name": "Byron", "email": "ottilie@example.org"}]);
    guest.post("/bookings/confirm", &wish).await.expect(201)
}

#[tokio::test]
async fn the_page_lets_in_refuses_insists_and_leaves_nothing_behind() {
    House::open().await.plays("door/evening.mjs").await;
}

#[tokio::test]
async fn the_page_goes_on_without_a_network_and_without_a_server_and_tells_later() {
    House::open().await.plays("door/network_lost.mjs").await;
}

#[tokio::test]
async fn two_telephones_without_a_network_are_found_to_have_let_in_twice() {
    House::open().await.plays("door/two_phones.mjs").await;
}

#[tokio::test]
async fn a_ticket_before_the_camera_is_read_and_scanned_once() {
    let mut house = House::open().await;
    let path = format!("/api/v1/tickets/{}/qr.png", id(&house.tickets[0]));
    let picture = house.guest.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
    let film = tempfile::Builder::new().suffix(".y4m").tempfile().unwrap();
    std::fs::write(film.path(), scan::film(&picture)).unwrap();
    house.case["video"] = json!(film.path());
    house.plays("door/camera.mjs").await;
}

/// What pages were given from elsewhere is what was published, to the byte.
#[test]
fn what_reads_qr_codes_is_as_published() {
    for file in ["index.js", "decode.js", "LICENSE-MIT"] {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/door/qr").join(file);
        let theirs = tools().join("node_modules/qr").join(file);
        assert!(std::fs::read(ours).unwrap() == std::fs::read(theirs).unwrap(), "{file} was changed");
    }
}
