//! A mail server that takes everything and keeps of it only for whom it was (RFC 5321): light enough to stand beside a
//! program under load. It judges nothing; whether mails are as they should be is for `servers::SmtpSink`, which is not ours.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What ends the content of a mail; what begins with a dot has another one before it.
const END: &[u8] = b"\r\n.\r\n";
/// Longest line of a command, in bytes.
const MOST_LINE: usize = 4096;

/// Listens on loopback, on a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct MailSink {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Addresses given in `RCPT TO`.
    pub to: Vec<String>,
    /// What stands between the brackets of its `Message-ID`; empty without one.
    pub id: String,
}

#[derive(Debug, Default)]
struct Kept {
    mails: Vec<Taken>,
    connections: u64,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl MailSink {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// When there is none, or no thread.
    pub fn start() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let kept = Arc::<Mutex<Kept>>::default();
        let shared = Arc::clone(&kept);
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    // What cannot be listened on takes nothing, which shows.
                    _ = listen(listener, shared) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("mail sink".to_owned()).spawn(serve)?;
        Ok(Self { address, kept, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a program is told it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// How many mails were taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.kept().mails.len()
    }

    /// How many connections were opened.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.kept().connections
    }

    /// All mails that were taken, in their order.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.kept().mails.clone()
    }

    /// Mails a second, from the first to the last; `None` before there are two.
    #[must_use]
    pub fn pace(&self) -> Option<f64> {
        let kept = self.kept();
        let time = kept.last?.duration_since(kept.first?).as_secs_f64();
        let count = u32::try_from(kept.mails.len()).ok()?.checked_sub(1)?;
        (time > 0.0).then(|| f64::from(count) / time)
    }

    /// Forgets what was taken so far.
    pub fn forget(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn listen(listener: std::net::TcpListener, kept: Arc<Mutex<Kept>>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(converse(stream, Arc::clone(&kept)));
    }
}

async fn converse(mut stream: TcpStream, kept: Arc<Mutex<Kept>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    kept.lock().unwrap_or_else(PoisonError::into_inner).connections += 1;
    stream.write_all(b"220 sink\r\n").await?;
    let (mut conversation, mut heard, mut answers) =
        (Conversation::default(), Vec::with_capacity(64 * 1024), Vec::new());
    while !conversation.is_over {
        heard.clear();
        if stream.read_buf(&mut heard).await? == 0 {
            break;
        }
        answers.clear();
        let taken = conversation.hear(&heard, &mut answers);
        if !taken.is_empty() {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            kept.first.get_or_insert(now);
            kept.last = Some(now);
            kept.mails.extend(taken);
        }
        stream.write_all(&answers).await?;
    }
    Ok(())
}

/// What was said so far and is not answered yet. Commands may come several at a time, and in pieces.
#[derive(Debug, Default)]
struct Conversation {
    unheard: Vec<u8>,
    to: Vec<String>,
    /// Whether the content of a mail comes.
    is_content: bool,
    is_over: bool,
}

impl Conversation {
    /// Takes what came, adds what is to be answered, and gives the mails that are whole.
    fn hear(&mut self, bytes: &[u8], answers: &mut Vec<u8>) -> Vec<Taken> {
        self.unheard.extend_from_slice(bytes);
        let mut taken = Vec::new();
        while !self.is_over {
            if self.is_content {
                let Some(length) = content(&self.unheard) else { break };
                let mail = self.unheard.get(..length).unwrap_or_default();
                taken.push(Taken { to: std::mem::take(&mut self.to), id: message_id(mail) });
                self.unheard.drain(..length);
                self.is_content = false;
                answers.extend_from_slice(b"250 taken\r\n");
                continue;
            }
            let Some(end) = self.unheard.windows(2).position(|two| two == b"\r\n") else {
                // Nobody goes on for so long without the end of a line.
                self.is_over = self.unheard.len() > MOST_LINE;
                break;
            };
            let line: Vec<u8> = self.unheard.drain(..end + 2).collect();
            answers.extend_from_slice(self.obey(String::from_utf8_lossy(&line).trim()).as_bytes());
        }
        taken
    }

    fn obey(&mut self, line: &str) -> &'static str {
        let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match command.as_str() {
            "EHLO" => "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "RCPT" => {
                self.to.extend(address(line));
                "250 fine\r\n"
            }
            "DATA" if self.to.is_empty() => "503 for whom\r\n",
            "DATA" => {
                self.is_content = true;
                "354 go on\r\n"
            }
            "MAIL" | "RSET" => {
                self.to.clear();
                "250 fine\r\n"
            }
            "HELO" | "NOOP" => "250 fine\r\n",
            "QUIT" => {
                self.is_over = true;
                "221 bye\r\n"
            }
            _ => "500 what\r\n",
        }
    }
}

/// How long the content is, with what ends it; `None` while it is not whole.
fn content(bytes: &[u8]) -> Option<usize> {
    // Nothing at all is a content, too.
    if bytes.starts_with(b".\r\n") {
        return Some(3);
    }
    bytes.windows(END.len()).position(|five| five == END).map(|at| at + END.len())
}

/// What stands between the brackets.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    rest.split_once('>').map(|(address, _)| address.to_owned())
}

fn message_id(mail: &[u8]) -> String {
    const NAME: &str = "message-id:";
    let head = mail.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(mail.len());
    let head = String::from_utf8_lossy(mail.get(..head).unwrap_or_default());
    let named = head
        .lines()
        .find(|line| line.get(..NAME.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAME)));
    named.and_then(address).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "EHLO house\r\nMAIL FROM:<house@example.org>\r\nRCPT TO:<ada@example.org>\r\n\
        RCPT TO:<eve@example.org> NOTIFY=NEVER\r\nDATA\r\nSubject: x\r\nMESSAGE-ID: <7@example.org>\r\n\r\n\
        One\r\n..two\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n.\r\nQUIT\r\nNOOP\r\n";

    fn expected() -> Vec<Taken> {
        let to = |names: &[&str]| names.iter().map(|name| format!("{name}@example.org")).collect();
        vec![
            Taken { to: to(&["ada", "eve"]), id: "7@example.org".to_owned() },
            Taken { to: to(&["bob"]), id: String::new() },
        ]
    }

    #[test]
    fn mails_are_taken_however_they_come() {
        for size in 1..=WHOLE.len() {
            let (mut conversation, mut answers, mut taken) =
                (Conversation::default(), Vec::new(), Vec::new());
            for piece in WHOLE.as_bytes().chunks(size) {
                if !conversation.is_over {
                    taken.extend(conversation.hear(piece, &mut answers));
                }
            }
            assert_eq!(taken, expected(), "in pieces of {size}");
            let answers = String::from_utf8(answers).unwrap();
            let codes: Vec<_> =
                answers.lines().filter(|line| &line[3..4] == " ").map(|line| &line[..3]).collect();
            assert_eq!(codes, ["250", "250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]);
        }
    }

    #[test]
    fn what_is_for_nobody_is_not_taken_and_what_is_no_command_is_told() {
        let (mut conversation, mut answers) = (Conversation::default(), Vec::new());
        assert_eq!(conversation.hear(b"MAIL FROM:<a@b>\r\nDATA\r\nhello\r\n", &mut answers), []);
        assert_eq!(answers, b"250 fine\r\n503 for whom\r\n500 what\r\n");
        conversation.hear(&[b'x'; MOST_LINE + 1], &mut answers);
        assert!(conversation.is_over);
    }

    #[test]
    fn mails_and_connections_are_counted() {
        use std::io::{Read, Write};
        let sink = MailSink::start().unwrap();
        let (until_bye, _) = WHOLE.split_once("NOOP").unwrap();
        for _ in 0..2 {
            let mut stream = std::net::TcpStream::connect(sink.address()).unwrap();
            stream.write_all(until_bye.as_bytes()).unwrap();
            let mut answers = String::new();
            stream.read_to_string(&mut answers).unwrap();
            assert!(answers.starts_with("220 sink\r\n") && answers.ends_with("221 bye\r\n"), "{answers}");
        }
        assert_eq!((sink.count(), sink.connections()), (4, 2));
        assert_eq!(sink.taken(), [expected(), expected()].concat());
        assert!(sink.pace().is_some());
        sink.forget();
        assert_eq!((sink.count(), sink.pace()), (0, None));
    }
}
