//! Catalogs, diff, plan and state of roleform.

pub mod audit;
pub mod code;
pub mod declared;
pub mod diagnostic;
pub mod digest;
pub mod name;
pub mod object;
pub mod privilege;
pub mod secret;
pub mod state;
