//! The use cases over a store, and what is done with them again and again.

use super::english;
use crate::clock::StoppedClock;
use crate::fixtures_accounts::save_account;
use crate::fixtures_bookings::buyer;
use crate::fixtures_events::person;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::{
    AccountId, Act, Actor, AnnouncementId, Clock, Due, EffectId, Email, PageRequest, Role, Timestamp,
};
use messaging::{
    About, AddressKey, Announcement, AnnouncementChange, Announcements, Audience, Draft, HandedOver, Mailing,
    RecipientState, UnsubscribeKey,
};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const ADDRESSES: AddressKey = AddressKey::new([7; 32]);

/// The use cases, taking two of an audience at a time, and the clock that they go by.
pub(super) fn announcements(stores: &Stores) -> (Announcements, Arc<StoppedClock>) {
    let clock = Arc::new(StoppedClock::default());
    let (store, links) = (stores.announcements.clone(), UnsubscribeKey::new([9; 32]));
    (Announcements::new(store, clock.clone(), ADDRESSES, links).taking(2), clock)
}

/// What is owed by then, of which nobody else does anything for a while.
pub(super) async fn due(stores: &Stores, at: Timestamp) -> Vec<Due> {
    let until = at + TimeDelta::seconds(1);
    stores.outbox.claim(&[messaging::ANNOUNCEMENTS], at, until, 1000).await.unwrap()
}

pub(super) fn mailing(due: &Due) -> Mailing {
    serde_json::from_str(&due.body).unwrap()
}

/// A mail to somebody, as the worker writes it.
pub(super) fn draft(mail: EffectId, account: AccountId) -> Draft {
    Draft {
        id: mail,
        effect: mail,
        to: Some(address(account)),
        about: About { kind: "announcement".into(), account: Some(account), ..About::default() },
        origin: None,
    }
}

/// Where those read mail who are made by [`person`].
pub(super) fn address(account: AccountId) -> Email {
    format!("{account}@example.org").parse().unwrap()
}

/// Does what is owed as the worker does, until nothing is due: the mails that our server took, and to whom.
pub(super) async fn work(
    stores: &Stores,
    (used, clock): &(Announcements, Arc<StoppedClock>),
) -> Vec<(EffectId, AccountId)> {
    let mut sent = Vec::new();
    loop {
        let owed = due(stores, clock.now()).await;
        if owed.is_empty() {
            return sent;
        }
        for one in owed {
            match mailing(&one) {
                Mailing::Spread { announcement, turn } => {
                    match used.spread(announcement, turn).await.unwrap() {
                        Some(at) => assert!(stores.outbox.postpone(one.lease(), at, None).await.unwrap()),
                        None => assert!(stores.outbox.finish(one.lease()).await.unwrap()),
                    }
                }
                Mailing::Deliver { announcement, account } => {
                    let of = (announcement, account);
                    let wanted = used.wanted(of, one.id, Some(&address(account))).await.unwrap();
                    if wanted.is_some() && used.begin(of, draft(one.id, account)).await.unwrap() {
                        used.learn(of, one.id, (HandedOver::Taken, None)).await.unwrap();
                        sent.push((one.id, account));
                    }
                    assert!(stores.outbox.finish(one.lease()).await.unwrap());
                }
            }
        }
    }
}

pub(super) fn people_of(sent: &[(EffectId, AccountId)]) -> Vec<AccountId> {
    let mut people: Vec<_> = sent.iter().map(|(_, account)| *account).collect();
    people.sort_unstable();
    people
}

/// So many who are written to, in the order of their accounts.
pub(super) async fn members(stores: &Stores, count: u32) -> Vec<AccountId> {
    let mut people = Vec::new();
    for _ in 0..count {
        people.push(buyer(stores).await);
    }
    people.sort_unstable();
    people
}

/// Somebody of the house, who may not log in and so gets nothing.
pub(super) async fn staff(stores: &Stores) -> Actor {
    let actor = person(stores, Role::Admin).await;
    let account = stores.accounts.account(actor.account).await.unwrap().unwrap();
    save_account(stores, &accounts::Account { status: accounts::Status::Suspended, ..account }).await;
    actor
}

pub(super) async fn written(
    used: &Announcements,
    by: &Actor,
    audience: Audience,
    until: Option<Timestamp>,
) -> Announcement {
    let organisation = match audience {
        Audience::Members => None,
        Audience::Guests { organisation } => Some(organisation),
        _ => Some(kernel::OrganisationId::generate(noon())),
    };
    let said = AnnouncementChange {
        audience: Some((audience, organisation)),
        texts: Some(english()),
        valid_until: Some(until),
    };
    used.create(by, &said).await.unwrap()
}

pub(super) async fn states(stores: &Stores, id: AnnouncementId) -> BTreeMap<AccountId, RecipientState> {
    let page = PageRequest { limit: 100, after: None };
    let page = stores.announcements.recipients(id, None, page).await.unwrap();
    page.items.into_iter().map(|one| (one.account, one.state)).collect()
}

pub(super) async fn acts(stores: &Stores, of: &str) -> Vec<Act> {
    let filter = ActFilter { act: Some(of.to_owned()), ..ActFilter::default() };
    let page = stores.audit.acts(&filter, PageRequest { limit: 100, after: None }).await.unwrap();
    page.items.into_iter().rev().map(|sealed| sealed.act).collect()
}
