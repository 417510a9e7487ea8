//! The demo: the main job, told as a story on a server that lives for a minute.
//!
//! The server itself is the crate in `demo/server`. Invariant: what the demo prints as a
//! command is run as printed, by this very binary, and what it claims it checks.

mod client;
mod company;
mod interrupt;
mod narrator;
mod scene;
pub(crate) mod story;
