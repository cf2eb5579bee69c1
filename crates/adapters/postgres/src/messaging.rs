//! Letters, and addresses that get no announcements.

mod letter;
mod reads;
mod suppression;

use crate::transaction::PgTx;
use ::messaging::{AddressHash, DOMAIN, Effect, Letter, MessagingTx, Suppression};
use async_trait::async_trait;
use kernel::{AccountId, BookingId, EffectId, Owed, StoreError, Timestamp};

#[async_trait]
impl MessagingTx for PgTx {
    async fn lock_letter(&mut self, id: EffectId) -> Result<Option<Letter>, StoreError> {
        self.letter_locked(id).await
    }

    async fn lock_letters_of(&mut self, effect: EffectId) -> Result<Vec<Letter>, StoreError> {
        self.letters_of_effect_locked(effect).await
    }

    async fn add_letter(&mut self, letter: &Letter) -> Result<bool, StoreError> {
        self.insert_letter(letter).await
    }

    async fn save_letter(&mut self, letter: &Letter) -> Result<(), StoreError> {
        self.update_letter(letter)
    }

    async fn forget_letters_to(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.nameless_letters(account);
        Ok(())
    }

    async fn forget_letters_to_guests(&mut self, booking: BookingId) -> Result<(), StoreError> {
        self.nameless_letters_to_guests(booking);
        Ok(())
    }

    async fn remember_report(&mut self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        self.insert_report(name, at).await
    }

    async fn suppress(&mut self, suppression: &Suppression) -> Result<bool, StoreError> {
        self.upsert_suppression(suppression).await
    }

    async fn lift_suppression(&mut self, address: &AddressHash) -> Result<Option<Suppression>, StoreError> {
        self.delete_suppression(address).await
    }

    async fn enqueue_messaging(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }
}
