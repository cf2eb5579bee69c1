//! Mails that somebody asks for: a letter once more, a ticket to somebody anew.

use super::perform::{Done, Failure, run};
use super::post::{Errand, send_about};
use crate::mails::{self, TICKET};
use crate::wiring::App;
use kernel::{Due, EffectId};
use messaging::Effect;

/// Sends what was asked for, if it still has a sense.
///
/// # Errors
/// A [`Failure`]: try again later.
pub(super) async fn perform(app: &App, errand: Errand<'_>, effect: Effect) -> Result<Done, Failure> {
    let due = errand.due;
    match effect {
        Effect::SendAgain { letter } => once_more(app, due, letter).await,
        Effect::SendTicket { booking, ticket, to } => {
            let mail = mails::one_ticket(app, due.id, (booking, ticket), to).await?;
            let done = send_about(app, errand, TICKET, mail).await?;
            app.messages.came_to_nothing(due.id).await?;
            Ok(done)
        }
    }
}

/// Says the same as if it were owed anew, to the one who is to read it again.
async fn once_more(app: &App, due: &Due, letter: EffectId) -> Result<Done, Failure> {
    let Some(letter) = app.messages.letter(letter).await? else { return Ok(Done::Finished) };
    // Without it the account was erased meanwhile.
    if let Some(origin) = &letter.origin {
        let due = Due { domain: origin.domain.clone(), body: origin.body.clone(), ..due.clone() };
        let done = run(app, Errand { due: &due, again: Some(&letter) }).await?;
        if done != Done::Finished {
            return Ok(done);
        }
    }
    app.messages.came_to_nothing(letter.id).await?;
    Ok(Done::Finished)
}
