//! A person's account, and who may do what to it.

use crate::{PasswordHash, Profile, profile::text_problem};
use kernel::{AccountId, Cursor, Email, Invalid, InviteId, Language, Role, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Whether someone may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Yes.
    Active,
    /// Not before an admin agrees.
    Pending,
    /// Not any more, until an admin says otherwise.
    Suspended,
    /// An admin did not agree.
    Rejected,
    /// The account was erased; for good.
    Deleted,
}

impl Status {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Active, Self::Pending, Self::Suspended, Self::Rejected, Self::Deleted];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Suspended => "suspended",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }
}

/// The text names no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no status of an account")]
pub struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

/// Someone who may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Names it.
    pub id: AccountId,
    /// What one logs in with; no two accounts share it.
    pub email: Email,
    /// When mail to it was shown to arrive.
    pub email_verified_at: Option<Timestamp>,
    /// Without one nobody can log in.
    pub password_hash: Option<PasswordHash>,
    /// 1 to 100 characters; empty when erased.
    pub first_name: String,
    /// 1 to 100 characters; empty when erased.
    pub last_name: String,
    /// What the person may do on the whole platform.
    pub role: Role,
    /// Whether they may log in.
    pub status: Status,
    /// What they tell about themselves.
    pub profile: Profile,
    /// In which language they are written to, once that is known.
    #[serde(default)]
    pub language: Option<Language>,
    /// What they came in with.
    pub invite: Option<InviteId>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When anything above changed last.
    pub updated_at: Timestamp,
}

/// Who somebody says they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What they will log in with.
    pub email: Email,
    /// 1 to 100 characters.
    pub first_name: String,
    /// 1 to 100 characters.
    pub last_name: String,
}

impl Person {
    /// Reads what was typed.
    ///
    /// # Errors
    /// All fields that are wrong: `email`, `first_name`, `last_name`.
    pub fn read(email: &str, first_name: &str, last_name: &str) -> Result<Self, Vec<Invalid>> {
        let malformed = |_| Invalid::new("email", "malformed", "must be an e-mail address");
        let email = Email::parse(email).map_err(malformed);
        let names = (read_name("first_name", first_name), read_name("last_name", last_name));
        match (email, names) {
            (Ok(email), (Ok(first_name), Ok(last_name))) => Ok(Self { email, first_name, last_name }),
            (email, (first, last)) => {
                Err([email.err(), first.err(), last.err()].into_iter().flatten().collect())
            }
        }
    }
}

/// A name without blanks around it.
pub(crate) fn read_name(field: &str, typed: &str) -> Result<String, Invalid> {
    let name = typed.trim();
    if name.is_empty() {
        return Err(Invalid::new(field, "required", "must not be empty"));
    }
    if name.chars().any(char::is_control) {
        return Err(Invalid::new(field, "malformed", "must not have control characters"));
    }
    text_problem(field, name, 100).map_or(Ok(name.to_owned()), Err)
}

/// Why an account is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// Nobody could undo it.
    #[error("this is the last active admin")]
    LastAdmin,
    /// An erased account stays erased; and nobody else can erase one, or make it wait again.
    #[error("the account cannot get this status")]
    StatusNotAllowed,
}

impl Account {
    /// A new member, active, whose address is not proven yet.
    #[must_use]
    pub fn open(person: Person, password_hash: PasswordHash, now: Timestamp) -> Self {
        Self {
            id: AccountId::generate(now),
            email: person.email,
            email_verified_at: None,
            password_hash: Some(password_hash),
            first_name: person.first_name,
            last_name: person.last_name,
            role: Role::Member,
            status: Status::Active,
            profile: Profile::default(),
            language: None,
            invite: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Where it stands in lists: newest first.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }

    /// Whether it may log in.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.status, Status::Active)
    }

    /// Whether a forgotten password may be replaced: when that lets nobody in who was sent away.
    #[must_use]
    pub const fn may_reset(&self) -> bool {
        matches!(self.status, Status::Active | Status::Pending)
    }

    /// Whether it runs things: an admin who may log in.
    #[must_use]
    pub const fn is_active_admin(&self) -> bool {
        self.is_active() && matches!(self.role, Role::Admin)
    }

    /// Gives it another standing; `admins` are the active admins, this one included if it is one.
    ///
    /// # Errors
    /// An [`AccountRefusal`]; it is then unchanged.
    pub fn change_standing(
        &mut self,
        status: Status,
        role: Role,
        admins: &[AccountId],
        now: Timestamp,
    ) -> Result<(), AccountRefusal> {
        let allowed = status == self.status
            || match status {
                Status::Active => self.status != Status::Deleted,
                Status::Suspended => self.status == Status::Active,
                Status::Rejected => self.status == Status::Pending,
                Status::Pending | Status::Deleted => false,
            };
        if !allowed || (self.status == Status::Deleted && role != self.role) {
            return Err(AccountRefusal::StatusNotAllowed);
        }
        let stays_admin = status == Status::Active && role == Role::Admin;
        if !stays_admin {
            self.is_dispensable(admins)?;
        }
        self.status = status;
        self.role = role;
        self.updated_at = now;
        Ok(())
    }

    /// Forgets who it was. What it did stays, as somebody's; `admins` are the active admins.
    ///
    /// # Errors
    /// [`AccountRefusal::LastAdmin`]; it is then unchanged.
    pub fn erase(&mut self, admins: &[AccountId], now: Timestamp) -> Result<(), AccountRefusal> {
        self.is_dispensable(admins)?;
        *self = Self {
            id: self.id,
            email: Email::erased(self.id),
            email_verified_at: None,
            password_hash: None,
            first_name: String::new(),
            last_name: String::new(),
            role: Role::Member,
            status: Status::Deleted,
            profile: Profile::default(),
            language: None,
            invite: self.invite,
            created_at: self.created_at,
            updated_at: now,
        };
        Ok(())
    }

    fn is_dispensable(&self, admins: &[AccountId]) -> Result<(), AccountRefusal> {
        let others = admins.iter().any(|admin| *admin != self.id);
        if self.is_active_admin() && !others { Err(AccountRefusal::LastAdmin) } else { Ok(()) }
    }
}

/// Which accounts an admin looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountFilter {
    /// In address or name, anywhere, in either case; taken literally.
    pub query: Option<String>,
    /// Only these; without it all but erased ones.
    pub status: Option<Status>,
}

impl AccountFilter {
    /// What stores have to agree with.
    #[must_use]
    pub fn matches(&self, account: &Account) -> bool {
        let wanted = match self.status {
            Some(status) => account.status == status,
            None => account.status != Status::Deleted,
        };
        let found = self.query.as_deref().is_none_or(|query| {
            let name = format!("{} {}", account.first_name, account.last_name);
            let query = query.to_lowercase();
            account.email.as_str().contains(&query) || name.to_lowercase().contains(&query)
        });
        wanted && found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn account(role: Role, status: Status) -> Account {
        Account {
            id: AccountId::generate(noon()),
            email: "ada@example.org".parse().unwrap(),
            email_verified_at: Some(noon()),
            password_hash: Some(PasswordHash::new("hash")),
            first_name: "Ada".into(),
            last_name: "Byron".into(),
            role,
            status,
            profile: Profile { bio: Some("Counts.".into()), ..Profile::default() },
            language: Some(Language::German),
            invite: None,
            created_at: noon(),
            updated_at: noon(),
        }
    }

    #[test]
    fn every_wrong_field_of_a_person_is_named() {
        let wrong = Person::read("ada", " ", "By\nron").unwrap_err();
        let named: Vec<_> = wrong.iter().map(|one| (one.field.as_str(), one.code)).collect();
        assert_eq!(named, [("email", "malformed"), ("first_name", "required"), ("last_name", "malformed")]);
        let fine = Person::read("Ada@example.org", " Ada ", "Byron").unwrap();
        assert_eq!((fine.email.as_str(), fine.first_name.as_str()), ("ada@example.org", "Ada"));
        assert!(Person::read("ada@example.org", &"a".repeat(101), "B").is_err());
    }

    #[test]
    fn the_last_admin_cannot_go() {
        let mut last = account(Role::Admin, Status::Active);
        let admins = [last.id];
        let before = last.clone();
        assert_eq!(last.erase(&admins, noon()), Err(AccountRefusal::LastAdmin));
        for (status, role) in [(Status::Suspended, Role::Admin), (Status::Active, Role::Member)] {
            assert_eq!(last.change_standing(status, role, &admins, noon()), Err(AccountRefusal::LastAdmin));
        }
        assert_eq!(last, before);
        let two = [last.id, AccountId::generate(noon())];
        assert_eq!(last.change_standing(Status::Active, Role::Member, &two, noon()), Ok(()));
    }

    #[test]
    fn only_sensible_changes_of_status_are_made() {
        let allowed: Vec<_> = Status::ALL
            .into_iter()
            .flat_map(|from| Status::ALL.map(|to| (from, to)))
            .filter(|(from, to)| {
                from != to
                    && account(Role::Member, *from).change_standing(*to, Role::Member, &[], noon()).is_ok()
            })
            .collect();
        let expected = [
            (Status::Active, Status::Suspended),
            (Status::Pending, Status::Active),
            (Status::Pending, Status::Rejected),
            (Status::Suspended, Status::Active),
            (Status::Rejected, Status::Active),
        ];
        assert_eq!(allowed, expected);
    }

    #[test]
    fn nobody_makes_an_admin_of_an_erased_account() {
        let mut erased = account(Role::Member, Status::Deleted);
        let refused = erased.change_standing(Status::Deleted, Role::Admin, &[], noon());
        assert_eq!(refused, Err(AccountRefusal::StatusNotAllowed));
    }

    #[test]
    fn an_erased_account_says_nothing_about_its_owner() {
        let mut account = account(Role::Member, Status::Active);
        account.erase(&[], noon()).unwrap();
        let document = serde_json::to_string(&account).unwrap().to_lowercase();
        for word in ["ada", "byron", "counts", "hash\":\"", "example", "\"de\""] {
            assert!(!document.contains(word), "{word} in {document}");
        }
    }

    #[test]
    fn an_account_of_before_languages_were_kept_is_read_without_one() {
        let mut document = serde_json::to_value(account(Role::Member, Status::Active)).unwrap();
        assert_eq!(document["language"], "de");
        document.as_object_mut().unwrap().remove("language");
        assert_eq!(serde_json::from_value::<Account>(document).unwrap().language, None);
    }

    #[test]
    fn a_filter_finds_by_address_and_name() {
        let ada = account(Role::Member, Status::Active);
        let finds = |query: &str, status| AccountFilter { query: Some(query.into()), status }.matches(&ada);
        assert!(finds("ADA@", None) && finds("a by", None) && finds("", Some(Status::Active)));
        assert!(!finds("a%n", None) && !finds("ada", Some(Status::Pending)));
        assert!(!AccountFilter::default().matches(&account(Role::Member, Status::Deleted)));
    }

    #[test]
    fn statuses_survive_text() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
    }
}
