//! Somebody who calls hooks, and hears what a test wants.

use async_trait::async_trait;
use hooks::{Caller, Heard, Outgoing};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps calls in memory. They are answered well unless it was told otherwise.
#[derive(Debug, Default)]
pub struct ScriptedCaller {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    answer: Option<Heard>,
    calls: Vec<Outgoing>,
}

impl ScriptedCaller {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on calls are answered so.
    pub fn hears(&self, status: u16) {
        self.inner().answer = Some(Heard::Answered { status, said: format!("This is {status}.") });
    }

    /// From now on nobody answers.
    pub fn hears_nothing(&self) {
        self.inner().answer = Some(Heard::Silent { why: "nobody is there".into() });
    }

    /// What was called, in the order in which it was.
    pub fn calls(&self) -> Vec<Outgoing> {
        self.inner().calls.clone()
    }
}

#[async_trait]
impl Caller for ScriptedCaller {
    fn objection(&self, url: &str) -> Option<&'static str> {
        (!url.starts_with("https://")).then_some("must begin with https://")
    }

    async fn call(&self, call: &Outgoing) -> Heard {
        let mut inner = self.inner();
        inner.calls.push(call.clone());
        inner.answer.clone().unwrap_or(Heard::Answered { status: 204, said: String::new() })
    }
}
