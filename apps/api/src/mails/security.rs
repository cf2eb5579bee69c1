//! Mails to owners of accounts about who may log in. None of them but the link asks for anything to be clicked.

use super::content::Content;
use super::{LetterError, Outgoing, Templates, link, linked};
use crate::wiring::App;
use accounts::{AddressLetter, AddressProof, FactorLetter, FactorNews};
use kernel::{EffectId, Language, Timestamp};

/// What happened to a second factor.
///
/// # Errors
/// A [`LetterError`].
pub fn second_factor(
    app: &App,
    id: EffectId,
    letter: &FactorLetter,
    (news, at): (FactorNews, Timestamp),
) -> Result<Outgoing, LetterError> {
    factor_mail(&app.templates, id, letter, (news, at))
}

fn factor_mail(
    templates: &Templates,
    id: EffectId,
    letter: &FactorLetter,
    (news, at): (FactorNews, Timestamp),
) -> Result<Outgoing, LetterError> {
    let language = letter.language.unwrap_or_default();
    let (first_name, at) = (letter.first_name.clone(), moment(at, language));
    let content = match news {
        FactorNews::Enabled => Content::FactorEnabled { first_name, at },
        FactorNews::Disabled => Content::FactorDisabled { first_name, at },
        FactorNews::Reset => Content::FactorReset { first_name, at },
        FactorNews::CodesReplaced => Content::RecoveryCodesReplaced { first_name, at },
        FactorNews::CodeUsed => Content::RecoveryCodeUsed { first_name, at, left: letter.recovery_codes },
        FactorNews::Guessed => Content::CodesGuessed { first_name, at },
    };
    let mail = templates.written(language, &content)?.mail(id, letter.to.clone().into(), Vec::new());
    Ok(mail.to(letter.account))
}

/// To an address that somebody wants to log in with: the link, or, where it is that of an account, a word to its owner.
/// Whoever asked is named in neither: the address may be that of a stranger.
///
/// # Errors
/// A [`LetterError`].
pub fn new_address(app: &App, id: EffectId, proof: &AddressProof) -> Result<Outgoing, LetterError> {
    match proof {
        AddressProof::Link(letter) => {
            let until = moment(letter.expires_at, letter.language.unwrap_or_default());
            let address = link(app, "change-email", letter);
            linked(app, id, letter, &Content::ConfirmNewAddress { until, address })
        }
        AddressProof::Taken { account, to, first_name, language } => {
            let content = Content::AddressTaken { first_name: first_name.clone() };
            let written = app.templates.written(language.unwrap_or_default(), &content)?;
            Ok(written.mail(id, to.clone().into(), Vec::new()).to(*account))
        }
    }
}

/// To the address of before: another one was asked for.
///
/// # Errors
/// A [`LetterError`].
pub fn address_asked(app: &App, id: EffectId, letter: &AddressLetter) -> Result<Outgoing, LetterError> {
    let AddressLetter { first_name, language, change } = letter;
    let language = language.unwrap_or_default();
    let content = Content::AddressAsked {
        first_name: first_name.clone(),
        at: moment(change.asked_at, language),
        new_address: change.new.to_string(),
    };
    let mail = app.templates.written(language, &content)?.mail(id, change.old.clone().into(), Vec::new());
    Ok(mail.to(change.account))
}

/// To the address of before: it is that of the account no more.
///
/// # Errors
/// A [`LetterError`].
pub fn address_changed(app: &App, id: EffectId, letter: &AddressLetter) -> Result<Outgoing, LetterError> {
    let AddressLetter { first_name, language, change } = letter;
    let language = language.unwrap_or_default();
    let content = Content::AddressChanged {
        first_name: first_name.clone(),
        at: moment(change.made_at.unwrap_or(change.asked_at), language),
        new_address: change.new.to_string(),
    };
    let mail = app.templates.written(language, &content)?.mail(id, change.old.clone().into(), Vec::new());
    Ok(mail.to(change.account))
}

/// Where its reader is nobody knows.
fn moment(at: Timestamp, language: Language) -> String {
    language.moment(at.naive_utc(), "UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::AccountId;

    #[test]
    fn every_news_of_a_second_factor_is_told_with_its_time() {
        let at: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let templates = Templates::new().unwrap();
        for (language, hello, time, left) in [
            (Language::English, "Hello Ada,", "1 June 2026, 12:00 (UTC)", "7 left"),
            (Language::German, "Hallo Ada,", "1. Juni 2026, 12:00 Uhr (UTC)", "noch 7"),
        ] {
            let letter = FactorLetter {
                account: AccountId::from(uuid::Uuid::nil()),
                to: "ada@example.org".parse().unwrap(),
                first_name: "Ada".into(),
                language: Some(language),
                recovery_codes: 7,
            };
            for news in [
                FactorNews::Enabled,
                FactorNews::Disabled,
                FactorNews::Reset,
                FactorNews::CodesReplaced,
                FactorNews::CodeUsed,
                FactorNews::Guessed,
            ] {
                let id = EffectId::from(uuid::Uuid::nil());
                let mail = factor_mail(&templates, id, &letter, (news, at)).unwrap().mail;
                assert_eq!((mail.to.as_str(), mail.attachments.len()), ("ada@example.org", 0));
                assert!(mail.text.contains(hello) && mail.text.contains(time), "{news:?}: {}", mail.text);
                assert!(!mail.text.contains('{') && !mail.text.contains("http"), "{}", mail.text);
                assert_eq!(mail.text.contains(left), news == FactorNews::CodeUsed);
            }
        }
    }
}
