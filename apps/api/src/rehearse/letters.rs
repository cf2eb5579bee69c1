//! The crowd reads its mail: tickets are handed on to proven addresses alone, and an address is proven by the link that
//! came to it.

use super::crowd::{Habit, Plan};
use super::shop::{Shop, text};
use super::stage::{Admin, Stage};
use super::visitor::Visitor;
use crate::cli::Failure;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long mail may be on its way.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(200);
/// What stands before the token in the mail that asks for the proof.
const LINK: &str = "/verify-email#token=";

impl Stage {
    /// Those to whom others of the crowd will hand tickets on follow the link in their mail.
    ///
    /// # Errors
    /// The mail does not come, or a link does not work.
    pub async fn prove_addresses(&self, shop: &Shop, crowd: &[Plan]) -> Result<(), Failure> {
        let friends = crowd.iter().filter(|plan| plan.habit == Habit::HandsOn).map(|plan| plan.friend);
        let mut waiting: BTreeSet<String> =
            friends.map(|friend| Visitor::email_in(&self.run, friend)).collect();
        let (admin, since) = (Admin::log_in(shop).await?, Instant::now());
        while !waiting.is_empty() {
            if since.elapsed() > PATIENCE {
                return Err(format!("{} people got no mail; {}", waiting.len(), self.server.log()).into());
            }
            self.read_mail(&admin, &mut waiting).await?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Goes through what was mailed, the newest first.
    async fn read_mail(&self, admin: &Admin<'_>, waiting: &mut BTreeSet<String>) -> Result<(), Failure> {
        let mut cursor = String::new();
        loop {
            let page = admin.get(&format!("/api/v1/admin/mail?limit=100{cursor}")).await?;
            for mail in page.pointer("/items").and_then(Value::as_array).into_iter().flatten() {
                let token = text(mail, "/text").split_once(LINK).and_then(|(_, rest)| rest.lines().next());
                if let Some(token) = token.filter(|_| waiting.contains(text(mail, "/to"))) {
                    admin.post("/api/v1/auth/verify-email", json!({ "token": token })).await?;
                    waiting.remove(text(mail, "/to"));
                }
            }
            let next = text(&page, "/next_cursor");
            if next.is_empty() || waiting.is_empty() {
                return Ok(());
            }
            cursor = format!("&cursor={next}");
        }
    }
}
