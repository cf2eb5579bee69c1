//! Who is answered what.

/// Whom the letters of a row are for, in their order. Those who are far own, run or guard another organisation.
pub(super) const ROLES: [&str; 10] = [
    "nobody",
    "member",
    "attendee",
    "door",
    "manager",
    "owner",
    "far door",
    "far manager",
    "far owner",
    "admin",
];

/// What a call ends, or what is not the same afterwards: made anew for each that may end it.
pub(super) const NEW: &[&str] = &[
    "new draft",
    "new event",
    "new sellable",
    "new kind",
    "new quota",
    "new voucher",
    "new hall",
    "new section",
    "new colleague",
    "new organisation",
    "new hook",
    "new hold",
    "new booking",
    "new ticket",
    "new sold ticket",
    "new returned",
    "new transfer",
    "new session",
    "new album",
    "new picture",
    "new wish",
    "new gift",
    "new invite",
    "new upload",
    "new set",
    "new failed set",
    "new parked",
];

/// A call, what its path names, and a letter for what each role is answered: `+` for what is not refused, `u` for 401,
/// `f` for 403, `n` for 404, as if it were not there, and `i` for 422, where a body names what is not there.
pub(super) struct Row {
    pub(super) route: &'static str,
    pub(super) things: &'static str,
    pub(super) expected: &'static str,
    /// It is called in a session of its own, which it ends.
    pub(super) ends_sessions: bool,
}

//                              n m a d M O D M O A
const EVERYBODY: &str = "++++++++++";
const USERS: &str = "u+++++++++";
/// What the attendee has.
const ATTENDEE: &str = "un+nnnnnnn";
/// What the attendee gives and the member is given.
const GIVEN: &str = "u++nnnnnnn";
const TAKER: &str = "u+nnnnnnnn";
/// The attendee, and those who run the event; others are told of nothing.
const BUYER_AND_RUNNERS: &str = "un+n++nnn+";
/// Those who run the event; others are told of nothing.
const RUNNERS: &str = "unnn++nnn+";
/// Whoever works for anybody: lists, which have what is theirs.
const STAFF: &str = "uff+++++++";
const DOOR: &str = "uff+++nnn+";
const MANAGE: &str = "ufff++nnn+";
const OWN: &str = "uffff+nnn+";
const ADMIN: &str = "uffffffff+";
/// A link says itself who may use it.
const LINKED: &str = "ffffffffff";

type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// Calls that answer nobody well in this world, and why: whether somebody may is seen by what refuses them.
pub(super) const NEVER: &[(&str, &str)] = &[
    ("GET /api/v1/tickets/{id}/google-wallet", "no wallet is configured"),
    ("POST /api/v1/admin/bookings/{id}/refunds/{refund_id}/retry", "the refund did not fail"),
    (
        "POST /api/v1/admin/daily-close/{date}/tasks/{id}/resolve",
        "a day on which nothing differs has no task",
    ),
    ("POST /api/v1/admin/albums/{id}/images", "files come as a form, and not as JSON"),
    ("POST /api/v1/admin/documents/{id}/cancel", "the document is cancelled already"),
    ("POST /api/v1/auth/change-email", "what is needed stands in a mail"),
    ("POST /api/v1/auth/change-password", "whoever did it could not log in again as everybody else"),
    ("POST /api/v1/auth/refresh", "a refresh token is used up by its owner"),
    ("POST /api/v1/auth/register", "an invite is used up by who comes first"),
    ("POST /api/v1/auth/reset-password", "what is needed stands in a mail"),
    ("POST /api/v1/auth/verify-email", "what is needed stands in a mail"),
    ("POST /api/v1/users/me/totp/confirm", "what is needed is shown by a device"),
    ("POST /api/v1/users/me/totp/recovery-codes", "what is needed is shown by a device"),
    ("DELETE /api/v1/users/me/totp", "what is needed is shown by a device"),
    ("POST /api/v1/webhooks/paypal", "a provider signs what it says"),
    ("POST /api/v1/webhooks/stripe", "a provider signs what it says"),
    ("GET /media/{key}", "a link is signed"),
    ("PUT /media/{key}", "a link is signed"),
];

const TABLE: &[Group] = &[
    (
        EVERYBODY,
        &[
            ("GET /docs", ""),
            ("GET /door", ""),
            ("GET /door/{file}", "scanner"),
            ("GET /events/{event}", "event"),
            ("GET /health/live", ""),
            ("GET /health/ready", ""),
            ("GET /metrics", ""),
            ("GET /openapi.json", ""),
            ("GET /change-email", ""),
            ("GET /reset-password", ""),
            ("GET /verify-email", ""),
            ("POST /api/v1/auth/register", ""),
            ("POST /api/v1/auth/login", ""),
            ("POST /api/v1/auth/refresh", ""),
            ("POST /api/v1/auth/forgot-password", ""),
            ("POST /api/v1/auth/reset-password", ""),
            ("POST /api/v1/auth/verify-email", ""),
            ("POST /api/v1/auth/change-email", ""),
            ("GET /api/v1/invites/{code}", "invite code"),
            ("POST /api/v1/webhooks/stripe", ""),
            ("POST /api/v1/webhooks/paypal", ""),
            ("GET /api/v1/payments/{id}/return", "payment"),
            ("GET /api/v1/events", ""),
            ("GET /api/v1/events/upcoming", ""),
            ("GET /api/v1/events/{event}", "event"),
            ("GET /api/v1/calendar/{token}.ics", "token"),
            // The pass says who plays.
            ("GET /api/v1/music/sets/{id}/hls/{pass}/{file}", "set, pass, playlist"),
        ],
    ),
    (LINKED, &[("GET /media/{key}", "nobody's"), ("PUT /media/{key}", "nobody's")]),
    (
        USERS,
        &[
            ("GET /api/v1/gallery/albums", ""),
            ("GET /api/v1/gallery/albums/{id}/images", "album"),
            ("GET /api/v1/gallery/albums/{id}/archive.zip", "album"),
            ("POST /api/v1/gallery/images/{id}/removal-request", "new picture"),
            ("GET /api/v1/users/me/removal-requests", ""),
            ("GET /api/v1/users/me/egress", ""),
            ("GET /api/v1/music/sets", ""),
            ("GET /api/v1/music/sets/{id}", "set"),
            ("GET /api/v1/music/sets/{id}/stream", "set"),
            ("GET /api/v1/music/sets/{id}/download", "set"),
            ("GET /api/v1/music/sets/{id}/position", "set"),
            ("PUT /api/v1/music/sets/{id}/position", "set"),
            ("POST /api/v1/auth/change-password", ""),
            ("GET /api/v1/users/me", ""),
            ("PATCH /api/v1/users/me", ""),
            ("GET /api/v1/users/me/export", ""),
            ("GET /api/v1/users/me/sessions", ""),
            ("GET /api/v1/users/me/totp", ""),
            // Nobody sends a first code, so that everybody logs in as before.
            ("POST /api/v1/users/me/totp", ""),
            ("POST /api/v1/users/me/totp/confirm", ""),
            ("POST /api/v1/users/me/totp/recovery-codes", ""),
            ("DELETE /api/v1/users/me/totp", ""),
            ("POST /api/v1/users/me/email", ""),
            ("GET /api/v1/users/me/invites", ""),
            ("POST /api/v1/users/me/invites", ""),
            ("GET /api/v1/events/{id}/ticket-types", "event"),
            ("GET /api/v1/events/{id}/availability", "event"),
            ("GET /api/v1/events/{id}/sections", "seated"),
            ("GET /api/v1/events/{id}/seats", "seated"),
            ("GET /api/v1/events/{id}/stream", "event"),
            ("GET /api/v1/events/{id}/calendar.ics", "event"),
            // Everybody has one of their own afterwards.
            ("POST /api/v1/users/me/calendar", ""),
            ("GET /api/v1/users/me/calendar", ""),
            ("DELETE /api/v1/users/me/calendar", ""),
            ("POST /api/v1/seats/hold", ""),
            // Others than its owner are told that it has ended.
            ("POST /api/v1/bookings/confirm", ""),
            ("GET /api/v1/users/bookings", ""),
            ("GET /api/v1/users/me/transfers", ""),
            ("GET /api/v1/users/me/returns", ""),
            ("POST /api/v1/waitlist", ""),
        ],
    ),
    (
        ATTENDEE,
        &[
            ("DELETE /api/v1/users/me/sessions/{id}", "new session"),
            ("DELETE /api/v1/users/me/invites/{id}", "new gift"),
            ("GET /api/v1/seats/hold/{hold_id}", "new hold"),
            ("GET /api/v1/seats/hold/{hold_id}/validate", "new hold"),
            ("DELETE /api/v1/seats/hold/{hold_id}", "new hold"),
            ("GET /api/v1/bookings/{id}", "paid"),
            ("POST /api/v1/bookings/{id}/pay", "pending"),
            ("GET /api/v1/bookings/{id}/cancellation-preview", "paid"),
            ("POST /api/v1/bookings/{id}/cancel", "new booking"),
            ("POST /api/v1/bookings/{id}/request-cancel", "new booking"),
            ("POST /api/v1/bookings/{id}/invoice", "paid"),
            ("GET /api/v1/users/{user_id}/tickets", "attendee"),
            ("GET /api/v1/tickets/{id}", "new ticket"),
            ("GET /api/v1/tickets/{id}/qr.png", "new ticket"),
            ("GET /api/v1/tickets/{id}/qr.svg", "new ticket"),
            ("GET /api/v1/tickets/{id}/ticket.pdf", "new ticket"),
            ("GET /api/v1/tickets/{id}/pass.pkpass", "new ticket"),
            ("GET /api/v1/tickets/{id}/google-wallet", "new ticket"),
            ("POST /api/v1/tickets/{id}/transfer", "new ticket"),
            ("POST /api/v1/tickets/{id}/return", "new sold ticket"),
            ("DELETE /api/v1/tickets/{id}/return", "new returned"),
            ("DELETE /api/v1/transfers/{id}", "new transfer"),
            ("GET /api/v1/waitlist/status/{event_id}", "full"),
            ("DELETE /api/v1/waitlist/{event_id}", "full"),
        ],
    ),
    (GIVEN, &[("GET /api/v1/transfers/{id}", "new transfer")]),
    (
        TAKER,
        &[
            ("POST /api/v1/transfers/{id}/accept", "new transfer"),
            ("POST /api/v1/transfers/{id}/decline", "new transfer"),
        ],
    ),
    (
        BUYER_AND_RUNNERS,
        &[("GET /api/v1/bookings/{id}/documents", "paid"), ("GET /api/v1/documents/{id}.pdf", "document")],
    ),
    (RUNNERS, &[("GET /api/v1/jobs/{id}", "job")]),
    (
        STAFF,
        &[
            ("GET /api/v1/admin/events", ""),
            ("GET /api/v1/admin/organisations", ""),
            // A code that is not of one's own doors is unknown.
            ("POST /api/v1/tickets/verify", ""),
        ],
    ),
    // The same, but not for those who only stand at a door.
    (
        "ufff++f+++",
        &[
            ("GET /api/v1/admin/dashboard", ""),
            ("GET /api/v1/admin/analytics", ""),
            ("GET /api/v1/admin/analytics/revenue", ""),
            ("GET /api/v1/admin/analytics/popular-events", ""),
            ("GET /api/v1/admin/events/analytics", ""),
            ("GET /api/v1/admin/bookings", ""),
            ("GET /api/v1/admin/bookings/export", ""),
            ("GET /api/v1/admin/cancellation-requests", ""),
            ("GET /api/v1/admin/documents", ""),
            ("GET /api/v1/admin/documents.csv", ""),
            ("GET /api/v1/admin/payments", ""),
            ("GET /api/v1/admin/payments/export", ""),
            ("GET /api/v1/admin/payments/stuck", ""),
            ("GET /api/v1/admin/payments/incidents", ""),
            ("GET /api/v1/admin/ledger", ""),
            ("GET /api/v1/admin/ledger/balances", ""),
            ("GET /api/v1/admin/venue-templates", ""),
            ("GET /api/v1/admin/ledger/export", ""),
            ("GET /api/v1/admin/audit", ""),
            ("GET /api/v1/admin/audit/export", ""),
        ],
    ),
    (
        DOOR,
        &[
            ("POST /api/v1/tickets/{id}/undo-check-in", "checked"),
            ("GET /api/v1/admin/events/{id}/check-in/stats", "event"),
            ("GET /api/v1/admin/events/{id}/check-in/bundle", "event"),
            ("GET /api/v1/admin/events/{id}/check-in/conflicts", "event"),
            ("POST /api/v1/admin/events/{id}/check-in/sync", "event"),
            ("GET /api/v1/admin/events/{id}", "event"),
            ("GET /api/v1/admin/events/{id}/ticket-types", "event"),
            ("GET /api/v1/admin/organisations/{id}", "organisation"),
        ],
    ),
    (
        MANAGE,
        &[
            ("GET /api/v1/admin/waitlist/entries/{event_id}", "full"),
            ("GET /api/v1/admin/waitlist/entries/{event_id}/export", "full"),
            ("GET /api/v1/admin/waitlist/stats/{event_id}", "full"),
            ("POST /api/v1/admin/waitlist/notify/{event_id}", "full"),
            ("GET /api/v1/admin/waitlist/settings/{event_id}", "full"),
            ("PUT /api/v1/admin/waitlist/settings/{event_id}", "full"),
            ("GET /api/v1/admin/events/{id}/returns", "event"),
            ("POST /api/v1/admin/documents/{id}/cancel", "document"),
            ("PUT /api/v1/admin/events/{id}", "draft"),
            ("DELETE /api/v1/admin/events/{id}", "new draft"),
            ("POST /api/v1/admin/events/{id}/deactivate", "new event"),
            ("POST /api/v1/admin/events/{id}/publish", "new sellable"),
            ("POST /api/v1/admin/events/{id}/duplicate", "draft"),
            ("GET /api/v1/admin/events/{id}/address-views", "event"),
            ("POST /api/v1/admin/events/{id}/cancel", "new event"),
            ("POST /api/v1/admin/events/{id}/cancellation-policy", "draft"),
            ("PUT /api/v1/admin/events/{id}/cancellation-policy", "draft"),
            ("GET /api/v1/admin/events/{id}/cancellation-policy", "draft"),
            ("GET /api/v1/admin/events/{id}/bookings", "event"),
            ("GET /api/v1/admin/events/{id}/analytics", "event"),
            ("GET /api/v1/admin/bookings/{id}", "paid"),
            ("POST /api/v1/admin/bookings/{id}/refund", "new booking"),
            ("POST /api/v1/admin/bookings/{id}/refunds/{refund_id}/retry", "refunded, refund"),
            ("POST /api/v1/admin/bookings/{id}/cancellation-request", "asked"),
            ("GET /api/v1/admin/events/{id}/publish-check", "draft"),
            ("GET /api/v1/admin/venue-templates/{id}", "hall"),
            ("PUT /api/v1/admin/venue-templates/{id}", "hall"),
            ("DELETE /api/v1/admin/venue-templates/{id}", "new hall"),
            ("GET /api/v1/admin/venue-templates/{id}/sections", "hall"),
            ("POST /api/v1/admin/venue-templates/{id}/sections", "new hall"),
            ("PUT /api/v1/admin/venue-templates/{id}/sections/{section_id}", "hall, new section"),
            ("DELETE /api/v1/admin/venue-templates/{id}/sections/{section_id}", "hall, new section"),
            ("PUT /api/v1/admin/events/{id}/seats", "seated"),
            ("GET /api/v1/admin/events/{id}/quotas", "event"),
            ("POST /api/v1/admin/events/{id}/quotas", "draft"),
            ("PUT /api/v1/admin/quotas/{id}", "new quota"),
            ("DELETE /api/v1/admin/quotas/{id}", "new quota"),
            ("GET /api/v1/admin/events/{id}/vouchers", "event"),
            ("POST /api/v1/admin/events/{id}/vouchers", "event"),
            ("GET /api/v1/admin/vouchers/{id}", "new voucher"),
            ("PUT /api/v1/admin/vouchers/{id}", "new voucher"),
            ("DELETE /api/v1/admin/vouchers/{id}", "new voucher"),
            ("GET /api/v1/admin/vouchers/{id}/uses", "new voucher"),
            ("POST /api/v1/admin/events/{id}/ticket-types", "draft"),
            ("PUT /api/v1/admin/ticket-types/{id}", "new kind"),
            ("DELETE /api/v1/admin/ticket-types/{id}", "new kind"),
            ("GET /api/v1/admin/organisations/{id}/members", "organisation"),
            ("GET /api/v1/admin/organisations/{id}/billing", "organisation"),
        ],
    ),
    // Whose a dispute is is not told to a door either.
    ("uffn++nnn+", &[("GET /api/v1/admin/payments/disputes/{id}/evidence", "dispute")]),
    // A door, wherever, is told that it is none of its business before it is looked whose it is.
    (
        "ufff++fnn+",
        &[
            ("POST /api/v1/admin/payments/incidents/{id}/resolve", "incident"),
            ("POST /api/v1/admin/bookings/{id}/mark-paid", "awaiting"),
            ("POST /api/v1/admin/refunds/{id}/mark-sent", "refund"),
        ],
    ),
    // An organisation that one has nothing to do with is a mistake in the body.
    ("ufff++iii+", &[("POST /api/v1/admin/events", "")]),
    ("ufff++iii+", &[("POST /api/v1/admin/venue-templates", "")]),
    (
        OWN,
        &[
            ("PUT /api/v1/admin/organisations/{id}/billing", "organisation"),
            ("POST /api/v1/admin/organisations/{id}/members", "organisation"),
            ("DELETE /api/v1/admin/organisations/{id}/members/{account_id}", "organisation, new colleague"),
            ("GET /api/v1/admin/organisations/{id}/hooks", "organisation"),
            ("POST /api/v1/admin/organisations/{id}/hooks", "organisation"),
            ("GET /api/v1/admin/hooks/{id}", "hook"),
            ("PUT /api/v1/admin/hooks/{id}", "hook"),
            ("DELETE /api/v1/admin/hooks/{id}", "new hook"),
            ("POST /api/v1/admin/hooks/{id}/secret", "hook"),
            ("POST /api/v1/admin/hooks/{id}/test", "hook"),
            ("GET /api/v1/admin/hooks/{id}/calls", "hook"),
            ("POST /api/v1/admin/hook-calls/{id}/retry", "hook call"),
        ],
    ),
    (
        ADMIN,
        &[
            ("GET /api/v1/admin/analytics/members", ""),
            ("GET /api/v1/admin/users", ""),
            ("GET /api/v1/admin/users/export", ""),
            ("PATCH /api/v1/admin/users/{id}", "newcomer"),
            ("DELETE /api/v1/admin/users/{id}/totp", "newcomer"),
            ("GET /api/v1/admin/users/{id}/invite-budget", "newcomer"),
            ("PUT /api/v1/admin/users/{id}/invite-budget", "newcomer"),
            ("GET /api/v1/admin/invites/tree", ""),
            ("POST /api/v1/admin/invites/tree/{account}/freeze", "newcomer"),
            ("POST /api/v1/admin/invites/tree/{account}/unfreeze", "newcomer"),
            ("GET /api/v1/admin/invites", ""),
            ("POST /api/v1/admin/invites", ""),
            ("DELETE /api/v1/admin/invites/{id}", "new invite"),
            ("POST /api/v1/admin/organisations", ""),
            ("PATCH /api/v1/admin/organisations/{id}", "new organisation"),
            ("DELETE /api/v1/admin/organisations/{id}", "new organisation"),
            ("GET /api/v1/admin/maintenance", ""),
            ("PUT /api/v1/admin/maintenance", ""),
            ("GET /api/v1/admin/jobs", ""),
            ("GET /api/v1/admin/jobs/counts", ""),
            ("POST /api/v1/admin/jobs/retry", ""),
            ("POST /api/v1/admin/jobs/{id}/retry", "new parked"),
            ("DELETE /api/v1/admin/jobs/{id}", "new parked"),
            ("GET /api/v1/admin/daily-close", ""),
            ("GET /api/v1/admin/daily-close/{date}", "day"),
            ("POST /api/v1/admin/daily-close/{date}", "day"),
            ("GET /api/v1/admin/albums", ""),
            ("POST /api/v1/admin/albums", ""),
            ("GET /api/v1/admin/albums/{id}", "album"),
            ("PATCH /api/v1/admin/albums/{id}", "new album"),
            ("DELETE /api/v1/admin/albums/{id}", "new album"),
            ("POST /api/v1/admin/albums/{id}/images", "album"),
            ("PATCH /api/v1/admin/images", ""),
            ("DELETE /api/v1/admin/images", ""),
            ("POST /api/v1/admin/images/retry", ""),
            ("GET /api/v1/admin/images/{id}", "new picture"),
            ("PATCH /api/v1/admin/images/{id}", "new picture"),
            ("GET /api/v1/admin/removal-requests", ""),
            ("POST /api/v1/admin/removal-requests/{id}/agree", "new wish"),
            ("POST /api/v1/admin/removal-requests/{id}/refuse", "new wish"),
            ("GET /api/v1/admin/uploads", ""),
            ("POST /api/v1/admin/uploads", ""),
            ("GET /api/v1/admin/uploads/{id}", "new upload"),
            ("POST /api/v1/admin/uploads/{id}/complete", "new upload"),
            ("DELETE /api/v1/admin/uploads/{id}", "new upload"),
            ("GET /api/v1/admin/egress", ""),
            ("GET /api/v1/admin/sets", ""),
            ("POST /api/v1/admin/sets", ""),
            ("GET /api/v1/admin/sets/{id}", "set"),
            ("PATCH /api/v1/admin/sets/{id}", "set"),
            ("DELETE /api/v1/admin/sets/{id}", "new set"),
            ("POST /api/v1/admin/sets/{id}/retry", "new failed set"),
            ("GET /api/v1/admin/egress/{month}", "month"),
            ("GET /api/v1/admin/mail", ""),
            ("GET /api/v1/admin/mail/{id}/attachments/{place}", "mail, place"),
            ("GET /api/v1/admin/mail/templates", ""),
            ("GET /api/v1/admin/mail/templates/{name}/preview", "template"),
            ("POST /api/v1/admin/mail/test", ""),
        ],
    ),
    // A day on which nothing differs has no task.
    ("uffffffffn", &[("POST /api/v1/admin/daily-close/{date}/tasks/{id}/resolve", "day, nobody's")]),
];

/// Calls that end the session or the account of who calls: all others come before them.
const LAST: &[&str] =
    &["POST /api/v1/auth/logout", "POST /api/v1/auth/logout-all", "DELETE /api/v1/users/me"];

/// The whole table, in the order of the calls.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (expected, calls) in TABLE {
        rows.extend(calls.iter().map(|&(route, things)| Row {
            route,
            things,
            expected,
            ends_sessions: false,
        }));
    }
    rows.extend(LAST.iter().map(|&route| Row { route, things: "", expected: USERS, ends_sessions: true }));
    rows
}
