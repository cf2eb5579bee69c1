//! A stream that does as it is told, and what can be heard of any.

use async_trait::async_trait;
use kernel::{Message, Published, Stream, StreamError};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps messages in memory, and fails when it was told to.
#[derive(Debug, Default)]
pub struct ScriptedStream {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    messages: Vec<Message>,
    /// How many more it takes before it is away; `None` when it stays.
    patience: Option<usize>,
    loses_answers: bool,
}

impl ScriptedStream {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It takes so many more messages, and is away from then on.
    pub fn leave_after(&self, messages: usize) {
        self.inner().patience = Some(messages);
    }

    /// It takes the next message, and its answer is lost.
    pub fn lose_an_answer(&self) {
        self.inner().loses_answers = true;
    }

    /// It is there again.
    pub fn come_back(&self) {
        self.inner().patience = None;
    }

    /// What it has, in the order in which it came.
    pub fn messages(&self) -> Vec<Message> {
        self.inner().messages.clone()
    }
}

#[async_trait]
impl Stream for ScriptedStream {
    async fn publish(&self, message: &Message) -> Result<(), StreamError> {
        let mut inner = self.inner();
        match &mut inner.patience {
            Some(0) => return Err(StreamError::new("publishing", "it is away")),
            Some(left) => *left -= 1,
            None => {}
        }
        inner.messages.push(message.clone());
        if std::mem::take(&mut inner.loses_answers) {
            return Err(StreamError::new("publishing", "the answer was lost"));
        }
        Ok(())
    }

    async fn ping(&self) -> Result<(), StreamError> {
        match self.inner().patience {
            Some(0) => Err(StreamError::new("asking for a sign of life", "it is away")),
            _ => Ok(()),
        }
    }
}

/// News as a message, with what was kept as its body.
///
/// # Errors
/// Never.
pub fn plainly(news: &Published) -> Result<Message, Box<dyn Error + Send + Sync>> {
    let (id, key, kind, body) = (news.id(), news.booking.to_string(), news.kind.clone(), news.body.clone());
    Ok(Message { id, key, kind, body })
}

/// What somebody hears who does not listen to what they know already: by what it is about, the messages in the order in
/// which each came for the first time. Messages are named by what they are about and a number.
///
/// # Panics
/// When a message has no number, or one comes before its predecessors.
#[must_use]
pub fn heard(messages: &[Message]) -> BTreeMap<String, Vec<Message>> {
    let mut heard = BTreeMap::<String, Vec<Message>>::new();
    for message in messages {
        let number = message.id.rsplit('-').next().and_then(|number| number.parse::<usize>().ok());
        let Some(number) = number else { panic!("a message without a number: {}", message.id) };
        let before = heard.entry(message.key.clone()).or_default();
        if number <= before.len() {
            // It is the same as the first time.
            assert_eq!(before.get(number - 1), Some(message), "two messages have one name");
        } else {
            assert_eq!(number, before.len() + 1, "{} came before its predecessors", message.id);
            before.push(message.clone());
        }
    }
    heard
}
