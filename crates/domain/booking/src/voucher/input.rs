//! From what an organiser sends to a voucher, with all mistakes named at once.

use super::{Places, Voucher, VoucherCode, VoucherHash, VoucherPrice};
use crate::Sale;
use chrono::{Datelike, SubsecRound};
use kernel::{AccountId, Currency, Invalid, Money, TicketTypeId, Timestamp, VatRate, VoucherId};

/// How many codes one request makes.
pub const MOST_AT_ONCE: u32 = 100;
/// The largest number of uses and of places.
const MOST: u32 = 1_000_000;
/// The largest amount of money, in minor units: what all tickets of an event can cost and more.
const LARGEST: i64 = 1_000_000_000_000;
/// How many types a list names: an event has no more.
const MOST_TYPES: usize = 100;
/// Instants are between these years, so that every store keeps them.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// Minor units and a currency code, as sent.
pub type AmountInput = (i64, String);

/// What a ticket costs with it, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PriceChange {
    /// A decimal number of percent with up to two decimals, as it was written.
    Percent(String),
    /// So much off.
    Off(AmountInput),
    /// At this price.
    Set(AmountInput),
}

/// Places to keep, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveInput {
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: i64,
}

/// Which codes to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// A code that somebody chose; made here when absent.
    pub code: Option<String>,
    /// How many vouchers, each with a code of its own: 1 to [`MOST_AT_ONCE`].
    pub count: u32,
}

/// A voucher as an organiser sends it, for a new one and for an edit alike.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoucherInput {
    /// One line; may be empty.
    pub name: Option<String>,
    /// What a ticket costs with it: as without, when nothing is said. Only one may be said.
    pub prices: Vec<PriceChange>,
    /// Which types get cheaper; all when absent.
    pub ticket_types: Option<Vec<TicketTypeId>>,
    /// Orders.
    pub max_uses: Option<i64>,
    /// Orders of one account.
    pub max_per_user: Option<i64>,
    /// Sum of discounts.
    pub budget: Option<AmountInput>,
    /// Not taken before.
    pub valid_from: Option<Timestamp>,
    /// Not taken from then on.
    pub valid_until: Option<Timestamp>,
    /// Hidden types that it opens.
    pub unlocks: Vec<TicketTypeId>,
    /// Places that it keeps.
    pub reserve: Option<ReserveInput>,
}

impl Batch {
    /// The code that was chosen, if one was.
    ///
    /// # Errors
    /// All mistakes.
    pub fn checked(&self) -> Result<Option<VoucherCode>, Vec<Invalid>> {
        let mut wrong = Vec::new();
        if !(1..=MOST_AT_ONCE).contains(&self.count) {
            wrong.push(Invalid::new("count", "out_of_range", format!("must be from 1 to {MOST_AT_ONCE}")));
        }
        if self.code.is_some() && self.count > 1 {
            wrong.push(Invalid::new("count", "out_of_range", "a chosen code is one voucher"));
        }
        let code = self.code.as_deref().map(VoucherCode::chosen);
        if code == Some(None) {
            wrong.push(Invalid::new("code", "malformed", "must be 6 to 32 letters and digits"));
        }
        if wrong.is_empty() { Ok(code.flatten()) } else { Err(wrong) }
    }
}

impl VoucherInput {
    /// A new voucher of what `sale` sells; its places are not taken yet.
    ///
    /// # Errors
    /// All mistakes.
    pub fn added(
        &self,
        sale: &Sale,
        (id, code, hint): (VoucherId, VoucherHash, String),
        created_by: AccountId,
        now: Timestamp,
    ) -> Result<Voucher, Vec<Invalid>> {
        let blank = Voucher {
            id,
            event: sale.event,
            code,
            hint,
            name: String::new(),
            price: VoucherPrice::List,
            ticket_types: None,
            max_uses: None,
            max_per_user: None,
            budget: None,
            valid_from: None,
            valid_until: None,
            unlocks: Vec::new(),
            reserve: None,
            keeps: false,
            revoked_at: None,
            created_by,
            created_at: now,
        };
        self.edited(&blank, sale, now)
    }

    /// The voucher after an edit. Code and event stay; what was held or bought with it keeps its price.
    ///
    /// # Errors
    /// All mistakes.
    pub fn edited(&self, before: &Voucher, sale: &Sale, now: Timestamp) -> Result<Voucher, Vec<Invalid>> {
        let mut check = Check { sale, wrong: Vec::new() };
        let name = self.name.as_deref().unwrap_or("").trim().to_owned();
        if name.chars().count() > 100 || name.chars().any(char::is_control) {
            check.add("name", "malformed", "must be one line of up to 100 characters");
        }
        let price = check.price(&self.prices);
        let ticket_types =
            self.ticket_types.as_ref().map(|types| check.types("ticket_type_ids", types, false));
        let budget = self.budget.as_ref().and_then(|amount| check.amount("budget", amount));
        if self.budget.as_ref().is_some_and(|(amount, _)| *amount == 0) && !self.prices.is_empty() {
            let message = "must be more than nothing, or nobody can use the voucher";
            check.add("budget.amount", "out_of_range", message);
        }
        let max_uses = self.max_uses.and_then(|most| check.count("max_uses", most));
        let max_per_user = self.max_per_user.and_then(|most| check.count("max_per_user", most));
        let valid_from = self.valid_from.map(|at| check.instant("valid_from", at));
        let valid_until = self.valid_until.map(|at| check.instant("valid_until", at));
        if valid_until.is_some_and(|until| until <= valid_from.unwrap_or(now).max(now)) {
            check.add("valid_until", "in_the_past", "must lie ahead, and after valid_from");
        }
        let unlocks = check.types("unlocks", &self.unlocks, true);
        let reserve = self.reserve.as_ref().and_then(|places| check.reserve(places));
        if price == VoucherPrice::List
            && self.prices.is_empty()
            && unlocks.is_empty()
            && self.reserve.is_none()
        {
            let message = "a voucher changes the price, opens hidden types, or keeps places";
            check.add("percent", "required", message);
        }
        let after = Voucher {
            name,
            price,
            ticket_types,
            max_uses,
            max_per_user,
            budget,
            valid_from,
            valid_until,
            unlocks,
            reserve,
            keeps: reserve.is_some(),
            ..before.clone()
        };
        if check.wrong.is_empty() { Ok(after) } else { Err(check.wrong) }
    }
}

/// What was found wrong so far.
struct Check<'a> {
    sale: &'a Sale,
    wrong: Vec<Invalid>,
}

impl Check<'_> {
    fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.wrong.push(Invalid::new(field, code, message));
    }

    fn price(&mut self, prices: &[PriceChange]) -> VoucherPrice {
        let price = match prices {
            [] => Some(VoucherPrice::List),
            [PriceChange::Percent(text)] => match VatRate::from_percent(text).map(VatRate::basis_points) {
                Ok(points) if points > 0 => Some(VoucherPrice::Percent(points)),
                _ => {
                    self.add(
                        "percent",
                        "out_of_range",
                        "must be above 0, up to 100, with up to two decimals",
                    );
                    None
                }
            },
            [PriceChange::Off(amount)] => {
                if amount.0 == 0 {
                    self.add("amount_off.amount", "out_of_range", "must be more than nothing");
                }
                self.amount("amount_off", amount).map(VoucherPrice::Off)
            }
            [PriceChange::Set(amount)] => self.amount("price", amount).map(VoucherPrice::Set),
            _ => {
                self.add("percent", "ambiguous", "only one of percent, amount_off and price can be");
                None
            }
        };
        price.unwrap_or(VoucherPrice::List)
    }

    /// An amount in the event's currency that providers can move.
    fn amount(&mut self, field: &str, (minor, code): &AmountInput) -> Option<Money> {
        let currency = self.sale.currency;
        let own = code.parse::<Currency>() == Ok(currency);
        if !own {
            self.add(format!("{field}.currency"), "currency_mismatch", "this is not the event's currency");
        }
        let bounded = (0..=LARGEST).contains(minor) && minor % currency.step() == 0;
        if !bounded {
            let message = format!("this is a number from 0 to {LARGEST}, in steps of {}", currency.step());
            self.add(format!("{field}.amount"), "out_of_range", message);
        }
        Money::new(*minor, currency).ok().filter(|_| own && bounded)
    }

    fn count(&mut self, field: &str, value: i64) -> Option<u32> {
        let count = u32::try_from(value).ok().filter(|count| (1..=MOST).contains(count));
        if count.is_none() {
            self.add(field, "out_of_range", format!("must be from 1 to {MOST}"));
        }
        count
    }

    fn instant(&mut self, field: &str, at: Timestamp) -> Timestamp {
        if !YEARS.contains(&at.year()) {
            self.add(field, "out_of_range", "this is too far away");
        }
        // No store keeps more than microseconds.
        at.trunc_subsecs(6)
    }

    /// Types of the event, each once; only hidden ones need to be opened.
    fn types(&mut self, field: &str, types: &[TicketTypeId], may_be_empty: bool) -> Vec<TicketTypeId> {
        if types.len() > MOST_TYPES || (types.is_empty() && !may_be_empty) {
            self.add(field, "out_of_range", format!("names 1 to {MOST_TYPES} ticket types"));
            return Vec::new();
        }
        let mut known = Vec::with_capacity(types.len());
        for (place, id) in types.iter().enumerate() {
            if self.sale.offer(*id).is_none() {
                self.add(format!("{field}.{place}"), "unknown", "the event has no such ticket type");
            } else if !known.contains(id) {
                known.push(*id);
            }
        }
        known
    }

    fn reserve(&mut self, input: &ReserveInput) -> Option<Places> {
        let quantity = self.count("reserves.quantity", input.quantity);
        if self.sale.offer(input.ticket_type).is_none() {
            self.add("reserves.ticket_type_id", "unknown", "the event has no such ticket type");
            return None;
        }
        Some(Places { ticket_type: input.ticket_type, quantity: quantity? })
    }
}
