//! A real `nats-server` for tests, on a loopback port and with its own folder. It is stopped by its process
//! id.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Server {
    port: u16,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

/// Also looks where Debian installs it, as this folder is not in every user's PATH.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.is_file())
}

impl Server {
    /// `None`, with a message, if this machine has no nats-server.
    pub fn start() -> Option<Server> {
        Server::start_with("")
    }

    /// The same with the text of a configuration file.
    pub fn start_with(config: &str) -> Option<Server> {
        if program().is_none() {
            eprintln!("skipped: nats-server is not installed here (apt install nats-server)");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Server { port, folder: tempfile::tempdir().unwrap(), child: None };
        std::fs::write(server.folder.path().join("server.conf"), config).unwrap();
        server.go();
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Starts it again with the same files.
    pub fn go(&mut self) {
        let child = Command::new(program().unwrap())
            .args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "-sd"])
            .arg(self.folder.path())
            .arg("-c")
            .arg(self.folder.path().join("server.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server starts");
        self.child = Some(child);
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < until, "nats-server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
