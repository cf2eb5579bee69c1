//! Mails to owners of accounts about who may log in.

use super::perform::{Done, Failure, send};
use crate::mails;
use crate::wiring::App;
use accounts::Alert;
use kernel::Due;

/// Sends what is owed, if it still has a sense.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn tell(app: &App, due: &Due, alert: Alert) -> Result<Done, Failure> {
    let mail = match alert {
        Alert::SecondFactor { account, news, at } => {
            let letter = app.accounts.factor_letter(account).await?;
            letter.map(|letter| mails::second_factor(due.id, &letter, news, at))
        }
        Alert::ConfirmAddress { change } => {
            let proof = app.accounts.address_proof(change).await?;
            proof.map(|proof| mails::new_address(app, due.id, &proof))
        }
        Alert::AddressAsked { change } => {
            let letter = app.accounts.address_letter(change).await?;
            letter.map(|letter| mails::address_asked(due.id, &letter))
        }
        Alert::AddressChanged { change } => {
            let letter = app.accounts.address_letter(change).await?;
            letter.map(|letter| mails::address_changed(due.id, &letter))
        }
    };
    send(app, mail).await
}
