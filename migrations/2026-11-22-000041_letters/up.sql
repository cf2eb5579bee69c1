-- Mails to people and what became of them, reports of other servers, and addresses that get no announcements.

CREATE TABLE letters (
    -- The Message-ID begins with it.
    id uuid NOT NULL CONSTRAINT letters_pkey PRIMARY KEY,
    -- No references: a letter outlives the effect that owed it, and whatever it is about.
    effect_id uuid NOT NULL,
    kind text NOT NULL,
    account_id uuid,
    booking_id uuid,
    event_id uuid,
    ticket_id uuid,
    -- Null once it is forgotten.
    address text,
    -- The effect, as it can be owed once more; null where it cannot.
    origin_domain text,
    origin_body text,
    state text NOT NULL,
    tries bigint NOT NULL,
    said text,
    -- The letter that says the same once more.
    again_id uuid,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    sent_at timestamptz,
    complained_at timestamptz,
    CONSTRAINT letters_state_check CHECK (state IN ('queued', 'sent', 'deferred', 'bounced', 'failed')),
    CONSTRAINT letters_origin_check CHECK ((origin_domain IS NULL) = (origin_body IS NULL)),
    CONSTRAINT letters_sent_at_check CHECK ((sent_at IS NULL) = (state NOT IN ('sent', 'bounced'))),
    CONSTRAINT letters_tries_check CHECK (tries >= 0)
) WITH (fillfactor = 80);
CREATE INDEX letters_created_at_idx ON letters (created_at DESC, id DESC);
CREATE INDEX letters_state_idx ON letters (state, created_at DESC, id DESC);
CREATE INDEX letters_trouble_idx ON letters (created_at DESC, id DESC)
    WHERE state IN ('deferred', 'bounced', 'failed') AND again_id IS NULL;
CREATE INDEX letters_account_idx ON letters (account_id, created_at DESC, id DESC);
CREATE INDEX letters_address_idx ON letters (address, created_at DESC, id DESC);
CREATE INDEX letters_booking_idx ON letters (booking_id, created_at DESC, id DESC);
CREATE INDEX letters_event_idx ON letters (event_id, created_at DESC, id DESC);
CREATE INDEX letters_effect_idx ON letters (effect_id);

CREATE TABLE suppressions (
    -- Keyed: the address cannot be found out from it.
    address_hash text NOT NULL CONSTRAINT suppressions_pkey PRIMARY KEY,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    letter_id uuid,
    CONSTRAINT suppressions_reason_check CHECK (reason IN ('bounced', 'complained'))
);

-- Reports that came, by the names that they came under: each counts once.
CREATE TABLE mail_reports (
    name text NOT NULL CONSTRAINT mail_reports_pkey PRIMARY KEY,
    at timestamptz NOT NULL
);
CREATE INDEX mail_reports_at_idx ON mail_reports (at);
