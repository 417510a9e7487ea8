//! The company of the story: its databases as they are, and its configuration.
//!
//! The files are those of `examples/company`, so that they can be read and tried without
//! the demo. Invariant: what the demo adds is only where the server listens.

use std::fs;
use std::io;
use std::path::Path;

use throwaway_server::options::Address;

/// Who may do what.
pub(crate) const ROLES: &str = include_str!("../../../examples/company/roles.hcl");

/// The servers.
const INVENTORY: &str = include_str!("../../../examples/company/inventory.hcl");

/// Statements that make the databases, one per simple query.
pub(crate) const DATABASES: &str = include_str!("databases.sql");

/// Content of each database.
pub(crate) const CONTENT: [(&str, &str); 2] = [
    ("shop", include_str!("../../../examples/company/shop.sql")),
    ("warehouse", include_str!("../../../examples/company/warehouse.sql")),
];

/// What `analyst` may do.
pub(crate) const ALLOWED: &str = include_str!("allowed.sql");

/// What `analyst` may not do.
pub(crate) const FORBIDDEN: &str = include_str!("forbidden.sql");

/// What somebody does by hand.
pub(crate) const BEHIND_OUR_BACK: &str = include_str!("behind_our_back.sql");

/// Writes the configuration into a directory.
pub(crate) fn write(directory: &Path, address: &Address) -> io::Result<()> {
    fs::write(directory.join("inventory.hcl"), INVENTORY)?;
    fs::write(directory.join("roles.hcl"), ROLES)?;
    let place = format!("host = \"127.0.0.1\"\nport = {}\n", address.port);
    fs::write(directory.join("roleform.tfvars"), place)
}
