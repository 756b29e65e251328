//! Sends back what it is sent (RFC 862), to any number of connections at once, in one thread.
//!
//! The program makes no socket, it is given one that listens, as descriptor 3 (mewz-cc --listen, or wasmtime --tcplisten).
//! Rust's library does the rest, but for waiting for several things at once, which is a function of WASI. A connection whose
//! peer does not read what comes back is not read from either.
use std::io::{ErrorKind, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::os::wasi::io::{AsRawFd, FromRawFd, RawFd};

const LISTENER: RawFd = 3;

/// What is waited for, as poll_oneoff wants it.
#[repr(C)]
struct Subscription {
    userdata: u64,
    kind: u64,
    descriptor: u64,
    rest: [u64; 3],
}

#[repr(C)]
#[derive(Clone, Default)]
struct Event {
    userdata: u64,
    rest: [u64; 3],
}

const READABLE: u64 = 1;
const WRITABLE: u64 = 2;

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn poll_oneoff(wanted: *const Subscription, events: *mut Event, count: usize, come: *mut usize) -> i32;
}

struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>, // that have come and not gone back yet
}

impl Connection {
    /// Reads, if everything has gone back, and sends back. False: the other side has nothing more to say.
    fn go_on(&mut self) -> Result<bool> {
        if self.bytes.is_empty() {
            let mut buffer = [0; 16 << 10];
            let size = self.stream.read(&mut buffer)?;
            if size == 0 {
                return Ok(false);
            }
            self.bytes.extend_from_slice(&buffer[..size]);
        }
        let size = self.stream.write(&self.bytes)?;
        self.bytes.drain(..size);
        Ok(true)
    }

    fn lives_on(&mut self) -> bool {
        self.go_on().unwrap_or_else(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

fn subscribe(number: usize, kind: u64, descriptor: RawFd) -> Subscription {
    Subscription { userdata: number as u64, kind, descriptor: descriptor as u64, rest: [0; 3] }
}

/// Waits until something can be done, and says with which connections; the number behind the last is the listener's.
fn wait(listener: &TcpListener, connections: &[Connection]) -> Vec<usize> {
    let mut wanted: Vec<Subscription> = connections
        .iter()
        .enumerate()
        .map(|(i, c)| subscribe(i, if c.bytes.is_empty() { READABLE } else { WRITABLE }, c.stream.as_raw_fd()))
        .collect();
    wanted.push(subscribe(connections.len(), READABLE, listener.as_raw_fd()));
    let mut events = vec![Event::default(); wanted.len()];
    let mut come = 0;
    let error = unsafe { poll_oneoff(wanted.as_ptr(), events.as_mut_ptr(), wanted.len(), &mut come) };
    assert_eq!(error, 0, "poll_oneoff");
    events[..come].iter().map(|event| event.userdata as usize).collect()
}

fn accept_all(listener: &TcpListener, connections: &mut Vec<Connection>) {
    while let Ok((stream, _)) = listener.accept() {
        if stream.set_nonblocking(true).is_ok() {
            connections.push(Connection { stream, bytes: Vec::new() });
        }
    }
}

fn main() -> Result<()> {
    let listener = unsafe { TcpListener::from_raw_fd(LISTENER) };
    listener.set_nonblocking(true)?;
    println!("listening");
    let mut connections = Vec::new();
    loop {
        let ready = wait(&listener, &connections);
        let newcomers = ready.contains(&connections.len());
        let over: Vec<usize> = ready.into_iter().filter(|&i| i < connections.len() && !connections[i].lives_on()).collect();
        for i in over.into_iter().rev() {
            connections.swap_remove(i);
        }
        if newcomers {
            accept_all(&listener, &mut connections);
        }
    }
}
