//! One sample of every format, with something of everything that the format can say.
//!
//! Invariant: a sample is made by the code that writes the real thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use engine::audit::chain::Head;
use engine::audit::event::{
    Answer, CredentialAction, End, Event, Notice, Outcome, SessionId, SessionKind, Start, Statement,
    TransactionStep, What,
};
use engine::audit::format_v1 as audit;
use engine::catalog::{Catalog, Owner};
use engine::change::{Action, OwnerChange, Place, Reason};
use engine::credentials::format_v1::{self as credentials, Slot};
use engine::credentials::{Account, Credential, Sealed};
use engine::declared::{OnDestroy, OpenSessions, RoleKind, SslMode};
use engine::diagnostic::Origin;
use engine::digest::Digest;
use engine::name::{BlockAddress, Name, ResourceName, RoleName, SchemaName, SchemaPath};
use engine::object::{Object, ObjectKind};
use engine::observed::{Identity, NamedColumn, Scope};
use engine::plan::saved::{self, PlanId};
use engine::public::{PublicObjects, PublicReach};
use engine::state::contents::Contents;
use engine::state::snapshot::{self, Snapshot};
use engine::state::{Lineage, RecordedResource, RecordedRole, format_v1 as state};
use engine::testing::{self, words};

use crate::Format;

/// Every format. What the journal holds while an apply is under way is a plan.
pub(crate) const FORMATS: &[Format] = &[
    Format {
        name: "plan-v1",
        write: plan,
        read: |bytes| {
            let read = saved::decode(bytes).expect("a plan");
            (shown(&(read.id, &read.plan)), saved::encode(&read.plan).1)
        },
    },
    Format {
        name: "recorded-v1",
        write: recorded,
        read: |bytes| {
            let read = state::decode(bytes).expect("a recorded resource");
            (shown(&read), state::encode(&read))
        },
    },
    Format {
        name: "snapshot-v1",
        write: state_snapshot,
        read: |bytes| {
            let Snapshot { contents, audit_base, audit_head } = Snapshot::decode(bytes).expect("a snapshot");
            let again = snapshot::encode(&contents, audit_base, audit_head);
            (shown(&(contents, audit_base, audit_head)), again)
        },
    },
    Format {
        name: "credentials-v1",
        write: || framed(credential_entries()),
        read: |bytes| {
            let entries = unframed(bytes);
            let pairs: Vec<(Slot, Credential)> = entries
                .chunks(2)
                .map(|pair| credentials::decode(&pair[0], &pair[1]).expect("a credential"))
                .collect();
            let again =
                pairs.iter().flat_map(|(slot, one)| [credentials::key(one, *slot), credentials::encode(one)]);
            (shown(&pairs), framed(again.collect()))
        },
    },
    Format {
        name: "audit-v1",
        write: || framed(events().iter().map(audit::encode).collect()),
        read: |bytes| {
            let events: Vec<Event> =
                unframed(bytes).iter().map(|bytes| audit::decode(bytes).expect("an event")).collect();
            (shown(&events), framed(events.iter().map(audit::encode).collect()))
        },
    },
];

fn shown(value: &dyn Debug) -> String {
    format!("{value:#?}\n")
}

/// Several values in one file: each after its length, four bytes big-endian.
fn framed(values: Vec<Vec<u8>>) -> Vec<u8> {
    let length = |value: &[u8]| u32::try_from(value.len()).expect("a short sample").to_be_bytes();
    values.iter().flat_map(|value| [&length(value)[..], value].concat()).collect()
}

fn unframed(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let (value, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        values.push(value.to_vec());
        bytes = rest;
    }
    values
}

const PLAN: &str = r#"
resource main 10.0.3.4:5432 180004
+ role reader: oid=16400 password=fresh limit=5 comment=reads set.work_mem=1GB app.set.statement_timeout=30s (new) @main.hcl:14
~ role team["eu"]=old->new: login -> nologin createdb (changed outside)
- role gone: superuser
owned gone in app,legacy -> app_owner
= external market: nologin
. role left
+ member reader of pg_monitor: plain @main.hcl:15
~ member reader of staff: admin -> noinherit noset (changed outside)
+ grant reader on app table billing.orders, billing.lines: SELECT,INSERT* @main.hcl:20
~ grant reader, PUBLIC on app column billing.orders.total: SELECT/bob -> UPDATE (changed in configuration)
- grant reader on app sequence billing.orders_id_seq: USAGE (not declared for a managed role)
+ grant reader on app routine billing.close(date,\_integer[]): EXECUTE
+ grant reader on app type billing.money: USAGE
+ grant reader on app schema billing: USAGE
+ grant reader on app language plpgsql: USAGE
+ grant reader on app wrapper files: USAGE
+ grant reader on app foreign_server far: USAGE
+ grant reader on app large_object 424242: SELECT,UPDATE
+ grant reader on app default table by app_owner in billing: SELECT
+ grant reader on app default routine by app_owner: EXECUTE
+ grant reader on server database app: CONNECT
+ grant reader on server tablespace fast: CREATE
+ grant reader on server parameter log_min_messages: SET,ALTER\_SYSTEM
both grant other on app table billing.orders: MAINTAIN
sql prepare role.reader | CREATE ROLE reader NOLOGIN
sql undo role.reader | DROP ROLE reader
sql app table_grant.reader | GRANT SELECT ON TABLE billing.orders TO reader
sql postgres+shared role.reader | ALTER ROLE reader PASSWORD  verifier for reader
sql finish role.gone | DROP ROLE gone
left 3 40 5
output reader = "reader"
output secret = sensitive
"#;

fn plan() -> Vec<u8> {
    let mut plan = testing::plan::plan(PLAN);
    for resource in plan.resources.values_mut() {
        resource.scope = scope();
        resource.roles = roles();
        resource.schemas = schemas();
        resource.changes.owners = vec![owner_change()];
        resource.before.owners = owners("postgres");
        resource.after.owners = owners("app_owner");
    }
    saved::encode(&plan).1
}

fn scope() -> Scope {
    Scope {
        managed: BTreeSet::from([words::role_name("reader")]),
        leaving: BTreeSet::from([words::role_name("gone")]),
        public: BTreeMap::from([
            (
                Place::Shared,
                PublicReach::Recorded(BTreeSet::from([Object::Database(words::database("app"))])),
            ),
            (Place::Database(words::database("app")), public()),
        ]),
        external: BTreeSet::from([words::role_name("market")]),
        databases: BTreeSet::from([words::database("app")]),
        schemas: schemas().into_keys().collect(),
        kinds: ObjectKind::ALL.iter().copied().collect(),
        system_schemas: BTreeSet::from([SchemaPath {
            database: words::database("app"),
            schema: SchemaName::new("pg_catalog").expect("a name"),
        }]),
        types: BTreeSet::from([Name::new("mood").expect("a name")]),
        columns: BTreeSet::from([named_column(None, None), named_column(Some("billing"), Some("orders"))]),
        grantors: BTreeSet::from([words::role_name("owner_of_all")]),
        parameters: BTreeSet::from([Name::new("app.motto").expect("a name")]),
    }
}

fn public() -> PublicReach {
    let schema = |name: &str| BTreeSet::from([Object::Schema(SchemaName::new(name).expect("a name"))]);
    PublicReach::Objects(PublicObjects { selected: schema("billing"), returned: schema("legacy") })
}

fn named_column(schema: Option<&str>, relation: Option<&str>) -> NamedColumn {
    NamedColumn {
        database: words::database("app"),
        schema: schema.map(|name| SchemaName::new(name).expect("a name")),
        relation: relation.map(|name| Name::new(name).expect("a name")),
        column: Name::new("total").expect("a name"),
    }
}

fn schemas() -> BTreeMap<SchemaPath, BlockAddress> {
    let schema = SchemaName::new("billing").expect("a name");
    let path = SchemaPath { database: words::database("app"), schema };
    BTreeMap::from([(path, words::block("module.crm.billing[\"eu\"]"))])
}

fn owners(role: &str) -> BTreeMap<SchemaPath, Owner> {
    let owner = |path| (path, Owner { oid: 16_500, role: words::role_name(role) });
    schemas().into_keys().map(owner).collect()
}

fn owner_change() -> OwnerChange {
    let (path, address) = schemas().pop_first().expect("a schema");
    OwnerChange {
        address,
        path,
        action: Action::Update,
        reason: Reason::ChangedOutside,
        before: Some(words::role_name("postgres")),
        after: Some(words::role_name("app_owner")),
        origin: Some(Origin { file: "main.hcl".to_owned(), line: 30 }),
    }
}

fn roles() -> BTreeMap<RoleName, RecordedRole> {
    let role = |label: &str, kind, on_destroy, password_set_at: Option<i64>| RecordedRole {
        address: words::block(label),
        kind,
        prevent_destroy: password_set_at.is_some(),
        on_destroy,
        open_sessions: OpenSessions::Terminate,
        depends_on: BTreeSet::from([words::role_name("app_owner")]),
        password_set_at,
    };
    let heir = OnDestroy::Reassign(words::role_name("app_owner"));
    BTreeMap::from([
        (
            words::role_name("reader"),
            role("reader", RoleKind::Managed, OnDestroy::Refuse, Some(1_764_000_000_000_000)),
        ),
        (words::role_name("eu"), role("module.crm.team[\"eu\"]", RoleKind::Managed, heir, None)),
        (words::role_name("market"), role("market", RoleKind::External, OnDestroy::Drop, None)),
    ])
}

fn recorded() -> Vec<u8> {
    let catalog = testing::catalog::catalog(
        "role reader oid=16400 password=x limit=5 valid_until=2031-01-01T00:00:00Z comment=reads set.work_mem=1GB
         role market nologin noinherit createdb createrole replication bypassrls password=unknown
         member reader of pg_monitor admin
         grant reader on app table billing.t{0..9}: SELECT,INSERT*
         grant reader on app column billing.t0.total: UPDATE/bob
         grant reader, PUBLIC on server database app: CONNECT
         object app table billing.t0 owner app_owner",
    );
    let identity = Identity {
        system_identifier: Some(7_000_000_000_000_000_001),
        address: "10.0.3.4:5432".to_owned(),
        version: 180_004,
    };
    let catalog = Catalog { owners: owners("app_owner"), ..catalog };
    state::encode(&RecordedResource { identity, roles: roles(), schemas: schemas(), catalog })
}

fn state_snapshot() -> Vec<u8> {
    let lineage = Lineage([0xab; 16]);
    let pairs = credential_entries();
    let contents = Contents {
        lineage,
        serial: 7,
        revision: 19,
        applied: BTreeMap::from([(PlanId([1; 32]), 6), (PlanId([2; 32]), 7)]),
        nodes: BTreeMap::from([(b"main".to_vec(), recorded())]),
        credentials: pairs.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
        journal: Some(b"the plan that is under way".to_vec()),
    };
    let base = Head::genesis(lineage);
    let head = events().iter().map(audit::encode).fold(base, |head, bytes| head.extend(bytes).head());
    snapshot::encode(&contents, base, head)
}

fn credential_entries() -> Vec<Vec<u8>> {
    let name = |text: &str| (ResourceName::new("main").expect("a name"), words::role_name(text));
    let credential = |account: Account, plan: Option<PlanId>| Credential {
        sealed: Sealed {
            role: account.role().clone(),
            recipients: vec!["age1example".to_owned()],
            ciphertext: vec![0, 1, 2, 255],
        },
        account,
        host: "10.0.3.4".to_owned(),
        port: 5432,
        database: words::database("postgres"),
        sslmode: SslMode::VerifyCa,
        sslrootcert: Some("roots.pem".to_owned()),
        created_at: 1_764_000_000_000_000,
        plan,
        verifier: plan.map(|_| Digest([3; 32])),
    };
    let ((resource, role), (at, admin)) = (name("reader"), name("postgres"));
    let generated = credential(Account::Role { resource, role }, Some(PlanId([1; 32])));
    let of_admin = credential(Account::Admin { resource: at, role: admin }, None);
    let renamed =
        Credential { account: generated.account.called(&words::role_name("renamed")), ..generated.clone() };
    let entries = [
        (&generated, Slot::Current),
        (&generated, Slot::Pending),
        (&of_admin, Slot::Current),
        (&renamed, Slot::Current),
    ];
    entries.iter().flat_map(|(one, slot)| [credentials::key(one, *slot), credentials::encode(one)]).collect()
}

fn events() -> Vec<Event> {
    let session = SessionId::new(1_764_000_000_000_000, [9; 10]);
    let text = |text: &str| text.to_owned();
    let notice = || Notice { sqlstate: text("00000"), text: text("NOTICE: so it is") };
    let start = |kind| Start {
        kind,
        who: text("ana"),
        host: text("laptop"),
        version: text("0.1.0"),
        resources: vec![text("main")],
        plan: Some(PlanId([1; 32])),
    };
    let end =
        |outcome| End { outcome, plan: None, serial: 7, code: Some(text("APL006")), text: text("Applied.") };
    let statement = |answer| Statement {
        resource: text("main"),
        database: text("app"),
        step: Some(1),
        node: text("role.reader"),
        text: text("CREATE ROLE reader NOLOGIN"),
        duration: 1_500,
        answer,
        notices: vec![notice()],
    };
    let step = |step| What::Transaction { resource: text("main"), database: text("app"), step };
    let credential = |action| What::Credential { account: text("main/reader"), action };
    let kinds = [
        SessionKind::Plan,
        SessionKind::Apply,
        SessionKind::Credentials,
        SessionKind::Admin,
        SessionKind::State,
        SessionKind::Approve,
    ];
    let outcomes = [Outcome::Done, Outcome::Refused, Outcome::Failed, Outcome::Interrupted];
    let steps = [
        TransactionStep::Begun,
        TransactionStep::Committed,
        TransactionStep::RolledBack,
        TransactionStep::Unknown,
    ];
    let actions = [
        CredentialAction::Read,
        CredentialAction::Stored,
        CredentialAction::Confirmed,
        CredentialAction::Dropped,
        CredentialAction::Reencrypted,
        CredentialAction::Renamed,
    ];
    let answers = [Answer::Rows(None), Answer::Rows(Some(3)), Answer::Error(notice())];
    let all = kinds
        .map(|kind| What::Started(start(kind)))
        .into_iter()
        .chain(steps.map(step))
        .chain(answers.map(|answer| What::Statement(Box::new(statement(answer)))))
        .chain(actions.map(credential))
        .chain([What::Note { code: None, text: text("A sentence.") }])
        .chain(outcomes.map(|outcome| What::Ended(end(outcome))));
    (1_764_000_000_000_001..).zip(all).map(|(at, what)| Event { session, at, what }).collect()
}
