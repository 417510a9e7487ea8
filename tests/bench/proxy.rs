//! A wire that takes time: what is sent arrives later, as over a long line.
//!
//! Not here: losing or cutting anything (`tests/postgres/proxy.rs`). Invariant: only time is
//! added, and the same for every byte, however many there are: the line is long, not thin.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Listens on a port, which it returns, and passes everything on to another port of this
/// machine, `round_trip` later there and back together. Opening takes a round trip, too.
pub(crate) fn slow(upstream: u16, round_trip: Duration) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // Ends with the process.
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || {
                thread::sleep(round_trip);
                let server =
                    TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)).expect("the server is there");
                let both = [client, server];
                both.iter().for_each(|end| end.set_nodelay(true).expect("a socket"));
                let [client, server] = both;
                let handles = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
                thread::spawn(move || pass(handles.0, handles.1, round_trip / 2));
                pass(server, client, round_trip / 2);
            });
        }
    });
    port
}

fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if sender.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    for (at, bytes) in receiver {
        thread::sleep(at.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // Either may be closed already.
    let _ = to.shutdown(Shutdown::Both);
}
