//! Workloads of design 11: tables, roles, the same grants by hand.
//!
//! Invariant: `configuration` and `grants` lead to the same ACLs.

use std::fmt::{self, Write};
use std::process::Command;

use test_support::cluster::Cluster;

/// The floor of reading: the text of every ACL.
pub(crate) const COPY: &str =
    "COPY (SELECT oid, relnamespace, relname, relkind, relowner, relacl::text FROM pg_class) TO STDOUT";

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How many schemas.
    pub(crate) schemas: u32,
    /// Tables in each.
    pub(crate) tables: u32,
    /// Roles, with grants on every table.
    pub(crate) roles: u32,
}

/// 10,000 tables × 50 roles.
const REFERENCE: Workload = Workload { name: "reference", schemas: 50, tables: 200, roles: 50 };
const LARGE: Workload = Workload { name: "large", schemas: 100, tables: 500, roles: 20 };
const SMALL: Workload = Workload { name: "small", schemas: 5, tables: 100, roles: 10 };

/// The workload of a name.
pub(crate) fn named(word: &str) -> Option<Workload> {
    [REFERENCE, LARGE, SMALL].into_iter().find(|workload| workload.name == word)
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = self.schemas * self.tables;
        write!(
            f,
            "{}: {tables} tables in {} schemas, {} roles, {} table grants",
            self.name,
            self.schemas,
            self.roles,
            self.grants_count()
        )
    }
}

impl Workload {
    /// Table grants.
    pub(crate) fn grants_count(self) -> u32 {
        self.schemas * self.tables * self.roles
    }

    /// Makes the tables.
    pub(crate) fn build(self, cluster: &Cluster) {
        cluster.sql("postgres", "CREATE DATABASE ref");
        for schema in 0..self.schemas {
            cluster.sql("ref", &format!("CREATE SCHEMA s{schema:02}"));
            let tables = format!(
                "DO $$ BEGIN FOR i IN 0..{} LOOP EXECUTE format('CREATE TABLE s{schema:02}.t%s (id int, a text)', i); END LOOP; END $$",
                self.tables - 1
            );
            cluster.sql("ref", &tables);
        }
        cluster.sql("ref", "VACUUM ANALYZE pg_class");
    }

    /// Half of the roles read, half write.
    pub(crate) fn configuration(self) -> String {
        format!(
            "role \"bench\" {{\n  count      = {}\n  name       = \"bench_${{count.index}}\"\n  resource   = postgres.main\n  scopes     = [\"ref\"]\n  \
             privileges = count.index % 2 == 0 ? [\"SELECT\"] : [\"SELECT\", \"INSERT\", \"UPDATE\", \"DELETE\"]\n  login      = false\n}}\n",
            self.roles
        )
    }

    /// The same by hand: two statements per five hundred tables, each naming all its roles.
    pub(crate) fn grants(self) -> String {
        let roles = |odd: u32| {
            (0..self.roles)
                .filter(|role| role % 2 == odd)
                .map(|role| format!("bench_{role}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (readers, writers) = (roles(0), roles(1));
        let mut script = String::new();
        let tables: Vec<String> = (0..self.schemas)
            .flat_map(|schema| (0..self.tables).map(move |table| format!("s{schema:02}.t{table}")))
            .collect();
        for chunk in tables.chunks(500) {
            let names = chunk.join(", ");
            // Writing into a String does not fail.
            let _ = writeln!(script, "GRANT SELECT ON TABLE {names} TO {readers};");
            let _ = writeln!(script, "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {names} TO {writers};");
        }
        script
    }

    /// Takes all table grants away and packs the catalog, so that each apply begins alike.
    pub(crate) fn revoke_all(self, cluster: &Cluster) {
        let exists = cluster.query("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'bench_0'");
        if !exists.is_empty() {
            for schema in 0..self.schemas {
                let roles =
                    (0..self.roles).map(|role| format!("bench_{role}")).collect::<Vec<_>>().join(", ");
                cluster.sql("ref", &format!("REVOKE ALL ON ALL TABLES IN SCHEMA s{schema:02} FROM {roles}"));
            }
        }
        cluster.sql("ref", "VACUUM FULL pg_class");
        cluster.sql("ref", "CHECKPOINT");
    }
}

/// A `resource` block for a server on a port of this machine, its password in the environment.
pub(crate) fn resource(label: &str, port: u16, username: &str) -> String {
    let password = format!("{}_ADMIN_PASSWORD", if label == "main" { "MAIN" } else { "FLEET" });
    format!(
        "resource \"postgres\" \"{label}\" {{\n  host = \"127.0.0.1\"\n  port = {port}\n  admin {{\n    \
         username = \"{username}\"\n    password = env(\"{password}\")\n  }}\n}}\n"
    )
}

/// psql as the superuser.
pub(crate) fn psql(cluster: &Cluster, database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h"]).arg(&cluster.address.socket_directory);
    command.args(["-p", &cluster.address.port.to_string(), "-U", &cluster.superuser.name, "-d", database]);
    command.args(arguments).env("PGPASSWORD", &cluster.superuser.password);
    command
}
