//! Attacks of commands on the machine, at each level: the first table of docs/SECURITY.md, row by row.
//!
//! `npm run test:attacks` shows the printed lines. Attacks that need a whole mission are elsewhere.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Also in helpers of tests

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use checks::{End, Level};

mod place;
use place::{Place, levels, python};

/// The beginning of each attack: it continues after a refusal.
const PREAMBLE: &str = "
import ctypes, fcntl, os, signal, socket, struct, sys, termios, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, f):
    try: came = f()
    except OSError: return
    if came is not False and came != -1: print('did', name, flush=True)
def write(path, how='w'):
    with open(path, how) as file: file.write('theirs')
";

#[tokio::test]
async fn each_attack_comes_to_what_the_page_says() {
    if !python() {
        return;
    }
    let table = table();
    assert_eq!(
        table.keys().map(String::as_str).collect::<Vec<_>>(),
        sorted(NAMES),
        "attacks and rows differ"
    );
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut wrong = Vec::new();
    for (at, level) in [Level::Full, Level::Basic].into_iter().enumerate() {
        if !levels().contains(&level) {
            continue;
        }
        for name in NAMES {
            let harmed = harms(name, level).await;
            let cell = &table[*name][at];
            let expected = match cell.as_str() {
                "stopped" => false,
                "open" => true,
                "stopped as root, else open" => !root,
                other => panic!("unknown word in the table: {other}"),
            };
            println!("ATTACK\t{name}\t{level}\t{}", if harmed { "open" } else { "stopped" });
            if harmed != expected {
                wrong.push(format!("{name} at {level}: the page says `{cell}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const NAMES: &[&str] = &[
    "change, empty, rename, delete or link your files",
    "read keys and other files of your home",
    "change mode and times of your files",
    "change your package caches",
    "share memory or temporary files with your programs",
    "use shared segments and message queues of your programs",
    "use files and sockets that OpenCode has open",
    "read the machine's passwords, disks and devices",
    "signal, trace, limit or slow your processes",
    "read environment, memory or files of your processes",
    "leave processes behind that hide",
    "talk to your unix sockets",
    "write or type into your terminal",
    "connect to a server of yours",
    "connect to a server of yours that starts later",
    "connect to a server of yours while packages are fetched",
    "send UDP to a program of yours",
    "mount, make devices, change the kernel or its settings",
    "rewrite the slot's `.git`",
    "lead the next command or OpenCode elsewhere by a link",
];

fn sorted(names: &[&'static str]) -> Vec<&'static str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

/// The rows of the page's first table of attacks: the results at full and at basic.
fn table() -> BTreeMap<String, [String; 2]> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SECURITY.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (_, after) = text.split_once("| A command tries to |").unwrap();
    let rows = after.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<String> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        (cells[1].clone(), [cells[2].clone(), cells[3].clone()])
    })
    .collect()
}

/// Runs one attack. Returns whether it did harm.
#[allow(clippy::too_many_lines, reason = "a flat list: one arm an attack")]
async fn harms(name: &str, level: Level) -> bool {
    let place = Place::at(level);
    let home = place.path("home");
    match name {
        "change, empty, rename, delete or link your files" => on_files(&place, &home).await,
        "read keys and other files of your home" => {
            let script = format!(
                "for path in ['{0}/.profile', '{0}/../state/journal', '/proc/self/root{0}/.profile']:
    attempt('read', lambda: open(path).read())",
                home.display()
            );
            attempt(&place, &script).await.contains("did read")
        }
        "change mode and times of your files" => on_attributes(&place, &home.join(".profile")).await,
        "change your package caches" => on_caches(&place).await,
        "share memory or temporary files with your programs" => {
            let probe = format!("attack-{}", std::process::id());
            let script = format!(
                "for folder in ['/dev/shm', '/tmp', '/var/tmp', '/run']: attempt('write', lambda: write(folder + '/{probe}'))"
            );
            attempt(&place, &script).await;
            let seen: Vec<PathBuf> =
                ["/dev/shm", "/tmp", "/var/tmp", "/run"].map(|folder| Path::new(folder).join(&probe)).into();
            let found = seen.iter().any(|path| path.exists());
            seen.iter().for_each(|path| drop(std::fs::remove_file(path)));
            found
        }
        "use shared segments and message queues of your programs" => on_shared_memory(&place).await,
        "use files and sockets that OpenCode has open" => on_open_files(&place, &home).await,
        "read the machine's passwords, disks and devices" => {
            let script = format!(
                "
for path in {:?}:
    attempt('read ' + path, lambda: os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), 1))",
                private_to_the_machine()
            );
            attempt(&place, &script).await.contains("did read")
        }
        "signal, trace, limit or slow your processes" => on_a_process(&place).await,
        "read environment, memory or files of your processes" => {
            let victim = Victim::start();
            let script = format!(
                "
for name in ['environ', 'mem', 'root/etc', 'cwd/state', 'fd/1', 'maps']:
    path = '/proc/{}/' + name
    attempt('read ' + name, lambda: os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(1))",
                victim.0.id()
            );
            attempt(&place, &script).await.contains("did read")
        }
        "leave processes behind that hide" => leaves_processes(&place).await,
        "talk to your unix sockets" => on_unix_sockets(&place, &home).await,
        "write or type into your terminal" => on_a_terminal(&place).await,
        "connect to a server of yours" => {
            let server = TcpListener::bind("127.0.0.1:0").unwrap();
            connects(&place, &server, Duration::ZERO).await
        }
        "connect to a server of yours that starts later" => {
            let server = (3100..4000).find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).unwrap();
            let address = server.local_addr().unwrap();
            drop(server);
            let later = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(700));
                let server = TcpListener::bind(address).unwrap();
                server.set_nonblocking(true).unwrap();
                std::thread::sleep(Duration::from_millis(2000));
                server.accept().is_ok()
            });
            let script = format!(
                "
for _ in range(20):
    time.sleep(0.1)
    attempt('connect', lambda: socket.create_connection(('127.0.0.1', {}), 1))",
                address.port()
            );
            attempt(&place, &script).await;
            later.join().unwrap()
        }
        "connect to a server of yours while packages are fetched" => {
            let server = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut place = place;
            place.options.sandbox.network = checks::Network::Fetch;
            connects(&place, &server, Duration::ZERO).await || on_unix_sockets(&place, &home).await
        }
        "send UDP to a program of yours" => {
            let server = UdpSocket::bind("127.0.0.1:0").unwrap();
            server.set_nonblocking(true).unwrap();
            let port = server.local_addr().unwrap().port();
            let script = format!(
                "attempt('send', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port})))"
            );
            attempt(&place, &script).await;
            server.recv(&mut [0]).is_ok()
        }
        "mount, make devices, change the kernel or its settings" => {
            attempt(&place, KERNEL).await.contains("did ")
        }
        "rewrite the slot's `.git`" => {
            std::fs::write(place.path("slot/.git"), "gitdir: ours\n").unwrap();
            let outcome =
                place.quick("rm .git; mkdir .git; echo '[core] fsmonitor = ./x' > .git/config").await;
            !matches!(outcome.end, End::Tampered { .. })
                || std::fs::read_to_string(place.path("slot/.git")).unwrap() != "gitdir: ours\n"
        }
        "lead the next command or OpenCode elsewhere by a link" => on_links(place, &home).await,
        other => panic!("no such attack: {other}"),
    }
}

/// Returns the output of the script.
async fn attempt(place: &Place, script: &str) -> String {
    std::fs::write(place.path("slot/attack.py"), format!("{PREAMBLE}{script}\nprint('ended')")).unwrap();
    let outcome = place.quick("/usr/bin/python3 attack.py").await;
    assert!(outcome.output.contains("ended"), "the attack itself failed: {}", outcome.output);
    outcome.output
}

async fn on_files(place: &Place, home: &Path) -> bool {
    let script = format!(
        "
file, tmp = '{0}/.profile', os.environ['TMPDIR']
attempt('write', lambda: write(file))
attempt('append', lambda: write(file, 'a'))
attempt('truncate', lambda: os.truncate(file, 0))
attempt('rename', lambda: os.rename(file, tmp + '/x'))
attempt('link', lambda: (os.link(file, tmp + '/y'), write(tmp + '/y')))
attempt('symlink', lambda: (os.symlink(file, tmp + '/z'), write(tmp + '/z')))
attempt('root', lambda: write('/proc/self/root' + file))
attempt('create', lambda: write('{0}/.bashrc'))
attempt('delete', lambda: os.unlink(file))",
        home.display()
    );
    attempt(place, &script).await;
    let names = std::fs::read_dir(home).unwrap().count();
    names != 1 || std::fs::read_to_string(home.join(".profile")).ok().as_deref() != Some("mine")
}

async fn on_attributes(place: &Place, file: &Path) -> bool {
    let about = |file: &Path| {
        let found = std::fs::metadata(file).unwrap();
        (found.permissions().mode(), found.mtime(), found.uid())
    };
    let before = about(file);
    let script = format!(
        "
file = '{}'
attempt('chmod', lambda: os.chmod(file, 0o777))
attempt('utime', lambda: os.utime(file, (0, 0)))
attempt('chown', lambda: os.chown(file, 12345, -1))
attempt('xattr', lambda: os.setxattr(file, 'user.x', b'x'))",
        file.display()
    );
    attempt(place, &script).await;
    before != about(file)
}

async fn on_caches(place: &Place) -> bool {
    let probe = format!("attack-{}", std::process::id());
    let script = format!(
        "
home = os.environ['HOME']
for folder in ['.npm', '.cache', '.cargo', '.cargo/registry', '.config', '.local/bin', '.local/share/pnpm', 'go/pkg/mod']:
    attempt('write', lambda: (os.makedirs(home + '/' + folder, exist_ok=True), write(home + '/' + folder + '/{probe}')))
for name in ['npm_config_cache', 'CARGO_HOME', 'UV_CACHE_DIR', 'GOCACHE', 'PIP_CACHE_DIR', 'XDG_CACHE_HOME']:
    print('cache', os.environ[name])"
    );
    let output = attempt(place, &script).await;
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let mut found = false;
    for folder in [
        ".npm",
        ".cache",
        ".cargo",
        ".cargo/registry",
        ".config",
        ".local/bin",
        ".local/share/pnpm",
        "go/pkg/mod",
    ] {
        found |= std::fs::remove_file(home.join(folder).join(&probe)).is_ok();
    }
    let private = place.path("tmp").canonicalize().unwrap();
    let caches: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("cache ")).collect();
    assert_eq!(caches.len(), 6, "{output}");
    found
        || !caches.iter().all(|cache| {
            Path::new(cache).starts_with(&private) || Path::new(cache).starts_with(place.path("tmp"))
        })
}

/// Files that only root may read, and devices beside the kernel's harmless ones.
fn private_to_the_machine() -> Vec<String> {
    let shared = ["null", "zero", "full", "random", "urandom"];
    let devices = std::fs::read_dir("/dev").unwrap().flatten().filter(|entry| {
        let kind = entry.file_type().unwrap();
        (kind.is_block_device() || kind.is_char_device())
            && !shared.iter().any(|name| entry.file_name() == *name)
    });
    let files = Command::new("find").args(["/etc", "-type", "f", "-not", "-perm", "-004"]).output().unwrap();
    let files = String::from_utf8_lossy(&files.stdout).into_owned();
    let devices = devices.map(|entry| entry.path().display().to_string());
    files.lines().map(str::to_owned).chain(devices).collect()
}

/// Puts links in place of folders in which the next run is prepared.
async fn on_links(mut place: Place, home: &Path) -> bool {
    std::fs::write(home.join(".npmrc"), "mine").unwrap();
    place.options.env.insert("HOME".into(), home.display().to_string());
    let script = format!(
        "
tmp = os.environ['TMPDIR']
os.makedirs(tmp + '/caches', exist_ok=True)
for name in ['tmp', 'caches/settings', 'caches/cargo', 'caches/maven', 'caches/npm']:
    os.system('rm -rf ' + tmp + '/' + name)
    os.symlink('{}', tmp + '/' + name)",
        home.display()
    );
    attempt(&place, &script).await;
    let script = "
for folder in ['/tmp'] + [os.environ['TMPDIR'] + '/' + name for name in ('tmp', 'caches/settings', 'caches/cargo')]:
    attempt('read', lambda: open(folder + '/.profile').read())
    attempt('write', lambda: write(folder + '/new'))";
    let output = attempt(&place, script).await;
    let mut names: Vec<_> =
        std::fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    output.contains("did read")
        || names != [".npmrc", ".profile"]
        || std::fs::read_to_string(home.join(".npmrc")).unwrap() != "mine"
}

/// Segments, semaphores and queues of a program of the user, under names that anybody can guess.
async fn on_shared_memory(place: &Place) -> bool {
    let key = 0x0a77_0000 + std::process::id() % 0xffff;
    let owner = format!(
        "import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
segment = libc.shmget({key}, 4096, 0o1600)
semaphore = libc.semget({key}, 1, 0o1600)
queue = libc.msgget({key}, 0o1600)
posix = libc.mq_open(b'/attack-{key}', 0o102, 0o600, None)
print(segment, flush=True)
sys.stdin.read()
libc.shmctl(segment, 0, None), libc.semctl(semaphore, 0, 0), libc.msgctl(queue, 0, None), libc.mq_unlink(b'/attack-{key}')"
    );
    let mut owner = Command::new("/usr/bin/python3")
        .args(["-c", &owner])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut id = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(owner.stdout.take().unwrap()), &mut id).unwrap();
    let script = format!(
        "
libc.shmat.restype = ctypes.c_long
attempt('use segment', lambda: libc.shmget({key}, 4096, 0))
attempt('use segment by number', lambda: libc.shmat({}, None, 0))
attempt('use semaphore', lambda: libc.semget({key}, 1, 0))
attempt('use queue', lambda: libc.msgget({key}, 0))
attempt('use named queue', lambda: libc.mq_open(b'/attack-{key}', 2))
attempt('use named queue', lambda: libc.mq_unlink(b'/attack-{key}'))",
        id.trim()
    );
    let output = attempt(place, &script).await;
    drop(owner.stdin.take());
    owner.wait().unwrap();
    output.contains("did use")
}

/// Other code in OpenCode opens files without asking the system to close them in children.
async fn on_open_files(place: &Place, home: &Path) -> bool {
    let mut open = std::fs::OpenOptions::new().read(true).append(true).open(home.join(".profile")).unwrap();
    rustix::io::fcntl_setfd(&open, rustix::io::FdFlags::empty()).unwrap();
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    rustix::io::fcntl_setfd(&theirs, rustix::io::FdFlags::empty()).unwrap();
    attempt(place, "for number in range(3, 256): attempt('write', lambda: os.write(number, b'theirs'))")
        .await;
    ours.set_nonblocking(true).unwrap();
    let mut text = String::new();
    std::io::Seek::rewind(&mut open).unwrap();
    open.read_to_string(&mut text).unwrap();
    text != "mine" || (&ours).read(&mut [0]).is_ok_and(|count| count > 0)
}

/// A program of the user.
struct Victim(Child);

impl Victim {
    fn start() -> Victim {
        Victim(Command::new("sleep").arg("60").env("SECRET", "mine").spawn().unwrap())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

async fn on_a_process(place: &Place) -> bool {
    let mut victim = Victim::start();
    let pid = victim.0.id();
    let about = || {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let status: String = read("status")
            .lines()
            .filter(|l| l.starts_with("TracerPid") || l.starts_with("Cpus_allowed:"))
            .collect();
        let nice =
            read("stat").rsplit(')').next().unwrap_or_default().split_whitespace().nth(16).map(str::to_owned);
        (read("limits"), status, nice, read("oom_score_adj"))
    };
    let before = about();
    let script = format!(
        "
pid = {pid}
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL): attempt('signal', lambda: os.kill(pid, number))
attempt('limit', lambda: libc.prlimit(pid, 0, ctypes.byref((ctypes.c_ulong * 2)(0, 0)), None))
attempt('trace', lambda: libc.ptrace(16, pid, 0, 0))
attempt('nice', lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
attempt('cores', lambda: os.sched_setaffinity(pid, [0]))
attempt('scheduler', lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
attempt('memory', lambda: open('/proc/%d/oom_score_adj' % pid, 'w').write('1000'))"
    );
    attempt(place, &script).await;
    victim.0.try_wait().unwrap().is_some() || before != about()
}

async fn leaves_processes(place: &Place) -> bool {
    let token = format!("left-behind-{}-{:?}", std::process::id(), place.options.sandbox.require);
    let script = format!(
        "
def spawn(environment, session):
    if os.fork(): return
    if session: os.setsid()
    if os.fork(): os._exit(0)
    null = os.open('/dev/null', os.O_RDWR)
    for number in (0, 1, 2): os.dup2(null, number)
    os.execve('/usr/bin/python3', ['python3', '-c', 'import time; time.sleep(60)', '{token}'], environment)
for environment in (dict(os.environ), {{}}):
    for session in (True, False): spawn(environment, session)
time.sleep(0.3)"
    );
    attempt(place, &script).await;
    let living = |token: &str| {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        all.filter(|folder| {
            let line = std::fs::read(folder.path().join("cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|word| word == token.as_bytes())
        })
        .count()
    };
    living(&token) > 0 || runs_on(place).await
}

/// A chain of processes, each in its own session and each the child of one that has ended: none lives long enough to be
/// inspected.
async fn runs_on(place: &Place) -> bool {
    let script = "
end = time.time() + 20
if os.fork() == 0:
    null = os.open('/dev/null', os.O_RDWR)
    for number in (0, 1, 2): os.dup2(null, number)
    while time.time() < end:
        try: os.setsid()
        except OSError: pass
        with open('alive', 'w') as file: file.write(str(time.time()))
        if os.fork(): os._exit(0)
    os._exit(0)
time.sleep(0.3)";
    attempt(place, script).await;
    let said = || std::fs::read_to_string(place.path("slot/alive")).unwrap_or_default();
    std::thread::sleep(Duration::from_millis(100));
    let first = said();
    std::thread::sleep(Duration::from_millis(300));
    first != said()
}

async fn on_unix_sockets(place: &Place, home: &Path) -> bool {
    let named = UnixListener::bind(home.join("socket")).unwrap();
    let letters = UnixDatagram::bind(home.join("letters")).unwrap();
    let name = format!("attack-{}", std::process::id());
    let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let script = format!(
        "
for address in ['{0}/socket', '\\0{name}']:
    attempt('connect', lambda: socket.socket(socket.AF_UNIX).connect(address))
for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
    attempt('send', lambda: socket.socketpair(socket.AF_UNIX, kind)[0].sendto(b'x', '{0}/letters'))
    attempt('send', lambda: socket.socket(socket.AF_UNIX, kind).sendto(b'x', '{0}/letters'))",
        home.display()
    );
    attempt(place, &script).await;
    named.set_nonblocking(true).unwrap();
    hidden.set_nonblocking(true).unwrap();
    letters.set_nonblocking(true).unwrap();
    named.accept().is_ok() || hidden.accept().is_ok() || letters.recv(&mut [0]).is_ok()
}

async fn on_a_terminal(place: &Place) -> bool {
    // A terminal, and what arrived at either end of it.
    let owner = "import os, sys
a, b = os.openpty()
print(os.ttyname(b), flush=True)
os.write(a, b'secret\\n')
sys.stdin.read()
seen = []
for end in (a, b):
    os.set_blocking(end, False)
    try: seen.append(os.read(end, 100))
    except OSError: pass
print(seen == [b'secret\\r\\n', b'secret\\n'])";
    let mut owner = Command::new("/usr/bin/python3")
        .args(["-c", owner])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = owner.stdout.take().unwrap();
    let mut name = [0; 64];
    let length = said.read(&mut name).unwrap();
    let script = format!(
        "
name = '{}'
attempt('write', lambda: write(name))
def type_in():
    terminal = os.open(name, os.O_RDWR | os.O_NOCTTY)
    for letter in b'id\\n': fcntl.ioctl(terminal, termios.TIOCSTI, bytes([letter]))
attempt('type', type_in)
attempt('read', lambda: os.read(os.open(name, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK), 100))
attempt('own', lambda: write('/dev/tty'))",
        String::from_utf8_lossy(&name[..length]).trim()
    );
    let output = attempt(place, &script).await;
    owner.stdin.take().unwrap().flush().unwrap();
    let mut seen = String::new();
    said.read_to_string(&mut seen).unwrap();
    owner.wait().unwrap();
    seen.trim() != "True" || output.contains("did ")
}

async fn connects(place: &Place, server: &TcpListener, wait: Duration) -> bool {
    std::thread::sleep(wait);
    server.set_nonblocking(true).unwrap();
    let port = server.local_addr().unwrap().port();
    let script = format!(
        "
for host in ['127.0.0.1', '::ffff:127.0.0.1', 'localhost']:
    attempt('connect', lambda: socket.create_connection((host, {port}), 1))
attempt('connect', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(('127.0.0.1', {port})))
attempt('connect', lambda: socket.socket(43, socket.SOCK_STREAM).connect(('127.0.0.1', {port})))
attempt('send', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).sendto(b'x', 0x20000000, ('127.0.0.1', {port})))"
    );
    attempt(place, &script).await;
    server.accept().is_ok()
}

const KERNEL: &str = "
folder = os.environ['TMPDIR'] + '/mounted'
os.mkdir(folder)
attempt('mount', lambda: libc.mount(b'none', folder.encode(), b'tmpfs', 0, None))
def disk():
    os.mknod(folder + '/disk', 0o60600, os.stat('/').st_dev)
    open(folder + '/disk', 'rb').read(1)
attempt('device', disk)
attempt('bpf', lambda: libc.syscall(321, 0, (ctypes.c_char * 128)(), 128))
attempt('faults', lambda: libc.syscall(323, 0))
attempt('other numbers', lambda: libc.syscall(0x40000000 | 39))
attempt('keys', lambda: libc.syscall(248, b'user', b'attack', b'x', 1, -3))
attempt('perf', lambda: libc.syscall(298, (ctypes.c_char * 128)(), 0, -1, -1, 0))
attempt('io_uring', lambda: libc.syscall(425, 8, (ctypes.c_char * 256)()))
attempt('handle', lambda: libc.syscall(304, -100, (ctypes.c_char * 64)(), 0))
attempt('settings', lambda: os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY))
attempt('interrupts', lambda: os.open('/proc/irq/default_smp_affinity', os.O_WRONLY))
attempt('power', lambda: os.open('/proc/sysrq-trigger', os.O_WRONLY))
attempt('devices', lambda: os.open('/dev/mem', os.O_RDONLY))
";
