//! What a server has, asked again and again: the pictures of `picture`, passwords, locks.
//!
//! Not here: what is wanted. Invariant: the answers come from the server, on sessions that stay
//! open, since there are thousands of questions.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::credentials::identity::Identity;
use engine::credentials::ledger::Ledger;
use engine::credentials::{Account, seal};
use engine::state::contents::Contents;
use test_support::client::{Login, Rows, Session};
use test_support::tenant::Tenant;

use crate::crash::picture::{DATABASES, Picture};

/// Looks at a server, again and again on the same sessions.
pub(crate) struct Witness<'a> {
    tenant: Tenant<'a>,
    sessions: RefCell<BTreeMap<&'static str, Session>>,
    /// Passwords that have logged in: the role, its password, and the verifier that it was.
    proven: RefCell<BTreeSet<[String; 3]>>,
}

impl<'a> Witness<'a> {
    /// Of a tenant's corner.
    pub(crate) fn new(tenant: &Tenant<'a>) -> Witness<'a> {
        let tenant = Tenant { cluster: tenant.cluster, prefix: tenant.prefix.clone() };
        Witness { tenant, sessions: RefCell::default(), proven: RefCell::default() }
    }

    fn ask(&self, database: &'static str, question: &str) -> Rows {
        let mut sessions = self.sessions.borrow_mut();
        let open = || match database {
            "postgres" => self.tenant.cluster.session(database),
            own => self.tenant.cluster.session(&self.tenant.fill(&format!("{{p}}{own}"))),
        };
        let session = sessions.entry(database).or_insert_with(open);
        let rows = session.run(&self.tenant.fill(question)).expect("an answer");
        let hide = |field: Option<String>| field.map(|text| self.tenant.hide(&text));
        rows.into_iter().map(|row| row.into_iter().map(hide).collect()).collect()
    }

    /// Waits until a question has an answer with rows.
    pub(crate) fn until(&self, question: &str) {
        while self.ask("postgres", question).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the server has noticed that a process is gone; no lock is left then.
    pub(crate) fn settle(&self) {
        self.until(&format!("SELECT 1 WHERE NOT EXISTS ({SESSIONS})"));
        let locks = "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                     WHERE locktype = 'advisory' AND starts_with(datname, '{p}')";
        assert!(self.ask("postgres", locks).is_empty(), "a lock is left");
    }

    /// Who may do what on the tables of a database; several answers where the tables differ. The
    /// tide is one role, whatever it is called.
    fn grants(&self, database: &'static str) -> String {
        let held = "SELECT string_agg(DISTINCT held, ' | ') FROM (
            SELECT oid, string_agg(grantee || ' ' || privileges, ', ' ORDER BY grantee) AS held FROM (
                SELECT c.oid, regexp_replace(substr(a.grantee::regrole::text, 8), '^(low|high)$', 'tide') AS grantee,
                    string_agg(privilege_type, ',' ORDER BY privilege_type) AS privileges
                FROM pg_class c LEFT JOIN LATERAL aclexplode(relacl) a ON starts_with(a.grantee::regrole::text, '{p}')
                    AND a.grantee <> relowner
                WHERE relkind = 'r' AND relname ~ '^t[0-9]+$' GROUP BY c.oid, a.grantee) each
            GROUP BY oid) tables";
        self.ask(database, held)[0][0].clone().unwrap_or_default()
    }

    /// Each database is as in one of the pictures, as a whole.
    #[track_caller]
    pub(crate) fn whole(&self, story: &str) {
        for database in DATABASES {
            let held = self.grants(database);
            let whole = [Picture::Ebb, Picture::Flow].iter().any(|picture| held == picture.grants());
            assert!(whole, "{story}: half a change in {database}: {held}");
        }
    }

    /// Both databases are as in this picture, with its roles and no others.
    #[track_caller]
    pub(crate) fn is(&self, picture: Picture, story: &str) {
        for database in DATABASES {
            assert_eq!(self.grants(database), picture.grants(), "{story}: {database}");
        }
        let roles = "SELECT string_agg(substr(rolname, 8), ' ' ORDER BY rolname) FROM pg_roles WHERE starts_with(rolname, '{p}')";
        let found = self.ask("postgres", roles);
        assert_eq!(found[0][0].as_deref(), Some(picture.roles().join(" ").as_str()), "{story}");
    }

    /// Nothing is pending, every current password logs in, and every role with a password has one.
    #[track_caller]
    pub(crate) fn passwords_match(&self, (contents, identities): (&Contents, &[Identity]), story: &str) {
        assert!(contents.journal.is_none(), "{story}: the journal is left");
        let ledger = Ledger::read(&contents.credentials).expect("readable credentials");
        let verifiers = "SELECT rolname, rolpassword FROM pg_authid
            WHERE starts_with(rolname, '{p}') AND rolpassword IS NOT NULL";
        let found = self.ask("postgres", verifiers).into_iter();
        let mut verifiers: BTreeMap<_, _> = found
            .map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default()))
            .collect();
        for (account, entry) in &ledger.0 {
            assert!(entry.pending.is_empty(), "{story}: {account} is pending");
            assert!(matches!(account, Account::Role { .. }), "{account}");
            let current = entry.current.as_ref().expect("no pending one, so a current one");
            let password = seal::open(current, identities).expect("it is ours");
            let role = account.role().as_str().strip_prefix(&self.tenant.prefix).expect("the tenant's");
            let verifier = verifiers.remove(&format!("{{p}}{role}"));
            let verifier = verifier.unwrap_or_else(|| panic!("{story}: {account} has no password"));
            let proof = [role.to_owned(), password.reveal().to_owned(), verifier];
            if self.proven.borrow().contains(&proof) {
                continue;
            }
            let login = Login { role, password: password.reveal(), database: "app" };
            // A role that is about to be dropped may log in, and has no access any more.
            let tried = self.tenant.try_as(login, "SELECT 1");
            tried.unwrap_or_else(|error| panic!("{story}: {account} cannot log in: {error}"));
            self.proven.borrow_mut().insert(proof);
        }
        assert!(verifiers.is_empty(), "{story}: roles with a password that is stored nowhere: {verifiers:?}");
    }
}

/// The statement that ends every connection of roleform to a tenant's databases.
pub(crate) fn cut(tenant: &Tenant<'_>) -> String {
    format!("SELECT pg_terminate_backend(pid) FROM ({}) roleform", tenant.fill(SESSIONS))
}

const SESSIONS: &str =
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'roleform' AND starts_with(datname, '{p}')";
