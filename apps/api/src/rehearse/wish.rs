//! What somebody asks to be kept: so many of a kind, seats of their choice, the best that are next to each other, with
//! a voucher or without; and what is done when nothing is left.

use super::shop::{Request, text};
use super::visitor::{NOTHING_LEFT, Offered, OfferedKind, Visit, Visitor};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How a visit ends that goes on when places become free.
pub(super) const WAITING: &str = "waits for a place";

/// One seat of the plan: its row, its number in it, and whether it can be had.
type Seat = (String, String, u64, bool);

impl Visitor<'_> {
    /// A hold, and whether there is something to pay for it.
    pub(super) async fn hold(&self, offered: &Offered) -> Option<(String, bool)> {
        for attempt in 0..=self.plan.patience {
            let turn = usize::try_from(attempt).unwrap_or(0);
            let kind = offered.kinds.get((self.plan.choice + turn) % offered.kinds.len().max(1))?;
            let quantity = if attempt == self.plan.patience { 1 } else { self.plan.places };
            let mut body = self.wish(offered, kind, quantity).await?;
            // What is used up is tried without.
            let voucher = offered.voucher.as_ref().filter(|_| self.plan.voucher && attempt == 0);
            if let (Some(voucher), Some(wish)) = (voucher, body.as_object_mut()) {
                wish.insert("voucher".into(), json!(voucher));
            }
            let step = format!("hold-{attempt}");
            let (status, answer) = self.say("/api/v1/seats/hold", Some(&step), body).await?;
            match (status, text(&answer, "/code")) {
                (201, _) => {
                    self.look_at_seats(offered, kind, &answer).await;
                    let paid = answer.pointer("/total/amount").and_then(Value::as_i64) != Some(0);
                    return Some((text(&answer, "/hold_id").to_owned(), paid));
                }
                (409, "sold_out" | "seat_unavailable") => {
                    tokio::time::sleep(Duration::from_millis(300) + self.plan.thinks * 4).await
                }
                (422, "voucher_invalid") if self.plan.voucher => {}
                (422, "limit_exceeded" | "not_on_sale") => return None,
                (status, code) => {
                    self.shop.odd(format!("a hold was answered {status} {code}"));
                    return None;
                }
            }
        }
        None
    }

    async fn wish(&self, offered: &Offered, kind: &OfferedKind, quantity: u32) -> Option<Value> {
        if kind.seated && self.plan.picks {
            let seats = picked(&self.seats(offered).await, quantity, self.plan.number);
            if !seats.is_empty() {
                return Some(json!({ "event_id": offered.event, "seat_ids": seats }));
            }
        }
        let items = json!([{ "ticket_type_id": kind.id, "quantity": quantity }]);
        Some(json!({ "event_id": offered.event, "items": items }))
    }

    /// The plan of the hall.
    async fn seats(&self, offered: &Offered) -> Vec<Seat> {
        let path = format!("/api/v1/events/{}/seats", offered.event);
        let request = Request { token: Some(self.token.as_str()), path: &path, key: None, body: None };
        let Some((200, plan)) = self.shop.ask(&request).await else { return Vec::new() };
        let seat = |seat: &Value| {
            let number = seat.pointer("/number").and_then(Value::as_u64).unwrap_or_default();
            let free = text(seat, "/status") == "available";
            (text(seat, "/id").to_owned(), text(seat, "/row").to_owned(), number, free)
        };
        plan.pointer("/items").and_then(Value::as_array).into_iter().flatten().map(seat).collect()
    }

    /// Whoever asked for so many of a kind with seats got them next to each other.
    async fn look_at_seats(&self, offered: &Offered, kind: &OfferedKind, hold: &Value) {
        if !kind.seated || self.plan.picks {
            return;
        }
        let plan = self.seats(offered).await;
        let held: Vec<&str> = hold
            .pointer("/items")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|item| text(item, "/seat_id"))
            .collect();
        if !together(&plan, &held) {
            self.shop.odd(format!("a group of {} was split, or has no seats", held.len()));
        }
    }

    /// Waits for what becomes free.
    pub(super) async fn join(&self, offered: &Offered) -> Visit {
        let kind =
            offered.kinds.get(self.plan.choice % offered.kinds.len().max(1)).map(|kind| kind.id.clone());
        // Half of those who wait take anything, the others what they came for.
        let kinds: Vec<String> = kind.into_iter().filter(|_| self.plan.picks).collect();
        let body =
            json!({ "event_id": offered.event, "ticket_type_ids": kinds, "quantity": self.plan.places });
        let Some((status, answer)) = self.say("/api/v1/waitlist", Some("wait"), body).await else {
            return Visit { end: "got no answer", ..Visit::default() };
        };
        match (status, text(&answer, "/code")) {
            // An answer that got lost shows as a place on the list that one has already.
            (201, _) | (409, "already_waiting") => Visit { end: WAITING, ..Visit::default() },
            // Somebody gave places back a moment ago.
            (409, "places_available") => Visit { end: NOTHING_LEFT, ..Visit::default() },
            // A group that is larger than a small hall.
            (422, "invalid_input") if text(&answer, "/errors/0/field") == "quantity" => {
                Visit { end: NOTHING_LEFT, ..Visit::default() }
            }
            (status, code) => {
                self.shop.odd(format!("who wanted to wait was answered {status} {code}"));
                Visit { end: NOTHING_LEFT, ..Visit::default() }
            }
        }
    }

    /// Takes what is offered to who waits.
    pub(super) async fn take_offer(&mut self, offered: &Offered) -> Visit {
        let waiting = Visit { end: WAITING, ..Visit::default() };
        if !self.log_in().await {
            return waiting;
        }
        let path = format!("/api/v1/waitlist/status/{}", offered.event);
        let request = Request { token: Some(self.token.as_str()), path: &path, key: None, body: None };
        let Some((status, entry)) = self.shop.ask(&request).await else { return waiting };
        if status != 200 {
            self.shop.odd(format!("who waits was answered {status} {}", text(&entry, "/code")));
            return waiting;
        }
        match text(&entry, "/hold_id") {
            "" => waiting,
            hold => {
                let path = format!("/api/v1/seats/hold/{hold}");
                let request =
                    Request { token: Some(self.token.as_str()), path: &path, key: None, body: None };
                let Some((200, held)) = self.shop.ask(&request).await else { return waiting };
                let paid = held.pointer("/total/amount").and_then(Value::as_i64) != Some(0);
                let visit = self.pay(hold, paid).await;
                Visit {
                    end: if visit.booking.is_some() { "took what was offered" } else { visit.end },
                    ..visit
                }
            }
        }
    }
}

/// Some free seats of a row that are next to each other, where somebody likes to sit.
fn picked(plan: &[Seat], quantity: u32, taste: u32) -> Vec<String> {
    let mut rows: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for (id, row, number, _) in plan.iter().filter(|(_, _, _, free)| *free) {
        rows.entry(row).or_default().push((*number, id));
    }
    let size = usize::try_from(quantity).unwrap_or(usize::MAX);
    let mut found: Vec<Vec<String>> = Vec::new();
    for seats in rows.values_mut() {
        seats.sort_unstable();
        let groups = seats.windows(size).filter(|group| consecutive(group.iter().map(|(number, _)| *number)));
        found.extend(groups.map(|group| group.iter().map(|(_, id)| (*id).to_owned()).collect()));
    }
    let at = usize::try_from(taste).unwrap_or(0).checked_rem(found.len());
    at.and_then(|at| found.get(at).cloned()).unwrap_or_default()
}

/// Whether these seats are a part of one row without a gap.
fn together(plan: &[Seat], held: &[&str]) -> bool {
    let mut numbers: Vec<(&str, u64)> = plan
        .iter()
        .filter(|(id, _, _, _)| held.contains(&id.as_str()))
        .map(|(_, row, number, _)| (row.as_str(), *number))
        .collect();
    numbers.sort_unstable();
    let one_row = numbers.windows(2).all(|pair| matches!(pair, [one, other] if one.0 == other.0));
    numbers.len() == held.len() && one_row && consecutive(numbers.iter().map(|(_, number)| *number))
}

fn consecutive(mut numbers: impl Iterator<Item = u64>) -> bool {
    let Some(mut last) = numbers.next() else { return true };
    numbers.all(|number| {
        let next = number == last + 1;
        last = number;
        next
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(row: &str, number: u64, free: bool) -> Seat {
        (format!("{row}{number}"), row.to_owned(), number, free)
    }

    #[test]
    fn a_group_is_together_in_one_row_without_a_gap() {
        let plan = [seat("A", 1, true), seat("A", 2, true), seat("A", 3, true), seat("B", 2, true)];
        assert!(together(&plan, &["A2", "A1"]) && together(&plan, &["B2"]));
        assert!(!together(&plan, &["A1", "A3"]), "a gap");
        assert!(!together(&plan, &["A1", "B2"]), "two rows");
        assert!(!together(&plan, &["A1", "C1"]), "no seat of the plan");
    }

    #[test]
    fn free_neighbours_are_picked_by_taste() {
        let plan = [
            seat("A", 1, true),
            seat("A", 2, false),
            seat("A", 3, true),
            seat("B", 1, true),
            seat("B", 2, true),
        ];
        assert_eq!(picked(&plan, 2, 0), ["B1", "B2"]);
        assert_eq!(picked(&plan, 1, 1), ["A3"]);
        assert!(picked(&plan, 3, 0).is_empty());
    }
}
