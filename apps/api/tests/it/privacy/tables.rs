//! What each column of each table is to somebody whom it is about. Whoever adds one says so here.

/// What becomes of a column when somebody asks what is kept about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    /// It stands in the file, in this list or field.
    Exported(&'static str),
    /// It is about nobody, or says no more than other columns that are told; why.
    NotPersonal(&'static str),
    /// It stays here; why.
    KeptBack(&'static str),
}

use Stance::{Exported, KeptBack, NotPersonal};

impl Stance {
    /// Where it stands, or why it does not.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Exported(words) | Self::NotPersonal(words) | Self::KeptBack(words) => words,
        }
    }
}

type Table = (&'static str, &'static [(Stance, &'static str)]);

const SECRET: Stance =
    KeptBack("a secret, or what one is recognised by: of no use to its owner, and of much to a thief");
const OTHERS: Stance = KeptBack("who it is stands for somebody else");
const STAFF: Stance = KeptBack("said among those who run things");
const EVENT: Stance = NotPersonal("about an event, whoever comes");
const HOUSE: Stance = NotPersonal("about those who run events as a house, not as people");
const MACHINE: Stance = NotPersonal("how far a program has come");
const FOLLOWS: Stance = NotPersonal("follows from other columns");
const PLACE: Stance = NotPersonal("where it stands among others");

pub(super) const TABLES: &[Table] = &[
    ("account_one_times", &[(Exported("links"), "id account_id purpose created_at expires_at used_at")]),
    (
        "accounts",
        &[
            (
                Exported("email"),
                "id email email_verified_at first_name last_name role status profile language created_at updated_at",
            ),
            (Exported("invite"), "invite_id"),
            (SECRET, "password_hash"),
            (FOLLOWS, "search_text"),
            (OTHERS, "invited_by"),
        ],
    ),
    (
        "address_views",
        &[
            (Exported("address_views"), "event_id account_id viewed_at request views last_viewed_at"),
            (FOLLOWS, "hour"),
        ],
    ),
    ("albums", &[(Exported("albums"), "id title event_id access created_by created_at")]),
    (
        "announcement_recipients",
        &[(Exported("announcements"), "announcement_id account_id state mail_id added_at changed_at")],
    ),
    (
        "announcements",
        &[
            (
                HOUSE,
                "id organisation_id audience event_id ticket_type_id texts status valid_until due_at created_at \
                 changed_at began_at ended_at",
            ),
            (MACHINE, "turn reached_id complete"),
            (KeptBack("who began to write it is told by the act of that"), "created_by"),
        ],
    ),
    (
        "audit_acts",
        &[
            (Exported("acts"), "id at act subject_kind organisation_id request actor_id"),
            (Exported("acts_about_me"), "subject_id"),
            (
                KeptBack("what things were like that may be others'; of one's own account it is told"),
                "state_before state_after",
            ),
            (NotPersonal("whether a person, a provider or the program did it"), "actor_kind actor_name"),
            (MACHINE, "seq row_mac link"),
        ],
    ),
    ("audit_head", &[(MACHINE, "id seq link seal")]),
    ("backup_desk", &[(MACHINE, "id job ended asked_at watched_since told_at compared_at")]),
    (
        "backups",
        &[(
            NotPersonal("about copies of all there is: what they hold is seen in none of them"),
            "id asked_at name bytes row_count record failed_at failure good_at",
        )],
    ),
    (
        "bookings",
        &[
            (
                Exported("bookings"),
                "id reference event_id buyer_id hold_id status items attendees total_minor currency created_at \
                 pay_by decided_at organisation_id paid_by promise request asked_at voucher_id discount_minor",
            ),
            (KeptBack("between the platform and whoever runs the event"), "platform_fee_minor"),
            (NotPersonal("how often it has changed"), "revision"),
        ],
    ),
    ("calendar_feeds", &[(Exported("calendar_open_since"), "account_id created_at"), (SECRET, "token_hash")]),
    ("cancellation_policies", &[(EVENT, "event_id body changed_at")]),
    (
        "close_tasks",
        &[
            (
                KeptBack("the house's own books beside those of a provider"),
                "id close_id number kind provider account live about reference booking_id payment_id ours_minor \
                 ours_currency theirs_minor theirs_currency words found_at ended_at",
            ),
            (STAFF, "ended_by note"),
        ],
    ),
    ("close_turns", &[(MACHINE, "day taken_at")]),
    (
        "daily_closes",
        &[
            (
                HOUSE,
                "id day status complete computed_at closed_at unnamed open_tasks resolved_tasks accounts",
            ),
            (STAFF, "computed_by reopened"),
        ],
    ),
    (
        "day_figures",
        &[(
            NotPersonal("sums"),
            "organisation_id event_id day ticket_type_id reason currency tickets orders vouchered discount refunds \
             sold sold_with_voucher differences refunded unearned gone disputed platform_fees provider_fees \
             dispute_fees",
        )],
    ),
    ("deliveries", &[(Exported("bookings.deliveries"), "effect_id booking_id what at")]),
    (
        "disputes",
        &[
            (
                Exported("bookings.disputes"),
                "id booking_id payment_id reference amount_minor currency reason status contradicted answer_by \
                 opened_at changed_at",
            ),
            (PLACE, "number"),
            (KeptBack("between the house and its provider"), "fee_minor fee_currency"),
        ],
    ),
    ("document_series", &[(HOUSE, "organisation_id year last")]),
    (
        "documents",
        &[(
            Exported("bookings.documents"),
            "id organisation_id year serial number kind origin event_id booking_id issued_at body",
        )],
    ),
    (
        "effects",
        &[(
            KeptBack(
                "what is still to be done, gone as soon as it is: what is owed names people by their ids, but for \
                      an address for which a new password was asked",
            ),
            "id domain body due_at leased_until attempts last_error parked_at trace",
        )],
    ),
    ("egress", &[(Exported("egress"), "account_id month signed served")]),
    (
        "egress_forgotten",
        &[(NotPersonal("sums of those who are forgotten"), "month members signed served counted")],
    ),
    (
        "egress_links",
        &[(
            KeptBack("hashes of links, until they end; what they came to is told by month"),
            "account_id link until",
        )],
    ),
    (
        "email_changes",
        &[(
            Exported("email_changes"),
            "id account_id session_id old_email new_email asked_at expires_at made_at ended_at",
        )],
    ),
    ("event_figures", &[(NotPersonal("sums"), "event_id organisation_id starts_at body")]),
    ("event_seatings", &[(EVENT, "event_id version body")]),
    (
        "events",
        &[(
            EVENT,
            "id organisation_id slug title description starts_at ends_at doors_at timezone currency capacity area \
             address latitude longitude address_visible_from base_price_minor base_price_currency hold_seconds \
             visibility tags images status search_text created_at updated_at cell max_per_user max_per_order \
             venue_template_id",
        )],
    ),
    ("figure_looks", &[(MACHINE, "id looked_at until whole last_id")]),
    (
        "holds",
        &[(
            Exported("holds"),
            "id event_id buyer_id items total_minor currency created_at expires_at voucher_id discount_minor entry_id",
        )],
    ),
    (
        "hook_calls",
        &[(
            KeptBack(
                "between the house and its own programs: what they are told of bookings follows from these, which are told",
            ),
            "id hook_id message kind body state turn tries tried_at next_at status said created_at",
        )],
    ),
    (
        "hooks",
        &[
            (
                HOUSE,
                "id organisation_id url description kinds generation rotated_at failing_since failures off_at off_why \
                 created_at",
            ),
            (KeptBack("who made it is told by the act that made it"), "created_by"),
        ],
    ),
    (
        "idempotency_keys",
        &[(
            KeptBack("sealed answers that were given, for a day"),
            "caller_id key fingerprint begun_at in_flight_until status location body",
        )],
    ),
    (
        "incidents",
        &[(
            Exported("bookings.cases"),
            "id kind booking_id payment_id evidence at refund_id resolved organisation_id",
        )],
    ),
    (
        "inviters",
        &[
            (Exported("invite_budget"), "account_id budget frozen ruled_at"),
            (OTHERS, "ruled_by"),
            (STAFF, "note"),
        ],
    ),
    (
        "invites",
        &[
            (
                Exported("invites_made"),
                "id max_uses used expires_at revoked_at email note created_by created_at counted",
            ),
            (SECRET, "code_hash"),
        ],
    ),
    (
        "jobs",
        &[
            (
                EVENT,
                "id kind event_id organisation_id status done total last_id report created_at changed_at",
            ),
            (KeptBack("who asked for it is told by the act that began it"), "account_id"),
        ],
    ),
    (
        "ledger_entries",
        &[(
            KeptBack(
                "the house's books, which follow from bookings, payments, refunds and disputes, all of which are told",
            ),
            "id kind reversal from_account to_account amount_minor currency organisation_id event_id booking_id \
             payment_id refund_id dispute_id at",
        )],
    ),
    ("left_lists", &[(Exported("left_lists"), "account_id list at")]),
    (
        "letters",
        &[
            (
                Exported("mails"),
                "id effect_id kind account_id event_id address state tries said again_id created_at changed_at sent_at \
                 complained_at",
            ),
            (
                KeptBack(
                    "which order or ticket a mail to somebody else is about; of one's own mails it is told",
                ),
                "booking_id ticket_id",
            ),
            (
                KeptBack("what it takes to say the same again, as it was owed: it may name others"),
                "origin_domain origin_body",
            ),
        ],
    ),
    ("looks", &[(MACHINE, "provider account live looked_at until")]),
    (
        "mail_reports",
        &[(NotPersonal("by which another mail server's word is known that was heard before"), "name at")],
    ),
    ("maintenance", &[(HOUSE, "id since until message doors_open")]),
    ("music_positions", &[(Exported("listening"), "account_id set_id at_ms said_at")]),
    (
        "music_sets",
        &[
            (
                Exported("sets"),
                "id title artist event_id recorded_at tracklist downloads filename original_bytes original status \
                 reason progress duration_ms integrated_lufs true_peak_dbtp range_lu renditions zooms published_at \
                 created_by created_at",
            ),
            (SECRET, "pass"),
        ],
    ),
    (
        "notices",
        &[(NotPersonal("by which a provider's word is known that was heard before"), "provider id kind at")],
    ),
    ("organisation_billing", &[(HOUSE, "organisation_id name address vat_id iban number_prefix updated_at")]),
    ("organisation_members", &[(Exported("memberships"), "organisation_id account_id standing added_at")]),
    ("organisations", &[(HOUSE, "id name slug created_at")]),
    (
        "payments",
        &[
            (
                Exported("bookings.payments"),
                "id booking_id attempt provider live amount_minor currency status session charge paid_minor \
                 paid_currency checkout_url success_url cancel_url problem created_at changed_at declines \
                 organisation_id charged_at",
            ),
            (KeptBack("which account of the house takes the money"), "account"),
        ],
    ),
    (
        "pictures",
        &[
            (
                Exported("pictures"),
                "id album_id filename original_bytes original status reason width height thumbhash renditions \
                 taken_at caption published_at removal_asked created_by created_at",
            ),
            (SECRET, "pass"),
            (FOLLOWS, "sorted_at"),
        ],
    ),
    (
        "published",
        &[(
            NotPersonal("what other programs are told of bookings: no more than of these is told"),
            "booking_id number place organisation_id event_id part kind at body to_stream to_hooks",
        )],
    ),
    ("quotas", &[(EVENT, "id event_id name quantity taken")]),
    (
        "refunds",
        &[
            (
                Exported("bookings.refunds"),
                "id booking_id payment_id amount_minor currency reason status reference created_at changed_at tickets \
                 again_id",
            ),
            (PLACE, "number"),
            (STAFF, "decided_by note"),
        ],
    ),
    (
        "removals",
        &[
            (
                Exported("removal_requests"),
                "id picture_id album_id by_id reason asked_at status decided_at note links_end_at removed_at",
            ),
            (OTHERS, "decided_by"),
            (NotPersonal("files of a picture; how many they were is told"), "keys proof"),
        ],
    ),
    (
        "returns",
        &[
            (
                Exported("returns"),
                "id ticket_id booking_id event_id ticket_type_id holder_id price_minor currency status created_at \
                 decided_at",
            ),
            (FOLLOWS, "seat_id"),
        ],
    ),
    ("sales", &[(EVENT, "event_id capacity taken offers_by_hand takes_returns")]),
    (
        "scans",
        &[
            (
                Exported("tickets.scans"),
                "id nonce ticket_id event_id verdict checked_in_at at way overruled reason version said_at told_at \
                 flags after_id",
            ),
            (Exported("scans_made"), "scanner_id"),
        ],
    ),
    (
        "seat_claims",
        &[(
            NotPersonal(
                "which seats are taken, by the hold that took them; whose seat it is stands on the ticket",
            ),
            "event_id seat_id section_id hold_id state until at",
        )],
    ),
    (
        "second_factors",
        &[
            (Exported("second_factor"), "account_id created_at confirmed_at wrong wrong_since"),
            (SECRET, "factor_id last_step recovery"),
        ],
    ),
    (
        "sessions",
        &[(
            Exported("sessions"),
            "id account_id generation created_at last_used_at expires_at ended_at user_agent network last_network",
        )],
    ),
    ("stream_parts", &[(MACHINE, "part leased_until")]),
    (
        "suppressions",
        &[(
            KeptBack(
                "by a keyed hash of an address, which nobody can be found by; who asks is told what stands beside that of \
                 theirs (announcements_stopped)",
            ),
            "address_hash reason at letter_id",
        )],
    ),
    (
        "ticket_types",
        &[(
            EVENT,
            "id event_id name description price_minor currency quantity held sold max_per_user max_per_order \
             sales_start sales_end hidden position vat_basis_points quota_id section_id reserved transferable",
        )],
    ),
    (
        "tickets",
        &[
            (
                Exported("tickets"),
                "id booking_id event_id ticket_type_id attendee version status issued_at checked_in_at seat presence",
            ),
            (Exported("bookings.tickets"), "holder_id"),
        ],
    ),
    (
        "transfers",
        &[
            (
                Exported("transfers"),
                "id ticket_id event_id status created_at expires_at decided_at from_id to_id",
            ),
            (KeptBack("of whose booking it is, unless it is one's own, which is told"), "booking_id"),
        ],
    ),
    (
        "uploads",
        &[
            (
                Exported("uploads"),
                "id by_id kind filename size format part_size status created_at expires_at",
            ),
            (MACHINE, "parts"),
        ],
    ),
    ("venue_templates", &[(HOUSE, "id organisation_id name sections seats body created_at updated_at")]),
    (
        "vouchers",
        &[(
            NotPersonal("what a code does; who used it is told with the booking"),
            "id event_id code_hash body reserve_type_id reserve_places keeps valid_until created_at",
        )],
    ),
    (
        "waitlist_entries",
        &[(
            Exported("waitlist"),
            "id event_id buyer_id ticket_types quantity max_price_minor max_price_currency number status joined_at \
             hold_id offered_at expires_at decided_at",
        )],
    ),
];

/// What is said of a column.
pub(super) fn stance(table: &str, column: &str) -> Option<Stance> {
    let (_, groups) = TABLES.iter().find(|(name, _)| *name == table)?;
    let said = groups.iter().find(|(_, columns)| columns.split_whitespace().any(|one| one == column))?;
    Some(said.0)
}
