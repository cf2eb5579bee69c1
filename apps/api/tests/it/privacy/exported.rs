//! Whatever is stored of somebody stands in what they are sent.

use super::kinds::{self, KINDS};
use super::tables::{self, TABLES};
use crate::everyone::world::World;
use crate::harness::shop::{Store, id};
use crate::harness::stored::Stored;
use crate::harness::{PASSWORD, on_each_store, unique_email};
use crate::night::wish;
use kernel::{Clock, Timestamp, transact};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::fixtures_accounts::shown_code;
use testkit::gallery_store::bare_picture;

on_each_store!(everything_that_names_somebody_is_sent_to_them);

/// Of what the world does not have yet, one of each.
async fn complete(world: &World) {
    let World { shop, cast, attendee, night, known, .. } = world;
    let (client, app) = (&attendee.client, &shop.app.app);
    // Who has a ticket is told the address, which is noted.
    client.get(&format!("/events/{}", night.event)).await.expect(200);
    let vouchers = format!("/admin/events/{}/vouchers", night.event);
    let made = cast.manager.client.post(&vouchers, &json!({"percent": 10})).await.expect(201);
    let items = json!([{"ticket_type_id": night.paid, "quantity": 1}]);
    let places = json!({"event_id": night.event, "items": items, "voucher": made["items"][0]["code"]});
    let hold = client.post("/seats/hold", &places).await.expect(201);
    let mut order = wish(&hold, "stripe");
    order["attendees"] =
        json!([{"first_name": "Ottilie", "last_name": "Falkenrath", "email": "ottilie@example.org"}]);
    client.post("/bookings/confirm", &order).await.expect(201);
    let transfer = format!("/transfers/{}/accept", known["new transfer"]);
    cast.member.client.post(&transfer, &json!({})).await.expect(200);
    client.put("/users/me/mail-preferences", &json!({"news": false, "events": true})).await.expect(200);
    let position = format!("/music/sets/{}/position", known["set"]);
    client.put(&position, &json!({"seconds": 1})).await.expect(200);
    app.meter.serve(attendee.id.parse().unwrap(), 1000);
    app.meter.flush().await.unwrap();
    let gallery = &app.gallery.store;
    let album = gallery.album(known["album"].parse().unwrap()).await.unwrap().unwrap();
    let sent = [bare_picture(&album)];
    let adding = transact(gallery.begin_gallery().await.unwrap(), async |tx| tx.add_pictures(&sent).await);
    adding.await.unwrap();
    let moving = json!({"email": unique_email("moved"), "password": PASSWORD});
    client.post("/users/me/email", &moving).await.expect(202);
    let begun = client.post("/users/me/totp", &json!({"password": PASSWORD})).await.expect(201);
    let shown = shown_code(begun["secret"].as_str().unwrap(), shop.clock.now());
    client.post("/users/me/totp/confirm", &json!({"totp": shown})).await.expect(200);
}

/// What a row or document says.
#[derive(Default)]
struct Said<'a> {
    /// Where it names whom it is about, or something of theirs.
    names: Vec<&'a str>,
    /// What has to be sent to whoever is named.
    told: Vec<&'a str>,
}

fn said(store: Store, stored: &Stored) -> Said<'_> {
    match store {
        Store::Postgres => said_by_columns(stored),
        Store::Local => said_by_fields(stored),
    }
}

fn said_by_columns(row: &Stored) -> Said<'_> {
    let sent = |column: &str| matches!(tables::stance(&row.of, column), Some(tables::Stance::Exported(_)));
    let columns = row.body.as_object().unwrap().iter().filter(|(column, _)| sent(column));
    let names: Vec<_> = columns.flat_map(|(_, value)| texts(value)).collect();
    // Bytes are sent in another form than the database shows them in.
    let told = names.iter().copied().filter(|text| !text.starts_with("\\x")).collect();
    Said { names, told }
}

fn said_by_fields(document: &Stored) -> Said<'_> {
    let stance = KINDS.iter().find(|(kind, _)| *kind == document.of).map(|(_, stance)| stance);
    let Some(kinds::Stance::Exported { whose, told }) = stance else { return Said::default() };
    let read = |fields: &[&str]| {
        let values = fields.iter().filter_map(|field| document.body.pointer(field));
        values.flat_map(texts).collect()
    };
    Said { names: read(whose), told: read(told) }
}

/// A text, or the texts of a list.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The ids of somebody's bookings and of the tickets that they have.
fn things_of<'a>(account: &str, stored: &'a [Stored]) -> BTreeSet<&'a str> {
    let theirs = |one: &&Stored| match one.of.as_str() {
        "bookings" => one.body["buyer_id"] == account,
        "booking" => one.body["buyer"] == account,
        "tickets" => one.body["holder_id"] == account,
        "ticket" => one.body["holder"] == account,
        _ => false,
    };
    stored.iter().filter(theirs).map(|one| id(&one.body)).collect()
}

/// What somebody was sent.
struct File {
    whole: Value,
    texts: BTreeSet<String>,
    instants: BTreeSet<Timestamp>,
}

impl File {
    fn of(whole: Value) -> Self {
        let mut texts = BTreeSet::new();
        gather(&whole, &mut texts);
        let instants = texts.iter().filter_map(|text| text.parse::<Timestamp>().ok()).collect();
        Self { whole, texts, instants }
    }

    /// Whether a text stands in it, or the same instant, however it is written.
    fn tells(&self, text: &str) -> bool {
        self.texts.contains(text) || text.parse::<Timestamp>().is_ok_and(|at| self.instants.contains(&at))
    }
}

fn gather(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            texts.insert(text.clone());
        }
        Value::Array(all) => all.iter().for_each(|one| gather(one, texts)),
        Value::Object(fields) => fields.values().for_each(|one| gather(one, texts)),
        _ => {}
    }
}

/// Whether there is anything at a place, as in `bookings.payments`.
fn is_filled(value: &Value, place: &str) -> bool {
    let (first, rest) = place.split_once('.').map_or((place, None), |(first, rest)| (first, Some(rest)));
    let there = &value[first];
    match (rest, there) {
        (Some(rest), Value::Array(all)) => all.iter().any(|one| is_filled(one, rest)),
        (None, Value::Array(all)) => !all.is_empty(),
        (_, there) => !there.is_null(),
    }
}

/// What there should be at least one of: tables with columns that are sent, or kinds that are.
fn sent_at_all(store: Store) -> BTreeSet<String> {
    let is_sent = |(stance, _): &(tables::Stance, &str)| matches!(stance, tables::Stance::Exported(_));
    let tables = TABLES.iter().filter(|(_, groups)| groups.iter().any(is_sent)).map(|(table, _)| *table);
    let kinds = KINDS.iter().filter(|(_, stance)| matches!(stance, kinds::Stance::Exported { .. }));
    let kinds = kinds.map(|(kind, _)| *kind);
    match store {
        Store::Postgres => tables.map(str::to_owned).collect(),
        Store::Local => kinds.map(str::to_owned).collect(),
    }
}

async fn everything_that_names_somebody_is_sent_to_them(store: Store) {
    let world = World::with_everything(store).await;
    complete(&world).await;
    let stored = world.shop.stored().await;
    let is_account = |one: &&Stored| ["account", "accounts"].contains(&one.of.as_str());
    let accounts: BTreeSet<_> = stored.iter().filter(is_account).map(|one| id(&one.body)).collect();
    let (mut met, mut missing, mut files) = (BTreeSet::new(), Vec::new(), Vec::new());
    let cast = &world.cast;
    for who in [&world.attendee, &cast.member, &cast.door, &cast.manager, &cast.owner, &cast.admin] {
        let file = File::of(who.client.get("/users/me/export").await.expect(200));
        let things = things_of(&who.id, &stored);
        for one in &stored {
            let said = said(store, one);
            // What somebody else did to a booking is told with the booking.
            let is_act = ["act", "audit_acts"].contains(&one.of.as_str());
            let theirs = |name: &&str| **name == who.id || (!is_act && things.contains(*name));
            if !said.names.iter().any(theirs) {
                continue;
            }
            met.insert(one.of.clone());
            // Nobody is told who somebody else is.
            let others = |text: &&&str| accounts.contains(**text) && **text != who.id;
            let untold = said.told.iter().filter(|text| !others(text) && !file.tells(text));
            missing.extend(untold.map(|text| format!("{} is not sent {text} of {}", who.email, one.of)));
        }
        files.push(file);
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(met, sent_at_all(store), "one of everything is there and names somebody");
    for (stance, _) in TABLES.iter().flat_map(|(_, groups)| groups.iter()) {
        if let tables::Stance::Exported(place) = stance {
            assert!(
                files.iter().any(|file| is_filled(&file.whole, place)),
                "nobody is sent anything at {place}"
            );
        }
    }
    let guest = &files[0];
    assert!(["Ottilie", "Falkenrath", "ottilie@example.org"].iter().all(|word| guest.tells(word)));
    let others: Vec<_> =
        accounts.iter().filter(|other| **other != world.attendee.id && guest.tells(other)).collect();
    assert!(others.is_empty(), "a guest is told of nobody else: {others:?}");
    world.shop.app.stop().await;
}
