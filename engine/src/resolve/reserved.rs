//! Names of roles that are not anybody's to manage.
//!
//! Source: PostgreSQL, CREATE ROLE (`pg_` is reserved, `public` and `none` are no names of
//! roles); the user guides of Amazon RDS and Aurora, Google Cloud SQL and AlloyDB, Azure
//! Database for PostgreSQL. Not here: superusers and the administrator, which only the server
//! tells. Invariant: exact names and prefixes, no guesses.

use crate::name::RoleName;

/// Roles that providers make and need.
const OF_PROVIDERS: &[&str] = &[
    "alloydbadmin",
    "alloydbagent",
    "alloydbexport",
    "alloydbiamgroupuser",
    "alloydbiamuser",
    "alloydbimportexport",
    "alloydbmetadata",
    "alloydbobservability",
    "alloydbreplica",
    "alloydbsqllogical",
    "alloydbsuperuser",
    "azure_pg_admin",
    "azure_superuser",
    "azuresu",
    "cloudsqladmin",
    "cloudsqlagent",
    "cloudsqlconnpooladmin",
    "cloudsqliamgroup",
    "cloudsqliamgroupserviceaccount",
    "cloudsqliamgroupuser",
    "cloudsqliamserviceaccount",
    "cloudsqliamuser",
    "cloudsqlimportexport",
    "cloudsqllogical",
    "cloudsqlobservability",
    "cloudsqlreplica",
    "cloudsqlsuperuser",
    "rds_ad",
    "rds_iam",
    "rds_password",
    "rds_replication",
    "rds_reserved",
    "rds_superuser",
    "rdsadmin",
    "rdsproxyadmin",
    "rdsrepladmin",
    "rdstopmgr",
    "rdswriteforwarduser",
];

/// Whether a name belongs to PostgreSQL or to the provider of a server.
pub fn is_reserved(role: &RoleName) -> bool {
    let name = role.as_str();
    name.starts_with("pg_") || matches!(name, "public" | "none") || OF_PROVIDERS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{OF_PROVIDERS, is_reserved};
    use crate::name::RoleName;

    #[test]
    fn reserved_names_are_found() {
        assert!(OF_PROVIDERS.is_sorted());
        for (name, reserved) in [
            ("pg_monitor", true),
            ("none", true),
            ("rds_superuser", true),
            ("cloudsqladmin", true),
            ("azuresu", true),
            ("rds", false),
            ("page", false),
        ] {
            assert_eq!(is_reserved(&RoleName::new(name).expect("a name")), reserved, "{name}");
        }
    }
}
