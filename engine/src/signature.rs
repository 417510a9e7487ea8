//! Signatures of plan files: who made a plan, and who else has agreed to it.
//!
//! They are SSH signatures over the bytes of plan.bin, exactly those that `ssh-keygen -Y sign`
//! makes and `ssh-keygen -Y verify` checks, so that people sign with the keys that they have.
//! Not here: reading files and talking to an agent (the binary). Invariant: a signature counts
//! for one purpose, one file, and whoever a list of allowed signers names at that time.

pub mod agent;
pub mod demand;
pub mod key;
mod refusal;
pub mod roster;
pub mod seal;
pub mod signers;
#[cfg(test)]
mod tests;
mod time;

use jiff::tz::TimeZone;

/// What a signature is for; its namespace keeps one from passing as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The author's: this is the plan that I made.
    Plan,
    /// An approval: I have read this plan.
    Approval,
}

impl Purpose {
    /// The namespace of PROTOCOL.sshsig, `-n` of `ssh-keygen -Y`.
    pub fn namespace(self) -> &'static str {
        match self {
            Purpose::Plan => "roleform-plan",
            Purpose::Approval => "roleform-approval",
        }
    }

    /// What it is called in messages.
    pub fn words(self) -> &'static str {
        match self {
            Purpose::Plan => "signature",
            Purpose::Approval => "approval",
        }
    }
}

/// A moment, and the zone in which times without one are meant, as `ssh-keygen` reads them.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// The machine's time zone.
    pub zone: TimeZone,
}
