//! The tables that diesel builds statements for. Those of the hot path are written by hand, beside their use.
//!
//! `search_text` is written and searched but never read back; `accounts.invited_by` is the database's own and used by
//! hand.

use diesel::sql_types::Text;

diesel::table! {
    invites (id) {
        id -> Uuid,
        code_hash -> Binary,
        max_uses -> BigInt,
        used -> BigInt,
        expires_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        email -> Nullable<Text>,
        note -> Nullable<Text>,
        created_by -> Uuid,
        counted -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    accounts (id) {
        id -> Uuid,
        email -> Text,
        email_verified_at -> Nullable<Timestamptz>,
        password_hash -> Nullable<Text>,
        first_name -> Text,
        last_name -> Text,
        role -> Text,
        status -> Text,
        profile -> Jsonb,
        invite_id -> Nullable<Uuid>,
        search_text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        language -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        account_id -> Uuid,
        generation -> BigInt,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        user_agent -> Nullable<Text>,
        network -> Nullable<Text>,
        last_network -> Nullable<Text>,
    }
}

diesel::table! {
    account_one_times (id) {
        id -> Uuid,
        account_id -> Uuid,
        purpose -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    second_factors (account_id) {
        account_id -> Uuid,
        factor_id -> Uuid,
        created_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        last_step -> Nullable<BigInt>,
        recovery -> Array<Binary>,
        wrong -> BigInt,
        wrong_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    email_changes (id) {
        id -> Uuid,
        account_id -> Uuid,
        session_id -> Uuid,
        old_email -> Text,
        new_email -> Text,
        asked_at -> Timestamptz,
        expires_at -> Timestamptz,
        made_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    organisations (id) {
        id -> Uuid,
        name -> Text,
        slug -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    organisation_members (organisation_id, account_id) {
        organisation_id -> Uuid,
        account_id -> Uuid,
        standing -> Text,
        added_at -> Timestamptz,
    }
}

diesel::table! {
    events (id) {
        id -> Uuid,
        organisation_id -> Uuid,
        slug -> Text,
        title -> Text,
        description -> Text,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        doors_at -> Nullable<Timestamptz>,
        timezone -> Text,
        currency -> Text,
        capacity -> Nullable<BigInt>,
        max_per_user -> Nullable<BigInt>,
        max_per_order -> Nullable<BigInt>,
        area -> Text,
        address -> Nullable<Text>,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        address_visible_from -> Nullable<Timestamptz>,
        base_price_minor -> Nullable<BigInt>,
        base_price_currency -> Nullable<Text>,
        hold_seconds -> BigInt,
        visibility -> Text,
        tags -> Array<Text>,
        images -> Array<Text>,
        status -> Text,
        search_text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        venue_template_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    sales (event_id) {
        event_id -> Uuid,
        capacity -> Nullable<BigInt>,
        taken -> BigInt,
        offers_by_hand -> Bool,
    }
}

diesel::table! {
    ticket_types (id) {
        id -> Uuid,
        event_id -> Uuid,
        name -> Text,
        description -> Text,
        price_minor -> BigInt,
        currency -> Text,
        vat_basis_points -> Integer,
        quantity -> BigInt,
        held -> BigInt,
        sold -> BigInt,
        max_per_user -> Nullable<BigInt>,
        max_per_order -> Nullable<BigInt>,
        sales_start -> Nullable<Timestamptz>,
        sales_end -> Nullable<Timestamptz>,
        hidden -> Bool,
        position -> BigInt,
        quota_id -> Nullable<Uuid>,
        reserved -> BigInt,
        transferable -> Bool,
        section_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    quotas (id) {
        id -> Uuid,
        event_id -> Uuid,
        name -> Text,
        quantity -> BigInt,
        taken -> BigInt,
    }
}

diesel::joinable!(ticket_types -> quotas (quota_id));
diesel::allow_tables_to_appear_in_same_query!(ticket_types, quotas, sales);

diesel::table! {
    audit_acts (id) {
        id -> Uuid,
        at -> Timestamptz,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        actor_name -> Nullable<Text>,
        request -> Nullable<Text>,
        act -> Text,
        subject_kind -> Text,
        subject_id -> Uuid,
        organisation_id -> Nullable<Uuid>,
        // json, which diesel would take apart; as text it comes to the letter.
        state_before -> Nullable<Text>,
        state_after -> Nullable<Text>,
        seq -> Nullable<BigInt>,
        row_mac -> Nullable<Binary>,
        link -> Nullable<Binary>,
    }
}

diesel::table! {
    organisation_billing (organisation_id) {
        organisation_id -> Uuid,
        name -> Text,
        address -> Text,
        vat_id -> Nullable<Text>,
        iban -> Nullable<Text>,
        number_prefix -> Text,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    documents (id) {
        id -> Uuid,
        organisation_id -> Uuid,
        year -> Integer,
        serial -> BigInt,
        number -> Text,
        kind -> Text,
        origin -> Text,
        event_id -> Uuid,
        booking_id -> Uuid,
        issued_at -> Timestamptz,
        body -> Jsonb,
    }
}

diesel::define_sql_function! {
    /// Where `part` begins in `text`, from 1; 0 when it is not there. Knows no wildcards.
    fn strpos(text: Text, part: Text) -> Integer;
}

/// Texts that are searched together; none of them can be found across the border to the next.
pub(crate) fn search_text(texts: &[&str]) -> String {
    texts.join("\u{1f}").to_lowercase()
}
