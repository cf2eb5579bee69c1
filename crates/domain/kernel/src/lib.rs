//! What every domain shares: typed ids, money, time, actors, and the ports that belong to no single domain.
//!
//! Nothing here performs I/O; the crate may depend on `async-trait`, `chrono`, `serde`, `thiserror` and `uuid`
//! only (enforced by the architecture test).

pub mod absorb;
pub mod actor;
pub mod audit;
pub mod currency;
pub mod email;
pub mod file_name;
pub mod id;
pub mod idempotency;
pub mod invalid;
pub mod language;
pub mod mailer;
pub mod maintenance;
pub mod money;
pub mod news;
pub mod object_store;
pub mod outbox;
pub mod page;
pub mod request;
pub mod store;
pub mod stream;
pub mod time;
pub mod trace;
pub mod vat;

pub use absorb::{Absent, Broadcast, Cache, RateLimiter, Subscription, Verdict};
pub use actor::{Actor, Role};
pub use audit::{Act, AuditLog, AuditTx, Cause, Subject, Who};
pub use currency::Currency;
pub use email::Email;
pub use file_name::readable_name;
pub use id::{
    AccountId, ActId, AlbumId, AnnouncementId, BackupId, BookingId, CloseId, CloseTaskId, DisputeId,
    DocumentId, EffectId, EmailChangeId, EntryId, EventId, FactorId, HoldId, HookCallId, HookId, IncidentId,
    InviteId, JobId, OneTimeId, OrganisationId, PassId, PaymentId, PictureId, QuotaId, RefundId, RemovalId,
    ReturnId, ScanId, SeatId, SectionId, SessionId, SetId, TicketId, TicketTypeId, TransferId, UploadId,
    VenueTemplateId, VoucherId, WaitlistEntryId,
};
pub use idempotency::{Begun, IdempotencyStore, RequestKey, SWEPT_AT_ONCE, StoredAnswer};
pub use invalid::Invalid;
pub use language::{Language, UnknownLanguage};
pub use mailer::{Attachment, Mail, MailError, Mailer};
pub use maintenance::{MaintenanceStore, MaintenanceTx, ReadOnly};
pub use money::{Money, MoneyError};
pub use news::{Lag, News, NewsStore, NewsTx, Published};
pub use object_store::{
    Body, Content, Delivery, Disposition, Fetch, Link, Listed, ObjectError, ObjectKey, ObjectStore, PROBES,
    Part, PartsId, Reader, Span, StoredObject, TOPS, Unfinished, Window,
};
pub use outbox::{Due, Lease, Outbox, Owed};
pub use page::{Cursor, Page, PageRequest};
pub use request::RequestName;
pub use store::{StoreError, Transaction, transact};
pub use stream::{Message, Stream, StreamError};
pub use time::{Clock, SystemClock, Timestamp, is_kept};
pub use trace::{InWhichTrace, TRACES, TraceParent, untraced};
pub use vat::{VatError, VatRate};
