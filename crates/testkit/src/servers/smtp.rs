//! An SMTP server that is not ours: aiosmtpd, keeping every message as a file.

use super::process::{PATIENCE, POLL, ServerProcess, Signal, tail};
use super::{Certificate, ServerError, io};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

const PROGRAM: &str = include_str!("smtp_sink.py");
const READING: &str = "reading the messages of the SMTP sink";

/// How the sink behaves; by default it takes everything, without TLS and without a login.
#[derive(Debug, Clone, Default)]
pub struct SmtpOptions {
    /// Demands STARTTLS, with the certificate of [`SmtpSink::certificate`].
    pub starttls: bool,
    /// Speaks TLS from the first byte, with that certificate.
    pub implicit_tls: bool,
    /// Demands a login, `(user, password)`; only under TLS when `starttls` is set.
    pub login: Option<(String, String)>,
    /// Recipients refused for good (550).
    pub refuse: Vec<String>,
    /// Recipients refused for now (451).
    pub defer: Vec<String>,
    /// So many messages are kept, and the connection then breaks before the answer.
    pub lose_answers: u32,
    /// So many times the connection breaks when the client begins anew on it (RSET).
    pub cut_at_reset: u32,
    /// Recipients at whose name the connection breaks, once each.
    pub cut_at_recipient: Vec<String>,
    /// Recipients whose messages are kept, and the connection then breaks before the answer.
    pub cut_after_data: Vec<String>,
    /// Name and text of the one TXT record by which signatures are checked (DKIM).
    pub dkim_record: Option<(String, String)>,
}

/// A message that the sink accepted.
#[derive(Debug, Clone)]
pub struct ReceivedMail {
    /// Address given in `MAIL FROM`.
    pub from: String,
    /// Addresses given in `RCPT TO`.
    pub to: Vec<String>,
    /// Whether it came under TLS.
    pub tls: bool,
    /// Who had logged in.
    pub user: Option<String>,
    /// By which connection it came; the first is 1.
    pub connection: u32,
    /// Whether its signature is good, as far as that was looked at.
    pub signed: Option<bool>,
    /// The message as it came: header, blank line, body.
    pub raw: Vec<u8>,
}

/// A running sink. Dropping it ends it.
#[derive(Debug)]
pub struct SmtpSink {
    /// Declared first: the server ends before its directory is removed.
    _process: ServerProcess,
    port: u16,
    certificate: Option<Certificate>,
    directory: TempDir,
}

/// The line before each message; see `smtp_sink.py`.
#[derive(Deserialize)]
struct Envelope {
    from: String,
    to: Vec<String>,
    tls: bool,
    user: Option<String>,
    connection: u32,
    signed: Option<bool>,
}

impl SmtpSink {
    /// Starts one on a free port of 127.0.0.1 and returns when it takes connections.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start(options: &SmtpOptions) -> Result<Self, ServerError> {
        let python = python(options.dkim_record.is_some())?;
        let directory = tempfile::Builder::new()
            .prefix("synesthesie-smtp-")
            .tempdir()
            .map_err(io("making a directory for the SMTP sink"))?;
        let certificate =
            (options.starttls || options.implicit_tls).then(Certificate::for_loopback).transpose()?;
        let settings = settings(options, certificate.as_ref(), directory.path())?;
        let log = directory.path().join("sink.log");
        let errors = File::create(&log).map_err(io("opening the log of the SMTP sink"))?;
        let mut command = Command::new(python);
        command
            .args(["-I", "-c", PROGRAM])
            .arg(directory.path())
            .arg(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut process = ServerProcess::spawn(&mut command, directory.path(), Signal::Kill)?;
        let mut line = String::new();
        if let Some(stdout) = process.take_stdout() {
            // Returns with the port, or empty when the program ends without having printed it.
            let _ = BufReader::new(stdout).read_line(&mut line).map_err(io("reading from the SMTP sink"))?;
        }
        let Ok(port) = line.trim().parse() else {
            return Err(ServerError::NotReady { program: "aiosmtpd", said: tail(&log) });
        };
        Ok(Self { _process: process, port, certificate, directory })
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `smtp://` URL of it, without a login; of no use where TLS is spoken from the first byte.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What a client has to trust when there is TLS.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// What came so far, oldest first. A message is here before its sender is told that it was accepted.
    ///
    /// # Errors
    /// [`ServerError::Io`] when a file cannot be read or is not what the sink writes.
    pub fn messages(&self) -> Result<Vec<ReceivedMail>, ServerError> {
        let mut files = self.files("eml")?;
        files.sort();
        files.iter().map(|file| message(file).map_err(io(READING))).collect()
    }

    /// How many messages came for each mail domain.
    ///
    /// # Errors
    /// As [`Self::messages`].
    pub fn per_domain(&self) -> Result<BTreeMap<String, usize>, ServerError> {
        let mut domains: BTreeMap<String, usize> = BTreeMap::new();
        for address in self.messages()?.iter().flat_map(|mail| &mail.to) {
            let domain = address.rsplit('@').next().unwrap_or_default();
            *domains.entry(domain.to_owned()).or_default() += 1;
        }
        Ok(domains)
    }

    /// How many connections there were so far, with or without a message.
    ///
    /// # Errors
    /// [`ServerError::Io`] when its directory cannot be read.
    pub fn connections(&self) -> Result<usize, ServerError> {
        Ok(self.files("connection")?.len())
    }

    fn files(&self, kind: &str) -> Result<Vec<PathBuf>, ServerError> {
        let entries = std::fs::read_dir(self.directory.path()).map_err(io(READING))?;
        Ok(entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|file| file.extension().is_some_and(|extension| extension == kind))
            .collect())
    }

    /// Waits until at least `count` messages came, and gives what is there; after a minute, however little it is.
    ///
    /// # Errors
    /// As [`Self::messages`].
    pub async fn messages_when(&self, count: usize) -> Result<Vec<ReceivedMail>, ServerError> {
        let since = Instant::now();
        loop {
            let messages = self.messages()?;
            if messages.len() >= count || since.elapsed() > PATIENCE {
                return Ok(messages);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl ReceivedMail {
    /// The message as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// The first header of this name, unfolded as RFC 5322 §2.2.3 says, not decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text().replace("\r\n", "\n");
        let head = text.split("\n\n").next()?.replace("\n ", " ").replace("\n\t", " ");
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

fn message(file: &Path) -> std::io::Result<ReceivedMail> {
    let bytes = std::fs::read(file)?;
    let (envelope, raw) = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .and_then(|end| bytes.split_at_checked(end))
        .unwrap_or_default();
    let Envelope { from, to, tls, user, connection, signed } = serde_json::from_slice(envelope)?;
    let raw = raw.iter().skip(1).copied().collect();
    Ok(ReceivedMail { from, to, tls, user, connection, signed, raw })
}

/// The second argument of `smtp_sink.py`.
fn settings(
    options: &SmtpOptions,
    certificate: Option<&Certificate>,
    directory: &Path,
) -> Result<String, ServerError> {
    let mut files = (None, None);
    if let Some(certificate) = certificate {
        let (public, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
        std::fs::write(&public, &certificate.pem).map_err(io("writing a certificate"))?;
        std::fs::write(&key, &certificate.key_pem).map_err(io("writing a key"))?;
        files = (Some(public), Some(key));
    }
    let (user, password) = options.login.clone().unzip();
    Ok(serde_json::json!({
        "certificate": files.0,
        "key": files.1,
        "user": user,
        "password": password,
        "refuse": options.refuse,
        "defer": options.defer,
        "lose_answers": options.lose_answers,
        "implicit_tls": options.implicit_tls,
        "cut_at_reset": options.cut_at_reset,
        "cut_at_recipient": options.cut_at_recipient,
        "cut_after_data": options.cut_after_data,
        "dkim_record": options.dkim_record,
    })
    .to_string())
}

/// A Python that knows aiosmtpd, and dkimpy if signatures are looked at: the first on the search path may be another than
/// the system's.
fn python(checks_signatures: bool) -> Result<&'static str, ServerError> {
    let (modules, missing) = if checks_signatures {
        let package = "python3-aiosmtpd python3-dkim";
        ("import aiosmtpd, dkim", ServerError::Missing { program: "aiosmtpd with dkimpy", package })
    } else {
        ("import aiosmtpd", ServerError::Missing { program: "aiosmtpd", package: "python3-aiosmtpd" })
    };
    let knows = |python: &&str| {
        Command::new(python)
            .args(["-I", "-c", modules])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(knows).ok_or(missing)
}
