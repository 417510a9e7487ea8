//! Memberships: made, widened, narrowed, changed by others both ways, removed.
//!
//! One role goes through all steps on one server; circles with others' memberships are refused. Invariant: after every step what the catalog
//! has is what the step says, letter by letter, and the next plan is empty.

use engine::render;
use engine::resolve::Options;
use test_support::cluster::Cluster;

use crate::lab::Lab;

/// A step: what others do first, what is declared, what the plan says, and what is there then.
struct Step {
    /// First version that it is about.
    since: u16,
    by_hand: &'static str,
    member_of: &'static str,
    says: &'static str,
    /// `role admin inherit set grantor` per membership; before 16 only `role admin` counts.
    then: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step {
        since: 13,
        by_hand: "",
        member_of: "\"{p}g\"",
        says: "+ member of \"{p}g\"",
        then: &["g f t t owner"],
    },
    Step {
        since: 13,
        by_hand: "",
        member_of: "{ role = \"{p}g\", admin = true }",
        says: "~ member of \"{p}g\": admin = false -> true",
        then: &["g t t t owner"],
    },
    Step {
        since: 16,
        by_hand: "",
        member_of: "{ role = \"{p}g\", admin = true, inherit = false, set = false }",
        says: "inherit = true -> false, set = true -> false",
        then: &["g t f f owner"],
    },
    Step {
        since: 16,
        by_hand: "GRANT {p}g TO {p}r WITH INHERIT TRUE; GRANT {p}g TO {p}r WITH SET TRUE, ADMIN FALSE",
        member_of: "{ role = \"{p}g\", admin = true, inherit = false, set = false }",
        says: "(changed outside)",
        then: &["g t f f owner"],
    },
    Step {
        since: 13,
        by_hand: "",
        member_of: "\"{p}g\"",
        says: "~ member of \"{p}g\": admin = true -> false",
        then: &["g f t t owner"],
    },
    Step {
        since: 13,
        by_hand: "GRANT {p}g TO {p}r WITH ADMIN OPTION",
        member_of: "\"{p}g\"",
        says: "(changed outside)",
        then: &["g f t t owner"],
    },
    Step {
        since: 13,
        by_hand: "REVOKE {p}g FROM {p}r",
        member_of: "\"{p}g\"",
        says: "(deleted outside)",
        then: &["g f t t owner"],
    },
    Step {
        since: 13,
        by_hand: "GRANT {p}h TO {p}r WITH ADMIN OPTION; GRANT pg_monitor TO {p}r",
        member_of: "\"{p}g\"",
        says: "(not declared for a managed role)",
        then: &["g f t t owner"],
    },
    Step {
        since: 16,
        by_hand: "SET ROLE {p}boss; GRANT {p}g TO {p}r WITH ADMIN TRUE; RESET ROLE",
        member_of: "\"{p}g\"",
        says: "- member of \"{p}g\" with admin option granted by {p}boss",
        then: &["g f t t owner"],
    },
    Step {
        since: 16,
        by_hand: "",
        member_of: "\"{p}g\", { role = \"{p}h\", granted_by = \"{p}boss\" }",
        says: "+ member of \"{p}h\" granted by {p}boss",
        then: &["g f t t owner", "h f t t boss"],
    },
    Step {
        since: 16,
        by_hand: "GRANT {p}h TO {p}r; REVOKE {p}h FROM {p}r GRANTED BY {p}boss",
        member_of: "\"{p}g\", { role = \"{p}h\", granted_by = \"{p}boss\" }",
        says: "(deleted outside)",
        then: &["g f t t owner", "h f t t boss"],
    },
    Step {
        since: 13,
        by_hand: "",
        member_of: "\"{p}g\", \"{p}h\", \"pg_read_all_settings\"",
        says: "+ member of ",
        then: &["g f t t owner", "h f t t owner", "pg_read_all_settings f t t owner"],
    },
    Step { since: 13, by_hand: "", member_of: "", says: "(removed from configuration)", then: &[] },
    Step { since: 13, by_hand: "", member_of: "\"{p}g\"", says: "(new)", then: &["g f t t owner"] },
];

fn found(lab: &Lab<'_>) -> Vec<String> {
    let recent = lab.tenant.cluster.version >= 16;
    let options =
        if recent { "inherit_option, set_option, grantor::regrole::text" } else { "true, true, 'owner'" };
    let sql = format!(
        "SELECT roleid::regrole::text, admin_option, {options} FROM pg_auth_members \
         WHERE member = '{{p}}r'::regrole"
    );
    let owner = &lab.tenant.cluster.superuser.name;
    let row = |row: Vec<Option<String>>| {
        let words: Vec<String> = row.into_iter().flatten().map(|word| word.replace("{p}", "")).collect();
        words.join(" ").replace(&format!(" {owner}"), " owner")
    };
    let mut found: Vec<String> = lab.tenant.query("postgres", &sql).into_iter().map(row).collect();
    found.sort();
    found
}

#[test]
fn from_nothing_to_nothing() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.sql("postgres", "CREATE ROLE {p}g; CREATE ROLE {p}h; CREATE ROLE {p}boss");
        lab.tenant.sql("postgres", "GRANT {p}g, {p}h TO {p}boss WITH ADMIN OPTION");
        let config = |member_of: &str| {
            format!(
                "role \"r\" {{\n  resource = postgres.main\n  name = \"{{p}}r\"\n  member_of = [{member_of}]\n}}\n"
            )
        };
        for step in STEPS.iter().filter(|step| cluster.version >= step.since) {
            if !step.by_hand.is_empty() {
                lab.tenant.sql("postgres", step.by_hand);
            }
            let text = lab.text(&lab.converge(&config(step.member_of)));
            assert!(text.contains(step.says), "{} is not in\n{text}", step.says);
            assert_eq!(found(&lab), step.then, "{text}");
        }
        lab.converge("");
        assert!(found_role(&lab).is_empty());
    });
}

fn found_role(lab: &Lab<'_>) -> Vec<Vec<Option<String>>> {
    lab.tenant.query("postgres", "SELECT 1 FROM pg_roles WHERE rolname = '{p}r'")
}

/// Two roles of the run, of which the second may be external.
const TWO: &str = "role \"r\" {\nresource = postgres.main\nname = \"{p}r\"\nmember_of = [R]\n}\n\
     role \"second\" {\nresource = postgres.main\nname = \"{p}second\"\nSECOND\n}\n";

/// Memberships that others have, and keep, take part in circles; those that go do not.
#[test]
fn a_circle_is_drawn_while_planning() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        let config = |of_r: &str, second: &str| TWO.replace("[R]", of_r).replace("SECOND", second);
        lab.tenant.sql("postgres", "CREATE ROLE {p}g; CREATE ROLE {p}h; CREATE ROLE {p}i");
        lab.converge(&config("[]", ""));
        lab.tenant.sql("postgres", "GRANT {p}r TO {p}h; GRANT {p}h TO {p}g, {p}i");
        let refused = |config: &str, lines: &[&str]| {
            let said = lab.refusal(config, Options::default());
            let expected = format!(
                "PLN014 Memberships form a cycle: Roles cannot be members of themselves:\n{}",
                lines.join("\n")
            );
            assert_eq!(said, expected);
        };
        let to_g = config("[\"{p}g\"]", "");
        let circle = [
            "  {p}g is a member of {p}h  (on main)",
            "  {p}h is a member of {p}r  (on main)",
            "  {p}r is a member of {p}g  (main.hcl:4)",
        ];
        refused(&to_g, &circle);
        // Renamed meanwhile, and through an external role.
        let renamed =
            [circle[0], "  {p}h is a member of {p}s  (on main)", "  {p}s is a member of {p}g  (main.hcl:4)"];
        refused(&to_g.replace("{p}r", "{p}s"), &renamed);
        let external = config("[role.second]", "type = \"external\"\nsource_role = \"{p}h\"");
        let through = [
            "  {p}h is a member of {p}r  (on main)",
            "  {p}r is a member of {p}second  (main.hcl:4)",
            "  {p}second is a member of {p}h  (main.hcl:10)",
        ];
        refused(&external, &through);
        lab.tenant.sql("postgres", "REVOKE {p}r FROM {p}h");
        lab.converge(&external);
        // What a role of the run is a member of and shall not be goes before the other way round comes.
        lab.converge(&config("[]", "member_of = [role.r]"));
        lab.converge(&config("[role.second]", ""));
    });
}

/// Two grantors of one membership are two changes, and each has an address of its own.
#[test]
fn a_membership_with_two_grantors_has_two_addresses() {
    Cluster::on_each_version(|cluster| {
        if cluster.version < 16 {
            return;
        }
        let lab = Lab::new(cluster);
        lab.tenant.sql(
            "postgres",
            "CREATE ROLE {p}g; CREATE ROLE {p}boss; GRANT {p}g TO {p}boss WITH ADMIN OPTION",
        );
        let member_of = "[\"{p}g\", { role = \"{p}g\", granted_by = \"{p}boss\" }]";
        let config = TWO.replace("[R]", member_of).replace("SECOND", "");
        for config in [&config, ""] {
            let made = lab.converge(config);
            let mut json = Vec::new();
            render::json::render(&made, &render::Options::default(), &mut json).expect("it takes everything");
            let json = lab.tenant.hide(&String::from_utf8(json).expect("text"));
            let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            let changes = read["resource_changes"].as_array().expect("a list");
            let memberships = changes.iter().filter(|change| change["type"] == "membership");
            let mut addresses: Vec<&str> =
                memberships.filter_map(|change| change["address"].as_str()).collect();
            addresses.sort_unstable();
            assert_eq!(addresses, [r#"membership.r["{p}g"]"#, r#"membership.r["{p}g"]["{p}boss"]"#]);
        }
    });
}
