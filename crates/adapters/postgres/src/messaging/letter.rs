//! Rows of `letters`.

use crate::column::{count, word};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::messaging::{About, Letter, Origin};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, BookingId, EffectId, Email, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct LetterRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    effect_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    account_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    booking_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    event_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ticket_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    origin_domain: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    origin_body: Option<String>,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    tries: i64,
    #[diesel(sql_type = Nullable<Text>)]
    said: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    again_id: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    changed_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sent_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    complained_at: Option<Timestamp>,
}

impl TryFrom<LetterRow> for Letter {
    type Error = StoreError;

    fn try_from(row: LetterRow) -> Result<Self, StoreError> {
        let address = row.address.map(|address| Email::stored(&address)).transpose();
        let origin = row.origin_domain.zip(row.origin_body);
        Ok(Self {
            id: row.id.into(),
            effect: row.effect_id.into(),
            about: About {
                kind: row.kind,
                account: row.account_id.map(Into::into),
                booking: row.booking_id.map(Into::into),
                event: row.event_id.map(Into::into),
                ticket: row.ticket_id.map(Into::into),
            },
            to: address.map_err(|error| StoreError::broken("reading letters.address", error))?,
            origin: origin.map(|(domain, body)| Origin { domain, body }),
            state: word(&row.state, "reading letters.state")?,
            tries: count(row.tries, "reading letters.tries")?,
            said: row.said,
            again: row.again_id.map(Into::into),
            created_at: row.created_at,
            changed_at: row.changed_at,
            sent_at: row.sent_at,
            complained_at: row.complained_at,
        })
    }
}

pub(super) fn letters(rows: Vec<LetterRow>) -> Result<Vec<Letter>, StoreError> {
    rows.into_iter().map(Letter::try_from).collect()
}

macro_rules! select_letters {
    ($($rest:tt)*) => {
        concat!(
            "SELECT id, effect_id, kind, account_id, booking_id, event_id, ticket_id, address, origin_domain, ",
            "origin_body, state, tries, said, again_id, created_at, changed_at, sent_at, complained_at FROM letters ",
            $($rest)*
        )
    };
}
pub(super) use select_letters;

/// A statement on a letter: `$1` is its id, and `$2` to `$17` are all that ever changes of it.
macro_rules! with_letter {
    ($sql:literal, $it:expr) => {
        text($sql)
            .bind::<SqlUuid, _>($it.id.as_uuid())
            .bind::<SqlUuid, _>($it.effect.as_uuid())
            .bind::<Text, _>($it.about.kind.clone())
            .bind::<Nullable<SqlUuid>, _>($it.about.account.map(|account| account.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>($it.about.booking.map(|booking| booking.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>($it.about.event.map(|event| event.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>($it.about.ticket.map(|ticket| ticket.as_uuid()))
            .bind::<Nullable<Text>, _>($it.to.clone().map(String::from))
            .bind::<Nullable<Text>, _>($it.origin.as_ref().map(|origin| origin.domain.clone()))
            .bind::<Nullable<Text>, _>($it.origin.as_ref().map(|origin| origin.body.clone()))
            .bind::<Text, _>($it.state.as_str())
            .bind::<BigInt, _>(i64::from($it.tries))
            .bind::<Nullable<Text>, _>($it.said.clone())
            .bind::<Nullable<SqlUuid>, _>($it.again.map(|again| again.as_uuid()))
            .bind::<Timestamptz, _>($it.changed_at)
            .bind::<Nullable<Timestamptz>, _>($it.sent_at)
            .bind::<Nullable<Timestamptz>, _>($it.complained_at)
    };
}

impl PgTx {
    pub(super) async fn letter_locked(&mut self, id: EffectId) -> Result<Option<Letter>, StoreError> {
        let statement =
            text(select_letters!("WHERE id = $1 FOR NO KEY UPDATE")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<LetterRow> = self.load("locking a letter", constant(statement)).await?;
        rows.into_iter().next().map(Letter::try_from).transpose()
    }

    pub(super) async fn letters_of_effect_locked(
        &mut self,
        effect: EffectId,
    ) -> Result<Vec<Letter>, StoreError> {
        let statement = text(select_letters!("WHERE effect_id = $1 ORDER BY id FOR NO KEY UPDATE"))
            .bind::<SqlUuid, _>(effect.as_uuid());
        letters(self.load("locking the letters of an effect", constant(statement)).await?)
    }

    pub(super) async fn insert_letter(&mut self, it: &Letter) -> Result<bool, StoreError> {
        let statement = with_letter!(
            "INSERT INTO letters (id, effect_id, kind, account_id, booking_id, event_id, ticket_id, address, \
                 origin_domain, origin_body, state, tries, said, again_id, changed_at, sent_at, complained_at, \
                 created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
             ON CONFLICT ON CONSTRAINT letters_pkey DO NOTHING",
            it
        )
        .bind::<Timestamptz, _>(it.created_at);
        self.execute("adding a letter", constant(statement)).await.map(|added| added == 1)
    }

    /// Whose mail it is and since when it is wanted never changes, but for where it goes and what it is about.
    pub(super) fn update_letter(&mut self, it: &Letter) -> Result<(), StoreError> {
        let statement = with_letter!(
            "UPDATE letters SET effect_id = $2, kind = $3, account_id = $4, booking_id = $5, event_id = $6, \
                 ticket_id = $7, address = $8, origin_domain = $9, origin_body = $10, state = $11, tries = $12, \
                 said = $13, again_id = $14, changed_at = $15, sent_at = $16, complained_at = $17 WHERE id = $1",
            it
        );
        self.write("saving a letter", constant(statement));
        Ok(())
    }

    /// First what went to the addresses that the account's letters went to, as long as these are known.
    pub(super) fn nameless_letters(&mut self, account: AccountId) {
        let doing = "forgetting where letters went";
        let elsewhere = text(
            "UPDATE letters SET address = NULL, origin_domain = NULL, origin_body = NULL, said = NULL \
             WHERE address = ANY(ARRAY( \
                 SELECT l.address FROM letters l WHERE l.account_id = $1 AND l.address IS NOT NULL \
             ))",
        )
        .bind::<SqlUuid, _>(account.as_uuid());
        self.write(doing, constant(elsewhere));
        let own = text(
            "UPDATE letters SET address = NULL, origin_domain = NULL, origin_body = NULL, said = NULL \
             WHERE account_id = $1",
        )
        .bind::<SqlUuid, _>(account.as_uuid());
        self.write(doing, constant(own));
    }

    pub(super) fn nameless_letters_to_guests(&mut self, booking: BookingId) {
        let statement = text(
            "UPDATE letters SET address = NULL, origin_domain = NULL, origin_body = NULL, said = NULL \
             WHERE booking_id = $1 AND account_id IS NULL",
        )
        .bind::<SqlUuid, _>(booking.as_uuid());
        self.write("forgetting where letters to guests went", constant(statement));
    }
}
