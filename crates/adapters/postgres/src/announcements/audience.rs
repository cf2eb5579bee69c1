//! Who belongs to an audience: read off tickets, waiting lists and accounts, whoever keeps them.

use crate::column::word;
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use ::messaging::{Addressee, Audience};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use kernel::{AccountId, Email, StoreError};
use uuid::Uuid;

const DOING: &str = "reading an audience";

#[derive(QueryableByName)]
struct AddresseeRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Nullable<Text>)]
    language: Option<String>,
    #[diesel(sql_type = Bool)]
    active: bool,
}

impl TryFrom<AddresseeRow> for Addressee {
    type Error = StoreError;

    fn try_from(row: AddresseeRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.id.into(),
            email: Email::stored(&row.email).map_err(corrupt("reading accounts.email"))?,
            language: row.language.map(|tag| word(&tag, "reading accounts.language")).transpose()?,
            active: row.active,
        })
    }
}

/// Accounts by a condition; `$2` is the one behind which they begin, and `$3` how many.
macro_rules! accounts {
    ($($rest:tt)*) => {
        concat!(
            "SELECT id, email, language, status = 'active' AS active FROM accounts WHERE ",
            $($rest)*,
            " ORDER BY id"
        )
    };
}

/// Those who hold such tickets that admit or have admitted.
macro_rules! holders {
    ($which:literal) => {
        accounts!(
            "id = ANY(ARRAY( \
                 SELECT DISTINCT holder_id FROM tickets WHERE ",
            $which,
            " AND holder_id > $2 AND status IN ('valid', 'checked_in') ORDER BY holder_id LIMIT $3 \
             ))"
        )
    };
}

const MEMBERS: &str = concat!(accounts!("id > $1"), " LIMIT $2");
/// The first of each event are enough to know the first of all of them. Looked for in all events at once, every page would read
/// and sort all tickets that the organisation ever sold, and so would every ticket that is sold, for whoever comes late.
const GUESTS: &str = accounts!(
    "id = ANY(ARRAY( \
         SELECT DISTINCT t.holder_id FROM events e CROSS JOIN LATERAL ( \
             SELECT DISTINCT k.holder_id FROM tickets k WHERE k.event_id = e.id AND k.holder_id > $2 \
                 AND k.status IN ('valid', 'checked_in') ORDER BY k.holder_id LIMIT $3 \
         ) AS t WHERE e.organisation_id = $1 ORDER BY t.holder_id LIMIT $3 \
     ))"
);
const TICKET_HOLDERS: &str = holders!("event_id = $1");
const CHECKED_IN: &str = holders!("event_id = $1 AND checked_in_at IS NOT NULL");
const OF_TYPE: &str = holders!("event_id = $1 AND ticket_type_id = $4");
const WAITING: &str = accounts!(
    "id = ANY(ARRAY( \
         SELECT DISTINCT buyer_id FROM waitlist_entries WHERE event_id = $1 AND buyer_id > $2 \
             AND status IN ('waiting', 'offered') ORDER BY buyer_id LIMIT $3 \
     ))"
);

impl PgStore {
    /// The first of an audience behind an account, in the order of their ids.
    pub(super) async fn accounts_of_audience(
        &self,
        audience: &Audience,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Addressee>, StoreError> {
        let (after, limit) = (after.map_or_else(Uuid::nil, |after| after.as_uuid()), i64::from(limit));
        let (sql, of) = match audience {
            Audience::Members => {
                let statement = text(MEMBERS).bind::<SqlUuid, _>(after).bind::<BigInt, _>(limit);
                return people(self.rows(DOING, constant(statement)).await?);
            }
            Audience::TicketType { event, ticket_type } => {
                let statement = text(OF_TYPE)
                    .bind::<SqlUuid, _>(event.as_uuid())
                    .bind::<SqlUuid, _>(after)
                    .bind::<BigInt, _>(limit)
                    .bind::<SqlUuid, _>(ticket_type.as_uuid());
                return people(self.rows(DOING, constant(statement)).await?);
            }
            Audience::Guests { organisation } => (GUESTS, organisation.as_uuid()),
            Audience::TicketHolders { event } => (TICKET_HOLDERS, event.as_uuid()),
            Audience::CheckedIn { event } => (CHECKED_IN, event.as_uuid()),
            Audience::Waiting { event } => (WAITING, event.as_uuid()),
        };
        let statement = text(sql).bind::<SqlUuid, _>(of).bind::<SqlUuid, _>(after).bind::<BigInt, _>(limit);
        people(self.rows(DOING, constant(statement)).await?)
    }
}

fn people(rows: Vec<AddresseeRow>) -> Result<Vec<Addressee>, StoreError> {
    rows.into_iter().map(Addressee::try_from).collect()
}
