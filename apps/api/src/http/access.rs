//! Who asks: the types that a handler names to be out of reach for everybody else.

use super::problem::Problem;
use super::request_id;
use super::routes::BASE;
pub use crate::gate::Visit;
use crate::wiring::App;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use kernel::Actor;

/// Somebody with a living session.
#[derive(Debug, Clone, Copy)]
pub struct User(pub Actor);

/// An admin with a living session.
#[derive(Debug, Clone, Copy)]
pub struct Admin(pub Actor);

/// Anybody; known when they sent a token, which then has to be a good one.
#[derive(Debug, Clone, Copy)]
pub struct Maybe(pub Option<Actor>);

/// The token of `Authorization: Bearer ...`; `None` without such a header.
fn bearer(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim().to_owned())),
        _ => Err(unknown()),
    }
}

fn unknown() -> Problem {
    Problem::unauthorized("unauthenticated", "Send a valid access token.")
}

/// Whether a request is about what is administered, by its address as the router reads it.
fn administers(request: &HttpRequest) -> bool {
    let path = request.match_info().as_str().strip_prefix(BASE);
    path.is_some_and(|path| path.starts_with("/admin/"))
}

/// Who sent the request, and until when; `None` when it says nothing about that. An admin who lacks the second factor
/// that admins need here is told so wherever something is administered, and is a member elsewhere.
async fn visit(
    app: Option<Data<App>>,
    token: Result<Option<String>, Problem>,
    administers: bool,
) -> Result<Option<Visit>, Problem> {
    let Some(token) = token? else {
        return Ok(None);
    };
    let app = app.ok_or_else(Problem::unexpected)?;
    let Visit { actor, expires_at } = app.gate.visit(&token).await?.ok_or_else(unknown)?;
    if administers && !actor.is_admin() && app.accounts.lacks_totp(actor.account).await? {
        return Err(Problem::forbidden(
            "totp_required",
            "Admins need a second factor here: enrol your device.",
        ));
    }
    let request = request_id::name();
    Ok(Some(Visit { actor: Actor { request, ..actor }, expires_at }))
}

macro_rules! extracted {
    ($name:ident, |$visit:ident| $decide:expr) => {
        impl FromRequest for $name {
            type Error = Problem;
            type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let (app, token) = (request.app_data::<Data<App>>().cloned(), bearer(request));
                let administers = administers(request);
                Box::pin(async move {
                    let $visit = visit(app, token, administers).await?;
                    $decide
                })
            }
        }
    };
}

extracted!(Maybe, |visit| Ok(Self(visit.map(|visit| visit.actor))));
extracted!(User, |visit| visit.map(|visit| Self(visit.actor)).ok_or_else(unknown));
extracted!(Visit, |visit| visit.ok_or_else(unknown));
extracted!(Admin, |visit| match visit.map(|visit| visit.actor) {
    Some(actor) if actor.is_admin() => Ok(Self(actor)),
    Some(_) => Err(Problem::forbidden("forbidden", "Only admins may do this.")),
    None => Err(unknown()),
});
