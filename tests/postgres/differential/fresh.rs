//! Makes the ground, brings it back to where stories begin, and removes it.
//!
//! Not here: what is on it (`ground`). Invariant: after `reset` roles hold nothing, and no thing has an ACL.

use test_support::client::Session;
use test_support::cluster::Cluster;

use super::boss::Boss;
use super::ground::{Ground, TABLES};
use super::kind::Kind;
use super::names::{LONGEST, SCHEMAS, ident, literal};
use super::read::Eyes;

const WIPE: &str = include_str!("wipe.sql");

/// Makes databases, objects and roles, and opens the eyes on them.
pub(crate) fn make(ground: &Ground, cluster: &Cluster) -> Eyes {
    let mut home = cluster.session("postgres");
    for database in &ground.databases {
        run(&mut home, &format!("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", ident(database)));
    }
    if ground.version >= 15 {
        run(&mut home, "SET allow_in_place_tablespaces = on");
        each(ground, Kind::Tablespace, |on| run(&mut home, &format!("CREATE {on} LOCATION ''")));
    }
    let mut inside: Vec<Session> =
        ground.databases.iter().map(|database| cluster.session(database)).collect();
    inside.iter_mut().for_each(|session| run(session, OUTSIDE));
    Eyes { home, inside }
}

/// What stories leave where it is.
const OUTSIDE: &str = "CREATE FOREIGN DATA WRAPPER \"wrap\"\"per\";
    CREATE SERVER \"ser'ver\" FOREIGN DATA WRAPPER \"wrap\"\"per\"; SELECT lo_create(4711), lo_create(4712);
    CREATE TRUSTED LANGUAGE \"lan guage\" HANDLER plpgsql_call_handler";

/// Removes all schemas but `public`.
const RAZE: &str = "DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace
                WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
    LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP; END $$";

/// Schemas, and in them objects of every kind.
fn objects() -> String {
    let [first, second] = SCHEMAS.map(ident);
    let tables = TABLES.map(|(name, sql)| sql.replacen('%', &format!("{first}.{}", ident(name)), 1));
    format!(
        "CREATE SCHEMA {first}; CREATE SCHEMA {second}; {tables};
         CREATE TABLE {second}.\"*\" (a int); CREATE TABLE {second}.{longest} (a int);
         CREATE SEQUENCE {first}.\"seq;--\"; CREATE TYPE {first}.\"mood'\" AS ENUM ('good');
         CREATE DOMAIN {second}.\"do.main\" AS int;
         CREATE FUNCTION {first}.f(a int, OUT b int) LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION {first}.f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION {second}.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE PROCEDURE {first}.\"pro\"\"c\"() LANGUAGE sql AS 'SELECT 1';
         CREATE AGGREGATE {first}.\"*\" (int) (SFUNC = int4pl, STYPE = int)",
        tables = tables.join("; "),
        longest = ident(LONGEST),
    )
}

/// Brings everything to where stories begin.
pub(crate) fn reset(ground: &Ground, eyes: &mut Eyes, boss: Option<&Boss>) {
    clear(ground, eyes);
    for session in &mut eyes.inside {
        run(session, RAZE);
        run(session, &objects());
    }
    let roles: Vec<String> = ground.roles.iter().map(|role| format!("CREATE ROLE {}", ident(role))).collect();
    run(&mut eyes.home, &roles.join("; "));
    let Some(boss) = boss else { return };
    let statements = boss.sql(ground);
    for (session, sql) in std::iter::once(&mut eyes.home).chain(&mut eyes.inside).zip(statements) {
        run(session, &sql);
    }
}

/// Removes roles, with all that they hold.
fn clear(ground: &Ground, eyes: &mut Eyes) {
    let there = roles(ground, eyes);
    let owned: Vec<String> = there.iter().map(|role| format!("DROP OWNED BY {role}")).collect();
    if there.is_empty() {
        return;
    }
    wipe(ground, eyes, &there);
    for session in &mut eyes.inside {
        // Of several roles at once the server may say "could not find tuple for default ACL".
        run(session, &owned.join("; "));
    }
    run(&mut eyes.home, &format!("DROP ROLE {}", there.join(", ")));
}

/// The roles that there are, in quotes.
fn roles(ground: &Ground, eyes: &mut Eyes) -> Vec<String> {
    let sql = format!("SELECT rolname FROM pg_roles WHERE starts_with(rolname, {})", literal(&ground.prefix));
    let rows = eyes.home.run(&sql).expect("roles can be listed");
    rows.into_iter().flatten().flatten().map(|role| ident(&role)).collect()
}

/// Takes back every grant on things, and whatever these roles (in quotes) own.
pub(crate) fn wipe(ground: &Ground, eyes: &mut Eyes, owners: &[String]) {
    let all = roles(ground, eyes).join(", ");
    each(ground, Kind::Parameter, |on| {
        run(&mut eyes.home, &format!("REVOKE ALL ON {on} FROM {all} CASCADE"))
    });
    for session in &mut eyes.inside {
        if !owners.is_empty() {
            let to = ident(&ground.superuser);
            run(session, &format!("REASSIGN OWNED BY {} TO {to}", owners.join(", ")));
        }
        // What `wipe` gives back to the schema names its first owner.
        if ground.version >= 15 {
            run(session, "ALTER SCHEMA public OWNER TO pg_database_owner");
        }
        run(session, &WIPE.replace("{prefix}", &literal(&ground.prefix)));
    }
}

/// Removes all of it.
pub(crate) fn leave(ground: &Ground, mut eyes: Eyes) {
    clear(ground, &mut eyes);
    drop(eyes.inside);
    for database in &ground.databases {
        run(&mut eyes.home, &format!("DROP DATABASE {} WITH (FORCE)", ident(database)));
    }
    each(ground, Kind::Tablespace, |on| run(&mut eyes.home, &format!("DROP {on}")));
}

fn each(ground: &Ground, kind: Kind, mut act: impl FnMut(String)) {
    ground.things.iter().filter(|spot| spot.kind == kind).for_each(|spot| act(ground.on(spot)));
}

fn run(session: &mut Session, sql: &str) {
    session.run(sql).unwrap_or_else(|error| panic!("{error}\n  {sql}"));
}
