//! Mails to people, and whether they arrive: a letter is kept of each, what servers report is taken in, and who cannot be
//! reached is known.

mod acts;
pub mod announcement;
pub mod letter;
mod mac;
pub mod ports;
pub mod reach;
pub mod report;
pub mod suppression;
pub mod unsubscribe;
pub mod use_cases;

pub use announcement::{
    Addressee, Announcement, AnnouncementChange, AnnouncementFilter, AnnouncementStatus, Audience, Block,
    Counts, HandedOver, LeftList, LeftOut, MailList, Recipient, RecipientState, Texts, Wording, WrongStage,
};
pub use letter::{About, Draft, Letter, LetterFilter, LetterState, News, Origin};
pub use ports::{
    AnnouncementStore, AnnouncementTx, Channel, Effect, Mailing, MessagingStore, MessagingTx, Troubles,
};
pub use reach::{Mailbox, Reach};
pub use report::{Report, Status, Verdict, return_path};
pub use suppression::{AddressHash, AddressKey, Suppression, SuppressionReason};
pub use unsubscribe::UnsubscribeKey;
pub use use_cases::{
    AnnouncementError, Announcements, Heard, LiftError, Messages, Preferences, SendAgainError, Tally,
    TicketWish,
};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "messaging";
/// What announcements owe is filed under: thousands of mails at once, which keep no others waiting.
pub const ANNOUNCEMENTS: &str = "announcements";
