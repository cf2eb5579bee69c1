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
            letter.map(|letter| mails::second_factor(app, due.id, &letter, (news, at))).transpose()?
        }
        Alert::ConfirmAddress { change } => {
            let proof = app.accounts.address_proof(change).await?;
            proof.map(|proof| mails::new_address(app, due.id, &proof)).transpose()?
        }
        Alert::AddressAsked { change } => {
            let letter = app.accounts.address_letter(change).await?;
            letter.map(|letter| mails::address_asked(app, due.id, &letter)).transpose()?
        }
        Alert::AddressChanged { change } => {
            let letter = app.accounts.address_letter(change).await?;
            letter.map(|letter| mails::address_changed(app, due.id, &letter)).transpose()?
        }
    };
    send(app, mail).await
}
