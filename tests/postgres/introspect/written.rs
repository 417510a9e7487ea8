//! What the writers write does on a server what it says: a random walk, retraced.
//!
//! Two databases have the same objects. One wanders by hand-written GRANT and REVOKE, as
//! owner, as grantors in and out of scope; the other is led to the same picture by what
//! `provider_postgres::sql` writes from the difference of the two pictures. Not here: the
//! engine's own diff and order. Invariant: after every step the pictures are the same.

use engine::acl::{Acl, Entry, Grantee, Holding};
use engine::catalog::Grants;
use engine::change::{Action, EntryChange, GrantChange, Place, Reason};
use engine::name::BlockAddress;
use engine::object::{Object, ObjectKind};
use engine::observed::{Identity, Scope};
use engine::plan::Batch;
use engine::public::PublicReach;
use provider_postgres::sql;
use test_support::client::Session;
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;

use super::{database, halves, scope, show_grants};

/// Objects of every kind inside a database. `g` is a grantor out of scope that may grant all.
const OBJECTS: &str = "
    DROP SCHEMA public; CREATE SCHEMA \"S 1\"; GRANT USAGE ON SCHEMA \"S 1\" TO {p}g, {p}a, {p}b, {p}c;
    SET search_path = \"S 1\";
    CREATE TABLE t (x int, \"Y\" int); CREATE TABLE \"user\" (x int); CREATE VIEW v AS SELECT 1;
    CREATE SEQUENCE q;
    CREATE FUNCTION f(VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION f(a \"user\", OUT b int) LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE p(a int, INOUT b int) LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE pct(float8 ORDER BY anyelement) (
        sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
    CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN age AS int;
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
    SELECT lo_create(1), lo_create(2);";

/// How each is named in GRANT, and what can be granted; `%` stands for the column list.
const GRANTABLE: &[(&str, &str)] = &[
    ("SCHEMA \"S 1\"", "CREATE"),
    ("TABLE \"S 1\".t", "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER"),
    ("TABLE \"S 1\".\"user\"", "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER"),
    ("TABLE \"S 1\".v", "SELECT INSERT"),
    ("TABLE \"S 1\".t", "SELECT(x) UPDATE(x) SELECT(\"Y\") INSERT(\"Y\")"),
    ("SEQUENCE \"S 1\".q", "USAGE SELECT UPDATE"),
    ("ROUTINE \"S 1\".f(text[])", "EXECUTE"),
    ("ROUTINE \"S 1\".f(\"S 1\".\"user\")", "EXECUTE"),
    ("ROUTINE \"S 1\".p(int, int)", "EXECUTE"),
    ("ROUTINE \"S 1\".pct(float8, anyelement)", "EXECUTE"),
    ("TYPE \"S 1\".mood", "USAGE"),
    ("TYPE \"S 1\".age", "USAGE"),
    ("LANGUAGE sql", "USAGE"),
    ("FOREIGN DATA WRAPPER w", "USAGE"),
    ("FOREIGN SERVER s", "USAGE"),
    ("LARGE OBJECT 1", "SELECT UPDATE"),
    ("LARGE OBJECT 2", "SELECT UPDATE"),
];

const DEFAULTS: &[(&str, &str)] = &[
    ("", "TABLES SEQUENCES ROUTINES TYPES SCHEMAS"),
    ("IN SCHEMA \"S 1\"", "TABLES SEQUENCES ROUTINES TYPES"),
];

const STEPS: usize = 15;

#[test]
fn a_random_walk_is_retraced_on_every_version() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.sql(
            "postgres",
            "CREATE ROLE {p}a; CREATE ROLE {p}b; CREATE ROLE {p}c; CREATE ROLE {p}g; CREATE ROLE {p}m",
        );
        for name in ["walk", "trace"] {
            tenant.database(name);
            tenant.sql(name, OBJECTS);
            for (object, privileges) in GRANTABLE {
                let list = privileges.split(' ').collect::<Vec<_>>().join(", ");
                tenant.sql(name, &format!("GRANT {list} ON {object} TO {{p}}g WITH GRANT OPTION"));
            }
        }
        let mut wanted = scope(&tenant, &["a", "b", "c"], &[]);
        for name in ["walk", "trace"] {
            wanted.public.insert(Place::Database(database(&tenant, name)), PublicReach::Unresolved);
        }
        let mut dice = Dice(u64::from(cluster.version));
        let mut walk = cluster.session(&tenant.fill("{p}walk"));
        for step in 0..STEPS {
            let done = wander(&mut walk, &tenant, &mut dice);
            retrace(&tenant, &wanted, &format!("step {step} after {done}"));
        }
    });
}

/// Some statements by hand; those that the server refuses change nothing.
fn wander(session: &mut Session, tenant: &Tenant<'_>, dice: &mut Dice) -> String {
    let mut done = Vec::new();
    for _ in 0..12 {
        let sql = if dice.roll(6) == 0 { default_privilege(dice) } else { grant(dice) };
        let actor = dice.pick(&["", "", "a", "b", "c", "g"]);
        let before = if actor.is_empty() { String::new() } else { format!("SET ROLE {{p}}{actor}; ") };
        let outcome = session.run(&tenant.fill(&format!("{before}{sql}; RESET ROLE")));
        if outcome.is_ok() {
            done.push(format!("{before}{sql}"));
        } else {
            session.run("RESET ROLE").expect("the session goes on");
        }
    }
    done.join(";\n")
}

fn grant(dice: &mut Dice) -> String {
    let (object, privileges) = dice.pick(GRANTABLE);
    let all: Vec<&str> = privileges.split(' ').collect();
    let mut some: Vec<&str> = all.iter().copied().filter(|_| dice.roll(2) == 0).collect();
    if some.is_empty() {
        some.push(all[0]);
    }
    let some = some.join(", ");
    let grantee = dice.pick(&["{p}a", "{p}b", "{p}c", "PUBLIC", "{p}a, {p}b"]);
    match dice.roll(6) {
        0 | 1 => format!("REVOKE {some} ON {object} FROM {grantee} CASCADE"),
        2 => format!("REVOKE GRANT OPTION FOR {some} ON {object} FROM {grantee} CASCADE"),
        3 => format!("GRANT {some} ON {object} TO {grantee}"),
        _ if grantee == "PUBLIC" => format!("GRANT {some} ON {object} TO {grantee}"),
        _ => format!("GRANT {some} ON {object} TO {grantee} WITH GRANT OPTION"),
    }
}

fn default_privilege(dice: &mut Dice) -> String {
    let (place, kinds) = dice.pick(DEFAULTS);
    let kind = dice.pick(&kinds.split(' ').collect::<Vec<_>>());
    let grantee = dice.pick(&["{p}a", "{p}b", "PUBLIC"]);
    let change = match dice.roll(4) {
        0 | 1 => format!("GRANT ALL ON {kind} TO {grantee}"),
        2 => format!("REVOKE ALL ON {kind} FROM {grantee}"),
        _ => format!("GRANT ALL ON {kind} TO {{p}}c WITH GRANT OPTION"),
    };
    format!("ALTER DEFAULT PRIVILEGES FOR ROLE {{p}}m {place} {change}")
}

/// Leads the second database to where the first one is.
fn retrace(tenant: &Tenant<'_>, wanted: &Scope, what: &str) {
    let target = halves(tenant, "walk", wanted).1.grants;
    let start = halves(tenant, "trace", wanted).1.grants;
    let version = u32::from(tenant.cluster.version);
    let identity = Identity { system_identifier: None, address: String::new(), version: version * 10_000 };
    let known = sql::Known { identity: &identity, observed: None };
    let place = Place::Database(database(tenant, "trace"));
    let mut steps = Vec::new();
    // As the engine orders them: from the inside out to revoke.
    for columns in [true, false] {
        let changes = changes(&place, (&start, &target), columns);
        let batch = Batch::RevokeGrants(&place, changes.iter().collect());
        steps.extend(sql::write(&known, &batch));
    }
    let mut session = tenant.cluster.session(&tenant.fill("{p}trace"));
    run(&mut session, tenant, (&steps, what));
    // A table's REVOKE took columns' grants along.
    let start = halves(tenant, "trace", wanted).1.grants;
    let mut steps = Vec::new();
    for columns in [false, true] {
        let changes = changes(&place, (&start, &target), columns);
        let batch = Batch::AddGrants(&place, changes.iter().collect());
        steps.extend(sql::write(&known, &batch));
    }
    run(&mut session, tenant, (&steps, what));
    let reached = halves(tenant, "trace", wanted).1.grants;
    assert_eq!(shown(tenant, &reached), shown(tenant, &target), "{what}");
}

fn run(session: &mut Session, tenant: &Tenant<'_>, (steps, what): (&[engine::plan::Step], &str)) {
    let all: Vec<&str> = steps.iter().map(|step| step.statement.sql.as_str()).collect();
    let text = format!("BEGIN; {}; COMMIT", all.join(";\n"));
    let text = text.replace("; ;", ";");
    session.run(&text).unwrap_or_else(|error| panic!("{error}\n{}\n{what}", tenant.hide(&text)));
}

/// Without OIDs and without what nobody holds anything on.
fn shown(tenant: &Tenant<'_>, grants: &Grants) -> String {
    let mut out = String::new();
    show_grants(&mut out, "", &grants.filtered(|_, acl| !acl.is_empty()));
    tenant.hide(&out)
}

pub(super) fn changes(place: &Place, (from, to): (&Grants, &Grants), columns: bool) -> Vec<GrantChange> {
    let nobody = Acl::default();
    let mut changes: Vec<GrantChange> = Vec::new();
    let objects: std::collections::BTreeSet<&Object> =
        from.objects().keys().chain(to.objects().keys()).collect();
    for object in objects.into_iter().filter(|object| (object.kind() == ObjectKind::Column) == columns) {
        let (before, after) = (from.acl_of(object).unwrap_or(&nobody), to.acl_of(object).unwrap_or(&nobody));
        let grantees: std::collections::BTreeSet<&Grantee> =
            before.by_grantee().chain(after.by_grantee()).map(|(grantee, _)| grantee).collect();
        let entries: Vec<EntryChange> = grantees
            .into_iter()
            .filter(|grantee| before.of(grantee) != after.of(grantee))
            .map(|grantee| entry(grantee, before.of(grantee), after.of(grantee)))
            .collect();
        if entries.is_empty() {
            continue;
        }
        match changes.iter_mut().find(|change| change.entries == entries) {
            Some(change) => change.objects.push(object.clone()),
            None => {
                changes.push(GrantChange { place: place.clone(), objects: vec![object.clone()], entries })
            }
        }
    }
    changes
}

fn entry(grantee: &Grantee, before: &[Entry], after: &[Entry]) -> EntryChange {
    let holdings =
        |entries: &[Entry]| -> Vec<Holding> { entries.iter().map(|entry| entry.holding.clone()).collect() };
    EntryChange {
        address: BlockAddress::root("r"),
        grantee: grantee.clone(),
        action: Action::Update,
        reason: Reason::ChangedOutside,
        before: holdings(before),
        after: holdings(after),
        origin: None,
    }
}

/// Random numbers that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = self.roll(from.len() as u64);
        from[usize::try_from(at).expect("a small number")]
    }
}
