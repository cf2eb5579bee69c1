use super::Messages;
use crate::{Letter, MessagingTx, Report, Suppression};
use kernel::{StoreError, Timestamp, transact};

/// What was done with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It came before.
    Repeat,
    /// It is about no letter of ours, or no report.
    Ignored,
    /// It is known now of its letter.
    Applied,
}

impl Messages {
    /// Takes in what came to the address for reports, by the name that whoever passed it on gave it. When this returns, it is
    /// durable, and counts once however often it comes.
    ///
    /// # Errors
    /// The store could not answer: it has to come again.
    pub async fn hear(&self, name: &str, report: Option<&Report>) -> Result<Heard, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_messaging().await?, async |tx| {
            if !tx.remember_report(name, now).await? {
                return Ok(Heard::Repeat);
            }
            let Some(report) = report else { return Ok(Heard::Ignored) };
            let Some(mut letter) = named(tx, report).await? else { return Ok(Heard::Ignored) };
            letter.hear(report.news(), report.said.as_deref(), now);
            tx.save_letter(&letter).await?;
            if let Some(suppression) = self.suppression(report, &letter, now) {
                tx.suppress(&suppression).await?;
            }
            Ok(Heard::Applied)
        })
        .await
    }

    /// It is the letter's address that announcements are stopped to, whatever the report says of recipients.
    fn suppression(&self, report: &Report, letter: &Letter, at: Timestamp) -> Option<Suppression> {
        let (reason, to) = report.suppresses().zip(letter.to.as_ref())?;
        Some(Suppression { address: self.addresses.hash(to), reason, at, letter: Some(letter.id) })
    }
}

/// The first of the letters that a report names which is there.
async fn named(tx: &mut dyn MessagingTx, report: &Report) -> Result<Option<Letter>, StoreError> {
    for id in &report.letters {
        if let Some(letter) = tx.lock_letter(*id).await? {
            return Ok(Some(letter));
        }
    }
    Ok(None)
}
