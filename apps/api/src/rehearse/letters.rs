//! The crowd reads its mail: tickets are handed on to proven addresses alone, and an address is proven by the link that
//! came to it.

use super::crowd::{Habit, Plan};
use super::offer::Admin;
use super::shop::Shop;
use super::stage::Stage;
use super::visitor::Visitor;
use crate::cli::Failure;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long mail may be on its way.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(200);

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
                return Err(format!("{} people got no mail; {}", waiting.len(), self.fleet.log()).into());
            }
            for (to, token) in self.post.tokens() {
                if waiting.remove(&to) {
                    admin.post("/api/v1/auth/verify-email", json!({ "token": token })).await?;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}
