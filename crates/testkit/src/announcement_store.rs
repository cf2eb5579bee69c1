//! What every store of announcements promises, and what is done with announcements over whichever store.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod audience;
mod desk;
mod left_out;
mod recipients;
mod used;

pub use audience::*;
pub use left_out::*;
pub use recipients::*;
pub use used::*;

use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{
    AccountId, AnnouncementId, EffectId, EventId, OrganisationId, Owed, PageRequest, StoreError,
    TicketTypeId, Timestamp, transact,
};
use messaging::{
    Announcement, AnnouncementChange, AnnouncementFilter, AnnouncementStatus, AnnouncementTx, Audience,
    Mailing, Recipient, Texts, Wording,
};
use std::collections::BTreeSet;

/// One test per promise: `testkit::announcement_store_contract!(open)`, where `open` is an `async fn() -> Stores` that gives
/// a fresh, empty system.
#[macro_export]
macro_rules! announcement_store_contract {
    ($open:ident) => {
        $crate::announcement_store_contract!($open;
            an_announcement_reads_back_whole,
            an_announcement_that_was_not_kept_to_the_end_is_not_there,
            announcements_are_listed_the_newest_first_in_pages_that_meet,
            announcements_are_found_by_all_that_is_given,
            announcements_for_late_ones_are_those_that_are_out_and_valid,
            what_is_removed_is_gone,
            nobody_is_written_down_twice,
            recipients_are_listed_by_account_in_pages_that_meet,
            recipients_are_counted_by_how_they_stand,
            what_somebody_is_sent_is_listed_the_newest_first,
            those_of_whom_nobody_knows_are_found_a_few_at_a_time,
            a_list_is_left_and_joined_once,
            what_announcements_owe_is_owed_with_its_cause,
            members_are_read_in_the_order_of_their_accounts,
            holders_of_tickets_are_read_by_event_by_type_and_by_organisation,
            guests_of_several_events_are_read_in_pages_that_meet,
            who_was_let_in_and_who_waits_are_audiences_of_their_own,
            each_of_an_audience_is_written_to_once,
            a_worker_that_dies_half_way_leaves_nobody_out_and_nobody_twice,
            what_is_scheduled_anew_goes_out_once_and_at_its_last_time,
            who_comes_late_gets_what_is_still_valid_once,
            who_left_the_list_or_cannot_be_reached_is_left_out_and_counted,
            what_is_called_off_goes_to_nobody_any_more,
            what_is_called_off_is_no_trouble_in_the_log,
            who_leaves_the_list_by_a_mail_whose_worker_died_keeps_nothing_open,
            what_nobody_heard_the_end_of_waits_for_a_person,
            a_mail_in_the_log_tells_of_its_recipient,
            who_follows_the_link_leaves_that_list_alone,
            an_announcement_is_changed_until_it_goes_out_and_it_is_on_record,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod announcement_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::announcement_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn later(seconds: i64) -> Timestamp {
    noon() + TimeDelta::seconds(seconds)
}

fn wording(subject: &str) -> Wording {
    Wording::written("texts.en", subject, "The doors open at seven.\n\nhttps://example.org").unwrap()
}

fn english() -> Texts {
    Texts { en: Some(wording("Doors")), de: None }
}

/// Written so many seconds after [`noon`], to these.
fn announcement(seconds: i64, audience: Audience) -> Announcement {
    let organisation = match audience {
        Audience::Members => None,
        Audience::Guests { organisation } => Some(organisation),
        _ => Some(OrganisationId::generate(noon())),
    };
    let said = AnnouncementChange {
        audience: Some((audience, organisation)),
        texts: Some(english()),
        valid_until: None,
    };
    Announcement::create(&said, AccountId::generate(noon()), later(seconds)).unwrap()
}

async fn begin(stores: &Stores) -> Box<dyn AnnouncementTx> {
    stores.announcements.begin_announcements().await.unwrap()
}

async fn add(stores: &Stores, all: &[Announcement]) {
    transact(begin(stores).await, async |tx| -> Result<(), StoreError> {
        for it in all {
            tx.add_announcement(it).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

async fn save(stores: &Stores, it: &Announcement) {
    let saving = transact(begin(stores).await, async |tx| {
        tx.lock_announcement(it.id).await?;
        tx.save_announcement(it).await
    });
    saving.await.unwrap();
}

async fn kept(stores: &Stores, id: AnnouncementId) -> Option<Announcement> {
    stores.announcements.announcement(id).await.unwrap()
}

async fn write_down(stores: &Stores, recipients: &[Recipient]) -> BTreeSet<AccountId> {
    let adding = transact(begin(stores).await, async |tx| tx.add_recipients(recipients).await);
    adding.await.unwrap().into_iter().collect()
}

fn waiting(it: &Announcement, account: AccountId, seconds: i64) -> Recipient {
    Recipient::waiting(it.id, account, EffectId::generate(later(seconds)), later(seconds))
}

async fn recipient(stores: &Stores, it: &Announcement, account: AccountId) -> Option<Recipient> {
    let locking = transact(begin(stores).await, async |tx| tx.lock_recipient(it.id, account).await);
    locking.await.unwrap()
}

async fn found(stores: &Stores, filter: &AnnouncementFilter) -> Vec<AnnouncementId> {
    let page = PageRequest { limit: 100, after: None };
    let page = stores.announcements.announcements(filter, page).await.unwrap();
    page.items.into_iter().map(|it| it.id).collect()
}

pub async fn an_announcement_reads_back_whole(stores: Stores) {
    let (organisation, event) = (OrganisationId::generate(noon()), EventId::generate(noon()));
    let ticket_type = TicketTypeId::generate(noon());
    let mut all: Vec<_> = [
        Audience::Members,
        Audience::Guests { organisation },
        Audience::TicketHolders { event },
        Audience::CheckedIn { event },
        Audience::Waiting { event },
        Audience::TicketType { event, ticket_type },
    ]
    .into_iter()
    .map(|audience| announcement(0, audience))
    .collect();
    all[1].texts = Texts { en: None, de: Some(wording("Füße, 'quotes'\\ and \u{1f3a7}")) };
    add(&stores, &all).await;
    let mut full = Announcement {
        texts: Texts { en: Some(wording("Doors")), de: Some(wording("Einlass")) },
        status: AnnouncementStatus::Sending,
        valid_until: Some(later(9)),
        due_at: Some(later(2)),
        turn: u32::MAX,
        reached: Some(AccountId::generate(noon())),
        complete: true,
        changed_at: later(3),
        began_at: Some(later(3)),
        ..all[2].clone()
    };
    save(&stores, &full).await;
    all[2] = full.clone();
    for it in &all {
        assert_eq!(kept(&stores, it.id).await.as_ref(), Some(it));
    }
    full.finish(later(5));
    (full.audience, full.reached) = (Audience::Members, None);
    save(&stores, &full).await;
    assert_eq!(kept(&stores, full.id).await, Some(full));
    assert_eq!(kept(&stores, AnnouncementId::generate(noon())).await, None);
}

pub async fn an_announcement_that_was_not_kept_to_the_end_is_not_there(stores: Stores) {
    let it = announcement(0, Audience::Members);
    let mut tx = begin(&stores).await;
    tx.add_announcement(&it).await.unwrap();
    assert_eq!(tx.lock_announcement(it.id).await.unwrap().as_ref(), Some(&it));
    drop(tx);
    assert_eq!(kept(&stores, it.id).await, None);
}

pub async fn announcements_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    // Two of one instant.
    let all: Vec<_> = [0, 1, 1, 2, 3].map(|seconds| announcement(seconds, Audience::Members)).into();
    add(&stores, &all).await;
    let mut expected: Vec<_> = all.iter().map(Announcement::cursor).collect();
    expected.sort_unstable_by(|one, other| other.cmp(one));
    let filter = AnnouncementFilter::default();
    let seen = in_pages(2, async |page| stores.announcements.announcements(&filter, page).await).await;
    let seen: Vec<_> = seen.iter().map(Announcement::cursor).collect();
    assert_eq!(seen, expected);
}

pub async fn announcements_are_found_by_all_that_is_given(stores: Stores) {
    let [organisation, other] = [(); 2].map(|()| OrganisationId::generate(noon()));
    let event = EventId::generate(noon());
    let to_all = announcement(0, Audience::Members);
    let to_guests = announcement(1, Audience::Guests { organisation });
    let about =
        Announcement { organisation: Some(organisation), ..announcement(2, Audience::Waiting { event }) };
    let sent = Announcement {
        status: AnnouncementStatus::Sent,
        ..announcement(3, Audience::Guests { organisation: other })
    };
    add(&stores, &[to_all.clone(), to_guests.clone(), about.clone(), sent.clone()]).await;
    let none = AnnouncementFilter::default();
    let by =
        |own: &[OrganisationId]| AnnouncementFilter { organisations: Some(own.to_vec()), ..none.clone() };
    let draft = Some(AnnouncementStatus::Draft);
    for (filter, expected) in [
        (none.clone(), vec![sent.id, about.id, to_guests.id, to_all.id]),
        (by(&[]), vec![]),
        (by(&[organisation]), vec![about.id, to_guests.id]),
        (by(&[other, organisation]), vec![sent.id, about.id, to_guests.id]),
        (AnnouncementFilter { event: Some(event), ..none.clone() }, vec![about.id]),
        (AnnouncementFilter { event: Some(event), ..by(&[other]) }, vec![]),
        (AnnouncementFilter { status: draft, ..none.clone() }, vec![about.id, to_guests.id, to_all.id]),
        (AnnouncementFilter { status: draft, ..by(&[other]) }, vec![]),
    ] {
        assert_eq!(found(&stores, &filter).await, expected, "{filter:?}");
    }
}

pub async fn announcements_for_late_ones_are_those_that_are_out_and_valid(stores: Stores) {
    let (organisation, event) = (OrganisationId::generate(noon()), EventId::generate(noon()));
    let out = |seconds, audience| Announcement {
        status: AnnouncementStatus::Sent,
        valid_until: Some(later(100)),
        ..announcement(seconds, audience)
    };
    let (holders, guests) = (Audience::TicketHolders { event }, Audience::Guests { organisation });
    let second = out(2, holders);
    let first = Announcement { status: AnnouncementStatus::Sending, ..out(1, guests) };
    let elsewhere = out(3, Audience::TicketHolders { event: EventId::generate(noon()) });
    let over = Announcement { valid_until: Some(later(50)), ..out(4, holders) };
    let cancelled = Announcement { status: AnnouncementStatus::Cancelled, ..out(5, holders) };
    let for_those_there = Announcement { valid_until: None, ..out(6, holders) };
    // Of the organisation, and not to its guests.
    let other = Announcement {
        organisation: Some(organisation),
        ..out(7, Audience::TicketHolders { event: EventId::generate(noon()) })
    };
    let all = [&second, &first, &elsewhere, &over, &cancelled, &for_those_there, &other];
    add(&stores, &all.map(Clone::clone)).await;
    let found = async |at| {
        let found = stores.announcements.announcements_for_late_ones((event, organisation), at).await;
        found.unwrap().into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(found(later(50)).await, [first.id, second.id]);
    assert_eq!(found(later(49)).await, [first.id, second.id, over.id]);
    assert_eq!(found(later(100)).await, []);
}

pub async fn what_is_removed_is_gone(stores: Stores) {
    let (one, other) = (announcement(0, Audience::Members), announcement(1, Audience::Members));
    add(&stores, &[one.clone(), other.clone()]).await;
    transact(begin(&stores).await, async |tx| tx.remove_announcement(one.id).await).await.unwrap();
    assert_eq!(found(&stores, &AnnouncementFilter::default()).await, [other.id]);
    // Whoever was written to keeps what they were told.
    write_down(&stores, &[waiting(&other, AccountId::generate(noon()), 0)]).await;
    let removing = transact(begin(&stores).await, async |tx| tx.remove_announcement(other.id).await);
    assert!(removing.await.is_err());
    assert_eq!(kept(&stores, other.id).await, Some(other));
}

pub async fn what_announcements_owe_is_owed_with_its_cause(stores: Stores) {
    let effect = Mailing::Spread { announcement: AnnouncementId::generate(noon()), turn: 1 };
    let owed = Owed::at(effect, noon(), later(30));
    let mut tx = begin(&stores).await;
    tx.enqueue_announcements(std::slice::from_ref(&owed)).await.unwrap();
    drop(tx);
    let claim = async |at| {
        let due = stores.outbox.claim(&[messaging::ANNOUNCEMENTS], at, later(60), 10).await.unwrap();
        let read = |body: &str| serde_json::from_str::<Mailing>(body).unwrap();
        due.into_iter().map(|due| (due.id, read(&due.body))).collect::<Vec<_>>()
    };
    assert_eq!(claim(later(30)).await, []);
    let owing = transact(begin(&stores).await, async |tx| {
        tx.enqueue_announcements(std::slice::from_ref(&owed)).await
    });
    owing.await.unwrap();
    assert_eq!(claim(later(29)).await, [], "its time has not come");
    assert_eq!(claim(later(30)).await, [(owed.id, owed.effect)]);
}
