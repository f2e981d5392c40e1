//! What a hostile command can do at each level: with real processes, files and sockets.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Also in helpers of tests

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use checks::{Level, Network};

mod place;
use place::{Place, has, levels, python};

fn listed(folder: &Path) -> Vec<String> {
    let mut all: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    all.sort();
    all
}

#[tokio::test]
async fn it_writes_only_where_it_may() {
    for level in levels() {
        let mut place = Place::at(level);
        std::fs::create_dir(place.path("cache")).unwrap();
        place.options.writable = vec![place.path("cache"), place.path("no-such-cache")];
        std::os::unix::fs::symlink(place.path("home"), place.path("slot/way-out")).unwrap();
        let command = "
            echo x > ../state/new; echo x >> ../state/journal; true > ../state/journal; rm ../state/journal
            mv ../state/journal .; ln ../state/journal hard && echo x > hard; mkdir ../state/folder
            echo x > ../home/.bashrc; echo x > way-out/.profile; ln -sf x ../home/link; truncate -s 0 ../home/.profile
            setsid sh -c 'echo x > ../home/daemon'; echo x > /tmp/checks-hostile; echo x > /var/tmp/checks-hostile
            echo x > inside && chmod +x inside && echo x > $TMPDIR/inside && echo x > ../cache/inside
            mkdir -p a/b && mv inside a/b/ && echo x > /dev/null && echo all-inside-worked";
        let outcome = place.quick(command).await;
        assert_eq!(outcome.sandbox, level);
        assert!(outcome.output.contains("all-inside-worked"), "{level}: {}", outcome.output);
        assert_eq!(listed(&place.path("home")), [".profile"], "{level}");
        assert_eq!(listed(&place.path("state")), ["journal"], "{level}");
        assert_eq!(std::fs::read_to_string(place.path("home/.profile")).unwrap(), "mine");
        assert_eq!(std::fs::read_to_string(place.path("state/journal")).unwrap(), "mine");
        assert!(!Path::new("/tmp/checks-hostile").exists() && !Path::new("/var/tmp/checks-hostile").exists());
        assert!(place.path("slot/a/b/inside").exists() && place.path("cache/inside").exists());
        // This process itself is not restricted
        std::fs::write(place.path("state/ours"), "x").unwrap();
    }
}

#[tokio::test]
async fn what_the_first_set_up_of_a_project_downloads_stays() {
    for level in levels() {
        let mut place = Place::at(level);
        let caches = place.path("no-caches-yet/of-ours");
        place.options.caches = Some(caches.clone());
        let outcome = place.quick("mkdir -p $YARN_CACHE_FOLDER && echo x > $YARN_CACHE_FOLDER/package").await;
        assert!(caches.join("yarn/package").is_file(), "{level}: {}", outcome.output);
    }
}

#[tokio::test]
async fn it_reads_no_personal_files() {
    for level in levels() {
        let place = Place::at(level);
        let outcome = place
            .quick("cat ../home/.profile ../state/journal; ls ../home; cat $HOME/.netrc; cat /etc/passwd")
            .await;
        assert!(!outcome.output.contains("mine"), "{level}: {}", outcome.output);
        assert!(!outcome.output.contains(".profile\n"), "{level}: {}", outcome.output);
        // The system's own files are visible
        assert!(outcome.output.contains("root:"), "{level}: {}", outcome.output);
    }
}

#[tokio::test]
async fn what_is_allowed_by_name_is_read() {
    for level in levels() {
        let mut place = Place::at(level);
        place.options.readable = vec![place.path("state")];
        let outcome = place.quick("cat ../state/journal; echo x > ../state/journal").await;
        assert!(outcome.output.starts_with("mine"), "{level}: {}", outcome.output);
        assert_eq!(std::fs::read_to_string(place.path("state/journal")).unwrap(), "mine", "{level}");
    }
}

#[tokio::test]
async fn it_cannot_touch_other_processes() {
    for level in levels() {
        let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = other.id();
        let command = format!(
            "kill -9 {pid}; kill -9 $PPID; prlimit --pid {pid} --cpu=1:1; cat /proc/{pid}/environ | wc -c; echo alive"
        );
        let outcome = Place::at(level).quick(&command).await;
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let still_there = other.try_wait().unwrap().is_none();
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(still_there && outcome.output.contains("alive"), "{level}: {}", outcome.output);
        let cpu = limits.lines().find(|line| line.starts_with("Max cpu time")).unwrap();
        assert!(cpu.contains("unlimited"), "{level}: {cpu}");
        assert!(outcome.output.contains("0\nalive"), "{level}: {}", outcome.output);
    }
}

#[tokio::test]
async fn it_reaches_its_own_servers_and_no_others() {
    if !python() {
        return;
    }
    for level in levels() {
        let place = Place::at(level);
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        server.set_nonblocking(true).unwrap();
        let named = UnixListener::bind(place.path("home/socket")).unwrap();
        named.set_nonblocking(true).unwrap();
        let script = format!(
            "import socket
own = socket.create_server(('127.0.0.1', 0))
socket.create_connection(own.getsockname()).close()
print('own-server-reached')
try:
    socket.create_connection(('127.0.0.1', {port}), 2)
    print('reached-tcp')
except OSError: pass
try:
    s = socket.socket(socket.AF_UNIX)
    s.connect('{}')
    print('reached-unix')
except OSError: pass
a, b = socket.socketpair()
a.send(b'x')
print('pair', b.recv(1).decode())
",
            place.path("home/socket").display()
        );
        std::fs::write(place.path("slot/reach.py"), script).unwrap();
        let outcome = place.quick("/usr/bin/python3 reach.py").await;
        assert!(outcome.output.contains("own-server-reached"), "{level}: {}", outcome.output);
        assert!(outcome.output.contains("pair x"), "{level}: {}", outcome.output);
        assert!(!outcome.output.contains("reached-"), "{level}: {}", outcome.output);
        assert!(server.accept().is_err() && named.accept().is_err(), "{level}");
    }
}

#[tokio::test]
async fn without_a_network_there_is_none_and_with_one_there_is() {
    if !python() {
        return;
    }
    for level in levels() {
        let mut place = Place::at(level);
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let command = format!(
            "/usr/bin/python3 -c \"import socket; socket.create_connection(('127.0.0.1', {port}), 2).send(b'x')\""
        );
        place.options.sandbox.network = Network::None;
        assert!(!place.quick(&command).await.end.success(), "{level}");
        place.options.sandbox.network = Network::All;
        let outcome = place.quick(&command).await;
        assert!(outcome.end.success(), "{level}: {}", outcome.output);
        let mut byte = [0];
        server.accept().unwrap().0.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"x");
    }
}

#[tokio::test]
async fn it_types_into_no_terminal_and_opens_none() {
    if !python() {
        return;
    }
    let script = "import fcntl, os, termios
try:
    fd = os.open('/dev/tty', os.O_RDWR); print('has-terminal')
except OSError: pass
a, b = os.pipe()
try:
    fcntl.ioctl(a, termios.TIOCSTI, b'x'); print('typed')
except OSError as error: print(error.errno)
";
    for level in levels() {
        let place = Place::at(level);
        std::fs::write(place.path("slot/type.py"), script).unwrap();
        let outcome = place.quick("/usr/bin/python3 type.py").await;
        // EPERM from the filter, not ENOTTY from the pipe
        assert_eq!(outcome.output, "1\n", "{level}");
    }
}

#[tokio::test]
async fn at_full_attributes_of_outside_files_stay() {
    if !has(Level::Full) {
        return;
    }
    let place = Place::at(Level::Full);
    let file = place.path("home/.profile");
    let before = std::fs::metadata(&file).unwrap();
    let command = format!("chmod 777 {0}; touch -d 2001-01-01 {0}; chown 1 {0}; echo done", file.display());
    assert!(place.quick(&command).await.output.contains("done"));
    let after = std::fs::metadata(&file).unwrap();
    assert_eq!(before.permissions(), after.permissions());
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[tokio::test]
async fn at_full_the_slot_stands_in_for_the_checkout() {
    if !has(Level::Full) {
        return;
    }
    let mut place = Place::at(Level::Full);
    std::fs::create_dir(place.path("checkout")).unwrap();
    std::fs::write(place.path("checkout/private"), "mine").unwrap();
    std::fs::create_dir_all(place.path("slot/node_modules/.bin")).unwrap();
    std::fs::write(place.path("slot/node_modules/package"), "as installed").unwrap();
    place.options.seen_at = Some(place.path("checkout"));
    place.options.kept = vec!["node_modules".into()];
    let command = format!(
        "pwd > where; ls; echo x > node_modules/package; rm node_modules/package; echo x > node_modules/.cache/x && echo cached
        echo $PATH | grep -q '{}/node_modules/.bin' && echo tools",
        place.path("checkout").display()
    );
    let outcome = place.quick(&command).await;
    let seen = std::fs::read_to_string(place.path("slot/where")).unwrap();
    assert_eq!(Path::new(seen.trim()), place.path("checkout"));
    assert!(outcome.output.contains("cached\ntools\n"), "{}", outcome.output);
    assert!(!outcome.output.contains("private"), "{}", outcome.output);
    assert_eq!(std::fs::read_to_string(place.path("slot/node_modules/package")).unwrap(), "as installed");
    assert!(listed(&place.path("slot/node_modules/.cache")).is_empty());
}

#[tokio::test]
async fn a_file_that_grows_too_long_is_named() {
    for level in levels() {
        let place = Place::at(level);
        let outcome = place.quick("exec dd if=/dev/zero of=long bs=1 count=1 seek=9G 2>/dev/null").await;
        assert!(outcome.end.to_string().contains("wrote a file longer"), "{level}: {:?}", outcome.end);
    }
}

#[tokio::test]
async fn a_level_that_is_not_there_starts_nothing() {
    let mut place = Place::at(Level::None);
    assert!(place.quick("touch ran").await.end.success() && place.path("slot/ran").exists());
    if !has(Level::Full) {
        place.options.sandbox.require = Some(Level::Full);
        assert!(place.quick("touch again").await.end.to_string().contains("bubblewrap"));
        assert!(!place.path("slot/again").exists());
    }
}

/// Prints the numbers, but sets no bound, because a loaded machine could not keep it.
#[tokio::test]
async fn starting_costs_little() {
    for level in [Level::None].into_iter().chain(levels()) {
        let place = Place::at(level);
        place.quick("true").await;
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..9 {
            let start = Instant::now();
            assert!(place.quick("true").await.end.success());
            times.push(start.elapsed());
        }
        times.sort();
        println!("a check that does nothing, {level}: median {:?}, least {:?}", times[4], times[0]);
        assert!(times[0] < Duration::from_secs(1), "{level}: {times:?}");
    }
}

/// Uses values that the kernel would refuse with another error, so that a mistake here does not slow the whole
/// machine.
#[tokio::test]
async fn all_processes_of_a_user_are_not_named_at_once() {
    if !python() || !has(Level::Basic) {
        return;
    }
    let script = "import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for call in (lambda: libc.setpriority(2, 0, -20), lambda: libc.syscall(251, 3, 0, 7 << 13)):
    print(call(), ctypes.get_errno())
    ctypes.set_errno(0)
print(libc.setpriority(0, 0, 19))";
    let place = Place::at(Level::Basic);
    std::fs::write(place.path("slot/all.py"), script).unwrap();
    let outcome = place.quick("/usr/bin/python3 all.py").await;
    let refused = format!("-1 {}\n", libc::EPERM).repeat(2) + "0\n";
    assert!(cfg!(not(target_arch = "x86_64")) || outcome.output == refused, "{}", outcome.output);
}

#[tokio::test]
async fn at_basic_no_call_sets_attributes_that_landlock_does_not_know() {
    if !python() || !levels().contains(&Level::Basic) {
        return;
    }
    let script = "import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def said(done): print('set' if done == 0 else ctypes.get_errno())
value = ctypes.create_string_buffer(b'x')
argument = (ctypes.c_ulonglong * 2)(ctypes.addressof(value), 1)
said(libc.setxattr(b'all.py', b'user.x', value, 1, 0))
said(libc.fsetxattr(os.open('all.py', os.O_RDONLY), b'user.x', value, 1, 0))
said(libc.syscall(463, -100, b'all.py', 0, b'user.x', argument, 16))
said(libc.syscall(466, -100, b'all.py', 0, b'user.x'))
said(libc.syscall(469, -100, b'all.py', (ctypes.c_ulonglong * 3)(), 24, 0))";
    let place = Place::at(Level::Basic);
    std::fs::write(place.path("slot/all.py"), script).unwrap();
    let outcome = place.quick("/usr/bin/python3 all.py").await;
    let refused = format!("{}\n", libc::EOPNOTSUPP).repeat(2) + &format!("{}\n", libc::ENOSYS).repeat(3);
    assert_eq!(outcome.output, refused);
}

#[tokio::test]
async fn at_full_a_command_reaches_no_host_of_a_virtual_machine_and_no_device_by_a_socket() {
    if !python() || !levels().contains(&Level::Full) {
        return;
    }
    // AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_CAN and AF_PACKET, and families that every program uses
    let script = "import errno, socket
for family in (40, 38, 31, 29, 17, 1, 2, 10, 16):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try: came = socket.socket(family, kind) and 'made'
        except OSError as error: came = errno.errorcode[error.errno]
        print(family, came)";
    for network in [Network::Loopback, Network::None, Network::Fetch, Network::All] {
        let mut place = Place::at(Level::Full);
        place.options.sandbox.network = network;
        std::fs::write(place.path("slot/all.py"), script).unwrap();
        let outcome = place.quick("/usr/bin/python3 all.py").await;
        for family in [40, 38, 31, 29, 17] {
            assert_eq!(outcome.output.matches(&format!("{family} EACCES")).count(), 4, "{}", outcome.output);
        }
        let closed = network == Network::None;
        assert_eq!(outcome.output.contains("\n2 made"), !closed, "{}", outcome.output);
        assert!(outcome.output.contains("\n1 made"), "{}", outcome.output);
    }
}

#[tokio::test]
async fn while_packages_are_fetched_local_registries_are_reached() {
    if !python() {
        return;
    }
    let registry = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = registry.local_addr().unwrap().port();
    for level in levels() {
        let mut place = Place::at(level);
        place.options.sandbox.network = Network::Fetch;
        place.options.env.insert("npm_config_registry".into(), format!("http://127.0.0.1:{port}/"));
        let script = format!(
            "import socket
socket.create_connection(('127.0.0.1', {port}), 5)
print(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9)))"
        );
        std::fs::write(place.path("slot/fetch.py"), script).unwrap();
        let outcome = place.quick("/usr/bin/python3 fetch.py").await;
        assert!(outcome.end.success(), "{level}: {}", outcome.output);
    }
}

#[test]
fn what_is_said_of_the_sandbox_is_the_level_that_runs_get() {
    for level in levels() {
        let sandbox = checks::Sandbox { require: Some(level), ..checks::Sandbox::default() };
        let (said, text) = checks::describe_sandbox(sandbox);
        assert!(said == level && text.starts_with(level.name()), "{text}");
    }
}
