use super::Announcements;
use crate::{
    Addressee, Announcement, AnnouncementStatus, AnnouncementTx, LeftOut, Mailing, Recipient, RecipientState,
};
use chrono::TimeDelta;
use kernel::{AccountId, AnnouncementId, EffectId, Owed, StoreError, Timestamp, transact};
use std::collections::BTreeSet;

/// Between two looks whether all mails have gone.
const LOOK: TimeDelta = TimeDelta::seconds(10);

impl Announcements {
    /// Writes down some more of those who are written to, and owes each of them a mail; when all are written down, looks
    /// whether anything waits. When to go on; `None` when nothing is left to do.
    ///
    /// Whoever is written down already is owed nothing more, and how far it has come is written down with them: whoever is
    /// stopped in between goes on where the last step ended.
    ///
    /// # Errors
    /// The store could not answer: try again later.
    pub async fn spread(&self, id: AnnouncementId, turn: u32) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        let Some(it) = self.store.announcement(id).await?.filter(|it| it.goes(turn)) else {
            return Ok(None);
        };
        if let Some(due) = it.due_at.filter(|due| *due > now) {
            return Ok(Some(due));
        }
        let Some(it) = self.open(it, turn, now).await? else { return Ok(None) };
        if it.complete {
            return self.end(id, turn, now).await;
        }
        let people = self.store.audience(&it.audience, it.reached, self.together).await?;
        let last = self.were_last(&people);
        let reached = people.last().map(|one| one.account).or(it.reached);
        let sorted = self.sorted(it.audience.list(), people).await?;
        transact(self.store.begin_announcements().await?, async |tx| {
            let Some(mut own) = tx.lock_announcement(id).await?.filter(|own| own.goes(turn)) else {
                return Ok(None);
            };
            // What was read belongs to another audience if somebody has changed it or gone on meanwhile.
            let same = (own.audience, own.reached, own.complete) == (it.audience, it.reached, false);
            if same {
                write_down(tx, &own, sorted, now).await?;
                own.advance(reached, last, now);
                tx.save_announcement(&own).await?;
            }
            Ok(Some(now))
        })
        .await
    }

    /// It goes out from now on, before any of its audience is read: whoever gets a ticket afterwards is told as one who comes
    /// late, and whoever had one before is read. In between nobody is left out.
    async fn open(
        &self,
        it: Announcement,
        turn: u32,
        now: Timestamp,
    ) -> Result<Option<Announcement>, StoreError> {
        if it.status == AnnouncementStatus::Sending {
            return Ok(Some(it));
        }
        transact(self.store.begin_announcements().await?, async |tx| {
            let Some(mut own) = tx.lock_announcement(it.id).await?.filter(|own| own.goes(turn)) else {
                return Ok(None);
            };
            if own.status == AnnouncementStatus::Scheduled {
                own.advance(None, false, now);
                tx.save_announcement(&own).await?;
            }
            Ok(Some(own))
        })
        .await
    }

    /// It is sent when nothing of it waits any more.
    async fn end(
        &self,
        id: AnnouncementId,
        turn: u32,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let counts = self.store.count_recipients(id).await?;
        if RecipientState::ALL.into_iter().any(|state| state.is_open() && counts.of(state) > 0) {
            return Ok(Some(now + LOOK));
        }
        transact(self.store.begin_announcements().await?, async |tx| {
            let own = tx.lock_announcement(id).await?;
            if let Some(mut own) =
                own.filter(|own| own.goes(turn) && own.status == AnnouncementStatus::Sending)
            {
                own.finish(now);
                tx.save_announcement(&own).await?;
            }
            Ok(None)
        })
        .await
    }
}

/// Writes down these, unless they are there already, and owes each who is new and wants it a mail.
pub(super) async fn write_down(
    tx: &mut dyn AnnouncementTx,
    it: &Announcement,
    people: Vec<(Addressee, Option<LeftOut>)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let recipient = |(one, why): (Addressee, Option<LeftOut>)| match why {
        None => Recipient::waiting(it.id, one.account, EffectId::generate(now), now),
        Some(why) => Recipient::left_out(it.id, one.account, why, now),
    };
    let recipients: Vec<Recipient> = people.into_iter().map(recipient).collect();
    if recipients.is_empty() {
        return Ok(());
    }
    let new: BTreeSet<AccountId> = tx.add_recipients(&recipients).await?.into_iter().collect();
    let new = recipients.iter().filter(|one| new.contains(&one.account));
    let mails: Vec<_> = new.filter_map(|one| one.mail.map(|mail| owed(one, mail, now))).collect();
    tx.enqueue_announcements(&mails).await
}

/// The mail to somebody, as it is owed under its own name.
pub(super) const fn owed(to: &Recipient, mail: EffectId, due_at: Timestamp) -> Owed<Mailing> {
    let effect = Mailing::Deliver { announcement: to.announcement, account: to.account };
    Owed { id: mail, effect, due_at }
}
