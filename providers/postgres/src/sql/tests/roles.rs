//! What the writers write for roles and memberships, as text.
//!
//! Not here: grants on objects. Invariant: one case for every way that an option can turn.

use engine::acl::Grantor;
use engine::catalog::{Membership, MembershipOptions, Password, Role};
use engine::change::{Action, Departure, MembershipChange, OwnedFate, Reason, RoleChange};
use engine::declared::RoleKind;
use engine::name::{BlockAddress, DatabaseName};
use engine::plan::{Batch, moments};
use expect_test::expect;

use super::super::write;
use super::{known, role, server, shown};

fn membership(major: u32, grantor: &str, options: [Option<[bool; 3]>; 2]) -> String {
    let [before, after] =
        options.map(|set| set.map(|[admin, inherit, set]| MembershipOptions { admin, inherit, set }));
    let grantor = if grantor.is_empty() { Grantor::Owner } else { Grantor::Role(role(grantor)) };
    let change = MembershipChange {
        address: BlockAddress::root("r"),
        membership: Membership { member: role("Member"), role: role("r"), grantor },
        action: Action::Update,
        reason: Reason::New,
        before,
        after,
        origin: None,
    };
    let batch = if change.after.is_some() {
        Batch::GrantMembership(&change)
    } else {
        Batch::RevokeMembership(&change)
    };
    shown(&write(&known(&server(major)), &batch))
}

#[test]
fn memberships() {
    let (plain, admin) = (Some([false, true, true]), Some([true, true, true]));
    let bare = Some([false, false, false]);
    let texts = [
        membership(15, "", [None, plain]),
        membership(15, "", [plain, admin]),
        membership(15, "", [admin, plain]),
        membership(15, "", [plain, None]),
        membership(16, "", [None, plain]),
        membership(16, "", [admin, bare]),
        membership(16, "g", [None, plain]),
        membership(16, "g", [plain, None]),
    ];
    expect![[r#"
        GRANT r TO "Member";
        GRANT r TO "Member" WITH ADMIN OPTION;
        REVOKE ADMIN OPTION FOR r FROM "Member";
        REVOKE r FROM "Member";
        GRANT r TO "Member" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE;
        GRANT r TO "Member" WITH ADMIN FALSE, INHERIT FALSE, SET FALSE;
        GRANT r TO "Member" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE GRANTED BY g;
        REVOKE r FROM "Member" GRANTED BY g;
    "#]]
    .assert_eq(&texts.concat());
}

fn role_change(before: Option<Role>, after: Option<Role>) -> RoleChange {
    RoleChange {
        address: BlockAddress::root("r"),
        name: role("r"),
        renamed_from: Some(role("old name")),
        aside: None,
        kind: RoleKind::Managed,
        action: Action::Update,
        reason: Reason::New,
        before,
        after,
        departure: Some(Departure { fate: OwnedFate::Reassigned(role("heir")), ..Departure::default() }),
        origin: None,
    }
}

#[test]
fn roles_from_birth_to_death() {
    let mut wanted = moments::bare_role();
    wanted.attributes.login = true;
    wanted.attributes.createdb = true;
    wanted.attributes.connection_limit = 5;
    wanted.valid_until = Some("2027-01-01T00:00:00Z".to_owned());
    wanted.comment = Some("it's".to_owned());
    wanted.password = Password::Fresh;
    let app = DatabaseName::new("app").expect("a name");
    let setting = |database: Option<&DatabaseName>, name: &str| (database.cloned(), name.to_owned());
    wanted.settings.insert(setting(None, "search_path"), "a, \"B\"".to_owned());
    wanted.settings.insert(setting(Some(&app), "work_mem"), "1MB".to_owned());
    let mut later = wanted.clone();
    later.settings.remove(&setting(None, "search_path"));
    later.comment = None;
    later.valid_until = None;
    later.attributes.superuser = true;
    later.attributes.login = false;
    later.password = Password::Absent;
    let new = role_change(None, Some(wanted.clone()));
    let changed = role_change(Some(wanted), Some(later.clone()));
    let gone = role_change(Some(later.clone()), None);
    let dropped = RoleChange { departure: Some(Departure::default()), ..gone.clone() };
    let same = role_change(Some(later.clone()), Some(later));
    let batches = [
        Batch::CreateRole(&new),
        Batch::FinishRole(&new),
        Batch::FinishRole(&changed),
        Batch::FinishRole(&same),
        Batch::RenameRole(&changed, &role("old name"), &changed.name),
        Batch::Disown(&gone),
        Batch::Disown(&dropped),
        Batch::DropRole(&gone),
    ];
    let texts = batches.iter().map(|batch| format!("{}--\n", shown(&write(&known(&server(16)), batch))));
    expect![[r#"
        CREATE ROLE r NOLOGIN;
        --
        COMMENT ON ROLE r IS 'it''s';
        ALTER ROLE r SET search_path TO 'a', 'B';
        ALTER ROLE r IN DATABASE app SET work_mem TO '1MB';
        ALTER ROLE r PASSWORD '(generated at apply)';
        ALTER ROLE r CREATEDB LOGIN CONNECTION LIMIT 5 VALID UNTIL '2027-01-01T00:00:00Z';
        --
        COMMENT ON ROLE r IS NULL;
        ALTER ROLE r RESET search_path;
        ALTER ROLE r PASSWORD NULL;
        ALTER ROLE r SUPERUSER NOLOGIN VALID UNTIL 'infinity';
        --
        --
        ALTER ROLE "old name" RENAME TO r;
        --
        REASSIGN OWNED BY r TO heir;
        DROP OWNED BY r;
        --
        DROP OWNED BY r;
        --
        DROP ROLE r;
        --
    "#]]
    .assert_eq(&texts.collect::<String>());
    let finish = write(&known(&server(16)), &Batch::FinishRole(&new));
    let secret = finish
        .iter()
        .map(|step| &step.statement)
        .find(|statement| statement.verifier_for.is_some())
        .expect("a password");
    assert_eq!(secret.verifier_at as usize, secret.sql.len());
}
