-- The daily close: what each day came to at every provider, and the differences that a person has to look at.

-- Whoever looks at a day locks its row here, also before there is a record of it.
CREATE TABLE close_turns (
    day date NOT NULL CONSTRAINT close_turns_pkey PRIMARY KEY,
    -- When the program took its turn; absent when a person was first.
    taken_at timestamptz
);

CREATE TABLE daily_closes (
    id uuid NOT NULL CONSTRAINT daily_closes_pkey PRIMARY KEY,
    day date NOT NULL CONSTRAINT daily_closes_day_key UNIQUE,
    status text NOT NULL,
    complete boolean NOT NULL,
    computed_at timestamptz NOT NULL,
    -- Who: `kind`, and `name` of an account or provider.
    computed_by jsonb NOT NULL,
    closed_at timestamptz,
    -- Since when it is open again, and why.
    reopened jsonb,
    unnamed bigint NOT NULL,
    open_tasks bigint NOT NULL,
    resolved_tasks bigint NOT NULL,
    -- Sums and counts per account and currency.
    accounts jsonb NOT NULL,
    CONSTRAINT daily_closes_status_check CHECK (status IN ('open', 'closed')),
    CONSTRAINT daily_closes_closed_check CHECK (
        (status = 'closed') = (closed_at IS NOT NULL)
        AND (status = 'open' OR (complete AND open_tasks = 0 AND unnamed = 0))
    ),
    CONSTRAINT daily_closes_counts_check CHECK (unnamed >= 0 AND open_tasks >= 0 AND resolved_tasks >= 0)
);
CREATE INDEX daily_closes_open_idx ON daily_closes (day DESC) WHERE status = 'open';

CREATE TABLE close_tasks (
    id uuid NOT NULL CONSTRAINT close_tasks_pkey PRIMARY KEY,
    close_id uuid NOT NULL CONSTRAINT close_tasks_close_fkey REFERENCES daily_closes,
    -- Its place among the day's tasks, from 1.
    number bigint NOT NULL,
    kind text NOT NULL,
    provider text NOT NULL,
    account text NOT NULL,
    live boolean NOT NULL,
    about text NOT NULL,
    reference text NOT NULL,
    booking_id uuid CONSTRAINT close_tasks_booking_fkey REFERENCES bookings,
    payment_id uuid,
    ours_minor bigint,
    ours_currency text,
    theirs_minor bigint,
    theirs_currency text,
    words text NOT NULL,
    found_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Who decided; absent when the difference was gone by itself.
    ended_by uuid,
    note text,
    CONSTRAINT close_tasks_number_key UNIQUE (close_id, number),
    CONSTRAINT close_tasks_what_key UNIQUE (close_id, provider, account, live, kind, about, reference),
    CONSTRAINT close_tasks_kind_check CHECK (
        kind IN (
            'missing_at_provider', 'missing_here', 'amount_differs', 'state_differs', 'ledger_differs',
            'order_differs', 'fee_differs', 'fee_unposted'
        )
    ),
    CONSTRAINT close_tasks_about_check CHECK (about IN ('charge', 'refund', 'dispute', 'fee', 'booking')),
    CONSTRAINT close_tasks_ours_check
        CHECK ((ours_minor IS NULL) = (ours_currency IS NULL) AND ours_minor >= 0),
    CONSTRAINT close_tasks_theirs_check
        CHECK ((theirs_minor IS NULL) = (theirs_currency IS NULL) AND theirs_minor >= 0),
    CONSTRAINT close_tasks_end_check
        CHECK ((ended_by IS NULL) = (note IS NULL) AND (ended_by IS NULL OR ended_at IS NOT NULL))
);
CREATE INDEX close_tasks_booking_idx ON close_tasks (booking_id);
