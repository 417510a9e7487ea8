//! Rotations that were interrupted, in every way, and what is left of them.

use expect_test::expect;

use crate::credentials::format_v1::{Slot, decode};
use crate::credentials::ledger::{Entry, Ledger, ServerSays, Standing, store_current, store_pending};
use crate::credentials::tests::credential;
use crate::credentials::{Account, Credential, Sealed};
use crate::digest::Digest;
use crate::name::{ResourceName, RoleName};
use crate::plan::saved::PlanId;
use crate::state::contents::{Changes, Entries};

/// A credential whose verifier and time tell a number.
fn numbered(number: u8) -> Credential {
    of("r", number)
}

/// The same of a role, made by the plan of that number.
fn of(role: &str, number: u8) -> Credential {
    let role = RoleName::new(role).unwrap();
    let sealed = Sealed { role: role.clone(), recipients: Vec::new(), ciphertext: vec![number] };
    let account = Account::Role { resource: ResourceName::new("main").unwrap(), role };
    let verifier = Some(Digest([number; 32]));
    let plan = Some(PlanId([number; 32]));
    Credential { verifier, plan, ..credential(account, i64::from(number), sealed) }
}

fn entry(current: Option<u8>, pending: &[u8]) -> Entry {
    Entry { current: current.map(numbered), pending: pending.iter().copied().map(numbered).collect() }
}

fn entries(entry: &Entry) -> Entries {
    let current = entry.current.iter().flat_map(|credential| store_current(credential).put);
    current.chain(entry.pending.iter().flat_map(|credential| store_pending(credential).put)).collect()
}

fn apply(entries: &mut Entries, changes: Changes) {
    for key in changes.remove {
        assert!(entries.remove(&key).is_some(), "only what is there is removed");
    }
    entries.extend(changes.put);
}

fn describe(entries: &Entries) -> String {
    let one = |(key, value): (&Vec<u8>, &Vec<u8>)| match decode(key, value).unwrap() {
        (Slot::Current, credential) => format!("{}", credential.created_at),
        (Slot::Pending, credential) => format!("({})", credential.created_at),
    };
    entries.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// For every situation and every answer: the verdict, and what is kept afterwards.
/// Current credentials are bare numbers, pending ones stand in parentheses.
#[test]
fn every_interruption_is_settled() {
    let situations = [
        entry(None, &[]),
        entry(Some(1), &[]),
        entry(None, &[2]),
        entry(Some(1), &[2]),
        entry(Some(1), &[2, 3]),
    ];
    let answers = [
        ("unknown", ServerSays::Unknown),
        ("no role", ServerSays::NoRole),
        ("no password", ServerSays::NoPassword),
        ("has 1", ServerSays::Verifier(Digest([1; 32]))),
        ("has 2", ServerSays::Verifier(Digest([2; 32]))),
        ("has 9", ServerSays::Verifier(Digest([9; 32]))),
    ];
    let mut table = String::new();
    for situation in &situations {
        for (answer, says) in answers {
            let verdict = situation.reconcile(says);
            let mut kept = entries(situation);
            apply(&mut kept, situation.settle(verdict.pending));
            let before = describe(&entries(situation));
            table.push_str(&format!(
                "{before:<9} {answer:<11} -> {:<10} {:?}\n",
                describe(&kept),
                verdict.current
            ));
            // Settled is settled: the same answer leads nowhere else.
            let ledger = Ledger::read(&kept).unwrap();
            let after = ledger.0.values().next().cloned().unwrap_or_default();
            if says != ServerSays::Unknown {
                let again = after.reconcile(says);
                assert_eq!(after.settle(again.pending), Changes::default());
                let expected = if kept.is_empty() { Standing::None } else { verdict.current };
                assert_eq!(again.current, expected);
            }
        }
    }
    expect![[r#"
                  unknown     ->            None
                  no role     ->            None
                  no password ->            None
                  has 1       ->            None
                  has 2       ->            None
                  has 9       ->            None
        1         unknown     -> 1          Unknown
        1         no role     -> 1          Gone
        1         no password -> 1          ChangedOutside
        1         has 1       -> 1          Valid
        1         has 2       -> 1          ChangedOutside
        1         has 9       -> 1          ChangedOutside
        (2)       unknown     -> (2)        None
        (2)       no role     ->            None
        (2)       no password ->            None
        (2)       has 1       ->            None
        (2)       has 2       -> 2          Valid
        (2)       has 9       ->            None
        1 (2)     unknown     -> 1 (2)      Unknown
        1 (2)     no role     -> 1          Gone
        1 (2)     no password -> 1          ChangedOutside
        1 (2)     has 1       -> 1          Valid
        1 (2)     has 2       -> 2          Valid
        1 (2)     has 9       -> 1          ChangedOutside
        1 (2) (3) unknown     -> 1 (2) (3)  Unknown
        1 (2) (3) no role     -> 1          Gone
        1 (2) (3) no password -> 1          ChangedOutside
        1 (2) (3) has 1       -> 1          Valid
        1 (2) (3) has 2       -> 2          Valid
        1 (2) (3) has 9       -> 1          ChangedOutside
    "#]]
    .assert_eq(&table);
}

#[test]
fn the_ledger_is_what_the_store_holds() {
    let situation = entry(Some(1), &[2, 3]);
    let stored = entries(&situation);
    let ledger = Ledger::read(&stored).unwrap();
    assert_eq!(ledger.0.values().collect::<Vec<_>>(), [&situation]);
    let moved = |credential: &Credential| Ok(Credential { host: "new".to_owned(), ..credential.clone() });
    let mut replaced = stored.clone();
    apply(&mut replaced, situation.replace(moved).unwrap());
    assert_eq!(replaced.keys().collect::<Vec<_>>(), stored.keys().collect::<Vec<_>>());
    assert!(Ledger::read(&replaced).unwrap().0.values().all(|entry| {
        entry.current.iter().chain(&entry.pending).all(|credential| credential.host == "new")
    }));
    let mut left = stored;
    apply(&mut left, situation.forget());
    assert!(left.is_empty());
    assert!(Ledger::read(&Entries::from([(vec![9], vec![])])).is_err());
}

/// Credentials as `role number`, pending ones in parentheses; renames; the same afterwards. Those
/// of plan 9, which renames, are for the new names from the start.
#[test]
fn passwords_follow_their_roles() {
    type Case<'a> = (&'a [(&'a str, u8, Slot)], &'a [(&'a str, &'a str)], &'a str);
    let (now, soon) = (Slot::Current, Slot::Pending);
    let cases: [Case<'_>; 9] = [
        (&[("a", 1, now)], &[("a", "b")], "b 1"),
        (&[("a", 1, now), ("a", 2, soon)], &[("a", "b")], "b 1, b (2)"),
        (&[("a", 1, now), ("b", 2, now)], &[("a", "b"), ("b", "a")], "a 2, b 1"),
        (
            &[("a", 1, now), ("b", 2, now), ("c", 3, now)],
            &[("b", "c"), ("a", "b"), ("c", "a")],
            "a 3, b 1, c 2",
        ),
        (&[("a", 1, now), ("b", 2, now)], &[("a", "b"), ("b", "c")], "b 1, c 2"),
        // What an earlier role of the name left.
        (&[("a", 1, now), ("b", 2, now), ("b", 3, soon)], &[("a", "b")], "b 1"),
        (&[("a", 1, now), ("b", 9, soon)], &[("a", "b")], "b 1, b (9)"),
        (&[("a", 1, now), ("b", 2, now), ("a", 9, soon)], &[("a", "b"), ("b", "a")], "a 2, a (9), b 1"),
        (&[("c", 1, now)], &[("a", "b")], "c 1"),
    ];
    for (before, renames, after) in cases {
        let store = |(role, number, slot): &(&str, u8, Slot)| match slot {
            Slot::Current => store_current(&of(role, *number)),
            Slot::Pending => store_pending(&of(role, *number)),
        };
        let mut entries: Entries = before.iter().flat_map(|one| store(one).put).collect();
        let mut ledger = Ledger::read(&entries).unwrap();
        let account = |role: &str| of(role, 0).account;
        let renames: Vec<_> = renames.iter().map(|(old, new)| (account(old), account(new))).collect();
        let changes = ledger.rename(&renames, PlanId([9; 32]));
        apply(&mut entries, changes);
        let described = entries.iter().map(|(key, value)| {
            let (slot, credential) = decode(key, value).unwrap();
            let (role, number) = (credential.account.role(), credential.created_at);
            match slot {
                Slot::Current => format!("{role} {number}"),
                Slot::Pending => format!("{role} ({number})"),
            }
        });
        assert_eq!(described.collect::<Vec<_>>().join(", "), after, "{before:?}");
        assert_eq!(ledger, Ledger::read(&entries).unwrap(), "{before:?}");
    }
}
