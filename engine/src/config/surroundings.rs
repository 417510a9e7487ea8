//! What the configuration language may see of the world.
//!
//! Files, environment and time come from the caller, so that reading a configuration is
//! a function of its inputs. Invariant: nothing in `config` looks outside but through this.

/// What a configuration may see of the world, given by the caller.
pub struct Surroundings<'a> {
    /// The content of a file, which is not too long; the path is as written, relative to
    /// the directory of the run. The error says why, without the path.
    pub read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// The names in a directory, sorted; directories end with a slash.
    pub list: &'a dyn Fn(&str) -> Result<Vec<String>, String>,
    /// An environment variable.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// The directory that relative paths start from, as an absolute path.
    pub directory: &'a str,
    /// The one time of this run, RFC 3339 in UTC.
    pub now: &'a str,
}
