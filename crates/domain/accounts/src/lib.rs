//! Accounts: who may log in, how they prove it, and what is kept about them.

pub mod account;
mod acts;
pub mod growth;
pub mod one_time;
pub mod password;
pub mod ports;
pub mod profile;
pub mod session;
pub mod token;
mod use_cases;

pub use account::{Account, AccountFilter, AccountRefusal, Person, Status};
pub use growth::{Brought, Joined, UtcDay};
pub use one_time::{OneTime, Purpose};
pub use password::{Password, PasswordError, PasswordHash};
pub use ports::{AccountStore, AccountTx, Effect, HashError, PasswordHasher};
pub use profile::{Profile, ProfileChange};
pub use session::{Refreshed, Session};
pub use token::{OneTimeToken, RefreshToken, TokenKey};
pub use use_cases::{
    AccountChange, Accounts, ChangePasswordError, ChangeStandingError, CreateAdminError, Credentials,
    DeleteError, EndSessionError, Growth, Identity, InviteRecord, InviteTree, Letter, LoginError,
    PersonalRecord, RefreshError, RegisterError, Registered, Registration, ResetError, SignUp, SignedIn,
    Twig, UpdateError, VerifyError,
};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "accounts";
