//! To whom an exact place was shown.

use super::{AccessError, Events};
use crate::AddressView;
use crate::access::Right;
use kernel::{AccountId, Actor, EventId, Page, PageRequest, StoreError};

impl Events {
    /// Who was shown where exactly an event is, the latest first, for those who run it.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn address_views(
        &self,
        actor: Actor,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<AddressView>, AccessError> {
        self.require(actor, event, Right::Manage).await?;
        Ok(self.store.address_views(event, page).await?)
    }

    /// Where somebody was shown an exact place, the latest first, for themselves.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn own_address_views(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<AddressView>, StoreError> {
        self.store.address_views_of(account, page).await
    }
}
