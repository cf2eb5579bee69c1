//! On the way in: compressed, then encrypted.

use crate::{Identities, Recipients};
use age::stream::StreamWriter;
use age::x25519::Identity;
use age::{Encryptor, Recipient};
use async_trait::async_trait;
use backups::{Flow, FlowError, Opener, Sealer};
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;
use zstd::stream::write::Encoder;

/// zstd's own choice: as quick as a disk, and close to what slower levels come to.
const LEVEL: i32 = 3;

impl Sealer for Recipients {
    fn recipients(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    fn seal(&self, plain: Box<dyn Flow>) -> Box<dyn Flow> {
        Box::new(Sealing { plain, state: State::New(self.clone()) })
    }

    fn for_once(&self) -> (Box<dyn Sealer>, Box<dyn Opener>) {
        let once = Identity::generate();
        let mut all = self.clone();
        all.0.push(once.to_public());
        (Box::new(ForOnce { lasting: self.clone(), all }), Box::new(Identities(vec![once])))
    }
}

/// Keys that people have, and one that is forgotten: nobody is told of that one, as it opens nothing any more.
struct ForOnce {
    lasting: Recipients,
    all: Recipients,
}

impl Sealer for ForOnce {
    fn recipients(&self) -> Vec<String> {
        self.lasting.recipients()
    }

    fn seal(&self, plain: Box<dyn Flow>) -> Box<dyn Flow> {
        self.all.seal(plain)
    }

    fn for_once(&self) -> (Box<dyn Sealer>, Box<dyn Opener>) {
        self.lasting.for_once()
    }
}

/// What was sealed and not taken away yet.
#[derive(Clone, Default)]
struct Sealed(Arc<Mutex<Vec<u8>>>);

impl Sealed {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sealed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both at work.
struct Work {
    encoder: Encoder<'static, StreamWriter<Sealed>>,
    sealed: Sealed,
}

impl Work {
    fn begin(recipients: &Recipients) -> Result<Self, FlowError> {
        let to = recipients.0.iter().map(|recipient| recipient as &dyn Recipient);
        let encryptor = Encryptor::with_recipients(to).map_err(|error| unsealed(&error))?;
        let sealed = Sealed::default();
        let writer = encryptor.wrap_output(sealed.clone()).map_err(|error| unsealed(&error))?;
        let encoder = Encoder::new(writer, LEVEL).map_err(|error| unsealed(&error))?;
        Ok(Self { encoder, sealed })
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.encoder.write_all(bytes)?;
        Ok(self.sealed.take())
    }

    fn end(self) -> io::Result<Vec<u8>> {
        self.encoder.finish()?.finish()?;
        Ok(self.sealed.take())
    }
}

/// Bytes that are being sealed.
struct Sealing {
    plain: Box<dyn Flow>,
    state: State,
}

enum State {
    New(Recipients),
    Open(Box<Work>),
    Ended,
    /// Somebody did not wait, or it failed.
    Lost,
}

#[async_trait]
impl Flow for Sealing {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        loop {
            let sealed = match mem::replace(&mut self.state, State::Lost) {
                State::New(recipients) => {
                    self.state = State::Open(Box::new(Work::begin(&recipients)?));
                    Vec::new()
                }
                State::Open(mut work) => match self.plain.next().await? {
                    Some(bytes) => {
                        let (work, sealed) = elsewhere(move || {
                            let sealed = work.push(&bytes)?;
                            Ok((work, sealed))
                        })
                        .await?;
                        self.state = State::Open(work);
                        sealed
                    }
                    None => {
                        let sealed = elsewhere(move || work.end()).await?;
                        self.state = State::Ended;
                        sealed
                    }
                },
                State::Ended => {
                    self.state = State::Ended;
                    return Ok(None);
                }
                State::Lost => return Err(FlowError::Unsealed("it was given up before".to_owned())),
            };
            if !sealed.is_empty() {
                return Ok(Some(sealed));
            }
        }
    }
}

/// Runs what takes the processor where it keeps nobody else waiting.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, FlowError> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| unsealed(&error)),
        // The program is ending, or the work panicked.
        Err(error) => Err(unsealed(&error)),
    }
}

fn unsealed(error: &dyn std::error::Error) -> FlowError {
    FlowError::Unsealed(error.to_string())
}
