//! The crowd's letter box: a mail server on loopback that takes everything, and keeps what a rehearsal asks about. Which
//! mail came how often; the links that prove addresses; the codes of tickets. Mails live as long as the rehearsal,
//! whichever of its processes is killed.

use mail_parser::MessageParser;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is kept of a message, in bytes: the text stands at its beginning, pictures and files behind it.
const BEGINNING: usize = 64 * 1024;
/// What stands before the token in the mail that asks for the proof of an address.
const LINK: &str = "/verify-email#token=";
/// Letters and digits of a ticket's code, at least.
const CODE: usize = 100;
/// A mail that comes again sooner was sent by two at once: whoever does it anew, because nobody said that it was done,
/// waits for the end of a lease.
const SOON: Duration = Duration::from_secs(3);
/// For so long something that was begun before a jump of the clock may still be at work, and its lease is over.
const AT_WORK: Duration = Duration::from_secs(15);
/// Complaints that are kept.
const MOST: usize = 50;

/// The server, and what came.
pub struct Post {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

/// What came.
#[derive(Default)]
struct Kept {
    /// By their names, which are those of the effects that owed them.
    letters: BTreeMap<String, Letter>,
    /// Mails that came once more.
    again: u64,
    /// What should not have come, in words.
    wrong: Vec<String>,
    /// When the clock last jumped, by the real one.
    jumped: Option<Instant>,
}

struct Letter {
    to: String,
    token: Option<String>,
    codes: Vec<String>,
    /// When it came last.
    came: Instant,
}

impl Post {
    /// Opens it on a free port.
    ///
    /// # Errors
    /// No port can be listened on.
    pub async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let kept = Arc::<Mutex<Kept>>::default();
        let task = tokio::spawn(listen(listener, Arc::clone(&kept)));
        Ok(Self { address, kept, task })
    }

    /// As `mail.url` names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// To be said before the invented clock is put forward: leases end then, and what is at work is begun anew.
    pub fn clock_jumps(&self) {
        self.kept().jumped = Some(Instant::now());
    }

    /// The tokens that prove addresses, by address.
    #[must_use]
    pub fn tokens(&self) -> BTreeMap<String, String> {
        let kept = self.kept();
        let tokens =
            kept.letters.values().filter_map(|letter| Some((letter.to.clone(), letter.token.clone()?)));
        tokens.collect()
    }

    /// By whom each code was got, and in how many different mails.
    #[must_use]
    pub fn codes(&self) -> BTreeMap<(String, String), u64> {
        let mut codes = BTreeMap::new();
        for letter in self.kept().letters.values() {
            // A code that stands in a mail twice was sent once.
            for code in letter.codes.iter().collect::<BTreeSet<_>>() {
                *codes.entry((letter.to.clone(), code.clone())).or_default() += 1;
            }
        }
        codes
    }

    /// How many mails came, and how many of them once more.
    #[must_use]
    pub fn counted(&self) -> (u64, u64) {
        let kept = self.kept();
        (u64::try_from(kept.letters.len()).unwrap_or(u64::MAX), kept.again)
    }

    /// What should not have come, in words.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        self.kept().wrong.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    fn take(&mut self, to: &str, message: &[u8], now: Instant) {
        let parsed = MessageParser::default().parse(message);
        let read = parsed.as_ref().and_then(|mail| Some((mail.message_id()?, mail.body_text(0)?)));
        let Some((id, text)) = read else { return self.complain(format!("a mail to {to} cannot be read")) };
        let Some(before) = self.letters.get_mut(id) else {
            self.letters.insert(id.to_owned(), Letter::read(to, &text, now));
            return;
        };
        self.again += 1;
        let last = std::mem::replace(&mut before.came, now);
        let jumped = self.jumped.is_some_and(|at| last.saturating_duration_since(at) < AT_WORK);
        if now.saturating_duration_since(last) < SOON && !jumped {
            self.complain(format!("the mail {id} to {to} was sent by two workers at once"));
        }
    }

    fn complain(&mut self, what: String) {
        if self.wrong.len() < MOST {
            self.wrong.push(what);
        }
    }
}

impl Letter {
    fn read(to: &str, text: &str, came: Instant) -> Self {
        let token = text.split_once(LINK).and_then(|(_, rest)| rest.lines().next());
        let codes = text.lines().map(str::trim).filter(|line| is_code(line));
        Self {
            to: to.to_owned(),
            token: token.map(|token| token.trim().to_owned()),
            codes: codes.map(str::to_owned).collect(),
            came,
        }
    }
}

/// Base32, and long.
fn is_code(line: &str) -> bool {
    line.len() >= CODE && line.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
}

async fn listen(listener: TcpListener, kept: Arc<Mutex<Kept>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let kept = Arc::clone(&kept);
        tokio::spawn(async move {
            // Whoever is killed while it speaks has said nothing.
            let _ = converse(BufStream::new(stream), &kept).await;
        });
    }
}

/// One conversation (RFC 5321): as much of it as a mailer needs.
async fn converse(mut line: BufStream<TcpStream>, kept: &Mutex<Kept>) -> io::Result<()> {
    say(&mut line, "220 rehearsal.invalid ESMTP").await?;
    let (mut command, mut to) = (Vec::new(), String::new());
    loop {
        command.clear();
        if line.read_until(b'\n', &mut command).await? == 0 {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&command);
        let verb: String = said.chars().take(4).collect();
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => "250-rehearsal.invalid\r\n250 8BITMIME",
            "HELO" | "NOOP" | "RSET" | "MAIL" => "250 2.0.0 OK",
            "RCPT" => {
                between(&said, '<', '>').clone_into(&mut to);
                "250 2.1.5 OK"
            }
            "DATA" => {
                say(&mut line, "354 Go on").await?;
                let message = message(&mut line).await?;
                lock(kept).take(&to, &message, Instant::now());
                "250 2.0.0 Taken"
            }
            "QUIT" => return say(&mut line, "221 2.0.0 Goodbye").await,
            _ => "502 5.5.1 Nobody does that here",
        };
        say(&mut line, answer).await?;
    }
}

async fn say(line: &mut BufStream<TcpStream>, what: &str) -> io::Result<()> {
    line.write_all(format!("{what}\r\n").as_bytes()).await?;
    line.flush().await
}

/// The beginning of a message, which is read up to the line that ends it (RFC 5321, section 4.5.2).
async fn message(line: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let (mut message, mut next) = (Vec::new(), Vec::new());
    loop {
        next.clear();
        if line.read_until(b'\n', &mut next).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if next == b".\r\n" {
            return Ok(message);
        }
        if message.len() < BEGINNING {
            message.extend_from_slice(next.strip_prefix(b".").unwrap_or(&next));
        }
    }
}

fn between(text: &str, from: char, to: char) -> &str {
    let inside = text.split_once(from).and_then(|(_, rest)| rest.split_once(to));
    inside.map_or("", |(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapter_smtp::SmtpMailer;
    use kernel::{Attachment, Clock, EffectId, Mail, Mailer, SystemClock};

    const TO: &str = "guest-1@rehearsal.invalid";

    async fn open() -> (Post, SmtpMailer) {
        let post = Post::open().await.unwrap();
        let mailer = SmtpMailer::new(&post.url(), "House <house@localhost>", Arc::new(SystemClock)).unwrap();
        (post, mailer)
    }

    fn mail(text: &str) -> Mail {
        let file = Attachment {
            filename: "tickets.pdf".into(),
            content_type: "application/pdf".into(),
            content_id: None,
            bytes: vec![7; 200_000],
        };
        Mail {
            id: EffectId::generate(SystemClock.now()),
            to: TO.into(),
            subject: "Tickets für dich".into(),
            text: text.into(),
            html: Some("<p>The same</p>".into()),
            attachments: vec![file],
            return_path: None,
            unsubscribe: None,
        }
    }

    #[tokio::test]
    async fn links_and_codes_are_found_however_long_their_lines_are() {
        let (post, mailer) = open().await;
        let (token, code) = ("t".repeat(43), "A2".repeat(81));
        mailer.send(&mail(&format!("Hier:\n\nhttp://127.0.0.1:1{LINK}{token}\n\nGrüße\n"))).await.unwrap();
        mailer.send(&mail(&format!("1 of 2: Hall\n{code}\n\n.\nThe same again:\n{code}\n"))).await.unwrap();
        assert_eq!(post.tokens(), BTreeMap::from([(TO.to_owned(), token)]));
        assert_eq!(post.codes(), BTreeMap::from([((TO.to_owned(), code), 1)]));
        assert_eq!((post.counted(), post.wrong()), ((2, 0), Vec::new()));
    }

    #[tokio::test]
    async fn a_mail_that_two_send_at_once_is_named_and_one_that_is_done_anew_is_counted() {
        let (post, mailer) = open().await;
        let twice = mail("Tickets");
        post.clock_jumps();
        mailer.send(&twice).await.unwrap();
        mailer.send(&twice).await.unwrap();
        assert_eq!((post.counted(), post.wrong()), ((1, 1), Vec::new()), "a lease ended with the jump");
        post.kept().jumped = None;
        mailer.send(&twice).await.unwrap();
        assert_eq!(post.counted(), (1, 2));
        assert!(post.wrong().first().is_some_and(|wrong| wrong.contains(&twice.id.to_string())));
    }

    #[test]
    fn a_mail_that_comes_again_after_a_lease_was_not_sent_by_two() {
        let (mut kept, now) = (Kept::default(), Instant::now());
        let message = b"Message-ID: <1@localhost>\r\nContent-Type: text/plain\r\n\r\nTickets\r\n";
        kept.take(TO, message, now);
        kept.take(TO, message, now + SOON);
        assert_eq!((kept.again, kept.wrong.len()), (1, 0));
        kept.take(TO, b"", now);
        assert_eq!(kept.wrong.len(), 1, "what cannot be read is said");
    }

    #[tokio::test]
    async fn the_same_code_in_two_mails_is_counted_twice() {
        let (post, mailer) = open().await;
        let code = "B3".repeat(81);
        mailer.send(&mail(&code)).await.unwrap();
        mailer.send(&mail(&code)).await.unwrap();
        assert_eq!(post.codes(), BTreeMap::from([((TO.to_owned(), code), 2)]));
    }
}
