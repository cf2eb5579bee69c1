//! RSA keys with certificates, made by OpenSSL: what signs for others is checked with a program that is not ours.
#![expect(clippy::expect_used, reason = "a fixture that cannot be made fails its test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Which passes the certificate is for.
pub const PASS_TYPE: &str = "pass.org.example.tickets";
/// Whose it is.
pub const TEAM: &str = "A1B2C3D4E5";

/// A certificate with its key, and the authority that issued it, as PEM files in a folder.
pub struct Chain {
    /// Where they are.
    pub folder: PathBuf,
}

impl Chain {
    /// Makes both anew; `folder` has to be there and empty.
    #[must_use]
    pub fn made_in(folder: &Path) -> Self {
        let chain = Self { folder: folder.to_owned() };
        let subject = "/C=DE/O=Test/CN=";
        openssl(
            folder,
            &[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "30",
                "-sha256",
                "-keyout",
                "above.key",
                "-out",
                "above.pem",
                "-subj",
                &format!("{subject}Authority"),
            ],
        );
        openssl(
            folder,
            &[
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                "own.key",
                "-out",
                "own.csr",
                "-subj",
                &format!("{subject}Pass Type ID/UID={PASS_TYPE}/OU={TEAM}"),
            ],
        );
        openssl(
            folder,
            &[
                "x509",
                "-req",
                "-in",
                "own.csr",
                "-CA",
                "above.pem",
                "-CAkey",
                "above.key",
                "-CAcreateserial",
                "-days",
                "30",
                "-sha256",
                "-out",
                "own.pem",
            ],
        );
        openssl(folder, &["pkey", "-in", "own.key", "-pubout", "-out", "own.pub"]);
        chain
    }

    /// What is in one of its files: `own.pem`, `own.key`, `above.pem`.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).expect("the file was made")
    }

    /// Asks OpenSSL something, with the folder as its place; whether it said yes, and what it wrote.
    #[must_use]
    pub fn ask(&self, arguments: &[&str]) -> (bool, String) {
        let output = run(&self.folder, arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl is installed")
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
