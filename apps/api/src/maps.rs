//! The maps of events' seats, made to be asked for by everybody at once.
//!
//! What stands in a hall changes seldom: it is read and written out once per version, seat by seat. How the seats stand
//! is read at most once a second and put between the pieces; whoever asks within that second gets the same bytes.

use crate::answers::{Ready, Shelf};
use crate::http::problem::Problem;
use crate::http::seats::SeatView;
use crate::wiring::App;
use booking::{Claim, ClaimState};
use events::selling::Opened;
use events::use_cases::Sections;
use events::{SeatedSection, seating};
use flate2::Compression;
use flate2::write::GzEncoder;
use kernel::{Actor, EventId, Money, SeatId, SectionId, TicketTypeId, Timestamp};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How old a map may get.
const LASTS: Duration = Duration::from_secs(1);
/// Most seats of which pieces are kept.
const MOST_KEPT: usize = 200_000;

/// What of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Everything.
    Everything,
    /// How the seats stand.
    Status,
    /// All but that.
    Plan,
}

/// Which map, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MapQuestion {
    /// Of which event.
    pub event: EventId,
    /// Of one section only.
    pub section: Option<SectionId>,
    /// What of it.
    pub shown: Shown,
    /// Whether it is sent with gzip.
    pub zipped: bool,
}

/// Maps that are kept ready.
pub struct Maps {
    shelf: Shelf<MapQuestion>,
    pieces: Mutex<HashMap<Hall, Arc<Pieces>>>,
}

/// An event, and the hidden ticket types that are opened to those who look at it.
type Hall = (EventId, Vec<TicketTypeId>);

/// A hall as it is written, but for how its seats stand.
#[derive(Debug)]
struct Pieces {
    version: u32,
    /// By section: what its seats cost when they have no price of their own.
    prices: Vec<Option<Money>>,
    sections: Vec<(SectionId, Vec<Piece>)>,
}

/// A seat, without the brace at its end.
#[derive(Debug)]
struct Piece {
    id: SeatId,
    blocked: bool,
    text: Box<[u8]>,
}

impl Default for Maps {
    fn default() -> Self {
        Self { shelf: Shelf::new(LASTS), pieces: Mutex::default() }
    }
}

impl Maps {
    /// A map; `for_all`: what everybody sees who looks as this one does, from the shelf, as long as everybody may see it.
    ///
    /// # Errors
    /// A [`Problem`]: the event is not to be seen, or the store could not answer.
    pub async fn answer(
        &self,
        app: &App,
        actor: Actor,
        question: MapQuestion,
        for_all: bool,
    ) -> Result<Arc<Ready>, Problem> {
        if for_all {
            let make = async {
                app.events.require_announced(question.event).await?;
                self.make(app, actor, question, &Opened::default()).await
            };
            match self.shelf.answer(&question, make).await {
                // Perhaps it was taken out of sight, and this one holds a ticket of it.
                Err(problem) if problem.code() == "not_found" => {}
                answered => return answered,
            }
        }
        self.answer_with(app, actor, question, &Opened::default()).await
    }

    /// The map for one person, with what a code opens to them.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub async fn answer_with(
        &self,
        app: &App,
        actor: Actor,
        question: MapQuestion,
        opened: &Opened,
    ) -> Result<Arc<Ready>, Problem> {
        Ok(Arc::new(Ready::of(self.make(app, actor, question, opened).await?)))
    }

    /// Seats were changed here: whoever asks from now on sees it.
    pub fn forget(&self, event: EventId) {
        self.shelf.forget_all();
        self.lock().retain(|(of, _), _| *of != event);
    }

    async fn make(
        &self,
        app: &App,
        actor: Actor,
        question: MapQuestion,
        opened: &Opened,
    ) -> Result<Vec<u8>, Problem> {
        let pieces = self.pieces(app, actor, question.event, opened).await?;
        let claims = match (&pieces, question.shown) {
            (None, _) | (_, Shown::Plan) => Vec::new(),
            (Some(_), _) => app.bookings.claimed_seats(question.event, question.section).await?,
        };
        let body = written(pieces.as_deref(), &claims, question, app.clock.now());
        if !question.zipped {
            return Ok(body);
        }
        // Some milliseconds for a large hall, once a second for everybody.
        let mut zip = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
        zip.write_all(&body).and_then(|()| zip.finish()).map_err(|error| Problem::internal(&error))
    }

    /// The hall at its version and prices now; `None` when the event's places are no seats.
    async fn pieces(
        &self,
        app: &App,
        actor: Actor,
        event: EventId,
        opened: &Opened,
    ) -> Result<Option<Arc<Pieces>>, Problem> {
        let Some(version) = app.events.seating_version(Some(actor), event).await? else { return Ok(None) };
        let left = app.events.availability_with(Some(actor), event, opened).await?;
        let price = |section: SectionId| {
            let mut own = left.iter().filter(|left| left.ticket_type.section == Some(section));
            own.next().map(|left| left.ticket_type.price)
        };
        let hall = (event, opened.types.clone());
        let kept = self.lock().get(&hall).cloned().filter(|kept| {
            let same = |((section, _), was): (&(SectionId, _), &Option<Money>)| price(*section) == *was;
            kept.version == version && kept.sections.iter().zip(&kept.prices).all(same)
        });
        if kept.is_some() {
            return Ok(kept);
        }
        let Some(all) = app.events.sections(Some(actor), event, opened).await? else { return Ok(None) };
        let made = Arc::new(Pieces::of(&all)?);
        let mut pieces = self.lock();
        if pieces.values().map(|kept| kept.seats()).sum::<usize>() > MOST_KEPT {
            pieces.clear();
        }
        pieces.insert(hall, Arc::clone(&made));
        Ok(Some(made))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Hall, Arc<Pieces>>> {
        // Nothing panics half-way while it is locked.
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pieces {
    fn of(all: &Sections) -> Result<Self, Problem> {
        let price = |seated: &SeatedSection| {
            let mut own = all.left.iter().filter(|left| left.ticket_type.section == Some(seated.section.id));
            own.next().map(|left| left.ticket_type.price)
        };
        let prices: Vec<_> = all.seating.sections.iter().map(price).collect();
        let sections = all.seating.sections.iter().zip(&prices);
        let sections = sections.map(|(seated, price)| Ok((seated.section.id, pieces_of(seated, *price)?)));
        let sections: Result<_, Problem> = sections.collect();
        Ok(Self { version: all.seating.version, prices, sections: sections? })
    }

    fn seats(&self) -> usize {
        self.sections.iter().map(|(_, seats)| seats.len()).sum()
    }

    /// Another one whenever anything but the status of a seat is.
    fn version(&self) -> String {
        let prices = self.prices.iter().map(|price| price.map_or(-1, Money::minor));
        let mixed = prices.fold(0_i64, |sum, price| sum.wrapping_mul(31).wrapping_add(price));
        format!("{}-{mixed:x}", self.version)
    }
}

fn pieces_of(seated: &SeatedSection, price: Option<Money>) -> Result<Vec<Piece>, Problem> {
    let section = &seated.section;
    let piece = |(row, seat): (&events::Row, &events::Seat)| {
        let own = price.and_then(|price| seat.price.map_or(Some(price), |own| seating::price_of(own, price)));
        let view = SeatView {
            id: seat.id.as_uuid(),
            section_id: section.id.as_uuid(),
            row: row.name.clone(),
            number: seat.number,
            label: section.label(row, seat),
            price: own.map(Into::into),
            accessible: seat.accessible,
            aisle_after: seat.aisle_after,
            status: None,
        };
        let mut text = serde_json::to_vec(&view).map_err(|error| Problem::internal(&error))?;
        text.pop();
        Ok(Piece { id: seat.id, blocked: seat.blocked, text: text.into_boxed_slice() })
    };
    section.seats().map(piece).collect()
}

fn status(claim: Option<&Claim>, piece: &Piece, now: Timestamp) -> &'static str {
    match claim.filter(|claim| claim.lives(now)).map(|claim| claim.state) {
        Some(ClaimState::Sold) => "sold",
        Some(ClaimState::Held { .. } | ClaimState::Booked) => "held",
        None if piece.blocked => "blocked",
        None => "available",
    }
}

fn written(pieces: Option<&Pieces>, claims: &[Claim], question: MapQuestion, now: Timestamp) -> Vec<u8> {
    let claims: HashMap<SeatId, &Claim> = claims.iter().map(|claim| (claim.seat, claim)).collect();
    let wanted = |(section, _): &&(SectionId, Vec<Piece>)| question.section.is_none_or(|id| id == *section);
    let seats = pieces.iter().flat_map(|all| all.sections.iter()).filter(wanted).flat_map(|(_, seats)| seats);
    let mut body = Vec::with_capacity(pieces.map_or(0, Pieces::seats) * 256 + 64);
    match question.shown {
        Shown::Status => {
            body.extend_from_slice(br#"{"states":""#);
            body.extend(seats.filter_map(|it| status(claims.get(&it.id).copied(), it, now).bytes().next()));
            body.push(b'"');
        }
        shown => {
            body.extend_from_slice(br#"{"items":["#);
            for (at, piece) in seats.enumerate() {
                if at > 0 {
                    body.push(b',');
                }
                body.extend_from_slice(&piece.text);
                if shown == Shown::Everything {
                    body.extend_from_slice(br#","status":""#);
                    body.extend_from_slice(status(claims.get(&piece.id).copied(), piece, now).as_bytes());
                    body.push(b'"');
                }
                body.push(b'}');
            }
            body.push(b']');
        }
    }
    let version = pieces.map_or_else(String::new, Pieces::version);
    body.extend_from_slice(format!(r#","version":"{version}","next_cursor":null}}"#).as_bytes());
    body
}
