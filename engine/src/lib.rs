//! Catalogs, diff, plan and state of roleform.

pub mod access;
pub mod acl;
pub mod audit;
pub mod catalog;
pub mod change;
pub mod choice;
pub mod code;
pub mod config;
pub mod credentials;
pub mod declared;
pub mod dependency;
pub mod diagnostic;
pub mod diff;
pub mod digest;
pub mod format;
pub mod generate;
pub mod graph;
pub mod ignored;
pub mod moved;
pub mod name;
pub mod object;
pub mod observed;
pub mod ops;
pub mod plan;
pub mod policy;
pub mod privilege;
pub mod provider;
pub mod public;
pub mod render;
pub mod resolve;
pub mod scope;
pub mod secret;
pub mod signature;
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
