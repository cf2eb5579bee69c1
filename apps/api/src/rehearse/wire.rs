//! A wire that can be cut: connections through it to a server break, and none can be made, until it is mended. To
//! several servers it is what stands in front of them: each connection goes to the next one that takes it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A listener on loopback that hands everything on.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Wire {
    /// One to this server, as `host:port`.
    ///
    /// # Errors
    /// No port can be listened on.
    pub async fn to(server: String) -> io::Result<Self> {
        Self::among(vec![server]).await
    }

    /// One to these servers in turn.
    ///
    /// # Errors
    /// No port can be listened on.
    pub async fn among(servers: Vec<String>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let whole = Arc::new(watch::channel(true).0);
        let task = tokio::spawn(listen(listener, servers.into(), Arc::clone(&whole)));
        Ok(Self { address, whole, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks what goes through it, and refuses what comes.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.whole.send_replace(false);
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, servers: Arc<[String]>, whole: Arc<watch::Sender<bool>>) {
    let mut turn: usize = 0;
    while let Ok((incoming, _)) = listener.accept().await {
        turn = turn.wrapping_add(1);
        let (servers, mut whole) = (Arc::clone(&servers), whole.subscribe());
        tokio::spawn(async move {
            let cut = async {
                let _ = whole.wait_for(|whole| !whole).await;
            };
            tokio::select! {
                biased;
                () = cut => {}
                () = carry(incoming, &servers, turn) => {}
            }
        });
    }
}

async fn carry(mut incoming: TcpStream, servers: &[String], turn: usize) {
    let first = turn.checked_rem(servers.len()).unwrap_or(0);
    for server in servers.iter().cycle().skip(first).take(servers.len()) {
        if let Ok(mut outgoing) = TcpStream::connect(server).await {
            let _ = incoming.set_nodelay(true).and_then(|()| outgoing.set_nodelay(true));
            let _ = copy_bidirectional(&mut incoming, &mut outgoing).await;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn echo() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    /// An address where nobody listens.
    async fn nobody() -> String {
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().to_string()
    }

    async fn answered(stream: &mut TcpStream) -> bool {
        let mut byte = [0];
        stream.write_all(b"x").await.is_ok() && stream.read_exact(&mut byte).await.is_ok()
    }

    #[tokio::test]
    async fn a_cut_wire_breaks_what_is_there_and_refuses_what_comes_until_it_is_mended() {
        let wire = Wire::to(echo().await).await.unwrap();
        let mut before = TcpStream::connect(wire.address()).await.unwrap();
        assert!(answered(&mut before).await);
        wire.cut();
        assert!(!answered(&mut before).await);
        let mut during = TcpStream::connect(wire.address()).await.unwrap();
        assert!(!answered(&mut during).await);
        wire.mend();
        let mut after = TcpStream::connect(wire.address()).await.unwrap();
        assert!(answered(&mut after).await);
    }

    #[tokio::test]
    async fn who_is_not_there_is_passed_over() {
        let wire = Wire::among(vec![nobody().await, echo().await, nobody().await]).await.unwrap();
        for _ in 0..6 {
            assert!(answered(&mut TcpStream::connect(wire.address()).await.unwrap()).await);
        }
    }
}
