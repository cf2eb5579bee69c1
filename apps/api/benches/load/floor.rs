//! The floor: the least that PostgreSQL has to do for a ticket, measured by `pgbench`.

use crate::Failure;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::servers::PostgresServer;

/// Its database.
const DATABASE: &str = "floor";
/// Clients that are tried.
const CLIENTS: [u32; 3] = [1, 8, 32];
/// Everything that is measured; the batch sells 50 tickets per transaction.
pub(crate) const SCRIPTS: [&str; 6] = ["txn_hot", "cte_hot", "txn_spread", "cte_spread", "batch", "read"];
const BATCH: f64 = 50.0;

/// Scripts with the schema that they need, on a server.
pub(crate) struct Floor<'a> {
    server: &'a PostgresServer,
    scripts: PathBuf,
}

/// A script with the number of clients that it was fastest with.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    pub(crate) script: &'static str,
    pub(crate) clients: u32,
    pub(crate) per_second: f64,
}

impl<'a> Floor<'a> {
    /// `None`, said loudly, when the scripts are not there.
    pub(crate) fn find(server: &'a PostgresServer) -> Option<Self> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/bench");
        if scripts.join("schema.sql").is_file() {
            return Some(Self { server, scripts });
        }
        eprintln!(
            "NO COMPARISON WITH PGBENCH: its scripts are not in {}; only our own figures follow.",
            scripts.display()
        );
        None
    }

    /// Makes its database anew.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        let schema = std::fs::read_to_string(self.scripts.join("schema.sql"))?;
        self.server.query("postgres", &format!("DROP DATABASE IF EXISTS {DATABASE};"))?;
        self.server.query("postgres", &format!("CREATE DATABASE {DATABASE};"))?;
        self.server.query(DATABASE, &schema)?;
        Ok(())
    }

    /// Each script with the clients that suit it best.
    pub(crate) fn survey(&self, time: Duration) -> Result<Vec<Best>, Failure> {
        let mut found = Vec::new();
        for script in SCRIPTS {
            let mut best: Option<Best> = None;
            for clients in CLIENTS {
                let per_second = self.run(script, clients, time)?;
                eprintln!("  pgbench {script}, {clients} clients: {per_second:.0} a second");
                if best.as_ref().is_none_or(|best| per_second > best.per_second) {
                    best = Some(Best { script, clients, per_second });
                }
            }
            found.extend(best);
        }
        Ok(found)
    }

    /// Tickets (or reads) a second.
    pub(crate) fn run(&self, script: &str, clients: u32, time: Duration) -> Result<f64, Failure> {
        self.server.query("postgres", "CHECKPOINT;")?;
        let said = Command::new(self.server.programs().join("pgbench"))
            .args(["-n", "-M", "prepared", "-T", &time.as_secs().max(1).to_string()])
            .args(["-c", &clients.to_string(), "-f"])
            .arg(self.scripts.join(script).with_extension("sql"))
            .arg(self.server.database_url(DATABASE))
            .stdin(Stdio::null())
            .output()?;
        let per_second = tps(&String::from_utf8_lossy(&said.stdout)).filter(|_| said.status.success());
        let Some(per_second) = per_second else {
            return Err(format!("pgbench: {}", String::from_utf8_lossy(&said.stderr)).into());
        };
        Ok(if script == "batch" { per_second * BATCH } else { per_second })
    }
}

/// From `tps = 123.4 (without initial connection time)`.
fn tps(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}
