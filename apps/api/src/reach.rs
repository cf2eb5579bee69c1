//! Who has a ticket, and whether it reached them: what booking, accounts and the log of mails know, put together.

use crate::mails::{TICKET, TICKETS};
use crate::wiring::App;
use accounts::Account;
use booking::Ticket;
use kernel::{AccountId, BookingId, Cursor, Email, EventId, Page, PageRequest, StoreError, TicketId};
use messaging::{Letter, Mailbox, Reach, Suppression, SuppressionReason};
use std::collections::{BTreeMap, BTreeSet};

/// Tickets that are read together.
const TOGETHER: u32 = 100;
/// Most tickets that one question looks through; the next page goes on behind them.
const MOST: usize = 1000;

/// Where whoever is to come with a ticket reads mail, as its buyer said.
#[must_use]
pub fn attendee_address(ticket: &Ticket) -> Option<Email> {
    ticket.attendee.as_ref()?.email.as_deref()?.parse().ok()
}

/// One of the addresses that a ticket may go to.
pub struct Line {
    /// The address.
    pub address: Email,
    /// Whether somebody has shown to read mail there.
    pub proven: bool,
    /// Why it gets no announcements, if so.
    pub suppression: Option<Suppression>,
    /// Whether the ticket got there.
    pub reach: Reach,
    /// The newest letter that went there with it.
    pub letter: Option<Letter>,
}

/// A ticket that admits, and by which ways it went to somebody.
pub struct Reached {
    /// Which.
    pub ticket: Ticket,
    /// Who holds it; `None` when the account is gone.
    pub holder: Option<Account>,
    /// By the address of that account.
    pub account: Option<Line>,
    /// By that of whoever is to come with it, if one was named.
    pub attendee: Option<Line>,
}

impl Reached {
    /// The better of both ways counts.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let lines = [&self.account, &self.attendee].into_iter().flatten();
        lines.map(|line| line.reach).min().unwrap_or(Reach::NothingSent)
    }
}

/// Tickets of an event that admit and of which this is wanted, in the order of their ids. A page may be shorter than its
/// limit and not be the last.
///
/// # Errors
/// The store could not answer.
pub async fn page(
    app: &App,
    event: EventId,
    wanted: impl Fn(Reach) -> bool,
    page: PageRequest,
) -> Result<Page<Reached>, StoreError> {
    let most = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (mut items, mut after, mut seen) = (Vec::new(), page.after, 0);
    loop {
        let behind = after.map(|after| TicketId::from(after.id));
        let part = app.bookings.tickets_of_event(event, behind, TOGETHER).await?;
        seen += part.len();
        let last = part.len() < usize::try_from(TOGETHER).unwrap_or(usize::MAX);
        after = part.last().map(cursor).or(after);
        let living = part.into_iter().filter(|ticket| ticket.status.lives()).collect();
        for reached in of(app, living).await? {
            let cursor = cursor(&reached.ticket);
            if wanted(reached.reach()) {
                items.push(reached);
            }
            if items.len() >= most {
                return Ok(Page { items, next: Some(cursor) });
            }
        }
        if last || seen >= MOST {
            return Ok(Page { items, next: after.filter(|_| !last) });
        }
    }
}

const fn cursor(ticket: &Ticket) -> Cursor {
    Cursor { at: ticket.issued_at, id: ticket.id.as_uuid() }
}

/// By which ways these tickets went to whom.
///
/// # Errors
/// The store could not answer.
pub async fn of(app: &App, tickets: Vec<Ticket>) -> Result<Vec<Reached>, StoreError> {
    let bookings: BTreeSet<BookingId> = tickets.iter().map(|ticket| ticket.booking).collect();
    let letters = app.messages.letters_about(&bookings.into_iter().collect::<Vec<_>>()).await?;
    let holders: BTreeSet<AccountId> = tickets.iter().map(|ticket| ticket.holder).collect();
    let holders = app.accounts.people(&holders.into_iter().collect::<Vec<_>>()).await?;
    let holders: BTreeMap<AccountId, Account> =
        holders.into_iter().map(|account| (account.id, account)).collect();
    let addresses = holders.values().map(|account| account.email.clone());
    let addresses: BTreeSet<Email> = addresses.chain(tickets.iter().filter_map(attendee_address)).collect();
    let suppressed = app.messages.suppressed(&addresses.into_iter().collect::<Vec<_>>()).await?;
    let known = Known { letters, suppressed };
    let reached = |ticket: Ticket| {
        let holder = holders.get(&ticket.holder).cloned();
        let account = holder
            .as_ref()
            .map(|account| known.line(&ticket, account.email.clone(), account.email_verified_at.is_some()));
        let attendee = attendee_address(&ticket).map(|address| known.line(&ticket, address, false));
        Reached { ticket, holder, account, attendee }
    };
    Ok(tickets.into_iter().map(reached).collect())
}

/// What is known of mails and addresses.
struct Known {
    letters: Vec<Letter>,
    suppressed: BTreeMap<Email, Suppression>,
}

impl Known {
    fn line(&self, ticket: &Ticket, address: Email, proven: bool) -> Line {
        let suppression = self.suppressed.get(&address).cloned();
        let bounced = suppression.as_ref().filter(|it| it.reason == SuppressionReason::Bounced);
        let mailbox = Mailbox { proven, bounced_at: bounced.map(|it| it.at) };
        let went = |letter: &&Letter| letter.to.as_ref() == Some(&address) && brings(letter, ticket);
        let letters: Vec<&Letter> = self.letters.iter().filter(went).collect();
        let reach = Reach::at(letters.iter().copied(), mailbox);
        let letter = letters.into_iter().max_by_key(|letter| letter.cursor()).cloned();
        Line { address, proven, suppression, reach, letter }
    }
}

/// Whether a letter has a ticket in it: the one, or all that its buyer had then.
fn brings(letter: &Letter, ticket: &Ticket) -> bool {
    let about = &letter.about;
    let this = about.ticket == Some(ticket.id);
    about.booking == Some(ticket.booking) && (about.kind == TICKETS || about.kind == TICKET && this)
}
