//! roleform against real PostgreSQL servers, of every version that this run tests.
//!
//! One module per subject; `tests/tidy.rs` fails when a file is not declared here.
//! No mocks, nothing ignored. Invariant: what tests share they leave as it was.

mod attack;
mod attributes;
mod audit;
mod between;
mod boundary;
mod cluster;
mod company;
mod concurrency;
mod connect;
mod counts;
mod crash;
mod credentials;
mod dangling;
mod differential;
mod generate;
mod hostile;
mod ignored;
mod introspect;
mod kinds;
mod lab;
mod lock;
mod memberships;
mod names;
mod observe;
mod ownership;
mod partial;
mod parts;
mod passwords;
mod recovery;
mod removal;
mod rename;
mod rivals;
mod roles;
mod secrets;
mod settings;
mod staleness;
mod tls;
mod transaction;
mod wire;
