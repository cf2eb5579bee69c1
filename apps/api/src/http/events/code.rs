//! A voucher's code beside the question what there is to buy.

use crate::http::access::User;
use crate::http::problem::Problem;
use crate::wiring::App;
use events::selling::Opened;
use kernel::EventId;
use serde::Deserialize;
use utoipa::IntoParams;

/// What somebody typed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CodeQuery {
    /// A voucher's code: what it opens is shown, and what it keeps is counted. One that is not valid changes nothing; it
    /// costs what a wrong one costs when places are held, unless you have an order that was made with it.
    pub voucher: Option<String>,
}

/// What the code does for who asks; `None` without one that is known to be theirs. Guesses are counted together with
/// those at holds.
///
/// # Errors
/// 429, for who guessed too often; the store could not answer.
pub async fn opened(
    app: &App,
    user: User,
    event: EventId,
    query: &CodeQuery,
) -> Result<Option<Opened>, Problem> {
    let typed = query.voucher.as_deref().filter(|typed| !typed.trim().is_empty());
    let Some(typed) = typed else { return Ok(None) };
    let buyer = user.0.account;
    app.limits.voucher(buyer).await?;
    let Some(seen) = app.vouchers.seen_by(buyer, event, typed).await? else { return Ok(None) };
    app.limits.voucher_known(buyer).await;
    let kept = seen.kept.map(|kept| (kept.ticket_type, kept.quantity));
    Ok(Some(Opened { types: seen.types, kept }))
}
