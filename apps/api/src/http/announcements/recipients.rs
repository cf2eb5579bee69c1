//! Those who were written to, and what became of their mails.

use super::own;
use crate::http::access::User;
use crate::http::buyers::{self, with_buyers};
use crate::http::csv::{self, Cell, Lines};
use crate::http::json::Optional;
use crate::http::once::Once;
use crate::http::paging::{PageView, Paging, PagingQuery};
use crate::http::payments::word;
use crate::http::problem::Problem;
use crate::wiring::App;
use accounts::Account;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use kernel::{AccountId, AnnouncementId, PageRequest};
use messaging::{Recipient, RecipientState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_recipients).service(export_recipients).service(resend_announcement);
}

const COLUMNS: [&str; 7] = ["account_id", "name", "email", "state", "mail_id", "added_at", "changed_at"];

/// Which of them are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecipientsQuery {
    /// `waiting`, `handing`, `sent`, `failed`, `uncertain`, `unsubscribed`, `suppressed`, `gone` or `cancelled`; all without it.
    state: Option<String>,
}

impl RecipientsQuery {
    fn read(self) -> Result<Option<RecipientState>, Problem> {
        let named = |text: &str| RecipientState::ALL.into_iter().find(|state| state.as_str() == text);
        let mut wrong = Vec::new();
        let state = word("state", self.state, named, &mut wrong);
        if wrong.is_empty() { Ok(state) } else { Err(Problem::invalid(wrong)) }
    }
}

/// Somebody who was or is to be written to.
#[derive(Serialize, ToSchema)]
pub struct AnnouncementRecipientView {
    account_id: Uuid,
    /// Null once the account is gone.
    #[schema(required, example = "Ada Byron")]
    name: Option<String>,
    /// Where they read mail now; null once the account is gone.
    #[schema(required, example = "ada@example.org")]
    email: Option<String>,
    #[schema(example = "sent")]
    state: &'static str,
    /// Names their mail in the log of mails; null where there is none.
    #[schema(required)]
    mail_id: Option<Uuid>,
    added_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl From<(Recipient, Option<Account>)> for AnnouncementRecipientView {
    fn from((one, account): (Recipient, Option<Account>)) -> Self {
        Self {
            account_id: one.account.as_uuid(),
            name: account.as_ref().map(buyers::name),
            email: account.map(|account| account.email.into()),
            state: one.state.as_str(),
            mail_id: one.mail.map(|mail| mail.as_uuid()),
            added_at: one.added_at,
            changed_at: one.changed_at,
        }
    }
}

fn row((one, account): &(Recipient, Option<Account>), lines: &mut Lines) {
    let [name, email] = buyers::cells(account.as_ref());
    lines.add([
        Cell::of(one.account),
        name,
        email,
        Cell::of(one.state.as_str()),
        Cell::some(one.mail),
        Cell::instant(one.added_at),
        Cell::instant(one.changed_at),
    ]);
}

/// Those who were or are to be written to, in the order of their accounts.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(RecipientsQuery, PagingQuery), responses(
    (status = 200, body = PageView<AnnouncementRecipientView>), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/announcements/{id}/recipients")]
async fn list_recipients(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<RecipientsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let it = own(&app, user.0, id.into_inner().into()).await?;
    let page = app.announcements.recipients(it.id, query.into_inner().read()?, paging.0).await?;
    let page = with_buyers(&app, page, |one: &Recipient| one.account).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, AnnouncementRecipientView::from)))
}

/// The same as a table (CSV). It is made while it is sent; one that breaks off is not whole. Who takes it is on record.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(RecipientsQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/announcements/{id}/recipients/export")]
async fn export_recipients(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<RecipientsQuery>,
) -> Result<HttpResponse, Problem> {
    let it = own(&app, user.0, id.into_inner().into()).await?;
    let state = query.into_inner().read()?;
    app.announcements.take_out(&user.0, &it, state).await?;
    let read = async move |page: PageRequest| {
        let page = app.announcements.recipients(it.id, state, page).await?;
        with_buyers(&app, page, |one: &Recipient| one.account).await
    };
    Ok(csv::table("recipients", &COLUMNS, read, row))
}

/// To whom it is to go again.
#[derive(Deserialize, ToSchema)]
pub struct ResendAnnouncement {
    /// Only to this one; without it to all who are `uncertain`.
    account_id: Option<Uuid>,
}

/// To how many it goes again.
#[derive(Serialize, ToSchema)]
pub struct ResentAnnouncementView {
    #[schema(example = 3)]
    recipients: usize,
}

/// Send it again to those of whom nobody knows whether they got it. Some of them may get it twice, which is why it is not done
/// by itself.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = Option<ResendAnnouncement>, responses(
    (status = 202, body = ResentAnnouncementView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem), (status = 422, body = Problem)))]
#[post("/admin/announcements/{id}/recipients/resend")]
async fn resend_announcement(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Optional<ResendAnnouncement>,
) -> Result<HttpResponse, Problem> {
    let id = AnnouncementId::from(id.into_inner());
    own(&app, user.0, id).await?;
    let bytes = body.0.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
    let only = body.0.as_ref().and_then(|body| body.account_id);
    let work = async {
        let recipients = app.announcements.send_again(&user.0, id, only.map(AccountId::from)).await?;
        Ok(HttpResponse::Accepted().json(ResentAnnouncementView { recipients }))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}
