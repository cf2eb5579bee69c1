//! Accounts: who may log in, how they prove it, and what is kept about them.

pub mod account;
mod acts;
pub mod device;
pub mod email_change;
pub mod growth;
pub mod network;
pub mod one_time;
pub mod password;
pub mod ports;
pub mod profile;
pub mod second_factor;
pub mod session;
pub mod token;
mod use_cases;

pub use account::{Account, AccountFilter, AccountRefusal, Person, Status};
pub use device::device;
pub use email_change::EmailChange;
pub use growth::{Brought, Joined, UtcDay};
pub use network::Network;
pub use one_time::{OneTime, Purpose};
pub use password::{Password, PasswordError, PasswordHash};
pub use ports::{
    AccountStore, AccountTx, Alert, Effect, EmailChangeReads, EmailChangeTx, FactorNews, HashError, OwnReads,
    OwnTx, PasswordHasher, SecondFactorReads, SecondFactorTx,
};
pub use profile::{Profile, ProfileChange};
pub use second_factor::{CodeRefusal, FactorKey, RecoveryCode, RecoveryHash, SecondFactor, TotpSecret};
pub use session::{Origin, Refreshed, Session};
pub use token::{OneTimeToken, RefreshToken, TokenKey};
pub use use_cases::{
    AccountChange, Accounts, AddressLetter, AddressProof, AskEmailError, ChangeEmailError,
    ChangePasswordError, ChangeStandingError, Claim, CreateAdminError, Credentials, DeleteError,
    EndSessionError, Enrolment, FactorError, FactorLetter, FactorRecord, FactorStanding, Growth, Identity,
    InviteRecord, InviteTree, Letter, LoginError, PersonalRecord, ProofError, RefreshError, RegisterError,
    Registered, Registration, ResetError, ResetTotpError, SignUp, SignedIn, Twig, UpdateError, VerifyError,
};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "accounts";
/// What mails are filed under that tell owners of accounts who may log in.
pub const ALERTS: &str = "accounts.alerts";
