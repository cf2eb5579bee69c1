//! A wire that can be cut: connections through it to a server break, and none can be made, until it is mended.

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
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let whole = Arc::new(watch::channel(true).0);
        let task = tokio::spawn(listen(listener, server, Arc::clone(&whole)));
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

async fn listen(listener: TcpListener, server: String, whole: Arc<watch::Sender<bool>>) {
    while let Ok((incoming, _)) = listener.accept().await {
        let (server, mut whole) = (server.clone(), whole.subscribe());
        tokio::spawn(async move {
            let cut = async {
                let _ = whole.wait_for(|whole| !whole).await;
            };
            tokio::select! {
                biased;
                () = cut => {}
                () = carry(incoming, &server) => {}
            }
        });
    }
}

async fn carry(mut incoming: TcpStream, server: &str) {
    if let Ok(mut outgoing) = TcpStream::connect(server).await {
        let _ = incoming.set_nodelay(true).and_then(|()| outgoing.set_nodelay(true));
        let _ = copy_bidirectional(&mut incoming, &mut outgoing).await;
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
}
