//! What the tests stand on: real PostgreSQL servers, a SQL client, projects to run roleform in.
//!
//! A crate, so that every test target shares one compiled copy. Start with
//! [`cluster::Cluster`] for a server and [`project::TestProject`] for the command line;
//! [`tenant::Tenant`] is one test's corner of a shared server.
//! It mocks nothing, and it panics where a test could only fail anyway.
//! Invariant: tests that share a server cannot see each other's roles and databases by name.

pub mod client;
pub mod cluster;
pub mod disk;
pub mod filters;
pub mod process;
pub mod project;
pub mod proxy;
pub mod repository;
pub mod rust_source;
pub mod seeds;
pub mod servers;
pub mod tenant;
