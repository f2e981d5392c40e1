//! Level basic as root: a network namespace with only its own loopback device.
//!
//! Only root can create one in a thread of a larger process; for others `ports.rs` restricts ports.

use std::io;
use std::sync::OnceLock;

use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};

/// Whether threads of this process may create one. Found once, by trying.
pub(super) fn works() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let probe = || {
        let thread = std::thread::Builder::new().name("network-probe".to_owned()).spawn(enter);
        thread.ok().and_then(|thread| thread.join().ok()).is_some_and(|entered| entered.is_ok())
    };
    *WORKS.get_or_init(probe)
}

/// Moves the calling thread, and everything that it starts, into a new namespace.
pub(super) fn enter() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNET)?;
    raise_loopback()
}

/// Asks the kernel to enable the loopback device, which is down in a new namespace.
fn raise_loopback() -> io::Result<()> {
    let kernel =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    sendto(std::os::fd::AsRawFd::as_raw_fd(&kernel), &request(), &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    let mut answer = [0; 256];
    let length = recv(std::os::fd::AsRawFd::as_raw_fd(&kernel), &mut answer, MsgFlags::empty())?;
    // The answer is a header, then the negative error number, or zero.
    let error = answer.get(..length).and_then(|answer| answer.get(HEADER..HEADER + 4));
    match error.and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(number) => Err(io::Error::from_raw_os_error(-number)),
        None => Err(io::Error::other("the kernel's answer is too short")),
    }
}

/// Length of a netlink message's header, in bytes.
const HEADER: usize = 16;
/// The index of the loopback device, the only one in a new namespace.
const LOOPBACK: i32 = 1;

/// A message of type `RTM_NEWLINK` that sets the flag `IFF_UP` of the device.
fn request() -> Vec<u8> {
    let up = libc::IFF_UP.unsigned_abs();
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK).unsigned_abs();
    let body = [[0; 4], LOOPBACK.to_ne_bytes(), up.to_ne_bytes(), up.to_ne_bytes()].concat();
    let length = u32::try_from(HEADER + body.len()).unwrap_or(0);
    let number_and_sender = [0; 8];
    let flags = u16::try_from(flags).unwrap_or(0);
    [
        &length.to_ne_bytes()[..],
        &libc::RTM_NEWLINK.to_ne_bytes(),
        &flags.to_ne_bytes(),
        &number_and_sender,
        &body,
    ]
    .concat()
}
