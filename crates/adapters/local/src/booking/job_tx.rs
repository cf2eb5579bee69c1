//! Long work.

use crate::transaction::LocalTx;
use ::booking::{Job, JobTx};
use async_trait::async_trait;
use kernel::{EventId, JobId, StoreError};

const ADDING: &str = "adding a job";

#[async_trait]
impl JobTx for LocalTx {
    async fn lock_job(&mut self, id: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn job_of_event(&mut self, event: EventId) -> Result<Option<JobId>, StoreError> {
        Ok(self.state().booking.jobs_by_event.get(&event).copied())
    }

    async fn count_living_bookings(&mut self, event: EventId) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.state().living_bookings(event, None).count()).unwrap_or(u32::MAX))
    }

    async fn add_job(&mut self, job: &Job) -> Result<(), StoreError> {
        if self.state().booking.jobs_by_event.contains_key(&job.event) {
            return Err(self.broken(ADDING, "the event has one"));
        }
        self.add(job.clone(), ADDING)
    }

    async fn save_job(&mut self, job: &Job) -> Result<(), StoreError> {
        self.save(job.clone(), "saving a job")
    }
}
