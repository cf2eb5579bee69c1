//! What each kind of document of the local store is to somebody whom it is about. Whoever adds one says so here.

/// What becomes of a kind when somebody asks what is kept about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    /// Those stand in the file of which one of the fields `whose` names the one who asks, or something of theirs; what the
    /// fields `told` say is then read there.
    Exported { whose: &'static [&'static str], told: &'static [&'static str] },
    /// It is about nobody; why.
    NotPersonal(&'static str),
    /// It stays here; why.
    KeptBack(&'static str),
}

use Stance::{Exported, KeptBack, NotPersonal};

impl Stance {
    /// Whether it is said where it stands, or why it does not.
    pub(super) const fn is_reasoned(self) -> bool {
        match self {
            Self::Exported { whose, told } => !whose.is_empty() && !told.is_empty(),
            Self::NotPersonal(why) | Self::KeptBack(why) => !why.is_empty(),
        }
    }
}

const EVENT: Stance = NotPersonal("about an event, whoever comes");
const HOUSE: Stance = NotPersonal("about those who run events as a house, not as people");
const MACHINE: Stance = NotPersonal("how far a program has come");
const SUMS: Stance = NotPersonal("sums");

pub(super) const KINDS: &[(&str, Stance)] = &[
    (
        "account",
        Exported {
            whose: &["/id"],
            told: &["/email", "/first_name", "/last_name", "/role", "/created_at", "/updated_at", "/invite"],
        },
    ),
    (
        "act",
        Exported {
            whose: &["/act/who/name", "/act/subject/id"],
            told: &["/act/id", "/act/at", "/act/act", "/act/subject/kind", "/act/subject/id", "/act/request"],
        },
    ),
    ("address_view", Exported { whose: &["/account"], told: &["/event", "/at", "/request", "/last"] }),
    ("album", Exported { whose: &["/created_by"], told: &["/id", "/title", "/event", "/created_at"] }),
    (
        "announcement",
        NotPersonal("what a house says to many; who began to write it is told by the act of that"),
    ),
    ("audit_head", MACHINE),
    ("backup", NotPersonal("about copies of all there is: what they hold is seen in none of them")),
    ("backup_desk", MACHINE),
    ("billing", HOUSE),
    (
        "booking",
        Exported {
            whose: &["/buyer"],
            told: &[
                "/id",
                "/reference",
                "/event",
                "/hold",
                "/status",
                "/created_at",
                "/pay_by",
                "/decided_at",
                "/paid_by",
                "/items/0/ticket_type",
                "/attendees/0/first_name",
                "/attendees/0/email",
                "/payments/0/id",
                "/payments/0/session",
                "/payments/0/charge",
                "/payments/0/checkout_url",
                "/refunds/0/id",
                "/refunds/0/reference",
                "/disputes/0/id",
                "/disputes/0/reference",
                "/voucher/id",
            ],
        },
    ),
    ("calendar_feed", Exported { whose: &["/account"], told: &["/created_at"] }),
    ("cancellation_policy", EVENT),
    ("close_turn", MACHINE),
    (
        "daily_close",
        KeptBack(
            "the house's own books beside those of a provider, and what was said of it among those who run things",
        ),
    ),
    ("day_figures", SUMS),
    ("delivery", Exported { whose: &["/booking"], told: &["/effect", "/what", "/at"] }),
    (
        "document",
        Exported {
            whose: &["/booking"],
            told: &[
                "/id",
                "/issued_at",
                "/issuer/name",
                "/recipient/name",
                "/occasion/title",
                "/occasion/reference",
            ],
        },
    ),
    ("document_series", HOUSE),
    (
        "effect",
        KeptBack(
            "what is still to be done, gone as soon as it is: what is owed names people by their ids, but for an \
                  address for which a new password was asked",
        ),
    ),
    ("egress", Exported { whose: &["/account"], told: &["/account"] }),
    ("egress_forgotten", NotPersonal("sums of those who are forgotten")),
    (
        "email_change",
        Exported {
            whose: &["/account"],
            told: &["/id", "/session", "/old", "/new", "/asked_at", "/expires_at", "/made_at", "/ended_at"],
        },
    ),
    (
        "entry",
        KeptBack(
            "the house's books, which follow from bookings, payments, refunds and disputes, all of which are told",
        ),
    ),
    ("event", EVENT),
    ("event_figures", SUMS),
    ("figure_look", MACHINE),
    (
        "hold",
        Exported {
            whose: &["/buyer"],
            told: &[
                "/id",
                "/event",
                "/items/0/ticket_type",
                "/created_at",
                "/expires_at",
                "/voucher/id",
                "/entry",
            ],
        },
    ),
    ("hook", KeptBack("about those who run events as a house; who made it is told by the act that made it")),
    (
        "hook_call",
        KeptBack(
            "between the house and its own programs: what they are told of bookings follows from these, which are told",
        ),
    ),
    ("incident", Exported { whose: &["/booking"], told: &["/id", "/kind", "/payment", "/evidence", "/at"] }),
    (
        "invite",
        Exported {
            whose: &["/created_by"],
            told: &["/id", "/expires_at", "/revoked_at", "/email", "/note", "/created_at"],
        },
    ),
    ("inviter", Exported { whose: &["/account"], told: &["/ruling/at"] }),
    ("job", KeptBack("about an event; who asked for it is told by the act that began it")),
    ("left_list", Exported { whose: &["/account"], told: &["/list", "/at"] }),
    (
        "letter",
        Exported {
            whose: &["/about/account"],
            told: &[
                "/id",
                "/effect",
                "/about/kind",
                "/about/booking",
                "/about/event",
                "/about/ticket",
                "/to",
                "/state",
                "/said",
                "/again",
                "/created_at",
                "/changed_at",
                "/sent_at",
                "/complained_at",
            ],
        },
    ),
    ("look", MACHINE),
    ("mail", KeptBack("what was written where no mail is sent: to try things out, and for a while")),
    ("mail_report", NotPersonal("by which another mail server's word is known that was heard before")),
    ("media_link", KeptBack("names of links, until they end; what they came to is told by month")),
    ("member", Exported { whose: &["/account"], told: &["/organisation", "/standing", "/added_at"] }),
    ("news", NotPersonal("what other programs are told of bookings: no more than of these is told")),
    ("news_number", NotPersonal("how often a booking has changed")),
    ("notice", NotPersonal("by which a provider's word is known that was heard before")),
    (
        "one_time",
        Exported {
            whose: &["/account"],
            told: &["/id", "/purpose", "/created_at", "/expires_at", "/used_at"],
        },
    ),
    ("organisation", HOUSE),
    (
        "picture",
        Exported {
            whose: &["/created_by"],
            told: &["/id", "/album", "/filename", "/caption", "/taken_at", "/published_at", "/created_at"],
        },
    ),
    ("position", Exported { whose: &["/account"], told: &["/set", "/said_at"] }),
    ("quota", EVENT),
    ("read_only", HOUSE),
    (
        "recipient",
        Exported {
            whose: &["/account"],
            told: &["/announcement", "/state", "/mail", "/added_at", "/changed_at"],
        },
    ),
    (
        "removal",
        Exported {
            whose: &["/by"],
            told: &[
                "/id",
                "/picture",
                "/album",
                "/reason",
                "/asked_at",
                "/decided_at",
                "/note",
                "/removed_at",
            ],
        },
    ),
    ("request", KeptBack("answers that were given, for a day")),
    (
        "return",
        Exported {
            whose: &["/holder"],
            told: &[
                "/id",
                "/ticket",
                "/booking",
                "/event",
                "/ticket_type",
                "/status",
                "/created_at",
                "/decided_at",
            ],
        },
    ),
    (
        "scan",
        Exported {
            whose: &["/scanner", "/ticket"],
            told: &[
                "/id",
                "/nonce",
                "/ticket",
                "/event",
                "/verdict",
                "/at",
                "/checked_in_at",
                "/reason",
                "/after",
            ],
        },
    ),
    (
        "seat_claim",
        NotPersonal(
            "which seats are taken, by the hold that took them; whose seat it is stands on the ticket",
        ),
    ),
    ("seating", EVENT),
    (
        "second_factor",
        Exported { whose: &["/account"], told: &["/created_at", "/confirmed_at", "/wrong_since"] },
    ),
    (
        "session",
        Exported {
            whose: &["/account"],
            told: &[
                "/id",
                "/created_at",
                "/last_used_at",
                "/expires_at",
                "/ended_at",
                "/user_agent",
                "/network",
                "/last_network",
            ],
        },
    ),
    (
        "set",
        Exported {
            whose: &["/created_by"],
            told: &["/id", "/title", "/artist", "/filename", "/recorded_at", "/published_at", "/created_at"],
        },
    ),
    ("stock", EVENT),
    ("stream_part", MACHINE),
    (
        "suppression",
        KeptBack(
            "by a keyed hash of an address, which nobody can be found by; who asks is told what stands beside that of theirs \
             (announcements_stopped)",
        ),
    ),
    (
        "ticket",
        Exported { whose: &["/holder", "/booking"], told: &["/id", "/event", "/ticket_type", "/issued_at"] },
    ),
    ("ticket_type", EVENT),
    (
        "transfer",
        Exported {
            whose: &["/from", "/to"],
            told: &["/id", "/ticket", "/event", "/status", "/created_at", "/expires_at", "/decided_at"],
        },
    ),
    (
        "upload",
        Exported {
            whose: &["/by"],
            told: &["/id", "/kind", "/filename", "/format", "/status", "/created_at", "/expires_at"],
        },
    ),
    ("venue_template", HOUSE),
    ("voucher", NotPersonal("what a code does; who used it is told with the booking")),
    (
        "waitlist_entry",
        Exported {
            whose: &["/buyer"],
            told: &["/id", "/event", "/joined_at", "/hold", "/offered_at", "/expires_at", "/decided_at"],
        },
    ),
    ("waitlist_rules", EVENT),
];
