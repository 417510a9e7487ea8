//! Every kind that PostgreSQL can grant on, from nothing to nothing, on every version that has it.
//!
//! A case says how the object is made, how a grant block selects it, and for each privilege
//! a statement that needs just that one. The walk is the same for all: create, widen, narrow,
//! drift both ways, grant option, an undeclared grant, removal; after every step the plan is
//! empty and the role logs in and tries all of the statements. Not here: several grantors
//! (`grantors`), PUBLIC (`public`).
//! Invariant: a statement that shall be refused is refused for want of a privilege.

mod acting;
mod admins;
mod defaults;
mod elsewhere;
mod grantors;
mod inside;
mod lapses;
mod public;
mod relations;
mod shared;
mod system;

use test_support::client::{Login, Rows, Session, SqlError};
use test_support::cluster::Cluster;

use crate::lab::Lab;

/// One kind of object, or one variety of it.
struct Kind {
    /// First major version that has it.
    since: u16,
    /// Statements of the superuser in the database `{p}app`; each is run alone where ` ;; ` stands
    /// between. There is a schema `scratch` where everybody may create.
    setup: &'static str,
    /// The selector in the grant block, with the database where it needs one.
    selector: &'static str,
    /// How SQL names it after ON.
    object: &'static str,
    /// The column list that SQL wants after each privilege.
    columns: &'static str,
    /// What can be granted: the first half is the narrow grant, all of it the wide one.
    powers: &'static [Power],
    /// What stays forbidden throughout: like objects beside this one.
    never: &'static [&'static str],
}

/// A privilege, the first version that has it, and a statement that needs it and no other that is
/// not implied; `has table "S 1".v` only asks the server, where no statement can tell.
struct Power(&'static str, u16, &'static str);

/// A kind that every version has, with no columns and nothing beside it.
const PLAIN: Kind =
    Kind { since: 13, setup: "", selector: "", object: "", columns: "", powers: &[], never: &[] };

/// A case on one server.
struct Walk<'a> {
    lab: Lab<'a>,
    kind: &'a Kind,
    powers: Vec<&'a Power>,
}

#[track_caller]
fn check(kind: &Kind) {
    Cluster::on_each_version(|cluster| {
        if cluster.version >= kind.since {
            walk(cluster, kind);
        }
    });
}

fn walk(cluster: &'static Cluster, kind: &Kind) {
    let powers = kind.powers.iter().filter(|power| power.1 <= cluster.version).collect();
    let walk = Walk { lab: Lab::new(cluster), kind, powers };
    walk.lab.tenant.database("app");
    walk.lab.tenant.sql("app", "CREATE SCHEMA scratch; GRANT USAGE, CREATE ON SCHEMA scratch TO PUBLIC");
    let mut session = cluster.session(&walk.lab.tenant.fill("{p}app"));
    for statement in kind.setup.split(" ;; ").filter(|statement| !statement.trim().is_empty()) {
        let statement = walk.lab.tenant.fill(statement);
        session.run(&statement).unwrap_or_else(|error| panic!("{error}\n  {statement}"));
    }
    let (narrow, wide) = (walk.powers.len() / 2, walk.powers.len());
    walk.grown_and_shrunk(narrow, wide);
    walk.drifted(&mut session, narrow, wide);
    walk.handed_on(&mut session, wide);
    walk.removed(&mut session, wide);
}

impl Walk<'_> {
    /// A role with the first so many powers; `more` stands in the grant block.
    fn config(&self, powers: usize, more: &str) -> String {
        let words: Vec<String> =
            self.powers[..powers].iter().map(|power| format!("\"{}\"", power.0)).collect();
        let (selector, words) = (self.kind.selector, words.join(", "));
        role(&format!("grant {{\n{selector}\nprivileges = [{words}]\n{more}\n}}"))
    }

    fn grown_and_shrunk(&self, narrow: usize, wide: usize) {
        for powers in [narrow, wide, narrow] {
            self.lab.converge(&self.config(powers, ""));
            self.tries(powers, &format!("with {powers} powers"));
        }
        // ALL is what the version has.
        self.lab.converge(&self.config(wide, ""));
        let all = self.config(0, "").replace("privileges = []", "privileges = [\"ALL\"]");
        let made = self.lab.plan(&all);
        assert!(made.is_noop(), "{}", self.lab.text(&made));
    }

    fn drifted(&self, session: &mut Session, narrow: usize, wide: usize) {
        let config = self.config(narrow, "");
        self.lab.converge(&config);
        self.by_hand(session, &format!("GRANT {} TO {{p}}r WITH GRANT OPTION", self.on(0..wide)));
        self.lab.converge(&config);
        self.tries(narrow, "after extra grants and options");
        let config = self.config(wide, "");
        self.lab.converge(&config);
        self.by_hand(session, &format!("REVOKE {} FROM {{p}}r", self.on(0..wide)));
        self.tries(0, "revoked by hand");
        let made = self.lab.converge(&config);
        assert!(self.lab.text(&made).contains("deleted outside"), "{}", self.lab.text(&made));
        self.tries(wide, "healed");
    }

    /// The grant option comes and goes, and is used meanwhile.
    fn handed_on(&self, session: &mut Session, wide: usize) {
        let option = self.config(wide, "grant_option = true");
        self.lab.converge(&option);
        self.by_hand(session, "CREATE ROLE {p}other");
        let handed = format!("SET ROLE {{p}}r; GRANT {} TO {{p}}other; RESET ROLE", self.on(0..wide));
        self.by_hand(session, &handed);
        // What others hold from the role stands in the way of taking the option.
        let refused = self.lab.try_plan(&self.config(wide, ""), engine::resolve::Options::default());
        assert!(refused.as_ref().is_err_and(|said| said.contains("PGS202")), "{refused:?}");
        let taken = format!("SET ROLE {{p}}r; REVOKE {} FROM {{p}}other; RESET ROLE", self.on(0..wide));
        self.by_hand(session, &taken);
        self.lab.converge(&self.config(wide, ""));
        assert!(session.run(&self.lab.tenant.fill(&handed)).is_err() || !self.others_hold(session));
        session.run("RESET ROLE").expect("the session goes on");
        self.tries(wide, "without the grant option");
    }

    /// Whether the role that got something by a grant option has anything.
    fn others_hold(&self, session: &mut Session) -> bool {
        let sql = "SELECT 1 FROM pg_catalog.pg_shdepend \
                   WHERE refobjid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = '{p}other')";
        !session.run(&self.lab.tenant.fill(sql)).expect("a query").is_empty()
    }

    /// Neither a grant that no block mentions nor the role itself stays.
    fn removed(&self, session: &mut Session, wide: usize) {
        self.lab.converge(&role(""));
        self.tries(0, "with its grants removed");
        self.by_hand(session, &format!("GRANT {} TO {{p}}r", self.on(0..wide)));
        let made = self.lab.converge(&role(""));
        assert!(self.lab.text(&made).contains("not declared for a managed role"), "{}", self.lab.text(&made));
        self.tries(0, "after a grant that no block mentions");
        self.lab.converge(&self.config(wide, ""));
        self.by_hand(session, "DROP ROLE {p}other");
        self.lab.converge("");
        let left =
            self.lab.tenant.query("postgres", "SELECT rolname FROM pg_roles WHERE rolname LIKE '{p}%'");
        assert!(left.is_empty(), "{left:?}");
        if self.kind.object.contains("TABLESPACE") {
            self.by_hand(session, "DROP TABLESPACE {p}room");
        }
    }

    /// `SELECT (a), INSERT (a) ON TABLE t`.
    fn on(&self, powers: std::ops::Range<usize>) -> String {
        let words: Vec<String> =
            self.powers[powers].iter().map(|power| format!("{}{}", power.0, self.kind.columns)).collect();
        format!("{} ON {}", words.join(", "), self.kind.object)
    }

    #[track_caller]
    fn by_hand(&self, session: &mut Session, sql: &str) {
        let sql = self.lab.tenant.fill(sql);
        session.run(&sql).unwrap_or_else(|error| panic!("{error}\n  {sql}"));
    }

    /// The role tries everything; the first so many powers are its own.
    #[track_caller]
    fn tries(&self, own: usize, when: &str) {
        let (role, database) = (self.lab.tenant.fill("{p}r"), self.lab.tenant.fill("{p}app"));
        let password = self.lab.password("r");
        let login = Login { role: &role, password: &password, database: &database };
        let mut session = Session::open(&self.lab.tenant.cluster.address, login);
        let mut refused = |sql: &str| {
            let outcome = match &mut session {
                Ok(session) => attempt(session, &self.lab.tenant.fill(sql)),
                Err(refused) => Err(refused.clone()),
            };
            let refused = outcome.as_ref().is_err_and(|error| error.sqlstate == "42501");
            // A foreign table that nothing stands behind may be asked, and cannot answer.
            let answers = outcome.is_ok() || refused || self.kind.object.contains("remote");
            assert!(answers, "{when}: {sql}\n  {outcome:?}");
            refused
        };
        for (at, Power(word, _, sql)) in self.powers.iter().enumerate() {
            assert_eq!(refused(&question(word, sql)), at >= own, "{word}, {when}: {sql}");
        }
        for sql in self.kind.never {
            assert!(refused(sql), "{when}: {sql}");
        }
    }
}

/// One statement, taken back; ALTER SYSTEM stands alone or not at all.
fn attempt(session: &mut Session, sql: &str) -> Result<Rows, SqlError> {
    if sql.starts_with("ALTER SYSTEM") {
        return session.run(sql);
    }
    let outcome = session.run(&format!("BEGIN; {sql}"));
    session.run("ROLLBACK").and(outcome)
}

/// The role of all cases.
fn role(inside: &str) -> String {
    format!("role \"r\" {{\nresource = postgres.main\nname = \"{{p}}r\"\n{inside}\n}}")
}

/// A power's statement; `has KIND NAME` becomes one that is refused like any other.
fn question(word: &str, sql: &str) -> String {
    let Some((kind, name)) = sql.strip_prefix("has ").and_then(|rest| rest.split_once(' ')) else {
        return sql.to_owned();
    };
    format!(
        "DO $$ BEGIN IF NOT has_{kind}_privilege('{name}', '{word}') THEN RAISE insufficient_privilege; END IF; END $$"
    )
}
