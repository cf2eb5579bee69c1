//! Errors as PayPal writes them: `{name, message, debug_id, details: [{issue, description}], links}`.

use crate::call::Reply;
use crate::desk::Served;
use crate::ids;
use serde_json::{Map, Value, json};

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    name: &'static str,
    message: &'static str,
    details: Vec<Value>,
    /// Where to send the buyer, when that helps.
    payer_action: Option<String>,
}

impl Refusal {
    fn new(status: u16, name: &'static str, message: &'static str) -> Self {
        Self { status, name, message, details: Vec::new(), payer_action: None }
    }

    fn detail(mut self, field: Option<&str>, issue: &str, description: &str) -> Self {
        let mut detail = Map::new();
        if let Some(field) = field {
            detail.insert("field".into(), json!(field));
            detail.insert("location".into(), json!("body"));
        }
        detail.insert("issue".into(), json!(issue));
        detail.insert("description".into(), json!(description));
        self.details.push(Value::Object(detail));
        self
    }

    /// 400: the request is not what the API understands.
    pub(crate) fn invalid(field: &str, issue: &str, description: &str) -> Self {
        let message = "Request is not well-formed, syntactically incorrect, or violates schema.";
        Self::new(400, "INVALID_REQUEST", message).detail(Some(field), issue, description)
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self::invalid(field, "MISSING_REQUIRED_PARAMETER", "A required field is missing.")
    }

    /// 400: a part of the query is not what the API understands.
    pub(crate) fn query(field: &str, issue: &str, description: &str) -> Self {
        let message = "Request is not well-formed, syntactically incorrect, or violates schema.";
        let mut refusal = Self::new(400, "INVALID_REQUEST", message);
        refusal.details.push(json!({
            "field": field, "location": "query", "issue": issue, "description": description,
        }));
        refusal
    }

    /// 422: understood, but it cannot be.
    pub(crate) fn unprocessable(field: Option<&str>, issue: &str, description: &str) -> Self {
        let message = "The requested action could not be performed, semantically incorrect, or failed business validation.";
        Self::new(422, "UNPROCESSABLE_ENTITY", message).detail(field, issue, description)
    }

    /// Sends the buyer somewhere to help themselves.
    pub(crate) fn payer_action(self, url: String) -> Self {
        Self { payer_action: Some(url), ..self }
    }

    pub(crate) fn unauthorised() -> Self {
        let message = "Authentication failed due to missing authorization header, or invalid authentication \
                       credentials.";
        Self::new(401, "AUTHENTICATION_FAILURE", message)
    }

    pub(crate) fn not_found() -> Self {
        let description = "Specified resource ID does not exist. Please check the resource ID and try again.";
        Self::new(404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.").detail(
            None,
            "INVALID_RESOURCE_ID",
            description,
        )
    }

    pub(crate) fn unknown_url() -> Self {
        Self::new(404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.")
    }

    pub(crate) fn in_progress() -> Self {
        let message = "The server has detected a conflict while processing this request.";
        let description = "A previous request on this resource is currently in progress. Please wait for some time \
                           and try again.";
        Self::new(409, "RESOURCE_CONFLICT", message).detail(None, "PREVIOUS_REQUEST_IN_PROGRESS", description)
    }

    pub(crate) fn broken() -> Self {
        Self::new(500, "INTERNAL_SERVER_ERROR", "An internal server error occurred.")
    }

    pub(crate) fn reply(&self) -> Reply {
        let debug_id = ids::debug_id();
        let about = format!("https://developer.paypal.com/api/rest/responses/#{}", self.name);
        let mut links = vec![json!({ "href": about, "rel": "information_link", "method": "GET" })];
        if let Some(url) = &self.payer_action {
            links.push(json!({ "href": url, "rel": "redirect", "method": "GET" }));
        }
        let body = json!({
            "name": self.name,
            "message": self.message,
            "debug_id": debug_id,
            "details": self.details,
            "links": links,
        });
        Reply::json(self.status, &body).with("paypal-debug-id", debug_id)
    }
}

impl From<Refusal> for Served {
    fn from(refusal: Refusal) -> Self {
        refusal.reply().into()
    }
}
