//! Two databases, four roles, and two pictures of them, between which a configuration goes back
//! and forth: every apply makes a role, drops one, renames one, grants, revokes and rotates.
//!
//! Not here: what applies (`stage`, and `Lab`), what a server has (`witness`). Invariant: every
//! table of a database is treated alike.

use test_support::tenant::Tenant;

/// The two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picture {
    /// `keeper` reads; there is `ebb`, and the tide is `low`.
    Ebb,
    /// `keeper` reads and writes; there is `flow`, and the tide is `high`.
    Flow,
}

impl Picture {
    pub(crate) fn other(self) -> Picture {
        match self {
            Picture::Ebb => Picture::Flow,
            Picture::Flow => Picture::Ebb,
        }
    }

    /// Its configuration.
    pub(crate) fn hcl(self) -> String {
        let (privileges, guest, tide) = match self {
            Picture::Ebb => ("\"SELECT\"", "ebb", "low"),
            Picture::Flow => ("\"SELECT\", \"INSERT\"", "flow", "high"),
        };
        let role = |label: &str, name: &str, privileges: &str| {
            format!(
                "role \"{label}\" {{\n  resource = postgres.main\n  name = \"{{p}}{name}\"\n  \
                 scopes = [\"{{p}}app\", \"{{p}}two\"]\n  privileges = [{privileges}]\n}}\n"
            )
        };
        let read = "\"SELECT\"";
        role("keeper", "keeper", privileges) + &role(guest, guest, read) + &role("tide", tide, read)
    }

    /// Who may do what on each table, as a `Witness` tells it.
    pub(super) fn grants(self) -> &'static str {
        match self {
            Picture::Ebb => "ebb SELECT, keeper SELECT, tide SELECT",
            Picture::Flow => "flow SELECT, keeper INSERT,SELECT, tide SELECT",
        }
    }

    /// Its roles, in order.
    pub(crate) fn roles(self) -> [&'static str; 3] {
        match self {
            Picture::Ebb => ["ebb", "keeper", "low"],
            Picture::Flow => ["flow", "high", "keeper"],
        }
    }
}

pub(super) const DATABASES: [&str; 2] = ["app", "two"];

const TABLES: &str =
    "DO $$ BEGIN FOR i IN 1..20 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$";

/// Makes the databases.
pub(crate) fn databases(tenant: &Tenant<'_>) {
    for database in DATABASES {
        tenant.database(database);
        tenant.sql(database, TABLES);
    }
}
