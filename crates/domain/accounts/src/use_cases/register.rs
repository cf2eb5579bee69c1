use super::{Accounts, Registration, SignedIn};
use crate::{
    Account, AccountTx, Effect, HashError, OneTime, Origin, Password, PasswordError, Person, Purpose,
    Session, Status,
};
use invites::{CodeHash, InviteCode};
use kernel::{AccountId, Email, Invalid, InviteId, Language, OneTimeId, Owed, StoreError, transact};

/// What a person typed to open an account.
pub struct SignUp {
    /// In any spelling; empty is none.
    pub invite_code: Option<String>,
    /// In any spelling.
    pub email: String,
    /// 10 to 72 bytes.
    pub password: String,
    /// 1 to 100 characters.
    pub first_name: String,
    /// 1 to 100 characters.
    pub last_name: String,
    /// From where.
    pub origin: Origin,
    /// What the device says that they read, where it says so.
    pub language: Option<Language>,
}

/// An account was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// And may be used.
    SignedIn(SignedIn),
    /// And may be used when an admin has agreed.
    AwaitsApproval(Account),
}

/// Why no account was opened.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
    /// The password cannot be taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Only who is invited may open one.
    #[error("an invite is needed")]
    InviteRequired,
    /// Unknown, used up, expired, revoked or for somebody else: strangers are not told which.
    #[error("the invite is not valid")]
    InviteInvalid,
    /// There is one with this address.
    #[error("the address has an account")]
    EmailTaken,
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Opens an account, uses the invite up, and owes the mail that proves the address: all or nothing.
    ///
    /// # Errors
    /// A [`RegisterError`]; nothing has then changed.
    pub async fn register(&self, wish: SignUp) -> Result<Registered, RegisterError> {
        let invite = self.invite_of(wish.invite_code.as_deref())?;
        let person = Person::read(&wish.email, &wish.first_name, &wish.last_name);
        let person = person.map_err(RegisterError::Invalid)?;
        let password = Password::new(wish.password)?;
        let inviter = self.check_cheaply(invite, &person.email).await?;
        // Hashing takes a good part of a second: not while the invite is locked, or all who have it would queue.
        let hash = self.hasher.hash(password).await?;
        let now = self.clock.now();
        let mut account = Account::open(person, hash, now);
        account.status = self.status_with(invite);
        account.language = wish.language;
        let session = account.is_active().then(|| Session::open_from(account.id, &wish.origin, now));
        let link = OneTime::new(OneTimeId::generate(now), account.id, Purpose::VerifyEmail, now);
        transact(self.store.begin().await?, async |tx| {
            if let (Some(code), Some(inviter)) = (invite, inviter) {
                account.invite = Some(self.redeem(tx, code, inviter, &account.email).await?);
            }
            if !tx.add_account(&account).await? {
                return Err(RegisterError::EmailTaken);
            }
            if let Some(session) = &session {
                tx.add_session(session).await?;
            }
            tx.add_one_time(&link).await?;
            let effect = Effect::SendVerification { one_time: link.id };
            tx.enqueue_accounts(&[Owed::now(effect, now)]).await?;
            Ok(())
        })
        .await?;
        Ok(match session {
            Some(session) => Registered::SignedIn(self.signed_in(account, session)),
            None => Registered::AwaitsApproval(account),
        })
    }

    /// What the store knows the typed code by, if one is given; whether one has to be.
    fn invite_of(&self, typed: Option<&str>) -> Result<Option<CodeHash>, RegisterError> {
        match typed.map(str::trim).filter(|typed| !typed.is_empty()) {
            Some(typed) => {
                let code: InviteCode = typed.parse().map_err(|_| RegisterError::InviteInvalid)?;
                Ok(Some(self.codes.hash(&code)))
            }
            None if self.registration == Registration::InviteOnly => Err(RegisterError::InviteRequired),
            None => Ok(None),
        }
    }

    /// Refuses what need not cost a password hash; tells who made the invite, which never changes. Only who has an
    /// invite, where one is needed, learns whether an address has an account.
    async fn check_cheaply(
        &self,
        invite: Option<CodeHash>,
        email: &Email,
    ) -> Result<Option<AccountId>, RegisterError> {
        let mut inviter = None;
        if let Some(code) = invite {
            let invite = self.store.invite_by_hash(code).await?;
            let mut invite = invite.ok_or(RegisterError::InviteInvalid)?;
            invite.redeem(email, self.clock.now()).map_err(|_| RegisterError::InviteInvalid)?;
            let lineage = self.store.lineage(invite.created_by).await?;
            lineage.opens().map_err(|_| RegisterError::InviteInvalid)?;
            inviter = Some(invite.created_by);
        }
        match self.store.account_by_email(email).await? {
            Some(_) => Err(RegisterError::EmailTaken),
            None => Ok(inviter),
        }
    }

    /// Uses an invite up, where all above the newcomer let them in and nobody is frozen meanwhile.
    async fn redeem(
        &self,
        tx: &mut dyn AccountTx,
        code: CodeHash,
        inviter: AccountId,
        email: &Email,
    ) -> Result<InviteId, RegisterError> {
        let lineage = tx.lock_lineage(inviter).await?;
        lineage.opens().map_err(|_| RegisterError::InviteInvalid)?;
        let invite = tx.lock_invite_by_hash(code).await?;
        let mut invite = invite.ok_or(RegisterError::InviteInvalid)?;
        // The time is that of now, under the lock, and not that of before the hashing: see `Invites::give`.
        invite.redeem(email, self.clock.now()).map_err(|_| RegisterError::InviteInvalid)?;
        tx.save_invite(&invite).await?;
        Ok(invite.id)
    }

    fn status_with(&self, invite: Option<CodeHash>) -> Status {
        match self.registration {
            Registration::Approval if invite.is_none() => Status::Pending,
            Registration::InviteOnly | Registration::Approval | Registration::Open => Status::Active,
        }
    }
}
