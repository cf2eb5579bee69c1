//! On the way out: decrypted, then decompressed. Both want to be read from, so they run on a thread of their own, between
//! two short queues.

use crate::Identities;
use age::{DecryptError, Decryptor, Identity};
use async_trait::async_trait;
use backups::{Flow, FlowError, Opener};
use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use zstd::stream::read::Decoder;

/// Runs of bytes that wait in each queue.
const WAITING: usize = 2;
/// Bytes of a run that was opened.
const RUN: usize = 128 * 1024;

/// A run, the end that was reached in order, or why no more comes.
type Next = Result<Option<Vec<u8>>, FlowError>;

impl Opener for Identities {
    fn open(&self, sealed: Box<dyn Flow>) -> Box<dyn Flow> {
        let (feed, fed) = channel(WAITING);
        let (tell, told) = channel(WAITING);
        tokio::spawn(pump(sealed, feed));
        let identities = self.clone();
        spawn_blocking(move || {
            let end = work(&identities, fed, &tell).map(|()| None);
            // Nobody may be listening any more.
            let _ = tell.blocking_send(end);
        });
        Box::new(Opened { told, ended: false })
    }
}

/// Hands over what comes, until it ends or nobody takes it.
async fn pump(mut sealed: Box<dyn Flow>, feed: Sender<Next>) {
    loop {
        let next = sealed.next().await;
        let over = !matches!(next, Ok(Some(_)));
        if feed.send(next).await.is_err() || over {
            return;
        }
    }
}

/// The thread's side of the first queue.
struct Fed {
    fed: Receiver<Next>,
    run: io::Cursor<Vec<u8>>,
    ended: bool,
    /// Why no more came, for who sees only that reading failed.
    why: Arc<Mutex<Option<FlowError>>>,
}

impl Read for Fed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.run.read(into)?;
            if read > 0 || into.is_empty() || self.ended {
                return Ok(read);
            }
            match self.fed.blocking_recv() {
                Some(Ok(Some(bytes))) => self.run = io::Cursor::new(bytes),
                Some(Ok(None)) => self.ended = true,
                Some(Err(error)) => {
                    *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return Err(io::Error::other("no more comes"));
                }
                // Whoever pumps was stopped, which is no end.
                None => return Err(io::Error::other("it was given up")),
            }
        }
    }
}

fn work(identities: &Identities, fed: Receiver<Next>, tell: &Sender<Next>) -> Result<(), FlowError> {
    let why = Arc::new(Mutex::new(None));
    let fed = Fed { fed, run: io::Cursor::default(), ended: false, why: Arc::clone(&why) };
    let opened = open_all(identities, fed, tell);
    // What went wrong first is the reason.
    let first = why.lock().unwrap_or_else(PoisonError::into_inner).take();
    first.map_or(opened, Err)
}

fn open_all(identities: &Identities, fed: Fed, tell: &Sender<Next>) -> Result<(), FlowError> {
    let decryptor = Decryptor::new_buffered(BufReader::new(fed)).map_err(refused)?;
    let keys = identities.0.iter().map(|identity| identity as &dyn Identity);
    let decrypted = decryptor.decrypt(keys).map_err(refused)?;
    let mut plain = Decoder::new(decrypted).map_err(unreadable)?;
    loop {
        let mut run = vec![0; RUN];
        // To its very end: only there it is known that nothing was cut off.
        let read = plain.read(&mut run).map_err(unreadable)?;
        if read == 0 {
            return Ok(());
        }
        run.truncate(read);
        if tell.blocking_send(Ok(Some(run))).is_err() {
            return Err(FlowError::Unreadable("nobody reads it any more".to_owned()));
        }
    }
}

fn refused(error: DecryptError) -> FlowError {
    match error {
        DecryptError::NoMatchingKeys => FlowError::WrongKey,
        other => FlowError::Unreadable(other.to_string()),
    }
}

fn unreadable(error: io::Error) -> FlowError {
    FlowError::Unreadable(error.to_string())
}

/// What was opened.
struct Opened {
    told: Receiver<Next>,
    ended: bool,
}

#[async_trait]
impl Flow for Opened {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        if self.ended {
            return Ok(None);
        }
        match self.told.recv().await {
            Some(next) => {
                self.ended = matches!(next, Ok(None));
                next
            }
            None => Err(FlowError::Unreadable("it was given up".to_owned())),
        }
    }
}
