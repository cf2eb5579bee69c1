//! SQL from outside of the program, by `psql`.

use super::{PostgresServer, ServerError, io};
use std::io::Write;
use std::process::{Command, Stdio};

impl PostgresServer {
    /// Runs statements and gives their rows: one line each, columns separated by `|`.
    ///
    /// # Errors
    /// [`ServerError::Refused`] with the server's words.
    pub fn query(&self, database: &str, sql: &str) -> Result<String, ServerError> {
        let mut child = Command::new(self.programs().join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.database_url(database))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io("running psql"))?;
        if let Some(mut input) = child.stdin.take() {
            // When psql ends before it has read everything, it says why.
            let _ = input.write_all(sql.as_bytes());
        }
        let said = child.wait_with_output().map_err(io("running psql"))?;
        if said.status.success() {
            return Ok(String::from_utf8_lossy(&said.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        Err(ServerError::Refused { program: "psql", said })
    }
}
