use super::*;
use crate::audit::{Cause, Subject};
use crate::{AccountId, OrganisationId, Timestamp};
use std::hash::{DefaultHasher, Hash, Hasher};
use uuid::Uuid;

/// Stands in for HMAC, which this crate has not: what it is made of shows in what it makes.
fn keyed(key: u8) -> impl Fn(&[u8]) -> [u8; 32] + Send + Sync {
    move |bytes| {
        let mut made = [0; 32];
        for (lane, part) in made.chunks_mut(8).enumerate() {
            let mut hasher = DefaultHasher::new();
            (key, lane, bytes).hash(&mut hasher);
            part.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        made
    }
}

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn acts(count: usize) -> Vec<Act> {
    let subject = || Subject::new("event", Uuid::from_u128(7));
    (0..count).map(|_| Cause::system().act("event.publish", subject(), noon())).collect()
}

fn chained(acts: &[Act], mac: &Mac) -> (Vec<(Act, Seal)>, Head) {
    let mut chain = Chain::new(mac);
    let rows = acts.iter().map(|act| (act.clone(), chain.add(act))).collect();
    (rows, chain.head())
}

fn walked(rows: &[(Act, Seal)], head: Option<&Head>, mac: &Mac) -> Result<(), Fault> {
    let mut chain = Chain::new(mac);
    rows.iter().try_for_each(|(act, seal)| chain.follow(act, seal))?;
    chain.ends_at(head)
}

#[test]
fn a_chain_is_followed_to_its_end_and_made_longer_from_there() {
    let mac = keyed(1);
    let acts = acts(5);
    let (mut rows, head) = chained(&acts[..3], &mac);
    assert_eq!(walked(&rows, Some(&head), &mac), Ok(()));
    let mut longer = Chain::after(Some(head), &mac).unwrap();
    rows.extend(acts[3..].iter().map(|act| (act.clone(), longer.add(act))));
    assert_eq!(rows.iter().map(|(_, seal)| seal.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(walked(&rows, Some(&longer.head()), &mac), Ok(()));
    assert_eq!(walked(&[], None, &mac), Ok(()));
}

#[test]
fn every_field_of_an_act_is_sealed() {
    let mac = keyed(1);
    let (rows, head) = chained(&acts(2), &mac);
    let changes: [fn(&mut Act); 12] = [
        |act| act.id = ActId::generate(noon()),
        |act| act.at += chrono::TimeDelta::microseconds(1),
        |act| act.who = Who::CommandLine,
        |act| act.who = Who::Account(AccountId::from(Uuid::nil())),
        |act| act.who = Who::Provider("stripe".into()),
        |act| act.request = "one".parse().ok(),
        |act| act.act = "event.delete".into(),
        |act| act.subject.kind = "venue".into(),
        |act| act.subject.id = Uuid::nil(),
        |act| act.organisation = Some(OrganisationId::from(Uuid::nil())),
        |act| act.before = Some("{}".into()),
        |act| act.after = Some("{}".into()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut rows = rows.clone();
        change(&mut rows[1].0);
        let id = rows[1].0.id;
        assert_eq!(walked(&rows, Some(&head), &mac), Err(Fault::Changed { seq: 2, id }), "change {number}");
    }
}

#[test]
fn what_ends_one_text_and_begins_the_next_is_told_apart() {
    let one = acts(1).swap_remove(0).changing(Some("ab".into()), Some("c".into()));
    let other = one.clone().changing(Some("a".into()), Some("bc".into()));
    let neither = one.clone().changing(None, Some("abc".into()));
    assert_ne!(fields(&one), fields(&other));
    assert_ne!(fields(&one), fields(&neither));
}

#[test]
fn what_is_missing_is_named_by_its_number_also_at_the_end() {
    let mac = keyed(1);
    let (rows, head) = chained(&acts(4), &mac);
    for gone in 0..4 {
        let mut rows = rows.clone();
        rows.remove(gone);
        let seq = u64::try_from(gone).unwrap() + 1;
        assert_eq!(walked(&rows, Some(&head), &mac), Err(Fault::Removed { seq }));
    }
    assert_eq!(walked(&[], Some(&head), &mac), Err(Fault::Removed { seq: 1 }));
}

#[test]
fn what_stands_in_anothers_place_is_found() {
    let mac = keyed(1);
    let (rows, head) = chained(&acts(4), &mac);
    let mut swapped = rows.clone();
    swapped.swap(1, 2);
    (swapped[1].1.seq, swapped[2].1.seq) = (2, 3);
    let id = swapped[1].0.id;
    assert_eq!(walked(&swapped, Some(&head), &mac), Err(Fault::Moved { seq: 2, id }));
    let mut doubled = rows.clone();
    doubled.insert(2, rows[1].clone());
    assert_eq!(walked(&doubled, Some(&head), &mac), Err(Fault::Moved { seq: 2, id: rows[1].0.id }));
}

#[test]
fn nobody_makes_a_chain_or_an_end_without_the_key() {
    let (mac, other) = (keyed(1), keyed(2));
    let acts = acts(3);
    let (rows, head) = chained(&acts, &mac);
    let (forged, forged_head) = chained(&acts, &other);
    assert_eq!(walked(&forged, Some(&forged_head), &mac), Err(Fault::Changed { seq: 1, id: acts[0].id }));
    // The last act is cut off, and the end made to fit.
    let cut = Head { seq: 2, link: rows[1].1.link, ..head };
    assert_eq!(walked(&rows[..2], Some(&cut), &mac), Err(Fault::Head { seq: 2, found: 2 }));
    assert_eq!(walked(&rows[..2], None, &mac), Err(Fault::Head { seq: 0, found: 2 }));
    assert!(matches!(Chain::after(Some(cut), &mac), Err(Fault::Head { .. })));
    assert_eq!(walked(&rows, Some(&forged_head), &mac), Err(Fault::Head { seq: 3, found: 3 }));
}
