//! One HTTP call and its answer, without the server around it: what the providers' rules are written against.

use actix_web::HttpRequest;
use actix_web::web::Query;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A call as it came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    /// In capitals.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// As sent.
    pub body: Vec<u8>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// A fault that was ordered for this call: a refund made by it stays pending.
    pub refund_pends: bool,
    /// Where the shop takes notices, when it has said so.
    pub endpoint: Option<Endpoint>,
}

/// A registered address for notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Endpoint {
    pub url: String,
    /// `*` for all.
    pub events: Vec<String>,
}

impl Call {
    pub(crate) fn read(request: &HttpRequest, body: &[u8]) -> Self {
        let headers = request.headers().iter();
        let headers = headers.filter_map(|(name, value)| {
            Some((name.as_str().to_ascii_lowercase(), value.to_str().ok()?.to_owned()))
        });
        Self {
            method: request.method().as_str().to_owned(),
            path: request.path().to_owned(),
            query: request.query_string().to_owned(),
            body: body.to_vec(),
            headers: headers.collect(),
            refund_pends: false,
            endpoint: None,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The path's parts.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// The fields of the query.
    pub(crate) fn query_fields(&self) -> Vec<(String, String)> {
        fields(&self.query)
    }

    /// The fields of a form in the body.
    pub(crate) fn body_fields(&self) -> Vec<(String, String)> {
        std::str::from_utf8(&self.body).map(fields).unwrap_or_default()
    }

    /// Whether a page is wanted, and not only data.
    pub(crate) fn wants_page(&self) -> bool {
        self.header("accept").is_some_and(|accept| accept.contains("text/html"))
    }
}

fn fields(text: &str) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::from_query(text).map(Query::into_inner).unwrap_or_default()
}

/// What goes back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content: Content,
}

/// The body of a [`Reply`].
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Json(String),
    Page(String),
    None,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, body.to_string())
    }

    /// JSON that was written before.
    pub(crate) fn text(status: u16, body: String) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(body) }
    }

    pub(crate) fn page(status: u16, page: String) -> Self {
        Self { status, headers: Vec::new(), content: Content::Page(page) }
    }

    /// Sends a browser on with a GET.
    pub(crate) fn redirect(location: &str) -> Self {
        Self { status: 303, headers: vec![("location", location.to_owned())], content: Content::None }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The JSON text, empty for anything else.
    pub(crate) fn body(&self) -> &str {
        match &self.content {
            Content::Json(text) => text,
            Content::Page(_) | Content::None => "",
        }
    }
}
