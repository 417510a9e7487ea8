//! Reads the text of an `aclitem[]`, such as `{=r/owner,"\"odd name\"=arw*/owner"}`.
//!
//! Two layers of quoting: the array's (backslashes) around the item's (doubled quotes).
//! An empty grantee is PUBLIC; a name of digits only may be the OID of a role that is gone.
//! Not here: who is in scope, who owns the object (`introspect::class`).
//! Invariant: what this does not understand, such as a privilege letter of a later
//! server, is an error that names it, never skipped.
//!
//! Source: `aclitemout` and `array_out` of PostgreSQL 13 to 18.

use std::borrow::Cow;

use engine::privilege::{Privilege, PrivilegeSet};

/// One item as the server printed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// To whom; `None` is PUBLIC.
    pub grantee: Option<Cow<'a, str>>,
    /// What.
    pub privileges: PrivilegeSet,
    /// What of it with grant option.
    pub grantable: PrivilegeSet,
    /// By whom.
    pub grantor: Cow<'a, str>,
}

/// Why a text is not an ACL that roleform understands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AclError {
    /// A letter that stands for no privilege up to PostgreSQL 18.
    #[error("the ACL entry `{item}` has the privilege letter `{letter}`, which is not known")]
    UnknownPrivilege {
        /// The item.
        item: String,
        /// The letter.
        letter: char,
    },
    /// Not what `aclitemout` prints.
    #[error("`{0}` cannot be read as an ACL")]
    Malformed(String),
}

/// Reads all items of an array's text, in order.
pub fn parse(text: &str) -> Result<Vec<Item<'_>>, AclError> {
    let malformed = || AclError::Malformed(text.to_owned());
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(malformed)?;
    let mut items = Vec::with_capacity(inner.len() / 24 + 1);
    let mut rest = inner;
    while !rest.is_empty() {
        let (element, after) = element(rest).ok_or_else(malformed)?;
        items.push(match element {
            Cow::Borrowed(plain) => item(plain)?,
            Cow::Owned(unescaped) => owned(item(&unescaped)?),
        });
        rest = match after.strip_prefix(',') {
            Some("") => return Err(malformed()),
            Some(more) => more,
            None if after.is_empty() => after,
            None => return Err(malformed()),
        };
    }
    Ok(items)
}

/// The first element of an array's inside, without the array's quoting, and what follows it.
fn element(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((Cow::Borrowed(&text[..end]), &text[end..]));
    };
    let mut out = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Cow::Owned(out), &quoted[at + 1..])),
            '\\' => out.push(characters.next()?.1),
            other => out.push(other),
        }
    }
    None
}

/// One item, the array's quoting already taken off.
fn item(text: &str) -> Result<Item<'_>, AclError> {
    let malformed = || AclError::Malformed(text.to_owned());
    let (grantee, rest) = name(text, '=').ok_or_else(malformed)?;
    let letters_end = rest.find('/').ok_or_else(malformed)?;
    let (privileges, grantable) = letters(&rest[..letters_end], text)?;
    let (grantor, rest) = name(&rest[letters_end + 1..], '\0').ok_or_else(malformed)?;
    if grantor.is_empty() || !rest.is_empty() {
        return Err(malformed());
    }
    let grantee = Some(grantee).filter(|name| !name.is_empty());
    Ok(Item { grantee, privileges, grantable, grantor })
}

/// A role's name up to (and without) `end`, or up to the end of the text when `end` is NUL.
fn name(text: &str, end: char) -> Option<(Cow<'_, str>, &str)> {
    let (name, rest) = match text.strip_prefix('"') {
        None => {
            let at = if end == '\0' { text.len() } else { text.find(end)? };
            (Cow::Borrowed(&text[..at]), &text[at..])
        }
        Some(quoted) => {
            let close = closing_quote(quoted)?;
            (Cow::Owned(quoted[..close].replace("\"\"", "\"")), &quoted[close + 1..])
        }
    };
    let rest = if end == '\0' { rest } else { rest.strip_prefix(end)? };
    Some((name, rest))
}

/// Where the quote is that is not one of a pair.
fn closing_quote(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('"')?;
        if text[at + 1..].starts_with('"') {
            from = at + 2;
        } else {
            return Some(at);
        }
    }
}

fn letters(text: &str, item: &str) -> Result<(PrivilegeSet, PrivilegeSet), AclError> {
    let (mut privileges, mut grantable) = (PrivilegeSet::EMPTY, PrivilegeSet::EMPTY);
    let mut last = PrivilegeSet::EMPTY;
    for letter in text.chars() {
        if letter == '*' {
            if last.is_empty() {
                return Err(AclError::Malformed(item.to_owned()));
            }
            grantable = grantable.union(last);
            last = PrivilegeSet::EMPTY;
        } else {
            let privilege = Privilege::from_letter(letter)
                .ok_or_else(|| AclError::UnknownPrivilege { item: item.to_owned(), letter })?;
            last = PrivilegeSet::of(&[privilege]);
            privileges = privileges.union(last);
        }
    }
    Ok((privileges, grantable))
}

fn owned(item: Item<'_>) -> Item<'static> {
    Item {
        grantee: item.grantee.map(|name| Cow::Owned(name.into_owned())),
        privileges: item.privileges,
        grantable: item.grantable,
        grantor: Cow::Owned(item.grantor.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        let shown = match parse(text) {
            Err(error) => error.to_string(),
            Ok(items) => items.iter().map(show).collect::<Vec<_>>().join("\n"),
        };
        expected.assert_eq(&shown);
    }

    fn show(item: &Item<'_>) -> String {
        let grantee = item.grantee.as_deref().map_or("PUBLIC".to_owned(), |name| format!("<{name}>"));
        let grantable = if item.grantable.is_empty() {
            String::new()
        } else {
            format!(" (grantable: {})", item.grantable)
        };
        format!("{grantee} holds {}{grantable} by <{}>", item.privileges, item.grantor)
    }

    #[test]
    fn plain_items() {
        check("{}", expect![""]);
        check(
            "{o=arwdDxtm/o,=r/o,r=a*r*/o,x=r/r}",
            expect![[r"
                <o> holds SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN by <o>
                PUBLIC holds SELECT by <o>
                <r> holds SELECT, INSERT (grantable: SELECT, INSERT) by <o>
                <x> holds SELECT by <r>"]],
        );
        check("{p=sA*/o}", expect!["<p> holds SET, ALTER SYSTEM (grantable: ALTER SYSTEM) by <o>"]);
        check("{o=/o}", expect!["<o> holds  by <o>"]);
        check("{16400=r/16399}", expect!["<16400> holds SELECT by <16399>"]);
    }

    #[test]
    fn hostile_names() {
        check(
            r#"{"\"a b\"=r/\"o,p\"","\"a\"\"b\"=r*/o","\"x\\y\"=r/o","\"=/{}\"=r/\"/=\"",ärger=r/o}"#,
            expect![[r#"
                <a b> holds SELECT by <o,p>
                <a"b> holds SELECT (grantable: SELECT) by <o>
                <x\y> holds SELECT by <o>
                <=/{}> holds SELECT by </=>
                <ärger> holds SELECT by <o>"#]],
        );
        check(r#"{"\"\"\"\"=r/\"\"\"\"\"\""}"#, expect![[r#"<"> holds SELECT by <"">"#]]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        check(
            "{o=r/o,x=rq/o}",
            expect!["the ACL entry `x=rq/o` has the privilege letter `q`, which is not known"],
        );
        for text in [
            "",
            "{",
            "o=r/o",
            "{o=r/o,}",
            "{o=r}",
            "{or/o}",
            "{o=r/}",
            "{o=*/o}",
            r#"{"o=r/o}"#,
            r#"{"o=r/o"x}"#,
        ] {
            assert!(matches!(parse(text), Err(AclError::Malformed(_))), "{text}");
        }
    }
}
