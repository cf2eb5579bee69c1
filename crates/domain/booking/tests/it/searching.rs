//! Bookings that are looked for by a name that many have.

use crate::stores;
use async_trait::async_trait;
use booking::office::{BookingFilter, IncidentFilter, Of, PaymentFilter, Stuck};
use booking::use_cases::SearchError;
use booking::{Booking, Incident, Office, OfficeStore, Payment};
use kernel::{AccountId, IncidentId, OrganisationId, Page, PageRequest, StoreError, Timestamp};
use std::sync::Arc;
use testkit::fixtures_bookings::{bookings, house};
use testkit::noon;

/// So many people of every name, and no bookings.
struct Crowd(u32);

const fn nothing<T>() -> Page<T> {
    Page { items: Vec::new(), next: None }
}

#[async_trait]
impl OfficeStore for Crowd {
    async fn bookings(&self, _: &BookingFilter, _: PageRequest) -> Result<Page<Booking>, StoreError> {
        Ok(nothing())
    }

    async fn people(&self, _: &str, _: &BookingFilter, most: u32) -> Result<Vec<AccountId>, StoreError> {
        Ok((0..self.0.min(most)).map(|_| AccountId::generate(noon())).collect())
    }

    async fn payments(&self, _: &PaymentFilter, _: PageRequest) -> Result<Page<Of<Payment>>, StoreError> {
        Ok(nothing())
    }

    async fn stuck(
        &self,
        _: Option<&[OrganisationId]>,
        _: Timestamp,
        _: PageRequest,
    ) -> Result<Page<Of<Stuck>>, StoreError> {
        Ok(nothing())
    }

    async fn incidents(&self, _: &IncidentFilter, _: PageRequest) -> Result<Page<Of<Incident>>, StoreError> {
        Ok(nothing())
    }

    async fn incident(&self, _: IncidentId) -> Result<Option<Of<Incident>>, StoreError> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_name_that_means_too_many_is_refused() {
    let house = house(stores(), 5, None, 2500).await;
    let search = async |people: u32| {
        let office = Office::new(Arc::new(Crowd(people)), &bookings(&house));
        office.search(Some("byron"), BookingFilter::default()).await
    };
    assert_eq!(search(500).await.unwrap().person.unwrap().accounts.len(), 500);
    assert!(matches!(search(501).await, Err(SearchError::TooWide)));
}
