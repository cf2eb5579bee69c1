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
    /// costs what a wrong one costs when places are held.
    pub voucher: Option<String>,
}

/// What the code does for who asks; `None` without one that they could buy with now. Guesses are counted together with
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
    let Some(typed) = query.voucher.as_deref() else { return Ok(None) };
    let buyer = user.0.account;
    app.limits.voucher(buyer).await?;
    let Some(issued) = app.vouchers.taken_from(buyer, event, typed).await? else { return Ok(None) };
    app.limits.voucher_known(buyer).await;
    let reserve = issued.voucher.reserve;
    let kept = reserve.filter(|_| issued.voucher.keeps);
    let mut types = issued.voucher.unlocks;
    types.extend(reserve.map(|reserve| reserve.ticket_type));
    types.sort_unstable();
    types.dedup();
    let kept = kept.map(|kept| (kept.ticket_type, kept.quantity.saturating_sub(issued.usage.places)));
    Ok(Some(Opened { types, kept }))
}
