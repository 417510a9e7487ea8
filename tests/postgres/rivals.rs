//! Whom the server takes for the grantor where an administrator without superuser has the powers of
//! several roles.
//!
//! PostgreSQL chooses (`select_best_grantor`): of the administrator and all whose privileges it has,
//! one with all the grant options that a statement needs, in the order of OIDs. Random
//! administrators, owners and rivals are made, in a random order, with random memberships and grant
//! options; then a role that holds something from each of them shall hold something else. Not here:
//! cases with a name (`kinds::admins`). Invariant: what a plan says, grantors included, is what comes
//! of it, which an apply proves; and only who can neither be the owner nor act for a grantor is refused.

use std::fmt::Write as _;

use engine::resolve::Options;
use proptest::prelude::*;
use test_support::cluster::Cluster;
use test_support::seeds;

use crate::lab::Lab;

/// Random worlds per version.
const WORLDS: u32 = 16;

/// Smaller worlds that a failure is looked for in.
const SHRINKS: u32 = 40;

/// Whoever grants, beside the administrator.
const POWERS: [&str; 3] = ["o", "a", "b"];

/// Who may be a member of whom; no circle can come of it.
const MEMBERSHIPS: [(&str, &str); 6] =
    [("admin", "o"), ("admin", "a"), ("admin", "b"), ("a", "o"), ("b", "o"), ("b", "a")];

/// An object: how SQL names it after ON, with what, and the selector in the configuration.
struct Thing {
    object: &'static str,
    columns: &'static str,
    privileges: &'static [&'static str],
    selector: &'static str,
}

const THINGS: &[Thing] = &[
    Thing {
        object: "TABLE s.t",
        columns: "",
        privileges: &["SELECT", "INSERT", "DELETE"],
        selector: "schemas = [\"s\"]\ntables = [\"t\"]",
    },
    Thing {
        object: "TABLE s.t",
        columns: "(x)",
        privileges: &["SELECT", "INSERT"],
        selector: "schemas = [\"s\"]\ntables = [\"t\"]\ncolumns = [\"x\"]",
    },
    Thing {
        object: "TABLE s.u",
        columns: "",
        privileges: &["SELECT", "INSERT"],
        selector: "schemas = [\"s\"]\ntables = [\"u\"]",
    },
    Thing {
        object: "FUNCTION s.f()",
        columns: "",
        privileges: &["EXECUTE"],
        selector: "schemas = [\"s\"]\nfunctions = [\"f\"]",
    },
    Thing { object: "SCHEMA s", columns: "", privileges: &["CREATE"], selector: "schemas = [\"s\"]" },
    Thing { object: "DATABASE {p}app", columns: "", privileges: &["CREATE", "TEMPORARY"], selector: "" },
    Thing {
        object: "LARGE OBJECT 4711",
        columns: "",
        privileges: &["SELECT", "UPDATE"],
        selector: "large_objects = [4711]",
    },
];

/// Numbers that decide everything, read one after the other.
struct Tape<'a>(std::slice::Iter<'a, u8>);

impl Tape<'_> {
    fn below(&mut self, bound: u8) -> u8 {
        self.0.next().map_or(0, |number| number % bound)
    }

    /// Some of a list, each with the same chance.
    fn some<T: Copy>(&mut self, list: &[T]) -> Vec<T> {
        let bits = self.below(255);
        list.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, one)| *one).collect()
    }
}

impl Thing {
    /// `SELECT (x), INSERT (x) ON TABLE s.t`.
    fn act(&self, privileges: &[&str]) -> String {
        let each: Vec<String> = privileges.iter().map(|one| format!("{one} {}", self.columns)).collect();
        format!("{} ON {}", each.join(", "), self.object)
    }
}

/// What makes the world, all of it as a superuser.
fn world(tape: &mut Tape<'_>, version: u16) -> String {
    let mut sql = "CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE {p}r;".to_owned();
    let first = usize::from(tape.below(3));
    let names = POWERS.iter().cycle().skip(first).take(POWERS.len());
    let mut say = |text: String| write!(sql, "{text}; ").expect("a string takes everything");
    names.for_each(|role| say(format!("CREATE ROLE {{p}}{role}")));
    say("GRANT {p}r TO {p}admin WITH ADMIN OPTION".to_owned());
    for (member, role) in MEMBERSHIPS {
        let options = match (tape.below(6), version >= 16) {
            (0..=1, _) => continue,
            (2..=3, _) | (_, false) => "",
            (4, true) => " WITH INHERIT FALSE, SET TRUE",
            (_, true) => " WITH INHERIT TRUE, SET FALSE",
        };
        say(format!("GRANT {{p}}{role} TO {{p}}{member}{options}"));
    }
    for role in ["admin", "a", "b"] {
        if version < 16 && tape.below(4) == 3 {
            say(format!("ALTER ROLE {{p}}{role} NOINHERIT"));
        }
    }
    say("CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC; CREATE TABLE s.t (x int); CREATE TABLE s.u (x int); \
         CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT lo_create(4711); \
         ALTER SCHEMA s OWNER TO {p}o; ALTER TABLE s.t OWNER TO {p}o; ALTER TABLE s.u OWNER TO {p}o; \
         ALTER FUNCTION s.f() OWNER TO {p}o; ALTER LARGE OBJECT 4711 OWNER TO {p}o; ALTER DATABASE {p}app OWNER TO {p}o"
        .to_owned());
    let mut held = Vec::new();
    for thing in THINGS {
        for role in ["admin", "a", "b"] {
            let options = if tape.below(3) == 0 { tape.some(thing.privileges) } else { Vec::new() };
            if !options.is_empty() {
                say(format!("GRANT {} TO {{p}}{role} WITH GRANT OPTION", thing.act(&options)));
                held.push((role, thing, options));
            }
        }
        held.push(("o", thing, thing.privileges.to_vec()));
    }
    for (role, thing, options) in held {
        let given = if tape.below(4) == 0 { tape.some(&options) } else { Vec::new() };
        if !given.is_empty() {
            let option = if tape.below(3) == 0 { " WITH GRANT OPTION" } else { "" };
            say(format!("SET ROLE {{p}}{role}; GRANT {} TO {{p}}r{option}; RESET ROLE", thing.act(&given)));
        }
    }
    sql
}

fn wish(tape: &mut Tape<'_>) -> String {
    let mut hcl = "role \"r\" {\nresource = postgres.main\nname = \"{p}r\"\nadopt = true\n".to_owned();
    for thing in THINGS {
        let privileges = if tape.below(2) == 0 { tape.some(thing.privileges) } else { Vec::new() };
        if !privileges.is_empty() {
            let (list, option) = (privileges.join("\", \""), tape.below(3) == 0);
            let Thing { selector, .. } = thing;
            write!(
                hcl,
                "grant {{\ndatabase = \"{{p}}app\"\n{selector}\nprivileges = [\"{list}\"]\ngrant_option = {option}\n}}\n"
            )
            .expect("a string takes everything");
        }
    }
    hcl.push('}');
    hcl
}

/// Whether an administrator can be the owner and act for everybody who granted something to `r`.
fn may_do_all(lab: &Lab<'_>) -> bool {
    let act = if lab.tenant.cluster.version < 16 { "MEMBER" } else { "SET" };
    let sql = format!(
        "SELECT bool_and(pg_has_role('{{p}}admin', grantor, '{act}')) FROM (
             SELECT '{{p}}o'::regrole::oid UNION
             SELECT (aclexplode(acl)).grantor FROM (
                 SELECT relacl FROM pg_class WHERE relnamespace = 's'::regnamespace
                 UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid IN ('s.t'::regclass, 's.u'::regclass)
                 UNION ALL SELECT proacl FROM pg_proc WHERE pronamespace = 's'::regnamespace
                 UNION ALL SELECT nspacl FROM pg_namespace WHERE nspname = 's'
                 UNION ALL SELECT datacl FROM pg_database WHERE datname = '{{p}}app'
                 UNION ALL SELECT lomacl FROM pg_largeobject_metadata WHERE oid = 4711
             ) AS acls (acl)
         ) AS grantors (grantor)"
    );
    lab.tenant.query("app", &sql)[0][0].as_deref() == Some("t")
}

/// Whether there was a plan.
fn play(cluster: &'static Cluster, numbers: &[u8]) -> Result<bool, TestCaseError> {
    let lab = Lab::new(cluster);
    let mut tape = Tape(numbers.iter());
    lab.tenant.database("app");
    let world = world(&mut tape, cluster.version);
    lab.tenant.sql("app", &world);
    let hcl = wish(&mut tape);
    let may_do_all = may_do_all(&lab);
    let lab = lab.administered_by("admin", "secret");
    let told = || format!("on PostgreSQL {}\n{}\n{hcl}", cluster.version, world.replace("; ", ";\n"));
    match lab.try_plan(&hcl, Options::default()) {
        Err(said) => {
            prop_assert!(said.lines().all(|line| line.starts_with("PGS20")), "{said}\n{}", told());
            prop_assert!(!may_do_all, "it may act for all of them:\n{said}\n{}", told());
            Ok(false)
        }
        Ok(made) => {
            if let Err(error) = lab.try_apply(&hcl, &made) {
                let text = format!("{}: {}\n{}", error.summary, error.detail, lab.text(&made));
                return Err(TestCaseError::fail(format!("{text}\n{}", told())));
            }
            let next = lab.plan(&hcl);
            prop_assert!(next.is_noop(), "the next plan:\n{}\n{}", lab.text(&next), told());
            Ok(true)
        }
    }
}

#[test]
fn the_grantor_is_whom_the_plan_says() {
    Cluster::on_each_version(|cluster| {
        let planned = std::cell::Cell::new(0_u32);
        let numbers = || prop::collection::vec(any::<u8>(), 160);
        seeds::hold_shrinking((WORLDS, SHRINKS), numbers, |numbers| {
            planned.set(planned.get() + u32::from(play(cluster, &numbers)?));
            Ok(())
        });
        assert!(planned.get() * 4 > WORLDS, "{} plans in {WORLDS} worlds", planned.get());
    });
}
