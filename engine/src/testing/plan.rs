//! Plans written as text, one change a line, with a sign, values and a reason.
//!
//! ```text
//! resource analytics 10.0.3.4:5432 150018
//! + role reader: password=fresh (new) @main.hcl:14
//! ~ role boss: login -> nologin (changed outside)
//! + member reader of pg_monitor: plain
//! ~ grant reader on app table billing.orders, billing.lines: SELECT,DELETE -> SELECT (changed outside)
//! both grant reader on app schema billing: USAGE
//! ! role.boss Superuser
//! sql app+shared membership.reader | GRANT pg_monitor TO reader
//! ```
//! Signs: `+ ~ -`, `=` adopt, `.` forget. `both` lines are in the catalogs before and after,
//! unchanged; `everybody` lines have what PUBLIC holds out of scope; `!` lines are hazards beside those that the changes have anyway. Not here: any
//! diff. Invariant: the catalogs are what the changes say.

use std::collections::BTreeMap;

use crate::acl::{Entry, Grantee, Grantor, Holding};
use crate::catalog::Membership;
use crate::change::{
    Action, Changes, Departure, EntryChange, GrantChange, MembershipChange, OwnedFate, Reason, RoleChange,
};
use crate::declared::{DeclaredResource, RoleKind, SecretSource, SslMode};
use crate::diagnostic::Origin;
use crate::name::{BlockAddress, DatabaseName, ResourceName};
use crate::observed::{Everybody, Identity, LeftAlone, Scope};
use crate::plan::{
    Hazard, HazardKind, Header, Mode, Plan, ResourcePlan, Stages, Statement, Step, Subject, Terms,
    TransactionPlan,
};
use crate::state::Lineage;
use crate::testing::catalog::Draft;
use crate::testing::words;

/// Reads a plan.
pub fn plan(text: &str) -> Plan {
    let mut plan = empty();
    let mut reading: Option<Reading> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("resource ") {
            put(&mut plan, reading.take());
            reading = Some(Reading::new(rest));
        } else if let Some(rest) = line.strip_prefix("output ") {
            let (name, value) = rest.split_once(" = ").expect("output NAME = JSON");
            plan.outputs.insert(name.to_owned(), (value != "sensitive").then(|| value.to_owned()));
        } else {
            reading.get_or_insert_with(|| Reading::new("analytics 10.0.3.4:5432 150018")).line(line);
        }
    }
    put(&mut plan, reading);
    plan
}

fn empty() -> Plan {
    Plan {
        header: Header {
            created_at: 1_764_000_000_000_000,
            expires_at: 1_764_604_800_000_000,
            created_by: "ana@laptop".to_owned(),
            version: "0.1.0".to_owned(),
        },
        mode: Mode::Normal,
        lineage: Lineage([0xab; 16]),
        serial: 7,
        configuration: [0; 32],
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
        terms: Terms::default(),
        policies: Vec::new(),
        violations: Vec::new(),
    }
}

fn put(plan: &mut Plan, reading: Option<Reading>) {
    if let Some(reading) = reading {
        let mut resource = reading.resource;
        resource.before = reading.before.finish();
        resource.after = reading.after.finish();
        resource.hazards.extend(crate::plan::hazard::hazards(&resource.changes));
        resource.hazards.sort();
        resource.hazards.dedup();
        plan.resources.insert(reading.name, resource);
    }
}

struct Reading {
    name: ResourceName,
    resource: ResourcePlan,
    before: Draft,
    after: Draft,
}

/// What stands around the values of a line.
struct Line<'a> {
    action: Action,
    what: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    reason: Reason,
    origin: Option<Origin>,
}

impl Reading {
    fn new(text: &str) -> Reading {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [name, address, version] = words[..] else { panic!("resource NAME ADDRESS VERSION") };
        let identity = Identity {
            system_identifier: Some(7_000_000_000_000_000_001),
            address: address.to_owned(),
            version: version.parse().expect("a version number"),
        };
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "5432"));
        let name = ResourceName::new(name).expect("a name");
        let target = DeclaredResource {
            name: name.clone(),
            host: host.to_owned(),
            port: port.parse().expect("a port"),
            database: DatabaseName::new("postgres").expect("a name"),
            sslmode: SslMode::VerifyFull,
            sslrootcert: None,
            admin_username: Some("postgres".to_owned()),
            admin_password: SecretSource::Environment("ADMIN_PASSWORD".to_owned()),
            connect_timeout_seconds: 10,
            span: None,
            admin_span: None,
        };
        Reading {
            name,
            resource: ResourcePlan {
                identity,
                target,
                scope: Scope::default(),
                before: Default::default(),
                after: Default::default(),
                changes: Changes::default(),
                hazards: Vec::new(),
                stages: Stages::default(),
                roles: BTreeMap::new(),
                schemas: BTreeMap::new(),
                everybody: Everybody::new(),
                left_alone: LeftAlone::default(),
            },
            before: Draft::default(),
            after: Draft::default(),
        }
    }

    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').expect("a word and what it is about");
        match word {
            "both" => {
                self.before.line(rest);
                self.after.line(rest);
            }
            "before" => self.before.line(rest),
            "after" => self.after.line(rest),
            "!" => self.hazard(rest),
            "sql" => self.sql(rest),
            "owned" => self.owned(rest),
            "left" => self.left(rest),
            "owns" => drop(self.resource.left_alone.owned.insert(words::role_name(rest), (1, Vec::new()))),
            "everybody" => {
                let mut draft = Draft::default();
                draft.line(&format!("grant PUBLIC on {rest}"));
                let held = &mut self.resource.everybody;
                draft.finish().keep_public(
                    |_, _| false,
                    |place, object, what| {
                        held.entry(place.clone()).or_default().insert(object.clone(), what);
                    },
                );
            }
            sign => self.change(&parse_line(sign, rest)),
        }
    }

    fn change(&mut self, line: &Line<'_>) {
        let (word, what) = line.what.split_once(' ').expect("role, external, member or grant");
        match word {
            "role" => self.role(what, RoleKind::Managed, line),
            "external" => self.role(what, RoleKind::External, line),
            "member" => self.member(what, line),
            "grant" => self.grant(what, line),
            other => panic!("no such change: {other}"),
        }
    }

    /// `label`, or `label=name`, or `label=old->new` for a rename.
    fn role(&mut self, what: &str, kind: RoleKind, line: &Line<'_>) {
        let (label, names) = what.split_once('=').unwrap_or((what, what));
        let (old, name) = names.split_once("->").map_or((None, names), |(old, new)| (Some(old), new));
        let name = words::role_name(name);
        let before_name = old.map(words::role_name);
        if let Some(before) = line.before {
            let key = before_name.clone().unwrap_or_else(|| name.clone());
            self.before.catalog().roles.insert(key, words::role(before));
        }
        if let Some(after) = line.after {
            self.after.catalog().roles.insert(name.clone(), words::role(after));
        }
        self.resource.changes.roles.push(RoleChange {
            address: words::block(label),
            name,
            renamed_from: before_name,
            aside: None,
            kind,
            action: line.action,
            reason: line.reason,
            before: line.before.map(words::role),
            after: line.after.map(words::role),
            departure: (line.action == Action::Delete).then(Departure::default),
            origin: line.origin.clone(),
        });
    }

    fn member(&mut self, what: &str, line: &Line<'_>) {
        let (members, roles) = what.split_once(" of ").expect("member MEMBER of ROLE");
        for member in words::expand(members) {
            for role in words::expand(roles) {
                self.one_member(&member, &role, line);
            }
        }
    }

    fn one_member(&mut self, member: &str, role: &str, line: &Line<'_>) {
        let membership = Membership {
            member: words::role_name(member),
            role: words::role_name(role),
            grantor: Grantor::Owner,
        };
        let (before, after) = (line.before.map(words::options), line.after.map(words::options));
        if let Some(options) = before {
            self.before.catalog().memberships.insert(membership.clone(), options);
        }
        if let Some(options) = after {
            self.after.catalog().memberships.insert(membership.clone(), options);
        }
        self.resource.changes.memberships.push(MembershipChange {
            address: BlockAddress::root(member),
            membership,
            action: line.action,
            reason: line.reason,
            before,
            after,
            origin: line.origin.clone(),
        });
    }

    fn grant(&mut self, what: &str, line: &Line<'_>) {
        let (grantees, on) = what.split_once(" on ").expect("GRANTEE on PLACE OBJECTS");
        let (place, objects) = on.split_once(' ').expect("a place and objects");
        let (place, objects) = (words::place(place), words::objects(objects));
        let before = words::holdings(line.before.unwrap_or(""));
        let after = words::holdings(line.after.unwrap_or(""));
        let mut entries = Vec::new();
        for grantee in words::expand(grantees) {
            let label = if grantee == "PUBLIC" { "everybody" } else { grantee.as_str() };
            entries.push(EntryChange {
                address: BlockAddress::root(label),
                grantee: words::grantee(&grantee),
                action: line.action,
                reason: line.reason,
                before: before.clone(),
                after: after.clone(),
                origin: line.origin.clone(),
            });
        }
        let change = GrantChange { place, objects, entries };
        hold(&mut self.before, &change, |entry| &entry.before);
        hold(&mut self.after, &change, |entry| &entry.after);
        self.resource.changes.grants.push(change);
    }

    fn hazard(&mut self, text: &str) {
        let (address, kind) = text.rsplit_once(' ').expect("ADDRESS KIND");
        let kind = HazardKind::ALL.iter().copied().find(|known| format!("{known:?}") == kind);
        let kind = kind.unwrap_or_else(|| panic!("no such hazard: {text}"));
        self.resource.hazards.push(Hazard { address: address.to_owned(), kind });
    }

    fn sql(&mut self, text: &str) {
        let (head, sql) = text.split_once(" | ").expect("sql WHERE SUBJECT | TEXT");
        let (whereabouts, subject) = head.split_once(' ').expect("sql WHERE SUBJECT");
        let (sql, role) = sql.split_once(" verifier for ").map_or((sql, None), |(sql, r)| (sql, Some(r)));
        let mut statement = Statement::complete(words::plain(sql));
        statement.verifier_for = role.map(words::role_name);
        statement.verifier_at = u32::try_from(statement.sql.len()).expect("a short text");
        let subject = Subject { text: subject.to_owned(), origin: None };
        let step = Step { subject, statement };
        let stages = &mut self.resource.stages;
        match whereabouts {
            "prepare" => stages.prepare.push(step),
            "undo" => stages.undo.push(step),
            "finish" => stages.finish.push(step),
            other => {
                let (database, shared) = other.strip_suffix("+shared").map_or((other, false), |d| (d, true));
                let database = words::database(database);
                match stages.transactions.iter_mut().find(|known| known.database == database) {
                    Some(transaction) => transaction.steps.push(step),
                    None => {
                        stages.transactions.push(TransactionPlan { database, shared, steps: vec![step] });
                    }
                }
            }
        }
    }

    /// `owned ROLE in app,legacy -> app_owner`, or without an arrow: dropped.
    fn owned(&mut self, text: &str) {
        let (role, rest) = text.split_once(" in ").expect("owned ROLE in DATABASES");
        let (databases, to) = rest.split_once(" -> ").map_or((rest, None), |(d, to)| (d, Some(to)));
        let name = words::role_name(role);
        let change = self.resource.changes.roles.iter_mut().find(|change| change.name == name);
        change.expect("a change of this role").departure = Some(Departure {
            fate: to.map_or(OwnedFate::Dropped, |to| OwnedFate::Reassigned(words::role_name(to))),
            databases: databases.split(',').map(words::database).collect(),
            ..Departure::default()
        });
    }

    /// `left ROLES ENTRIES EXTERNAL`.
    fn left(&mut self, text: &str) {
        let numbers: Vec<u64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        let [roles, entries, external_entries] = numbers[..] else { panic!("left ROLES ENTRIES EXTERNAL") };
        self.resource.left_alone = LeftAlone { roles, entries, external_entries, ..LeftAlone::default() };
    }
}

fn hold(draft: &mut Draft, change: &GrantChange, side: impl Fn(&EntryChange) -> &Vec<Holding>) {
    for object in &change.objects {
        draft.touch(&change.place, object);
        for entry in &change.entries {
            for holding in side(entry) {
                let grantee: Grantee = entry.grantee.clone();
                draft.hold(&change.place, object, Entry { grantee, holding: holding.clone() });
            }
        }
    }
}

fn parse_line<'a>(sign: &str, text: &'a str) -> Line<'a> {
    let (action, reason) = match sign {
        "+" => (Action::Create, Reason::New),
        "~" => (Action::Update, Reason::ChangedInConfiguration),
        "-" => (Action::Delete, Reason::RemovedFromConfiguration),
        "=" => (Action::Adopt, Reason::AlreadySo),
        "." => (Action::Forget, Reason::AlreadyGone),
        other => panic!("no such sign: {other}"),
    };
    let (text, origin) = match text.rsplit_once(" @") {
        Some((text, place)) => {
            let (file, line) = place.rsplit_once(':').expect("FILE:LINE");
            (text, Some(Origin { file: file.to_owned(), line: line.parse().expect("a line") }))
        }
        None => (text, None),
    };
    let (text, reason) = match text.rsplit_once(" (") {
        Some((text, words)) => (text, reason_of(words.trim_end_matches(')'))),
        None => (text, reason),
    };
    let (what, values) =
        text.split_once(": ").or_else(|| Some((text.strip_suffix(':')?, ""))).unwrap_or((text, ""));
    let (before, after) = match (action, values.split_once("->")) {
        (Action::Create, _) => (None, Some(values)),
        (Action::Delete, _) => (Some(values), None),
        (Action::Adopt | Action::NoOp, _) => (Some(values), Some(values)),
        (Action::Forget, _) => (None, None),
        (Action::Update, Some((before, after))) => (Some(before), Some(after)),
        (Action::Update, None) => panic!("an update has two values: {text}"),
    };
    Line { action, what, before: before.map(str::trim), after: after.map(str::trim), reason, origin }
}

fn reason_of(words: &str) -> Reason {
    let known = [
        Reason::AlreadySo,
        Reason::ChangedOutside,
        Reason::ChangedInConfiguration,
        Reason::DeletedOutside,
        Reason::New,
        Reason::RemovedFromConfiguration,
        Reason::AlreadyGone,
        Reason::NotDeclared,
        Reason::BuiltIn,
        Reason::LeftInPlace,
        Reason::LostWithTable,
    ];
    let found = known.into_iter().find(|reason| reason.words() == Some(words));
    found.unwrap_or_else(|| panic!("no such reason: {words}"))
}
