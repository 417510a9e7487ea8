//! PostgreSQL servers that live no longer than the process that started them.
//!
//! Two users: `roleform demo`, and the tests (through `tests/support`). Finds server
//! binaries or brings them ([`find`]), makes a data directory ([`initdb`]) and runs the
//! server in a directory of its own ([`server`]). It speaks no SQL and no wire protocol:
//! whoever wants rows brings a client. Unix only.
//! Invariant: when the starting process ends, in whatever way, the server stops and its
//! directories go, unless [`server::ThrowawayServer::keep`] was called.

pub mod account;
mod fetch;
pub mod find;
mod guard;
pub mod initdb;
pub mod options;
pub mod server;
