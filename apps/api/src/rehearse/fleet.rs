//! The system under rehearsal: instances and workers beside each other, configured alike.

use super::options::Options;
use super::server::{Given, Part, Server};
use crate::cli::Failure;
use crate::config::Config;
use futures_util::future::try_join_all;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::Path;

/// Below what Linux hands out to outgoing connections (`ip_local_port_range`, from 32768): while a process is down, nobody
/// of the crowd is given its port.
const PORTS: Range<u16> = 15_000..32_000;
/// Ports that are tried for each process.
const TRIES: u32 = 100;

/// Where everything is to answer: instances, and workers.
#[derive(Debug)]
pub struct Addresses {
    instances: Vec<SocketAddr>,
    workers: Vec<SocketAddr>,
}

impl Addresses {
    /// Free ones for all that these options want.
    ///
    /// # Errors
    /// No port is free.
    pub fn of(options: &Options) -> io::Result<Self> {
        let workers = usize::from(options.workers.unwrap_or(0));
        // All are held until the last one is found, so that none is found twice.
        let mut held = Vec::new();
        for _ in 0..usize::from(options.instances) + workers {
            held.push(free()?);
        }
        let all: io::Result<Vec<SocketAddr>> = held.iter().map(TcpListener::local_addr).collect();
        let mut instances = all?;
        let workers = instances.split_off(usize::from(options.instances).min(instances.len()));
        Ok(Self { instances, workers })
    }

    /// Of the instances, as `host:port`.
    #[must_use]
    pub fn of_instances(&self) -> Vec<String> {
        self.instances.iter().map(ToString::to_string).collect()
    }
}

fn free() -> io::Result<TcpListener> {
    let mut refusal = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, fastrand::u16(PORTS))) {
            Ok(listener) => return Ok(listener),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// All processes of it.
pub struct Fleet {
    instances: Vec<Server>,
    /// None where the instances perform what is owed.
    workers: Vec<Server>,
}

impl Fleet {
    /// Not started yet.
    #[must_use]
    pub fn new(addresses: &Addresses, settings: &Given, folder: &Path, client: &reqwest::Client) -> Self {
        let server = |part, (number, address): (usize, &SocketAddr)| {
            let name = match part {
                Part::Instance => format!("instance-{}", number + 1),
                Part::Worker => format!("worker-{}", number + 1),
            };
            Server::new((part, name), *address, settings.clone(), (folder.to_path_buf(), client.clone()))
        };
        let instances = addresses.instances.iter().enumerate();
        let workers = addresses.workers.iter().enumerate();
        Self {
            instances: instances.map(|one| server(Part::Instance, one)).collect(),
            workers: workers.map(|one| server(Part::Worker, one)).collect(),
        }
    }

    /// Where the instances answer.
    #[must_use]
    pub fn bases(&self) -> Vec<String> {
        self.instances.iter().map(Server::base).collect()
    }

    /// How many there are of a kind.
    #[must_use]
    pub const fn count(&self, part: Part) -> usize {
        match part {
            Part::Instance => self.instances.len(),
            Part::Worker => self.workers.len(),
        }
    }

    /// The configuration of an instance.
    ///
    /// # Errors
    /// It is none.
    pub fn config(&self) -> Result<Config, Failure> {
        let variables = self.instances.first().map(Server::variables).unwrap_or_default();
        Ok(Config::from_sources(None, variables)?)
    }

    /// One of a kind; counted on beyond the last, it begins with the first again.
    pub fn one(&mut self, part: Part, number: usize) -> Option<&mut Server> {
        let all = match part {
            Part::Instance => &mut self.instances,
            Part::Worker => &mut self.workers,
        };
        let at = number.checked_rem(all.len())?;
        all.get_mut(at)
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Server> {
        self.instances.iter_mut().chain(&mut self.workers)
    }

    /// Starts everything, and returns when all of it is ready.
    ///
    /// # Errors
    /// Something does not become ready.
    pub async fn start(&mut self) -> Result<(), Failure> {
        try_join_all(self.all().map(Server::start)).await.map(drop)
    }

    /// Ends everything as a crash would.
    ///
    /// # Errors
    /// The system does not let us.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        try_join_all(self.all().map(Server::kill)).await.map(drop)
    }

    /// Ends everything in order.
    ///
    /// # Errors
    /// Something does not end.
    pub async fn stop(&mut self) -> Result<(), Failure> {
        try_join_all(self.all().map(Server::stop)).await.map(drop)
    }

    /// The end of what each of them logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.instances.iter().chain(&self.workers).map(Server::log).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearse::fault::Faults;
    use std::collections::BTreeSet;

    #[test]
    fn every_process_has_an_address_and_a_log_of_its_own_and_is_configured_like_the_others() {
        let options = Options {
            event: None,
            seats: 1,
            buyers: 1,
            store: None,
            instances: 2,
            workers: Some(2),
            faults: Faults::default(),
            seed: 1,
            report: None,
        };
        let (addresses, folder) = (Addresses::of(&options).unwrap(), Path::new("/nowhere"));
        let settings = vec![("worker.enabled", "false".to_owned())];
        let mut fleet = Fleet::new(&addresses, &settings, folder, &reqwest::Client::new());
        assert_eq!((fleet.count(Part::Instance), fleet.count(Part::Worker)), (2, 2));
        let wanted: Vec<String> =
            addresses.of_instances().iter().map(|address| format!("http://{address}")).collect();
        assert_eq!(fleet.bases(), wanted);
        let bases: BTreeSet<String> = fleet.all().map(|server| server.base()).collect();
        let logs: BTreeSet<String> = fleet.all().map(|server| server.log()).collect();
        assert_eq!((bases.len(), logs.len()), (4, 4));
        assert!(!fleet.config().unwrap().worker.enabled);
        let first = fleet.one(Part::Worker, 0).map(|server| server.base());
        assert_eq!(fleet.one(Part::Worker, 2).map(|server| server.base()), first, "turns begin anew");
        let variables = fleet.one(Part::Worker, 0).map(|server| server.variables()).unwrap_or_default();
        assert!(
            variables.iter().any(|(name, _)| name == "SYNESTHESIE__WORKER__METRICS_BIND"),
            "{variables:?}"
        );
    }
}
