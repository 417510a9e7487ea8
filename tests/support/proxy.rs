//! A wire between client and server that can be cut at a chosen moment.
//!
//! Copies bytes; understands no more of what passes than the statement COMMIT.
//! Invariant: what a rule does not mention passes unchanged.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    Pass,
    /// Answers take a while, so that requests sent together arrive together.
    Slow,
    /// COMMIT does not arrive.
    LoseCommit,
    /// COMMIT arrives and is answered; the answer does not.
    LoseAnswer,
    /// As `LoseAnswer`, and from then on nobody is let in.
    LoseAnswerForGood,
    /// Startup options do not arrive, as through a pooler that ignores them.
    LoseOptions,
    /// The first connection goes to the server, later ones to the one on this port.
    SwitchTo(u16),
}

/// A wire.
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    turns: Turns,
    commits: Arc<AtomicUsize>,
}

/// Per connection, in the order of their opening: how often the client spoke after the server had.
type Turns = Arc<Mutex<Vec<usize>>>;

struct Wire {
    upstream: u16,
    rule: Rule,
    /// Which COMMIT the rule is about, from 1; `None`: each.
    at: Option<usize>,
    /// COMMITs so far.
    commits: Arc<AtomicUsize>,
    /// Connections so far, or `CLOSED`.
    connections: AtomicU32,
    turns: Turns,
}

const CLOSED: u32 = u32::MAX;

impl Proxy {
    /// A wire to a server on 127.0.0.1.
    pub fn to(upstream: u16, rule: Rule) -> Proxy {
        Proxy::listen(upstream, rule, None)
    }

    /// The same with a rule about one COMMIT, by its number on all connections, from 1.
    pub fn at_commit(upstream: u16, rule: Rule, number: usize) -> Proxy {
        Proxy::listen(upstream, rule, Some(number))
    }

    fn listen(upstream: u16, rule: Rule, at: Option<usize>) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (turns, commits) = (Turns::default(), Arc::<AtomicUsize>::default());
        let (connections, own) = (AtomicU32::new(0), (Arc::clone(&commits), Arc::clone(&turns)));
        let wire = Wire { upstream, rule, at, commits: own.0, connections, turns: own.1 };
        let wire = Arc::new(wire);
        // Ends with the process: nobody else can get at this listener.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let wire = Arc::clone(&wire);
                thread::spawn(move || wire.serve(client));
            }
        });
        Proxy { port, turns, commits }
    }

    /// How many COMMITs were sent.
    pub fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    /// Round trips of each connection, in the order of their opening.
    pub fn turns(&self) -> Vec<usize> {
        self.turns.lock().expect("nobody panics").clone()
    }
}

impl Wire {
    /// Whether a COMMIT passes that the rule is about.
    fn commits(&self, bytes: &[u8]) -> bool {
        if !bytes.windows(7).any(|part| part == b"COMMIT\n") {
            return false;
        }
        let number = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        self.at.is_none_or(|at| at == number)
    }

    fn serve(&self, client: TcpStream) {
        let before = self.connections.fetch_add(1, Ordering::SeqCst);
        let port = match self.rule {
            _ if before >= CLOSED / 2 => {
                // Heard out, so that the end is one and not a reset.
                let _ = (&client).read(&mut [0; 64]);
                return;
            }
            Rule::SwitchTo(other) if before > 0 => other,
            _ => self.upstream,
        };
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return };
        let (client_in, server_in) =
            (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
        let number = {
            let mut turns = self.turns.lock().expect("nobody panics");
            turns.push(0);
            turns.len() - 1
        };
        let server_spoke = AtomicUsize::new(1);
        let muted = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                copy(server_in, &client, |_: &mut [u8]| {
                    if self.rule == Rule::Slow {
                        thread::sleep(Duration::from_millis(25));
                    }
                    server_spoke.store(1, Ordering::SeqCst);
                    muted.load(Ordering::SeqCst) == 0
                });
            });
            copy(client_in, &server, |bytes| {
                if self.rule == Rule::LoseOptions {
                    lose_options(bytes);
                }
                let turn = server_spoke.swap(0, Ordering::SeqCst);
                self.turns.lock().expect("nobody panics")[number] += turn;
                let commits = self.commits(bytes);
                match self.rule {
                    Rule::LoseCommit if commits => return false,
                    Rule::LoseAnswerForGood if commits => {
                        self.connections.store(CLOSED / 2, Ordering::SeqCst);
                    }
                    _ => {}
                }
                if commits && matches!(self.rule, Rule::LoseAnswer | Rule::LoseAnswerForGood) {
                    muted.store(1, Ordering::SeqCst);
                }
                true
            });
        });
    }
}

/// Puts a setting that means nothing in the place of the startup options, byte for byte.
fn lose_options(bytes: &mut [u8]) {
    const NAME: &[u8] = b"\0options\0";
    let Some(at) = bytes.windows(NAME.len()).position(|part| part == NAME) else { return };
    let value = &mut bytes[at + NAME.len()..];
    let length = value.iter().position(|byte| *byte == 0).expect("a string ends");
    value[..length].fill(b'x');
    value[..7].copy_from_slice(b"-c a.b=");
}

/// Copies until one side ends or `may_pass` forbids it; then ends both.
fn copy(mut from: TcpStream, mut to: &TcpStream, mut may_pass: impl FnMut(&mut [u8]) -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !may_pass(&mut buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // Either may be closed already.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
