//! What a role itself is: attributes, validity, limits, comment and settings, everywhere and in
//! one database; made, changed, changed by others both ways, reset.
//!
//! Invariant: after every step the catalog has what the step says, and the next plan is empty.

use test_support::cluster::Cluster;

use crate::lab::Lab;

/// What others do first, what is declared, parts of the plan, and what is there then.
struct Step(&'static str, &'static str, &'static [&'static str], &'static str);

/// Attributes in the order of the query; then settings as `place name=value`.
const PLAIN: &str = "login inherit |-1||";

const FULL: &str = "login = false\ninherit = false\ncreatedb = true\ncreaterole = true\nreplication = true\n\
                    bypassrls = true\nconnection_limit = 7\nvalid_until = \"2031-05-06T07:08:09Z\"\n\
                    comment = \"it's \\\"quoted\\\" \\\\ and\\nlong\"";

const FULL_THEN: &str =
    "createdb createrole replication bypassrls |7|2031-05-06 07:08:09+00|it's \"quoted\" \\ and\nlong";

const SETTINGS: &str = "settings = { statement_timeout = \"30s\", search_path = \"s, \\\"$user\\\", public\", \"app.motto\" = \"it's; x\" }\n\
                        database_settings = { \"{p}app\" = { work_mem = \"8MB\", DateStyle = \"ISO, DMY\" } }";

const SETTINGS_THEN: &str = "login inherit |-1|infinity| {p}app datestyle=ISO, DMY {p}app work_mem=8MB  app.motto=it's; x  search_path=s, \"$user\", public  statement_timeout=30s";

const STEPS: &[Step] = &[
    Step("", "", &["will be created"], PLAIN),
    Step(
        "",
        FULL,
        &[
            "login = true -> false",
            "createdb = false -> true",
            "valid_until",
            "connection_limit",
            "login lost",
        ],
        FULL_THEN,
    ),
    Step(
        "ALTER ROLE {p}r LOGIN INHERIT NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT -1 VALID UNTIL 'infinity'; COMMENT ON ROLE {p}r IS NULL",
        FULL,
        &["(changed outside)", "connection_limit = -1 -> 7", "+ valid_until", "+ comment"],
        FULL_THEN,
    ),
    Step(
        "ALTER ROLE {p}r CONNECTION LIMIT 8 VALID UNTIL '2030-01-01 00:00:00+01'; COMMENT ON ROLE {p}r IS 'other'",
        FULL,
        &[
            "connection_limit = 8 -> 7",
            "~ valid_until",
            "\"2029-12-31T23:00:00Z\" -> \"2031-05-06T07:08:09Z\"",
        ],
        FULL_THEN,
    ),
    Step("", "", &["login = false -> true", "- valid_until", "- comment"], "login inherit |-1|infinity|"),
    Step(
        "ALTER ROLE {p}r CREATEDB CONNECTION LIMIT 1 VALID UNTIL 'tomorrow'; COMMENT ON ROLE {p}r IS 'x'",
        "",
        &["(changed outside)"],
        "login inherit |-1|infinity|",
    ),
    Step("", SETTINGS, &["statement_timeout", "work_mem"], SETTINGS_THEN),
    Step(
        "ALTER ROLE {p}r RESET ALL; ALTER ROLE {p}r IN DATABASE {p}app RESET ALL",
        SETTINGS,
        &["(changed outside)", "work_mem"],
        SETTINGS_THEN,
    ),
    Step(
        "ALTER ROLE {p}r SET work_mem = '1MB'; ALTER ROLE {p}r IN DATABASE {p}app SET statement_timeout = 1; ALTER ROLE {p}r SET statement_timeout = '31s'",
        SETTINGS,
        &["(changed outside)", "\"31s\" -> \"30s\""],
        SETTINGS_THEN,
    ),
    Step("", "", &["statement_timeout"], "login inherit |-1|infinity|"),
    Step(
        "ALTER ROLE {p}r IN DATABASE {p}app SET work_mem = '1MB'; ALTER ROLE {p}r SET app.motto = 'x'",
        "",
        &["(changed outside)", "app.motto"],
        "login inherit |-1|infinity|",
    ),
];

/// Times have fractions, and years that RFC 3339 does not know.
#[test]
fn every_time_until_which_a_role_is_valid() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        for (declared, by_hand) in [
            ("2031-05-06T07:08:09.5Z", "2031-05-06 07:08:09.5"),
            ("2031-05-06T07:08:09.123450Z", "2031-05-06 07:08:09.12345"),
            ("2031-05-06", "2031-05-06 00:00:00"),
            ("9999-12-31T23:59:59Z", "9999-12-31 23:59:59"),
            ("20000-02-29T03:04:05.25Z", "20000-02-29 03:04:05.25"),
            ("0044-03-15T12:00:00Z BC", "0044-03-15 12:00:00 BC"),
            ("-infinity", "-infinity"),
        ] {
            let config = format!(
                "role \"r\" {{\nresource = postgres.main\nname = \"{{p}}r\"\npassword = \"none\"\nvalid_until = \"{declared}\"\n}}\n"
            );
            lab.converge(&config);
            let sql = "SELECT rolvaliduntil AT TIME ZONE 'UTC' FROM pg_roles WHERE rolname = '{p}r'";
            assert_eq!(lab.tenant.query("postgres", sql)[0][0].as_deref(), Some(by_hand), "{declared}");
            let other_era = by_hand.strip_suffix(" BC").unwrap_or("2030-01-01");
            lab.tenant.sql("postgres", &format!("ALTER ROLE {{p}}r VALID UNTIL '{other_era}'"));
            assert!(!lab.plan(&config).is_noop(), "{declared}");
        }
        lab.converge("");
    });
}

/// What no list of the server has keeps the letters in which it was set, and is found only by them.
#[test]
fn settings_of_applications_keep_their_letters() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        let config = |settings: &str| {
            format!(
                "role \"r\" {{\nresource = postgres.main\nname = \"{{p}}r\"\npassword = \"none\"\ncomment = \"\"\n{settings}\n}}\n"
            )
        };
        lab.converge(&config(""));
        lab.tenant.sql(
            "postgres",
            "ALTER ROLE {p}r SET \"My.Motto\" = 'x'; ALTER ROLE {p}r IN DATABASE {p}app SET \"My.Motto\" = 'y'",
        );
        lab.converge(&config("settings = { \"my.motto\" = \"z\" }"));
        assert_eq!(found(&lab), "login inherit |-1||  My.Motto=z");
        lab.tenant.sql("postgres", "ALTER ROLE {p}r SET \"My.Motto\" = 'x'");
        lab.converge(&config("settings = { \"my.motto\" = \"z\" }\ndatabase_settings = { \"{p}app\" = { \"MY.MOTTO\" = \"a\" } }"));
        lab.converge(&config(""));
        assert_eq!(found(&lab), "login inherit |-1||");
        lab.tenant.sql("postgres", "COMMENT ON ROLE {p}r IS 'by hand'");
        lab.converge(&config(""));
    });
}

fn found(lab: &Lab<'_>) -> String {
    let role = "SELECT concat_ws(' ', CASE WHEN rolcanlogin THEN 'login' END, CASE WHEN rolinherit THEN 'inherit' END, \
                CASE WHEN rolcreatedb THEN 'createdb' END, CASE WHEN rolcreaterole THEN 'createrole' END, \
                CASE WHEN rolreplication THEN 'replication' END, CASE WHEN rolbypassrls THEN 'bypassrls' END, \
                CASE WHEN rolsuper THEN 'superuser' END) || ' |' || rolconnlimit || '|' \
                || coalesce((rolvaliduntil AT TIME ZONE 'UTC')::text || CASE WHEN isfinite(rolvaliduntil) THEN '+00' ELSE '' END, '') || '|' \
                || coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = '{p}r'";
    let settings = "SELECT coalesce(datname, '') || ' ' || CASE WHEN strpos(split_part(one, '=', 1), '.') = 0 THEN lower(split_part(one, '=', 1)) ELSE split_part(one, '=', 1) END || '=' || substr(one, strpos(one, '=') + 1) \
                    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) one \
                    WHERE setrole = '{p}r'::regrole ORDER BY setdatabase = 0, 1";
    let rows = lab.tenant.query("postgres", role).into_iter().chain(lab.tenant.query("postgres", settings));
    rows.flatten().flatten().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_part_of_a_role_follows_and_is_taken_back() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        for Step(by_hand, inside, says, then) in STEPS {
            if !by_hand.is_empty() {
                lab.tenant.sql("postgres", by_hand);
            }
            let config = format!(
                "role \"r\" {{\nresource = postgres.main\nname = \"{{p}}r\"\npassword = \"none\"\n{inside}\n}}\n"
            );
            let text = lab.text(&lab.converge(&config));
            // Names stand in a column as wide as the longest.
            let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in *says {
                assert!(told.contains(part), "{part} is not in\n{text}");
            }
            assert_eq!(found(&lab), *then, "{by_hand}\n{text}");
        }
        lab.converge("");
    });
}
