//! A laboratory: configuration text in, plans and applies on a real server out, without the
//! command line.
//!
//! What the cases of kinds, drift and removal stand on. Invariant: everything is real but the
//! terminal: the loader, the store, the provider, the credentials.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use engine::audit::event::SessionId;
use engine::config;
use engine::config::inputs::Inputs;
use engine::config::sources::Sources;
use engine::config::surroundings::Surroundings;
use engine::credentials::Account;
use engine::credentials::identity::Identity;
use engine::credentials::keyring::Keyring;
use engine::credentials::ledger::Ledger;
use engine::credentials::recipient::Recipient;
use engine::credentials::seal;
use engine::declared::{Declared, SecretSource};
use engine::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use engine::name::{ResourceName, RoleName};
use engine::ops::apply::trail::Trail;
use engine::ops::apply::{Applied, ApplyRequest, apply};
use engine::ops::generate::{self, GenerateRequest};
use engine::ops::plan::{PlanRequest, plan};
use engine::ops::recover::{RecoverRequest, recover};
use engine::plan::verify::{self, Demands};
use engine::plan::{Header, Plan, saved};
use engine::provider::{Provider, Quiet};
use engine::render;
use engine::resolve::Options;
use engine::secret::Secret;
use engine::signature::Moment;
use engine::signature::roster::Seals;
use engine::state::Lineage;
use engine::state::contents::Contents;
use engine::state::recorded;
use engine::state::store::{Opening, Store};
use jiff::tz::TimeZone;
use provider_postgres::Postgres;
use test_support::client::{Login, Rows, SqlError};
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;

use crate::wire::run;
use test_support::proxy::Proxy;

/// One project against one tenant of a server.
pub(crate) struct Lab<'a> {
    /// The tenant: databases and roles with a prefix of their own.
    pub(crate) tenant: Tenant<'a>,
    directory: tempfile::TempDir,
    identity: Identity,
    recipients: Vec<Recipient>,
    clock: Cell<i64>,
    admin: (String, String),
    /// The resource's own database, when it is not `postgres`.
    home: Option<String>,
    /// Where the server is reached.
    port: Cell<u16>,
    /// What happens whenever an apply tells its audit something.
    at_events: RefCell<Option<Rc<dyn Fn()>>>,
}

impl<'a> Lab<'a> {
    /// A project with an empty state.
    pub(crate) fn new(cluster: &'a Cluster) -> Lab<'a> {
        Lab::of(cluster.tenant())
    }

    /// Another project with an empty state, about the same tenant.
    pub(crate) fn beside(cluster: &'a Cluster, prefix: String) -> Lab<'a> {
        Lab::of(Tenant { cluster, prefix })
    }

    /// The same with another database as the resource's own, and so with another lock.
    pub(crate) fn at_home_in(self, database: &str) -> Lab<'a> {
        Lab { home: Some(self.tenant.fill(database)), ..self }
    }

    /// The real provider, patient: tests share servers, so one waits for the other's lock.
    pub(crate) fn provider() -> Postgres {
        Postgres { lock_wait: Duration::from_secs(300), ..Postgres::default() }
    }

    fn of(tenant: Tenant<'a>) -> Lab<'a> {
        let made = Identity::generate();
        let identity = Identity::parse(&made.file).expect("a new identity is one").remove(0);
        let lab = Lab {
            at_events: RefCell::default(),
            port: Cell::new(tenant.cluster.address.port),
            admin: (tenant.cluster.superuser.name.clone(), tenant.cluster.superuser.password.clone()),
            tenant,
            home: None,
            directory: tempfile::tempdir().expect("a directory"),
            identity,
            recipients: vec![made.recipient],
            clock: Cell::new(1_800_000_000_000_000),
        };
        let (directory, mut wait) = (lab.directory.path().join("state"), |_: &str| false);
        let opening = Opening { directory: &directory, holder: "test", wait: &mut wait };
        drop(Store::open_or_create(opening, Lineage([7; 16])).expect("a new state"));
        lab
    }

    /// The same with another administrator: a role of the tenant, by its short name.
    pub(crate) fn administered_by(self, role: &str, password: &str) -> Lab<'a> {
        let name = self.tenant.fill(&format!("{{p}}{role}"));
        Lab { admin: (name, password.to_owned()), ..self }
    }

    /// Reaches the server through a proxy from now on, without much patience; directly without one.
    pub(crate) fn reach_through(&self, proxy: Option<&Proxy>) {
        self.port.set(proxy.map_or(self.tenant.cluster.address.port, |proxy| proxy.port));
    }

    /// Does something from now on whenever an apply tells its audit something.
    pub(crate) fn at_events(&self, act: Option<Rc<dyn Fn()>>) {
        self.at_events.replace(act);
    }

    /// Lets time pass.
    pub(crate) fn wait_days(&self, days: i64) {
        self.clock.set(self.clock.get() + days * 86_400_000_000);
    }

    fn now(&self) -> i64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }

    fn store(&self) -> Store {
        let (directory, mut wait) = (self.directory.path().join("state"), |_: &str| false);
        Store::open(Opening { directory: &directory, holder: "test", wait: &mut wait }).expect("the state")
    }

    /// Loads a configuration; `{p}` is the tenant's prefix, and the resource `main` is there.
    pub(crate) fn load(&self, hcl: &str) -> (Option<Declared>, Diagnostics) {
        let direct = self.port.get() == self.tenant.cluster.address.port;
        let patience = if direct { "" } else { "  connect_timeout = 1\n" };
        let server = format!(
            "resource \"postgres\" \"main\" {{\n  host = \"127.0.0.1\"\n  port = {}\n{patience}  database = \"{}\"\n  admin {{\n    username = \"{}\"\n  }}\n}}\n",
            self.port.get(),
            self.home.as_deref().unwrap_or("postgres"),
            self.admin.0
        );
        let file = |path: &str, text: String| Arc::new(SourceFile::new(path, text));
        let sources =
            Sources::single(vec![file("main.hcl", self.tenant.fill(hcl)), file("server.hcl", server)]);
        let surroundings = Surroundings {
            read: &|_| Err("there are no files here".to_owned()),
            list: &|_| Err("there are no files here".to_owned()),
            directory: "/",
            environment: &|_| None,
            now: "2027-01-15T08:00:00Z",
        };
        config::load(&sources, &Inputs::default(), &surroundings)
    }

    fn passwords(&self, declared: &Declared) -> BTreeMap<ResourceName, Secret> {
        assert!(declared.resources.values().all(|resource| resource.admin_password == SecretSource::Unset));
        let password = &self.admin.1;
        declared.resources.keys().map(|name| (name.clone(), Secret::new(password.clone()))).collect()
    }

    /// Plans; the messages are those of errors and warnings, one per line.
    pub(crate) fn try_plan(&self, hcl: &str, options: Options) -> Result<Plan, String> {
        let (made, messages) = self.plan_and_messages(hcl, options);
        made.ok_or(messages)
    }

    /// Why there is no plan.
    #[track_caller]
    pub(crate) fn refusal(&self, hcl: &str, options: Options) -> String {
        match self.try_plan(hcl, options) {
            Ok(made) => panic!("there is a plan:\n{}", self.text(&made)),
            Err(messages) => messages,
        }
    }

    /// The plan, if there is one, and the messages.
    pub(crate) fn plan_and_messages(&self, hcl: &str, options: Options) -> (Option<Plan>, String) {
        let (declared, found) = self.load(hcl);
        let Some(declared) = declared else { return (None, self.messages(&found)) };
        let options = Options { now: self.now(), ..options };
        let header = Header {
            created_at: options.now,
            expires_at: options.now + 7 * 86_400_000_000,
            created_by: "test".to_owned(),
            version: "0".to_owned(),
        };
        let recorded = recorded::read(self.store().contents()).expect("a readable state");
        let request = PlanRequest {
            declared: &declared,
            recorded: &recorded,
            passwords: &self.passwords(&declared),
            options: &options,
            header: &header,
            configuration: [0; 32],
            signers: None,
            progress: &Quiet,
        };
        let (made, diagnostics) = run(plan(&Lab::provider(), request));
        (made, self.messages(&diagnostics))
    }

    /// Generates the configuration of the server beside what a configuration declares already.
    #[track_caller]
    pub(crate) fn generate(&self, hcl: &str) -> String {
        let declared = self.load(hcl).0.expect("a configuration without mistakes");
        let resource = declared.resources.values().next().expect("the resource main");
        let passwords = self.passwords(&declared);
        let password = passwords.get(&resource.name);
        let request = GenerateRequest { declared: &declared, resource, password, progress: &Quiet };
        run(generate::server(&Lab::provider(), request))
            .unwrap_or_else(|error| panic!("{}", error.detail))
            .text
    }

    /// Plans, and fails the test when that fails.
    #[track_caller]
    pub(crate) fn plan(&self, hcl: &str) -> Plan {
        self.try_plan(hcl, Options::default()).unwrap_or_else(|messages| panic!("no plan: {messages}"))
    }

    /// Plans with options and applies; no promise about the plan after it.
    #[track_caller]
    pub(crate) fn carry_out(&self, hcl: &str, options: Options) -> Plan {
        let made = self.try_plan(hcl, options).unwrap_or_else(|messages| panic!("no plan: {messages}"));
        if let Err(error) = self.try_apply(hcl, &made) {
            panic!("{}: {}\n{}", error.summary, error.detail, self.text(&made));
        }
        made
    }

    /// What the state remembers: `role.x = {p}name`, a line each.
    pub(crate) fn remembered(&self) -> Vec<String> {
        let recorded = recorded::read(self.store().contents()).expect("a readable state");
        let roles = recorded.resources.values().flat_map(|resource| &resource.roles);
        roles.map(|(name, role)| self.tenant.hide(&format!("{} = {name}", role.address))).collect()
    }

    fn messages(&self, diagnostics: &Diagnostics) -> String {
        let line = |d: &Diagnostic| format!("{} {}: {}", d.code, d.summary, d.detail);
        self.tenant.hide(&diagnostics.0.iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// Applies a plan through its bytes, as `roleform apply` does.
    pub(crate) fn try_apply(&self, hcl: &str, made: &Plan) -> Result<Applied, Diagnostic> {
        self.try_apply_with(&Lab::provider(), hcl, made)
    }

    /// The same with another provider.
    pub(crate) fn try_apply_with(
        &self,
        provider: &impl Provider,
        hcl: &str,
        made: &Plan,
    ) -> Result<Applied, Diagnostic> {
        self.apply_until(provider, (hcl, made), std::future::pending())
    }

    /// The same until a person stops it.
    pub(crate) fn apply_until(
        &self,
        provider: &impl Provider,
        (hcl, made): (&str, &Plan),
        interrupt: impl Future<Output = ()>,
    ) -> Result<Applied, Diagnostic> {
        let declared = self.load(hcl).0.expect("it was planned from this");
        let (_, bytes) = saved::encode(made);
        let mut store = self.store();
        let now = || {
            self.at_events.borrow().iter().for_each(|act| act());
            self.now()
        };
        let trail = Trail::new(SessionId::new(self.now(), [1; 10]), &now);
        let saved = saved::decode(&bytes)?;
        let (moment, seals) = (Moment { now: self.now(), zone: TimeZone::UTC }, Seals::default());
        let demands = Demands {
            id: None,
            moment: &moment,
            seals: &seals,
            demands: &[],
            policies: &[],
            expiry_seconds: None,
        };
        let request = ApplyRequest {
            plan: &verify::trust(&saved, &bytes, demands)?,
            bytes: &bytes,
            targets: &declared.resources,
            passwords: &self.passwords(&declared),
            keyring: Keyring {
                recipients: &self.recipients,
                random: &|bytes| getrandom::fill(bytes).expect("random bytes"),
                now: self.now(),
            },
            trail: &trail,
            progress: &Quiet,
        };
        run(apply(provider, &mut store, request, interrupt))
    }

    /// What any command does first: finds what an interrupted apply left.
    pub(crate) fn recover(&self, hcl: &str) -> Option<Diagnostic> {
        let declared = self.load(hcl).0.expect("a configuration");
        let mut store = self.store();
        let now = || self.now();
        let trail = Trail::new(SessionId::new(self.now(), [2; 10]), &now);
        let passwords = self.passwords(&declared);
        let request = RecoverRequest { targets: &declared.resources, passwords: &passwords, trail: &trail };
        run(recover(&Lab::provider(), &mut store, request)).expect("the servers answer")
    }

    /// Plans and applies, and proves that the next plan is empty. Returns the plan.
    #[track_caller]
    pub(crate) fn converge(&self, hcl: &str) -> Plan {
        let made = self.plan(hcl);
        if let Err(error) = self.try_apply(hcl, &made) {
            panic!("{}: {}\n{}", error.summary, error.detail, self.text(&made));
        }
        let next = self.plan(hcl);
        assert!(next.is_noop(), "the next plan is not empty:\n{}", self.text(&next));
        made
    }

    /// The plan as a reviewer reads it, statements included, without the prefix.
    pub(crate) fn text(&self, made: &Plan) -> String {
        let mut out = render::text::PlainText::default();
        let options = render::Options { sql: true, ..render::Options::default() };
        render::plan::render(made, &options, &mut out).expect("text takes everything");
        self.tenant.hide(&out.0)
    }

    /// The statements of a plan, in order, without the prefix.
    pub(crate) fn sql(&self, made: &Plan) -> Vec<String> {
        let steps = made.resources.values().flat_map(|plan| plan.stages.statements());
        steps.map(|step| self.tenant.hide(&step.statement.display())).collect()
    }

    /// The current password of a role, decrypted.
    #[track_caller]
    pub(crate) fn password(&self, role: &str) -> String {
        let name = self.tenant.fill(&format!("{{p}}{role}"));
        let account = Account::Role {
            resource: ResourceName::new("main").expect("a name"),
            role: RoleName::new(&name).expect("a name"),
        };
        let store = self.store();
        let ledger = Ledger::read(&store.contents().credentials).expect("readable credentials");
        let entry = ledger.0.get(&account).unwrap_or_else(|| panic!("{role} has no credential"));
        let current = entry.current.as_ref().expect("a current credential");
        let secret = seal::open(current, std::slice::from_ref(&self.identity)).expect("it is ours");
        secret.reveal().to_owned()
    }

    /// What the state holds, and who can read its passwords.
    pub(crate) fn kept(&self) -> (Contents, &[Identity]) {
        (self.store().contents().clone(), std::slice::from_ref(&self.identity))
    }

    /// Logs in as a managed role with its generated password and tries statements.
    pub(crate) fn try_as(&self, role: &str, database: &str, sql: &str) -> Result<Rows, SqlError> {
        let password = self.password(role);
        self.tenant.try_as(Login { role, password: &password, database }, sql)
    }
}
