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

/// Who keeps a name for itself, if somebody does.
pub fn keeper(role: &RoleName) -> Option<&'static str> {
    let name = role.as_str();
    if name.starts_with("pg_") || matches!(name, "public" | "none") {
        Some("PostgreSQL")
    } else {
        OF_PROVIDERS.binary_search(&name).is_ok().then_some("a provider of servers")
    }
}

#[cfg(test)]
mod tests {
    use super::{OF_PROVIDERS, keeper};
    use crate::name::RoleName;

    #[test]
    fn reserved_names_are_found() {
        assert!(OF_PROVIDERS.is_sorted());
        let (postgres, provider) = (Some("PostgreSQL"), Some("a provider of servers"));
        for (name, expected) in [
            ("pg_monitor", postgres),
            ("none", postgres),
            ("rds_superuser", provider),
            ("cloudsqladmin", provider),
            ("azuresu", provider),
            ("rds", None),
            ("page", None),
        ] {
            assert_eq!(keeper(&RoleName::new(name).expect("a name")), expected, "{name}");
        }
    }
}
