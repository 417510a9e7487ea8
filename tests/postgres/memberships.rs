//! Memberships: made, widened, narrowed, changed by others both ways, removed.
//!
//! One role goes through all steps on one server. Invariant: after every step what the catalog
//! has is what the step says, letter by letter, and the next plan is empty.

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
