//! One of every thing, and a new one wherever a call ends the old.

use super::NOBODYS;
use crate::events::cast::{Cast, id, in_hours, staff, ticket_type};
use crate::gallery::filled;
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store};
use crate::harness::{Client, PASSWORD, Person, unique_email};
use crate::music::Fake;
use crate::night::{Night, wish};
use chrono::{Days, TimeDelta};
use kernel::{Cause, Clock, SystemClock};
use messaging::{MailList, Report, Status, Verdict};
use music::Refusal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::StoppedClock;
use uuid::Uuid;

/// Somebody of a kind.
pub(super) struct Someone {
    pub(super) role: &'static str,
    pub(super) client: Client,
    email: Option<String>,
}

/// Two organisations, their people, and what there is of the one that is here.
pub(crate) struct World {
    pub(crate) shop: Shop,
    pub(super) people: Vec<Someone>,
    pub(crate) cast: Cast,
    pub(crate) attendee: Person,
    pub(crate) night: Night,
    pub(crate) known: BTreeMap<&'static str, String>,
}

/// A field of whatever was answered.
fn text(answer: &Value, pointer: &str) -> String {
    answer
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer} in {answer}"))
        .to_owned()
}

impl World {
    pub(crate) async fn with_everything(store: Store) -> Self {
        let shop = Shop::open_at(store, 5, Arc::new(StoppedClock::at(SystemClock.now()))).await;
        let cast = Cast::of(&shop.app).await;
        let night = Night::of(&cast, "The night").await;
        let attendee = shop.app.member().await;
        shop.app.confirm_address(&cast.member).await;
        // What was looked at for that is due again a moment later.
        shop.clock.advance(TimeDelta::seconds(1));
        for kind in [&night.free, &night.paid] {
            let path = format!("/admin/ticket-types/{kind}");
            let mut many = ticket_type("Entry", 500);
            many["max_per_user"] = json!(100);
            if *kind == night.free {
                many["price"]["amount"] = json!(0);
            }
            cast.manager.client.put(&path, &many).await.expect(200);
        }
        let far_door = staff(&shop.app, &cast.admin, &cast.elsewhere, "door").await;
        let far_manager = staff(&shop.app, &cast.admin, &cast.elsewhere, "manager").await;
        let of = |role, person: &Person| Someone {
            role,
            client: person.client.clone(),
            email: Some(person.email.clone()),
        };
        let people = vec![
            Someone { role: "nobody", client: shop.app.stranger(), email: None },
            of("member", &cast.member),
            of("attendee", &attendee),
            of("door", &cast.door),
            of("manager", &cast.manager),
            of("owner", &cast.owner),
            of("far door", &far_door),
            of("far manager", &far_manager),
            of("far owner", &cast.foreigner),
            of("admin", &cast.admin),
        ];
        let known = BTreeMap::from([
            ("organisation", cast.organisation.clone()),
            ("attendee", attendee.id.clone()),
            ("event", night.event.clone()),
            ("kind", night.free.clone()),
            ("nobody's", NOBODYS.to_owned()),
            ("scanner", "page.mjs".to_owned()),
            ("month", "2026-06".to_owned()),
            ("template", "tickets".to_owned()),
        ]);
        let mut world = Self { shop, people, cast, attendee, night, known };
        world.fill_events().await;
        world.fill_money().await;
        world.fill_rest().await;
        world.fill_announcements().await;
        world.fill_music().await;
        world.fill_gallery().await;
        for name in super::table::NEW {
            let made = world.make(name).await;
            world.known.insert(name, made);
        }
        world
    }

    /// Ids of things with these names; of what a call may end, new ones if that is wished.
    pub(super) async fn things(&self, names: &str, new: bool) -> Vec<String> {
        let mut ids = Vec::new();
        for name in names.split(", ").filter(|name| !name.is_empty()) {
            let made = if new && super::table::NEW.contains(&name) {
                self.make(name).await
            } else {
                self.known.get(name).unwrap_or_else(|| panic!("there is no {name}")).clone()
            };
            ids.push(made);
        }
        ids
    }

    /// Whether a text names anything of the organisation here but what was asked for.
    pub(super) fn is_told(&self, text: &str, asked: &[String]) -> bool {
        self.known
            .values()
            .any(|id| id.len() == NOBODYS.len() && !asked.contains(id) && text.contains(id.as_str()))
    }

    /// A session of their own for a call that ends it.
    pub(super) async fn another_session(&self, who: &Someone) -> Client {
        match &who.email {
            Some(email) => self.shop.app.login(email, PASSWORD).await.client,
            None => who.client.clone(),
        }
    }

    /// What is asked of things that are there, where the body names some.
    pub(super) fn body(&self, route: &str) -> Option<Value> {
        let known = |name| &self.known[name];
        Some(match route.split_once("/api/v1").map_or("", |(_, path)| path) {
            "/auth/login" => json!({"email": self.attendee.email, "password": PASSWORD}),
            "/auth/forgot-password" => json!({"email": self.attendee.email}),
            "/users/me" if route.starts_with("DELETE") => json!({"password": PASSWORD}),
            "/users/me/totp" if route.starts_with("POST") => json!({"password": PASSWORD}),
            "/users/me/email" => json!({"email": unique_email("moved"), "password": PASSWORD}),
            "/tickets/verify" => json!({"code": known("code"), "event_id": known("event"), "dry_run": true}),
            "/admin/events" | "/admin/events/{id}" => self.cast.event("A night like this"),
            "/admin/announcements" => self.announcement(),
            "/admin/venue-templates" => {
                json!({"organisation_id": self.cast.organisation, "name": "Another hall"})
            }
            "/admin/organisations/{id}/members" => json!({"account_id": known("newcomer"), "role": "door"}),
            "/seats/hold" => {
                let items = json!([{"ticket_type_id": known("spare kind"), "quantity": 1}]);
                json!({"event_id": known("spare"), "items": items})
            }
            "/waitlist" => json!({"event_id": known("sold out")}),
            "/admin/sets" => {
                json!({"title": "The night", "artist": "Ada", "upload_id": known("recording")})
            }
            "/bookings/confirm" => json!({"hold_id": known("kept"), "payment": {"provider": "stripe"}}),
            "/bookings/{id}/pay" => json!({"provider": "stripe"}),
            "/admin/events/{id}/duplicate" => json!({"title": "Another one", "starts_at": in_hours(300)}),
            "/admin/events/{id}/cancellation-policy" => {
                json!({"refundable": true, "tiers": [{"until_hours_before": 24, "fee_percent": 10}]})
            }
            "/users/me/invites" => json!({"max_uses": 1}),
            _ => return None,
        })
    }

    async fn fill_events(&mut self) {
        let manager = &self.cast.manager.client;
        let draft = id(&self.cast.draft(&self.cast.event("A draft")).await).to_owned();
        self.known.insert("draft", draft);
        let hall = self.make("new hall").await;
        let section = json!({"name": "Stalls", "row_start": "A", "row_end": "B", "seats_per_row": 5});
        manager.post(&format!("/admin/venue-templates/{hall}/sections"), &section).await.expect(201);
        let mut body = self.cast.event("Seated");
        body["venue_template_id"] = json!(hall);
        body["base_price"] = json!({"amount": 0, "currency": "EUR"});
        let seated = id(&self.cast.draft(&body).await).to_owned();
        manager.post(&format!("/admin/events/{seated}/publish"), &json!({})).await.expect(200);
        let gone = self.make("new event").await;
        let job = manager.post(&format!("/admin/events/{gone}/cancel"), &json!({})).await.expect(202);
        self.known.extend([("hall", hall), ("seated", seated), ("job", text(&job, "/job_id"))]);
        for name in ["full", "sold out"] {
            let event = self.full(name).await;
            self.known.insert(name, event);
        }
        self.attendee.client.post("/waitlist", &json!({"event_id": self.known["full"]})).await.expect(201);
    }

    /// An event whose only place somebody else has.
    async fn full(&self, name: &str) -> String {
        let (manager, somebody) = (&self.cast.manager.client, self.shop.app.member().await.client);
        let event = id(&self.cast.draft(&self.cast.event(name)).await).to_owned();
        let mut kind = ticket_type("Guest", 1);
        kind["price"]["amount"] = json!(0);
        let kind = manager.post(&format!("/admin/events/{event}/ticket-types"), &kind).await.expect(201);
        manager.post(&format!("/admin/events/{event}/publish"), &json!({})).await.expect(200);
        let items = json!([{"ticket_type_id": kind["id"], "quantity": 1}]);
        let hold =
            somebody.post("/seats/hold", &json!({"event_id": event, "items": items})).await.expect(201);
        somebody.post("/bookings/confirm", &wish(&hold, "free")).await.expect(201);
        event
    }

    /// A booking of the attendee, as they see it.
    async fn booked(&self, provider: &str) -> Value {
        let hold = self.night.hold(&self.attendee.client, &self.night.paid, 1).await;
        self.attendee.client.post("/bookings/confirm", &wish(&hold, provider)).await.expect(201)
    }

    /// One that they paid, whose mails are sent.
    async fn paid(&self) -> Value {
        let booking = self.booked(Till::Stripe.name()).await;
        self.shop.press(&booking, "pay").await;
        self.shop.work().await;
        let path = format!("/bookings/{}", id(&booking));
        self.attendee.client.get(&path).await.expect(200)
    }

    async fn fill_money(&mut self) {
        let (admin, owner) = (&self.cast.admin.client, &self.cast.owner.client);
        let billing = json!({"name": "House", "address": "Street 1\n10115 Berlin",
            "iban": "DE89 3704 0044 0532 0130 00"});
        let path = format!("/admin/organisations/{}/billing", self.cast.organisation);
        owner.put(&path, &billing).await.expect(200);
        let paid = self.paid().await;
        let path = format!("/bookings/{}/documents", id(&paid));
        let document = text(&self.attendee.client.get(&path).await.expect(200), "/items/0/id");
        let disputed = self.booked(Till::Stripe.name()).await;
        for button in ["pay", "dispute?amount=2600"] {
            self.shop.press(&disputed, button).await;
            self.shop.work().await;
        }
        let seen = owner.get(&format!("/admin/bookings/{}", id(&disputed))).await.expect(200);
        let incidents = owner.get("/admin/payments/incidents?status=open").await.expect(200);
        let by_hand = self.booked("bank_transfer").await;
        let path = format!("/admin/bookings/{}", id(&by_hand));
        owner.post(&format!("{path}/mark-paid"), &json!({"provider": "bank_transfer"})).await.expect(200);
        let sent = owner.post(&format!("{path}/refund"), &json!({"reason": "rain"})).await.expect(200);
        let asked = self.paid().await;
        let path = format!("/bookings/{}/request-cancel", id(&asked));
        self.attendee.client.post(&path, &json!({})).await;
        let day = (self.shop.clock.now().date_naive() - Days::new(1)).to_string();
        admin.post(&format!("/admin/daily-close/{day}"), &json!({})).await.expect(200);
        let mails = admin.get("/admin/mail?limit=100").await.expect(200);
        let mails = mails["items"].as_array().unwrap().iter();
        let with_files =
            |mail: &&Value| mail["attachments"].as_array().is_some_and(|files| !files.is_empty());
        let mail = mails.filter(with_files).map(id).next().unwrap().to_owned();
        self.known.extend([
            ("code", text(&paid, "/tickets/0/code")),
            ("document", document),
            ("paid", id(&paid).to_owned()),
            ("payment", text(&paid, "/payment/id")),
            ("dispute", text(&seen, "/disputes/0/id")),
            ("incident", text(&incidents, "/items/0/id")),
            ("refunded", id(&by_hand).to_owned()),
            ("refund", text(&sent, "/refunds/0/id")),
            ("asked", id(&asked).to_owned()),
            ("pending", id(&self.booked(Till::Stripe.name()).await).to_owned()),
            ("awaiting", id(&self.booked("bank_transfer").await).to_owned()),
            ("day", day),
            ("mail", mail),
            ("place", "0".to_owned()),
        ]);
    }

    async fn fill_rest(&mut self) {
        let (admin, attendee) = (&self.cast.admin.client, &self.attendee.client);
        let newcomer = self.shop.app.member().await.id;
        let budget = format!("/admin/users/{}/invite-budget", self.attendee.id);
        admin.put(&budget, &json!({"budget": 1000})).await.expect(200);
        let feed = attendee.post("/users/me/calendar", &json!({})).await.expect(201);
        let token = text(&feed, "/url").rsplit('/').next().unwrap().trim_end_matches(".ics").to_owned();
        let booking = self.night.book(attendee, 1).await;
        let checked = &booking["tickets"][0];
        self.cast.door.client.post("/tickets/verify", &json!({"code": checked["code"]})).await.expect(200);
        let checked = id(checked).to_owned();
        let kept = self.make("new hold").await;
        let spare = self.make("new event").await;
        let kinds = attendee.get(&format!("/events/{spare}/ticket-types")).await.expect(200);
        let invite = admin.post("/admin/invites", &json!({})).await.expect(201);
        let hook = self.make("new hook").await;
        let call = self.cast.owner.client.post(&format!("/admin/hooks/{hook}/test"), &json!({})).await;
        let call = id(&call.expect(202)).to_owned();
        // Nobody listens there: it has failed then.
        self.shop.work().await;
        let backup = self.shop.app.app.keeper.ask(&Cause::system()).await.unwrap();
        // What is done to all of it comes after it.
        self.shop.clock.advance(TimeDelta::seconds(1));
        self.known.extend([
            ("newcomer", newcomer),
            ("token", token),
            ("checked", checked),
            ("kept", kept),
            ("spare", spare),
            ("spare kind", text(&kinds, "/items/0/ticket_type_id")),
            ("invite code", text(&invite, "/items/0/code")),
            ("backup", backup.id.to_string()),
            ("hook", hook),
            ("hook call", call),
        ]);
    }

    /// Something to be said to those who come to the night.
    fn announcement(&self) -> Value {
        json!({
            "audience": {"kind": "ticket_holders", "event_id": self.night.event},
            "texts": {"en": {"subject": "Doors", "body": "They open earlier."}},
        })
    }

    /// One that is going out, and a link of it.
    async fn fill_announcements(&mut self) {
        let announcement = self.make("new scheduled").await;
        let announcements = &self.shop.app.app.announcements;
        announcements.spread(announcement.parse().unwrap(), 1).await.unwrap();
        let link = announcements.link(self.cast.member.id.parse().unwrap(), MailList::News);
        self.known.extend([("announcement", announcement), ("unsubscribe", link)]);
    }

    /// A recording that was sent and not taken yet.
    async fn recording(&self) -> String {
        let upload = self.make("new upload").await;
        let path = format!("/admin/uploads/{upload}/complete");
        self.cast.admin.client.post(&path, &json!({})).await.expect(200);
        upload
    }

    /// A set that is still to be made.
    async fn set(&self) -> String {
        let upload = Box::pin(self.recording()).await;
        let body = json!({"title": "The night", "artist": "Ada", "upload_id": upload, "downloadable": true});
        text(&self.cast.admin.client.post("/admin/sets", &body).await.expect(201), "/id")
    }

    /// A set that members hear, and what plays it.
    async fn fill_music(&mut self) {
        let set = self.set().await;
        Fake::default().make(&self.shop.app.app, &set).await;
        let admin = &self.cast.admin.client;
        admin.patch(&format!("/admin/sets/{set}"), &json!({"published": true})).await.expect(200);
        let played = self.attendee.client.get(&format!("/music/sets/{set}/stream")).await.expect(200);
        let pass = text(&played, "/hls_url").rsplit('/').nth(1).unwrap().to_owned();
        let recording = self.recording().await;
        self.known.extend([
            ("set", set),
            ("pass", pass),
            ("playlist", "opus-128.m3u8".to_owned()),
            ("recording", recording),
        ]);
    }

    /// An album of which members see something.
    async fn fill_gallery(&mut self) {
        let album = self.make("new album").await;
        filled(&self.shop.app, &album, 1).await;
        self.known.insert("album", album);
    }

    /// A new thing of the name.
    async fn make(&self, name: &str) -> String {
        let (manager, owner) = (&self.cast.manager.client, &self.cast.owner.client);
        let (admin, attendee) = (&self.cast.admin.client, &self.attendee.client);
        let draft = async || id(&self.cast.draft(&self.cast.event("Doomed")).await).to_owned();
        let made = match name {
            "new draft" => return draft().await,
            "new event" => self.cast.published(&self.cast.event("Doomed")).await,
            "new announcement" => {
                manager.post("/admin/announcements", &self.announcement()).await.expect(201)
            }
            "new scheduled" => {
                let announcement = Box::pin(self.make("new announcement")).await;
                let path = format!("/admin/announcements/{announcement}/schedule");
                manager.post(&path, &json!({})).await.expect(200)
            }
            "new album" => admin.post("/admin/albums", &json!({"title": "The night"})).await.expect(201),
            "new picture" => return filled(&self.shop.app, &self.known["album"], 1).await.remove(0),
            "new wish" => {
                let picture = Box::pin(self.make("new picture")).await;
                let path = format!("/gallery/images/{picture}/removal-request");
                attendee.post(&path, &json!({})).await.expect(201)
            }
            "new sellable" => {
                let event = draft().await;
                let path = format!("/admin/events/{event}/ticket-types");
                manager.post(&path, &ticket_type("Regular", 5)).await.expect(201);
                return event;
            }
            "new kind" => {
                let path = format!("/admin/events/{}/ticket-types", self.known["draft"]);
                manager.post(&path, &ticket_type("Doomed", 5)).await.expect(201)
            }
            "new quota" => {
                let path = format!("/admin/events/{}/quotas", self.known["draft"]);
                manager.post(&path, &json!({"name": "Doomed", "quantity": 10})).await.expect(201)
            }
            "new voucher" => {
                let path = format!("/admin/events/{}/vouchers", self.night.event);
                let made = manager.post(&path, &json!({"percent": 10})).await.expect(201);
                return text(&made, "/items/0/id");
            }
            "new hook" => {
                let path = format!("/admin/organisations/{}/hooks", self.cast.organisation);
                let body = super::calls::body("POST /api/v1/admin/organisations/{id}/hooks");
                owner.post(&path, &body).await.expect(201)
            }
            "new hall" => {
                let body = json!({"organisation_id": self.cast.organisation, "name": "Hall"});
                manager.post("/admin/venue-templates", &body).await.expect(201)
            }
            "new section" => {
                let path = format!("/admin/venue-templates/{}/sections", self.known["hall"]);
                let newest = async || {
                    let all = manager.get(&path).await.expect(200);
                    text(all["items"].as_array().unwrap().last().unwrap(), "/id")
                };
                // No two of a hall have one name.
                let section =
                    json!({"name": newest().await, "row_start": "A", "row_end": "A", "seats_per_row": 2});
                manager.post(&path, &section).await.expect(201);
                return newest().await;
            }
            "new colleague" => {
                let account = self.shop.app.member().await.id;
                let path = format!("/admin/organisations/{}/members", self.cast.organisation);
                owner.post(&path, &json!({"account_id": account, "role": "door"})).await.expect(201);
                return account;
            }
            "new organisation" => {
                let body = json!({"name": "Others"});
                self.cast.admin.client.post("/admin/organisations", &body).await.expect(201)
            }
            // Nobody has many open ones of one event.
            "new hold" => {
                let event = self.cast.published(&self.cast.event("Doomed")).await;
                let kinds = format!("/events/{}/ticket-types", id(&event));
                let kinds = attendee.get(&kinds).await.expect(200);
                let items =
                    json!([{"ticket_type_id": text(&kinds, "/items/0/ticket_type_id"), "quantity": 1}]);
                let wish = json!({"event_id": event["id"], "items": items});
                return text(&attendee.post("/seats/hold", &wish).await.expect(201), "/hold_id");
            }
            "new booking" => self.night.book(attendee, 1).await,
            "new ticket" => return text(&self.night.book(attendee, 1).await, "/tickets/0/id"),
            "new sold ticket" => return text(&self.paid().await, "/tickets/0/id"),
            "new returned" => {
                let ticket = text(&self.paid().await, "/tickets/0/id");
                attendee.post(&format!("/tickets/{ticket}/return"), &json!({})).await.expect(201);
                return ticket;
            }
            "new transfer" => {
                let ticket = text(&self.night.book(attendee, 1).await, "/tickets/0/id");
                let body = json!({"email": self.cast.member.email});
                attendee.post(&format!("/tickets/{ticket}/transfer"), &body).await.expect(201)
            }
            "new session" => {
                let other = self.shop.app.login(&self.attendee.email, PASSWORD).await;
                let own = other.client.get("/users/me/sessions").await.expect(200);
                let mut own = own["items"].as_array().unwrap().iter();
                own.find(|session| session["current"] == true).unwrap().clone()
            }
            "new gift" => {
                return text(
                    &attendee.post("/users/me/invites", &json!({})).await.expect(201),
                    "/items/0/id",
                );
            }
            // Bound to an address, an invite owes a mail, which nobody could send.
            "new parked" => {
                admin.post("/admin/invites", &json!({"email": unique_email("guest")})).await.expect(201);
                let (now, outbox) = (self.shop.clock.now(), &self.shop.app.app.outbox);
                let until = now + TimeDelta::milliseconds(1);
                let mut due = outbox.claim(&[invites::DOMAIN], now, until, 100).await.unwrap();
                let due = due.pop().unwrap();
                outbox.park(due.lease(), "the mail server refused it", now).await.unwrap();
                return due.id.to_string();
            }
            // A report came that nobody is there.
            "new suppressed" => {
                let id = self.known["mail"].clone();
                let report = Report {
                    letters: vec![id.parse().unwrap()],
                    verdict: Verdict::Bounced,
                    status: Status::parse("5.1.1"),
                    said: None,
                };
                let name = Uuid::new_v4().to_string();
                self.shop.app.app.messages.hear(&name, Some(&report)).await.unwrap();
                return id;
            }
            "new set" => return self.set().await,
            "new failed set" => {
                let set = self.set().await;
                let refusing = Fake { refusal: Some(Refusal::Malformed), ..Fake::default() };
                refusing.make(&self.shop.app.app, &set).await;
                return set;
            }
            "new upload" => {
                let body = super::calls::body("POST /api/v1/admin/uploads");
                let begun = admin.post("/admin/uploads", &body).await.expect(201);
                let part = begun["parts"][0]["url"].as_str().unwrap();
                let sent = reqwest::Client::new().put(part).body("ID3\x04\0").send().await.unwrap();
                assert_eq!(sent.status().as_u16(), 200);
                return text(&begun, "/upload_id");
            }
            "new invite" => {
                return text(&admin.post("/admin/invites", &json!({})).await.expect(201), "/items/0/id");
            }
            other => panic!("nobody knows how to make a {other}"),
        };
        id(&made).to_owned()
    }
}
