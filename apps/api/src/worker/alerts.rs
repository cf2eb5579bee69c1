//! Mails to owners of accounts about who may log in.

use super::perform::{Done, Failure};
use super::post::{Errand, send};
use crate::mails;
use crate::wiring::App;
use accounts::Alert;

/// Sends what is owed, if it still has a sense.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn tell(app: &App, errand: Errand<'_>, alert: Alert) -> Result<Done, Failure> {
    let id = errand.due.id;
    let mail = match alert {
        Alert::SecondFactor { account, news, at } => {
            let letter = app.accounts.factor_letter(account).await?;
            letter.map(|letter| mails::second_factor(app, id, &letter, (news, at))).transpose()?
        }
        Alert::ConfirmAddress { change } => {
            let proof = app.accounts.address_proof(change).await?;
            proof.map(|proof| mails::new_address(app, id, &proof)).transpose()?
        }
        Alert::AddressAsked { change } => {
            let letter = app.accounts.address_letter(change).await?;
            letter.map(|letter| mails::address_asked(app, id, &letter)).transpose()?
        }
        Alert::AddressChanged { change } => {
            let letter = app.accounts.address_letter(change).await?;
            letter.map(|letter| mails::address_changed(app, id, &letter)).transpose()?
        }
    };
    send(app, errand, mail).await
}
