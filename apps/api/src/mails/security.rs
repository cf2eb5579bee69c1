//! Mails to owners of accounts about who may log in. None of them but the link asks for anything to be clicked.

use super::page::Page;
use crate::wiring::App;
use accounts::{AddressLetter, AddressProof, FactorLetter, FactorNews};
use kernel::{EffectId, Mail, Timestamp};

/// What happened to a second factor.
#[must_use]
pub fn second_factor(id: EffectId, letter: &FactorLetter, news: FactorNews, at: Timestamp) -> Mail {
    let left = letter.recovery_codes;
    let (subject, what) = match news {
        FactorNews::Enabled => (
            "Your account has a second factor",
            "Since {at} a code of your device is asked for when you log in. Keep your recovery codes where you find \
             them without the device."
                .to_owned(),
        ),
        FactorNews::Disabled => (
            "Your account has no second factor any more",
            "Since {at} your password alone is enough to log in.".to_owned(),
        ),
        FactorNews::Reset => (
            "Your second factor was removed",
            "At {at} we removed the second factor of your account and logged you out everywhere. Log in with your \
             password, and enrol your device anew."
                .to_owned(),
        ),
        FactorNews::CodesReplaced => (
            "You have new recovery codes",
            "They were made at {at}. The ones before are worth nothing any more.".to_owned(),
        ),
        FactorNews::CodeUsed => (
            "A recovery code was used",
            format!("One of your recovery codes was used at {{at}}. You have {left} left; in your account you can make new ones."),
        ),
        FactorNews::Guessed => (
            "Somebody tries to log in to your account",
            "At {at} so many wrong codes had been typed for your account that no more are looked at for a while. Whoever \
             did it knows your password. Until then you can log in with a recovery code."
                .to_owned(),
        ),
    };
    let mut page = Page::new(subject.to_owned());
    page.line(format!("Hello {},", letter.first_name));
    page.line(what.replace("{at}", &minute(at)));
    page.line("If that was not you, set a new password at once, and write to us.".into());
    page.mail(id, letter.to.clone().into(), Vec::new())
}

/// To an address that somebody wants to log in with: the link, or, where it is that of an account, a word to its owner.
/// Whoever asked is named in neither: the address may be that of a stranger.
#[must_use]
pub fn new_address(app: &App, id: EffectId, proof: &AddressProof) -> Mail {
    match proof {
        AddressProof::Link(letter) => {
            let mut page = Page::new("Please confirm your new address".into());
            page.line("Hello,".into());
            page.line(format!(
                "somebody, probably you, wants to log in with this address from now on. Until {} this link makes it so. \
                 If that was not you, do nothing.",
                minute(letter.expires_at)
            ));
            page.token(&app.config.http.public_url, "change-email", letter.token.expose());
            page.mail(id, letter.to.clone().into(), Vec::new())
        }
        AddressProof::Taken { to, first_name } => {
            let mut page = Page::new("This address is yours already".into());
            page.line(format!("Hello {first_name},"));
            page.line(
                "somebody wanted to have this address for another account. It is that of yours, and stays so; nobody was \
                 told. If that was you, log in with it, or choose another address."
                    .into(),
            );
            page.mail(id, to.clone().into(), Vec::new())
        }
    }
}

/// To the address of before: another one was asked for.
#[must_use]
pub fn address_asked(id: EffectId, letter: &AddressLetter) -> Mail {
    let change = &letter.change;
    let mut page = Page::new("Another address was asked for".into());
    page.line(format!("Hello {},", letter.first_name));
    page.line(format!(
        "at {} you, or somebody who knows your password, asked that your account logs in with {} from now on. It does as \
         soon as the link in a mail to that address is followed.",
        minute(change.asked_at),
        change.new
    ));
    page.line("If that was not you, set a new password at once: then the link does nothing.".into());
    page.mail(id, change.old.clone().into(), Vec::new())
}

/// To the address of before: it is that of the account no more.
#[must_use]
pub fn address_changed(id: EffectId, letter: &AddressLetter) -> Mail {
    let change = &letter.change;
    let mut page = Page::new("Your account has another address".into());
    page.line(format!("Hello {},", letter.first_name));
    page.line(format!(
        "since {} your account logs in with {}, and mails go there. This address is free again.",
        minute(change.made_at.unwrap_or(change.asked_at)),
        change.new
    ));
    page.line("If that was not you, write to us at once.".into());
    page.mail(id, change.old.clone().into(), Vec::new())
}

fn minute(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_news_of_a_second_factor_is_told_with_its_time() {
        let at: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let letter = FactorLetter {
            to: "ada@example.org".parse().unwrap(),
            first_name: "Ada".into(),
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
            let mail = second_factor(EffectId::from(uuid::Uuid::nil()), &letter, news, at);
            assert_eq!((mail.to.as_str(), mail.attachments.len()), ("ada@example.org", 0));
            assert!(
                mail.text.contains("Hello Ada,") && mail.text.contains("2026-06-01 12:00 UTC"),
                "{news:?}"
            );
            assert!(!mail.text.contains('{') && !mail.text.contains("http"), "{}", mail.text);
            assert_eq!(mail.text.contains("7 left"), news == FactorNews::CodeUsed);
        }
    }
}
