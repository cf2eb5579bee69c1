//! Errors as Stripe writes them: `{"error": {"type", "code", "message", "param"}}`.

use crate::call::{Call, Reply};
use crate::desk::Served;
use serde_json::{Map, Value, json};

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub code: Option<&'static str>,
    pub message: String,
    pub param: Option<String>,
    /// Whether an idempotency key remembers it: Stripe does so once a request has passed the checks of its
    /// parameters.
    pub remembered: bool,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, kind, code, message: message.into(), param: None, remembered: false }
    }

    fn about(mut self, param: Option<&str>) -> Self {
        self.param = param.map(str::to_owned);
        self
    }

    /// A parameter that makes no sense.
    pub(crate) fn invalid(param: Option<&str>, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", None, message).about(param)
    }

    /// The same, with a code.
    pub(crate) fn coded(code: &'static str, param: Option<&str>, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", Some(code), message).about(param)
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self::coded("parameter_missing", Some(param), format!("Missing required param: {param}."))
    }

    pub(crate) fn unknown_parameter(param: &str) -> Self {
        Self::coded("parameter_unknown", Some(param), format!("Received unknown parameter: {param}"))
    }

    /// Something that the state of things forbids.
    pub(crate) fn forbidden(
        code: Option<&'static str>,
        param: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        let refusal = Self::new(400, "invalid_request_error", code, message).about(param);
        Self { remembered: true, ..refusal }
    }

    pub(crate) fn no_such(what: &str, id: &str, param: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        let refusal =
            Self::new(404, "invalid_request_error", Some("resource_missing"), message).about(Some(param));
        Self { remembered: true, ..refusal }
    }

    pub(crate) fn no_key() -> Self {
        let message = "You did not provide an API key. You need to provide your API key in the Authorization \
                       header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').";
        Self::new(401, "invalid_request_error", None, message)
    }

    pub(crate) fn wrong_key() -> Self {
        Self::new(401, "invalid_request_error", None, "Invalid API Key provided")
    }

    pub(crate) fn unknown_url(call: &Call) -> Self {
        let message = format!("Unrecognized request URL ({}: {}).", call.method, call.path);
        Self::new(404, "invalid_request_error", None, message)
    }

    pub(crate) fn other_parameters(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. \
             Try using a key other than '{key}' if you meant to execute a different request."
        );
        Self::new(400, "idempotency_error", None, message)
    }

    pub(crate) fn in_use() -> Self {
        let message = "There is currently another in-progress request using this idempotency key.";
        Self::new(409, "idempotency_error", Some("idempotency_key_in_use"), message)
    }

    pub(crate) fn broken() -> Self {
        Self::new(500, "api_error", None, "An unknown error occurred")
    }

    pub(crate) fn reply(&self) -> Reply {
        let mut error = Map::new();
        error.insert("message".into(), json!(self.message));
        error.insert("type".into(), json!(self.kind));
        if let Some(code) = self.code {
            error.insert("code".into(), json!(code));
            error.insert("doc_url".into(), json!(format!("https://stripe.com/docs/error-codes/{code}")));
        }
        if let Some(param) = &self.param {
            error.insert("param".into(), json!(param));
        }
        Reply::json(self.status, &json!({ "error": Value::Object(error) }))
    }
}

impl From<Refusal> for Served {
    fn from(refusal: Refusal) -> Self {
        refusal.reply().into()
    }
}
