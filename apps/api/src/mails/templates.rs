//! Mails from templates. `apps/api/mails` has one per mail and language, written once and given as text and as HTML:
//! what a paragraph, a link or a picture is in each stands in `parts.txt` and `parts.html`, and what is around the whole
//! in `layout.*`.

use super::Outgoing;
use super::content::Content;
use kernel::{Attachment, EffectId, Language, Mail};
use messaging::About;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, escape_formatter};

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        const ENGLISH: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../mails/en/", $name, ".jinja")))),+];
        const GERMAN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../mails/de/", $name, ".jinja")))),+];
    };
}

// `words` is none by itself: it has what several say.
templates![
    "words",
    "tickets",
    "ticket",
    "transfer_offered",
    "transfer_accepted",
    "transfer_declined",
    "booking_expired",
    "paid_twice",
    "paid_too_late",
    "booking_cancelled",
    "event_cancelled",
    "refunded",
    "request_refused",
    "tickets_cancelled",
    "waitlist_offered",
    "waitlist_called_off",
    "waitlist_ended",
    "waitlist_gone",
    "waitlist_expired",
    "incident",
    "day_open",
    "no_good_backup",
    "verify_email",
    "reset_password",
    "factor_enabled",
    "factor_disabled",
    "factor_reset",
    "recovery_codes_replaced",
    "recovery_code_used",
    "codes_guessed",
    "confirm_new_address",
    "address_taken",
    "address_asked",
    "address_changed",
    "invite",
    "announcement",
    "picture_removed",
    "picture_kept",
    "picture_wish",
    "hook_off",
];

/// What a template is made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Subject,
    Text,
    Html,
}

struct Forms {
    subject: Environment<'static>,
    text: Environment<'static>,
    html: Environment<'static>,
}

/// All templates; each is compiled when it is needed first.
pub struct Templates {
    english: Forms,
    german: Forms,
}

/// A mail as it was written, to nobody yet; without `Debug`, as there are codes and links in it.
pub struct Written {
    /// The template's name.
    pub kind: &'static str,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl Templates {
    /// Those that are part of the program.
    ///
    /// # Errors
    /// When the library does not take our settings.
    pub fn new() -> Result<Self, Error> {
        Ok(Self { english: Forms::of(Language::English)?, german: Forms::of(Language::German)? })
    }

    /// A mail in a language.
    ///
    /// # Errors
    /// When a template wants what the content does not have.
    pub(super) fn written(&self, language: Language, content: &Content) -> Result<Written, Error> {
        let forms = match language {
            Language::English => &self.english,
            Language::German => &self.german,
        };
        let (name, said) = (content.name(), Value::from(Serde(content)));
        let render = |environment: &Environment<'static>| -> Result<String, Error> {
            environment.get_template(name)?.render(said.clone())
        };
        // A subject is one line, whatever a title contains.
        let subject = render(&forms.subject)?;
        let subject = subject.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
        Ok(Written { kind: name, subject, text: render(&forms.text)?, html: render(&forms.html)? })
    }
}

impl Written {
    /// To somebody, under the name of what owes it.
    pub(super) fn mail(self, id: EffectId, to: String, attachments: Vec<Attachment>) -> Outgoing {
        let Self { kind, subject, text, html } = self;
        let (html, return_path, unsubscribe) = (Some(html), None, None);
        let mail = Mail { id, to, subject, text, html, attachments, return_path, unsubscribe };
        Outgoing { mail, about: About { kind: kind.to_owned(), ..About::default() } }
    }
}

impl Forms {
    fn of(language: Language) -> Result<Self, Error> {
        let form = |form| environment(language, form);
        Ok(Self { subject: form(Form::Subject)?, text: form(Form::Text)?, html: form(Form::Html)? })
    }
}

fn environment(language: Language, form: Form) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // A mail that lacks a word is not sent.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_loader(move |name: &str| Ok(source(language, form, name)));
    environment.add_global("language", language.tag());
    if form == Form::Html {
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        // No more letters than need be: each slash of an address as an entity looks as if it were to be hidden.
        environment.set_formatter(|out, state, value| match value.as_str().filter(|_| !value.is_safe()) {
            Some(text) => out.write_str(&escaped(text)).map_err(Error::from),
            None => escape_formatter(out, state, value),
        });
        environment.add_global("br", Value::from_safe_string("<br>\n".to_owned()));
    } else {
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_global("br", "\n");
    }
    Ok(environment)
}

fn source(language: Language, form: Form, name: &str) -> Option<&'static str> {
    match (name, form) {
        ("layout", Form::Subject) => Some(include_str!("../../mails/layout.subject")),
        ("layout", Form::Text) => Some(include_str!("../../mails/layout.txt")),
        ("layout", Form::Html) => Some(include_str!("../../mails/layout.html")),
        ("parts", Form::Subject | Form::Text) => Some(include_str!("../../mails/parts.txt")),
        ("parts", Form::Html) => Some(include_str!("../../mails/parts.html")),
        _ => {
            let templates = match language {
                Language::English => ENGLISH,
                Language::German => GERMAN,
            };
            templates.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
        }
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::content::EventFacts;
    use super::super::samples::{branches, samples};
    use super::*;
    use std::collections::BTreeSet;

    /// What is left of HTML without its marks.
    fn read(html: &str) -> String {
        let (_, body) = html.split_once("</h1>\n").unwrap();
        let (body, _) = body.split_once("</body>").unwrap();
        let (mut text, mut mark) = (String::new(), false);
        for letter in body.replace("</p>\n", "\n\n").chars() {
            match letter {
                '<' => mark = true,
                '>' => mark = false,
                _ if mark => {}
                _ => text.push(letter),
            }
        }
        let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        plain.into_iter().fold(text, |text, (entity, letter)| text.replace(entity, letter))
    }

    #[test]
    fn every_template_is_there_in_both_languages_and_wants_the_same_in_both() {
        let templates = Templates::new().unwrap();
        let known: BTreeSet<_> = ENGLISH.iter().map(|(name, _)| format!("{name}.jinja")).collect();
        for folder in ["en", "de"] {
            let folder = format!("{}/mails/{folder}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(folder).unwrap();
            let files: BTreeSet<_> =
                files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            assert_eq!(files, known);
        }
        let filled: BTreeSet<_> =
            samples(Language::English).iter().map(|it| format!("{}.jinja", it.name())).collect();
        assert_eq!(filled.len() + 1, known.len(), "one sample of each, and the words of several");
        assert!(filled.is_subset(&known));
        for (name, _) in ENGLISH {
            let wants = |forms: &Forms| forms.text.get_template(name).unwrap().undeclared_variables(true);
            assert_eq!(wants(&templates.english), wants(&templates.german), "{name}");
        }
    }

    #[test]
    fn every_mail_says_the_same_as_text_and_as_html_whichever_way_it_goes() {
        let templates = Templates::new().unwrap();
        for language in Language::ALL {
            for content in samples(language).into_iter().chain(branches(language)) {
                let name = content.name();
                let Written { subject, text, html, .. } = templates.written(language, &content).unwrap();
                assert!(!subject.trim().is_empty() && subject.trim() == subject, "{name}: {subject:?}");
                assert!(!text.contains("\n\n\n") && !text.contains("  "), "{name}: {text:?}");
                assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{html}");
                assert!(html.contains(&format!("<h1>{}</h1>", escaped(&subject))), "{html}");
                if content.slips().is_empty() {
                    assert_eq!(read(&html), text, "{name}");
                }
                for slip in content.slips() {
                    assert!(text.contains(&slip.code) && html.contains(&format!("cid:{}", slip.content_id)));
                }
            }
        }
    }

    #[test]
    fn english_says_what_it_always_said() {
        let written =
            |content: &Content| Templates::new().unwrap().written(Language::English, content).unwrap();
        let all = samples(Language::English);
        let of = |name: &str| written(all.iter().find(|it| it.name() == name).unwrap());
        let tickets = of("tickets");
        assert_eq!(tickets.subject, "Your tickets for A night out");
        assert_eq!(
            tickets.text,
            "Your booking ABCD-EFGH-JKMN is confirmed.\n\n\
             A night out: Friday, 4 July 2031, 20:00 (CEST)\nDoors: Friday, 4 July 2031, 19:00 (CEST)\n\
             Where: Old harbour\n\n1 of 2: Entry\nSAMPLE-1\n\n2 of 2: Entry, A 7, Ada Byron\nSAMPLE-2\n\n\
             Each code lets one person in, once. Whoever shows it first is the one.\n\n"
        );
        assert_eq!(
            of("verify_email").text,
            "Hello Ada,\n\nplease confirm that mail to this address reaches you.\n\n\
             https://example.org/verify-email#token=sample\n\n"
        );
        assert!(of("refunded").text.ends_with(
            "Where: Old harbour\n\nSo far 25.00 EUR of the 50.00 EUR that you paid goes back the way it came.\n\n"
        ));
    }

    #[test]
    fn german_is_german() {
        let all = samples(Language::German);
        let content = all.iter().find(|it| it.name() == "refunded").unwrap();
        let written = Templates::new().unwrap().written(Language::German, content).unwrap();
        assert_eq!(written.subject, "Geld kommt zu dir zurück: A night out");
        assert!(written.text.contains("Freitag, 4. Juli 2031, 20:00 Uhr (MESZ)"), "{}", written.text);
        assert!(written.text.contains("25,00 EUR"), "{}", written.text);
    }

    #[test]
    fn german_counts_tickets_as_people_do() {
        let templates = Templates::new().unwrap();
        let all = samples(Language::German).into_iter().chain(branches(Language::German));
        let said: Vec<_> = all
            .filter(|content| content.name() == "booking_cancelled")
            .map(|content| templates.written(Language::German, &content).unwrap().text)
            .collect();
        let expected = [
            "\n\nEines deiner 2 Tickets ist storniert und öffnet die Tür nicht mehr.",
            "\n\nDein Ticket ist storniert und öffnet die Tür nicht mehr.",
            "\n\nDeine 2 Tickets sind storniert und öffnen die Tür nicht mehr.",
            "\n\n2 deiner 3 Tickets sind storniert und öffnen die Tür nicht mehr.",
        ];
        assert_eq!(said.len(), expected.len());
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }

    #[test]
    fn what_people_typed_is_no_markup_and_no_second_header() {
        let event = EventFacts {
            title: "Night\r\nBcc: all".into(),
            starts_at: String::new(),
            doors_at: None,
            area: "<script>alert('x')</script> & more {{ language }}".into(),
        };
        let content = Content::TransferAccepted { event };
        let mail = Templates::new().unwrap().written(Language::English, &content).unwrap();
        assert_eq!(mail.subject, "Your ticket for Night  Bcc: all was taken");
        assert!(!mail.html.contains("<script>") && mail.html.contains("&lt;script&gt;alert(&#39;x&#39;)"));
        assert!(mail.text.contains("<script>"), "plain text is not escaped");
        assert!(mail.text.contains("{{ language }}"), "nor is it a template");
    }
}
