//! Mails to people, and whether they arrive: a letter is kept of each, what servers report is taken in, and who cannot be
//! reached is known.

mod acts;
pub mod letter;
pub mod ports;
pub mod reach;
pub mod report;
pub mod suppression;
pub mod use_cases;

pub use letter::{About, Draft, Letter, LetterFilter, LetterState, News, Origin};
pub use ports::{Channel, Effect, MessagingStore, MessagingTx, Troubles};
pub use reach::{Mailbox, Reach};
pub use report::{Report, Status, Verdict, return_path};
pub use suppression::{AddressHash, AddressKey, Suppression, SuppressionReason};
pub use use_cases::{Heard, LiftError, Messages, SendAgainError, TicketWish};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "messaging";
