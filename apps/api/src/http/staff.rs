//! Whose money somebody may see: admins all, organisers that of the organisations they manage.

use super::problem::Problem;
use crate::wiring::App;
use events::access::Right;
use kernel::{Actor, OrganisationId};

/// The organisations that somebody manages; `None` for all of them.
pub type Managed = Option<Vec<OrganisationId>>;

/// The organisations that somebody manages; those who manage none are turned away.
///
/// # Errors
/// 403, or the store could not answer.
pub async fn managed(app: &App, actor: Actor) -> Result<Managed, Problem> {
    Ok(app.events.grant(actor).await?.any_organisations(Right::Manage)?)
}

/// What of them is asked for: all, or this one if it is among them. One that is not has nothing to show.
#[must_use]
pub fn narrowed(managed: Managed, asked: Option<OrganisationId>) -> Managed {
    match (managed, asked) {
        (managed, None) => managed,
        (None, Some(asked)) => Some(vec![asked]),
        (Some(own), Some(asked)) => {
            Some(own.into_iter().filter(|organisation| *organisation == asked).collect())
        }
    }
}
