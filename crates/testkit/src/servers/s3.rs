//! A private server that speaks S3: Garage, which is not ours.

use super::process::{PATIENCE, POLL, ServerProcess, Signal, on_path, tail};
use super::{ServerError, io, port};
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// What it calls where it is.
const REGION: &str = "garage";
/// Its names for the only one who may ask it; it takes no others than such.
const ACCESS_KEY: &str = "GK31c2f218a2e44f485b94239e";
const SECRET_KEY: &str = "b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835";
const BUCKET: &str = "media";

/// A bucket that tests may fill, and who may do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// What the server calls where it is.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Who asks.
    pub access_key: String,
    /// How they prove it.
    pub secret_key: String,
}

/// A server of one test, on 127.0.0.1, with one private bucket. Dropping it ends it.
#[derive(Debug)]
pub struct S3Server {
    /// Declared first: the server ends before its directory is removed.
    process: Option<ServerProcess>,
    program: PathBuf,
    port: u16,
    directory: TempDir,
}

impl S3Server {
    /// What follows a bucket's name in the host, where it stands there: `media.s3.localhost`. Nobody looks that up:
    /// who asks so has to know that it is here.
    pub const DOMAIN: &str = "s3.localhost";

    /// Starts one on free ports and returns when it takes connections.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start() -> Result<Self, ServerError> {
        let program = on_path("garage")
            .ok_or(ServerError::Missing { program: "garage", package: "garage, by cargo install" })?;
        let directory = tempfile::Builder::new()
            .prefix("synesthesie-s3-")
            .tempdir()
            .map_err(io("making a directory for Garage"))?;
        let mut server = Self { process: None, program, port: 0, directory };
        for _ in 0..5 {
            server.port = port::free().map_err(io("finding a free port"))?;
            if server.launch()? {
                return Ok(server);
            }
        }
        Err(server.not_ready())
    }

    /// Its bucket.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        Bucket {
            endpoint: format!("http://127.0.0.1:{}", self.port),
            region: REGION.into(),
            name: BUCKET.into(),
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.into(),
        }
    }

    /// Ends it at once: connections break, the port refuses.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |process| process.stop(Signal::Kill))
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    fn not_ready(&self) -> ServerError {
        ServerError::NotReady { program: "garage", said: tail(&self.log()) }
    }

    /// Its configuration, with another port for what several of them would say to each other.
    fn configuration(&self) -> Result<String, ServerError> {
        let home = self.directory.path().display();
        let other = port::free().map_err(io("finding a free port"))?;
        let domain = Self::DOMAIN;
        let port = self.port;
        Ok(format!(
            r#"metadata_dir = "{home}/meta"
data_dir = "{home}/data"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:{other}"
rpc_public_addr = "127.0.0.1:{other}"
rpc_secret = "{SECRET_KEY}"

[s3_api]
s3_region = "{REGION}"
api_bind_addr = "127.0.0.1:{port}"
root_domain = ".{domain}"
"#
        ))
    }

    /// Runs it; `false` when it ended at once, as it does when a port was taken meanwhile.
    fn launch(&mut self) -> Result<bool, ServerError> {
        let file = self.directory.path().join("garage.toml");
        std::fs::write(&file, self.configuration()?).map_err(io("writing Garage's configuration"))?;
        let log = File::create(self.log()).map_err(io("opening Garage's log"))?;
        let copy = log.try_clone().map_err(io("opening Garage's log"))?;
        let mut command = Command::new(&self.program);
        command
            .arg("-c")
            .arg(&file)
            .args(["server", "--single-node", "--default-bucket"])
            .env("GARAGE_DEFAULT_ACCESS_KEY", ACCESS_KEY)
            .env("GARAGE_DEFAULT_SECRET_KEY", SECRET_KEY)
            .env("GARAGE_DEFAULT_BUCKET", BUCKET)
            .env("RUST_LOG", "garage=info,garage_api_common=info")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(copy);
        let mut process = ServerProcess::spawn(&mut command, self.directory.path(), Signal::Kill)?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            // What it says comes before it listens.
            if log.contains("S3 API server listening")
                && std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            {
                self.process = Some(process);
                return Ok(true);
            }
            if process.has_ended() {
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
        Err(self.not_ready())
    }
}

impl Bucket {
    /// For a variable: `http://ACCESS:SECRET@HOST/REGION/NAME`.
    #[must_use]
    pub fn url(&self) -> String {
        let host = self.endpoint.trim_start_matches("http://");
        let Self { region, name, access_key, secret_key, .. } = self;
        format!("http://{access_key}:{secret_key}@{host}/{region}/{name}")
    }

    /// What [`Self::url`] made.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let (keys, rest) = url.strip_prefix("http://")?.split_once('@')?;
        let (access_key, secret_key) = keys.split_once(':')?;
        let (host, rest) = rest.split_once('/')?;
        let (region, name) = rest.split_once('/')?;
        Some(Self {
            endpoint: format!("http://{host}"),
            region: region.into(),
            name: name.into(),
            access_key: access_key.into(),
            secret_key: secret_key.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Bucket;

    #[test]
    fn a_bucket_is_named_by_a_url_and_found_again() {
        let url = "http://GK1:abc@127.0.0.1:9000/garage/media";
        let bucket = Bucket::parse(url).unwrap();
        assert_eq!(bucket.endpoint, "http://127.0.0.1:9000");
        assert_eq!(bucket.url(), url);
        assert_eq!(Bucket::parse("http://127.0.0.1:9000/garage/media"), None);
    }
}
