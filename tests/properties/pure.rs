//! Laws of the diff and of the order of work, on random pictures of a small server.
//!
//! Not here: servers (`differential`). Invariant: what a role outside the run holds is in the
//! pictures too, and must not move.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Acl, Entry, Grantee, Grantor, Holding};
use engine::catalog::{Catalog, Grants, Membership, MembershipOptions, Owner, Password, Role};
use engine::change::{Changes, Departure, GrantChange, Place};
use engine::declared::{Attributes, RoleKind};
use engine::diff::roles::RoleFacts;
use engine::diff::{self, Block, Blocks, Pictures};
use engine::graph::order;
use engine::name::{BlockAddress, DatabaseName, RoleName, SchemaName, SchemaPath};
use engine::object::Object;
use engine::plan::{Batch, Statement};
use engine::privilege::PrivilegeSet;
use engine::testing::interpreter::interpret;
use engine::testing::words;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::TestCaseResult;

use test_support::seeds;

/// Roles in the run, and roles outside it.
const INSIDE: [&str; 3] = ["a", "b", "c"];
const OUTSIDE: [&str; 3] = ["x", "y", "PUBLIC"];
const GRANTORS: [&str; 4] = ["", "", "b", "x"];

const OBJECTS: [&str; 10] = [
    "table s.t",
    "table s.u",
    "column s.t.c",
    "column s.t.d",
    "column s.u.c",
    "sequence s.q",
    "routine s.f(integer)",
    "schema s",
    "default table by o in s",
    "database app",
];

/// An entry: object, grantee and grantor by number, privileges by place in the kind's list.
pub(crate) type Drawn = (usize, usize, usize, u16, u16);

/// A picture before it is one.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Entries of roles in the run.
    inside: Vec<Drawn>,
    /// Roles: LOGIN, CREATEDB, a limit.
    roles: BTreeMap<usize, (bool, bool, i32)>,
    /// Memberships, by member and number of the role.
    memberships: BTreeMap<(usize, usize), (bool, bool)>,
}

fn entries() -> impl Strategy<Value = Vec<Drawn>> {
    // Tables and columns more often: what happens to the one touches the other.
    let object = prop_oneof![0..OBJECTS.len(), 0..5_usize];
    vec((object, 0..INSIDE.len(), 0..GRANTORS.len(), any::<u16>(), any::<u16>()), 0..14)
}

pub(crate) fn draft() -> impl Strategy<Value = Draft> {
    let roles = btree_map(0..INSIDE.len(), (any::<bool>(), any::<bool>(), -1..3), 0..=INSIDE.len());
    let memberships =
        btree_map((0..INSIDE.len(), 0..OUTSIDE.len() - 1), (any::<bool>(), any::<bool>()), 0..4);
    (entries(), roles, memberships).prop_map(|(inside, roles, memberships)| Draft {
        inside,
        roles,
        memberships,
    })
}

fn entry((object, grantee, grantor, privileges, grantable): Drawn, who: &[&str]) -> (Object, Entry) {
    let object = words::objects(OBJECTS[object]).remove(0);
    let all: Vec<_> = object.kind().privileges(18).iter().collect();
    let some = |bits: u16| {
        let chosen = all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
        PrivilegeSet::of(&chosen.map(|(_, privilege)| *privilege).collect::<Vec<_>>())
    };
    let grantor = match GRANTORS[grantor] {
        name if name.is_empty() || matches!(object, Object::Default(_)) => Grantor::Owner,
        name => Grantor::Role(words::role_name(name)),
    };
    let holding = Holding { grantor, privileges: some(privileges), grantable: some(grantable) };
    (object, Entry { grantee: words::grantee(who[grantee]), holding })
}

/// Makes a picture; objects on which nobody holds anything are there as well.
pub(crate) fn picture(
    draft: &Draft,
    outside: &[Drawn],
    order: impl Fn(&mut Vec<(Object, Entry)>),
) -> Catalog {
    let mut all: Vec<(Object, Entry)> = draft.inside.iter().map(|drawn| entry(*drawn, &INSIDE)).collect();
    all.extend(outside.iter().map(|drawn| entry(*drawn, &OUTSIDE)));
    order(&mut all);
    let mut catalog = Catalog::default();
    let mut local = Grants::default();
    for text in OBJECTS {
        let object = words::objects(text).remove(0);
        let of_object = all.iter().filter(|(other, _)| *other == object).map(|(_, entry)| entry.clone());
        let acl = Acl::new(of_object.collect());
        let place = if object.is_shared() { &mut catalog.shared } else { &mut local };
        if !(matches!(object, Object::Default(_)) && acl.is_empty()) {
            place.insert_acl(object, 0, words::role_name("o"), acl);
        }
    }
    catalog.databases.insert(words::database("app"), local);
    for (number, (login, createdb, connection_limit)) in &draft.roles {
        let attributes = Attributes {
            login: *login,
            createdb: *createdb,
            connection_limit: *connection_limit,
            ..Attributes::default()
        };
        let role = Role {
            oid: 0,
            attributes,
            valid_until: None,
            comment: None,
            settings: BTreeMap::new(),
            password: Password::Absent,
        };
        catalog.roles.insert(words::role_name(INSIDE[*number]), role);
    }
    for ((member, role), (admin, inherit)) in &draft.memberships {
        let membership = Membership {
            member: words::role_name(INSIDE[*member]),
            role: words::role_name(OUTSIDE[*role]),
            grantor: Grantor::Owner,
        };
        catalog
            .memberships
            .insert(membership, MembershipOptions { admin: *admin, inherit: *inherit, set: true });
    }
    catalog
}

struct Facts;

impl RoleFacts for Facts {
    fn kind(&self, _: &RoleName) -> RoleKind {
        RoleKind::Managed
    }

    fn renamed_from(&self, _: &RoleName) -> Option<RoleName> {
        None
    }

    fn aside(&self, _: &RoleName) -> Option<RoleName> {
        None
    }

    fn departure(&self, _: &RoleName) -> Option<Departure> {
        Some(Departure::default())
    }
}

fn blocks() -> Blocks {
    let block = |name: &str| Block { address: BlockAddress::root(name), origin: None };
    INSIDE.iter().map(|name| (words::grantee(name), block(name))).collect()
}

pub(crate) fn changes(desired: &Catalog, recorded: &Catalog, observed: &Catalog) -> Changes {
    let (pictures, blocks) = (Pictures { desired, recorded, observed }, blocks());
    let mut changes = diff::grants(pictures, &blocks);
    changes.roles = diff::roles::roles(pictures, &blocks, &Facts);
    changes.memberships = diff::roles::memberships(pictures, &blocks);
    changes
}

fn inside(grantee: &Grantee) -> bool {
    INSIDE.iter().any(|name| words::grantee(name) == *grantee)
}

/// A picture without the objects on which nobody holds anything.
fn occupied(catalog: &Catalog) -> Catalog {
    let databases = catalog.databases.iter().map(|(name, grants)| (name.clone(), grants.occupied()));
    Catalog { shared: catalog.shared.occupied(), databases: databases.collect(), ..catalog.clone() }
}

/// A diff leads to what is desired and moves nothing else.
fn leads_there([desired, recorded, observed]: [&Draft; 3], outside: &[Drawn]) -> TestCaseResult {
    let still = |_: &mut Vec<_>| {};
    let (desired, recorded) = (picture(desired, &[], still), picture(recorded, &[], still));
    let observed = picture(observed, outside, still);
    let after = interpret(&changes(&desired, &recorded, &observed), &observed);
    prop_assert_eq!(occupied(&after.restricted(inside)), occupied(&desired));
    let others = |catalog: &Catalog| occupied(&catalog.restricted(|grantee| !inside(grantee)));
    prop_assert_eq!(others(&after), others(&observed));
    let again = changes(&desired, &desired, &after);
    prop_assert!(again.is_empty(), "the second diff is not empty: {:#?}", again);
    Ok(())
}

#[test]
fn a_diff_leads_to_what_is_desired_and_moves_nothing_else() {
    seeds::hold(
        400,
        || (draft(), draft(), draft(), entries()),
        |(desired, recorded, observed, outside)| leads_there([&desired, &recorded, &observed], &outside),
    );
}

/// REFERENCES on a column is there and not recorded, and the same on the table goes.
#[test]
fn what_is_adopted_on_a_column_outlives_its_tables_grant() {
    let draft = |inside| Draft { inside, roles: BTreeMap::new(), memberships: BTreeMap::new() };
    let (table, column) = ((0, 2, 0, 1 << 5, 0), (3, 2, 0, 1 << 3, 0));
    let (desired, observed) = (draft(vec![column]), draft(vec![table, column]));
    let law = leads_there([&desired, &draft(Vec::new()), &observed], &[]);
    assert!(law.is_ok(), "{law:?}");
}

#[test]
fn a_diff_does_not_depend_on_the_order_of_what_it_is_made_from() {
    let input = || (draft(), draft(), entries(), any::<u64>());
    seeds::hold(200, input, |(desired, observed, outside, turn)| {
        let still = |_: &mut Vec<_>| {};
        let turned = |entries: &mut Vec<(Object, Entry)>| {
            if !entries.is_empty() {
                let by = usize::try_from(turn % entries.len() as u64).unwrap_or(0);
                entries.rotate_left(by);
                entries.reverse();
            }
        };
        let nothing = Catalog::default();
        let one = changes(&picture(&desired, &[], still), &nothing, &picture(&observed, &outside, still));
        let other = changes(&picture(&desired, &[], turned), &nothing, &picture(&observed, &outside, turned));
        prop_assert_eq!(one, other);
        Ok(())
    });
}

/// What work a batch is, for the law of order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Work {
    Create(RoleName),
    HandOver(Place, BTreeSet<RoleName>),
    Revoke(Place, BTreeSet<Grantee>),
    Leave(RoleName),
    Add(Place, BTreeSet<Grantee>),
    Join(RoleName),
    Finish(RoleName),
    Drop(RoleName),
}

fn work(batch: &Batch<'_>) -> Work {
    match batch {
        Batch::CreateRole(role) | Batch::RenameRole(role, ..) => Work::Create(role.name.clone()),
        Batch::FinishRole(role) => Work::Finish(role.name.clone()),
        Batch::DropRole(role) | Batch::Disown(role) | Batch::EndSessions(role) => {
            Work::Drop(role.name.clone())
        }
        Batch::GrantMembership(change) => Work::Join(change.membership.member.clone()),
        Batch::RevokeMembership(change) => Work::Leave(change.membership.member.clone()),
        Batch::HandOver(change) => {
            let owners = change.before.iter().chain(&change.after).cloned().collect();
            Work::HandOver(Place::Database(change.path.database.clone()), owners)
        }
        Batch::RevokeGrants(place, changes) => Work::Revoke((*place).clone(), grantees(changes)),
        Batch::AddGrants(place, changes) => Work::Add((*place).clone(), grantees(changes)),
    }
}

fn grantees(changes: &[&GrantChange]) -> BTreeSet<Grantee> {
    changes.iter().flat_map(|change| &change.entries).map(|entry| entry.grantee.clone()).collect()
}

/// Whether `later` must not come before `earlier`.
fn needs(later: &Work, earlier: &Work) -> bool {
    match (earlier, later) {
        (Work::Create(role), Work::Add(_, grantees)) => grantees.contains(&Grantee::Role(role.clone())),
        (Work::Create(role), Work::Join(member)) => role == member,
        (Work::Create(role), Work::HandOver(_, owners)) => owners.contains(role),
        (Work::HandOver(a, _), Work::Revoke(b, _) | Work::Add(b, _)) => a == b,
        (Work::HandOver(_, owners), Work::Finish(role) | Work::Drop(role)) => owners.contains(role),
        (Work::Revoke(a, _), Work::Add(b, _)) => a == b,
        (Work::Leave(_), Work::Join(_)) => true,
        (Work::Add(_, grantees), Work::Finish(role)) => grantees.contains(&Grantee::Role(role.clone())),
        (Work::Join(member), Work::Finish(role)) => role == member,
        (Work::Revoke(_, grantees), Work::Drop(role)) => grantees.contains(&Grantee::Role(role.clone())),
        (Work::Leave(member), Work::Drop(role)) => member == role,
        _ => false,
    }
}

/// Who may own the schema: roles of the run, which come and go, and others.
const OWNERS: [&str; 5] = ["a", "b", "c", "o", "x"];

fn schema() -> SchemaPath {
    let schema = SchemaName::new("s").expect("a name");
    SchemaPath { database: words::database("app"), schema }
}

#[test]
fn work_comes_after_what_it_requires() {
    seeds::hold(
        200,
        || ([draft(), draft(), draft()], [0..OWNERS.len(), 0..OWNERS.len(), 0..OWNERS.len()]),
        |(drafts, owners)| {
            let still = |_: &mut Vec<_>| {};
            let mut pictures = drafts.map(|draft| picture(&draft, &[], still));
            for (picture, owner) in pictures.iter_mut().zip(owners) {
                let owner = Owner { oid: 1, role: words::role_name(OWNERS[owner]) };
                picture.owners.insert(schema(), owner);
            }
            let [desired, recorded, observed] = &pictures;
            let mut changes = changes(desired, recorded, observed);
            let block = Block { address: BlockAddress::root("s"), origin: None };
            let blocks = BTreeMap::from([(schema(), block)]);
            let pictures = Pictures { desired, recorded, observed };
            changes.owners = diff::owners::owners(pictures, &blocks, &BTreeMap::new());
            let seen = RefCell::new(Vec::new());
            let write = |batch: &Batch<'_>| {
                seen.borrow_mut().push(work(batch));
                batch.steps(vec![Statement::complete(batch.subject().text)])
            };
            let home = DatabaseName::new("app").expect("a name");
            let stages = order::stages((&changes, &order::DependsOn::new()), (&home, None), &write);
            prop_assert!(stages.is_ok(), "{:?}", stages.err());
            let seen = seen.into_inner();
            for (at, later) in seen.iter().enumerate() {
                let wrong = seen[at + 1..].iter().find(|earlier| needs(later, earlier));
                prop_assert!(wrong.is_none(), "{:?} comes before {:?}", later, wrong);
            }
            Ok(())
        },
    );
}

/// Some of all places in a text of bytes.
pub(crate) fn places(length: usize) -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..length).collect::<Vec<_>>(), 1..=length.min(24))
}
