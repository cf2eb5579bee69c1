-- What is said to many, who is written to and what became of each mail, and which lists people have left.

CREATE TABLE announcements (
    id uuid NOT NULL CONSTRAINT announcements_pkey PRIMARY KEY,
    -- Null: by those who run it all. No references: what was said outlives whom and what it was about.
    organisation_id uuid,
    audience text NOT NULL,
    event_id uuid,
    ticket_type_id uuid,
    texts jsonb NOT NULL,
    status text NOT NULL,
    valid_until timestamptz,
    due_at timestamptz,
    -- How often it was scheduled: what is owed for another time counts no more.
    turn bigint NOT NULL,
    -- Up to which account its audience is written down, and whether that is all of it.
    reached_id uuid,
    complete boolean NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    began_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT announcements_audience_check CHECK (
        audience IN ('members', 'guests', 'ticket_holders', 'checked_in', 'waiting', 'ticket_type')
    ),
    CONSTRAINT announcements_about_check CHECK (
        (event_id IS NULL) = (audience IN ('members', 'guests'))
        AND (ticket_type_id IS NULL) = (audience <> 'ticket_type')
        AND (organisation_id IS NOT NULL OR audience = 'members')
    ),
    CONSTRAINT announcements_status_check
        CHECK (status IN ('draft', 'scheduled', 'sending', 'sent', 'cancelled')),
    CONSTRAINT announcements_turn_check CHECK (turn >= 0)
) WITH (fillfactor = 80);
CREATE INDEX announcements_created_at_idx ON announcements (created_at DESC, id DESC);
CREATE INDEX announcements_organisation_idx ON announcements (organisation_id, created_at DESC, id DESC);
CREATE INDEX announcements_event_idx ON announcements (event_id, created_at DESC, id DESC);
CREATE INDEX announcements_status_idx ON announcements (status, created_at DESC, id DESC);

CREATE TABLE announcement_recipients (
    announcement_id uuid NOT NULL
        CONSTRAINT announcement_recipients_announcement_fkey REFERENCES announcements,
    account_id uuid NOT NULL,
    state text NOT NULL,
    -- The mail that is owed or was sent; null where none was.
    mail_id uuid,
    added_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- Nobody is written to twice, whoever adds them and however often.
    CONSTRAINT announcement_recipients_pkey PRIMARY KEY (announcement_id, account_id),
    CONSTRAINT announcement_recipients_state_check CHECK (
        state IN (
            'waiting', 'handing', 'sent', 'failed', 'uncertain', 'unsubscribed', 'suppressed', 'gone', 'cancelled'
        )
    ),
    CONSTRAINT announcement_recipients_mail_check CHECK (
        mail_id IS NOT NULL OR state IN ('unsubscribed', 'suppressed', 'gone', 'cancelled')
    )
) WITH (fillfactor = 70);
CREATE INDEX announcement_recipients_state_idx ON announcement_recipients (announcement_id, state, account_id);
CREATE INDEX announcement_recipients_account_idx
    ON announcement_recipients (account_id, added_at DESC, announcement_id DESC);

CREATE TABLE left_lists (
    account_id uuid NOT NULL,
    list text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT left_lists_pkey PRIMARY KEY (account_id, list),
    CONSTRAINT left_lists_list_check CHECK (list IN ('news', 'events'))
);
