//! A `nats-server` on loopback with its own folder. It is ended when it is dropped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Server {
    port: u16,
    monitor: u16,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Result<Server, String> {
        let program = program().ok_or("nats-server is not installed here: apt install nats-server")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (port, monitor) = (free_port()?, free_port()?);
        let child = Command::new(program)
            .args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-m", &monitor.to_string(), "-sd"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("nats-server does not start: {error}"))?;
        let server = Server { port, monitor, child, _folder: folder };
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                return Err("nats-server does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The bytes that the server has received and sent so far.
    pub fn bytes(&self) -> Result<u64, String> {
        let failed = |error: std::io::Error| format!("the server's numbers cannot be read: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.monitor)).map_err(failed)?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(failed)?;
        stream.write_all(b"GET /varz HTTP/1.0\r\n\r\n").map_err(failed)?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map_err(failed)?;
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        let numbers: serde_json::Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let of = |name: &str| numbers[name].as_u64().ok_or(format!("the server does not say `{name}`"));
        Ok(of("in_bytes")? + of("out_bytes")?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing can be done about a process that does not end
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Also looks where Debian installs it, as this folder is not in every user's PATH.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.is_file())
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|at| at.port()).map_err(|error| error.to_string())
}
