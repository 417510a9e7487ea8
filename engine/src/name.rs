//! Names, proven once.
//!
//! Text becomes a name at the border; inside there is nothing to check again.
//! Not here: quoting (the provider's business). Invariant: a name of PostgreSQL is
//! 1 to 63 bytes without NUL (NAMEDATALEN - 1; PostgreSQL, "Identifiers and Key Words").

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Longest identifier that PostgreSQL keeps, in bytes.
pub const MAX_NAME_BYTES: usize = 63;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("a name must not be empty")]
    Empty,
    /// PostgreSQL would cut it silently.
    #[error("a name has at most {MAX_NAME_BYTES} bytes, and this one has {0}")]
    TooLong(usize),
    /// PostgreSQL cannot store it.
    #[error("a name must not contain the NUL character")]
    Nul,
}

fn check(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        Err(NameError::Empty)
    } else if text.len() > MAX_NAME_BYTES {
        Err(NameError::TooLong(text.len()))
    } else if text.contains('\0') {
        Err(NameError::Nul)
    } else {
        Ok(())
    }
}

macro_rules! names {
    ($( $(#[$doc:meta])* $name:ident )*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        // The same text, compared with itself, is the most frequent comparison: all objects of a
        // schema share its name, and all pictures share those of their objects. `Arc` knows that
        // of equality, not of order.
        impl Ord for $name {
            fn cmp(&self, other: &$name) -> Ordering {
                if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &$name) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// Proves a text to be a name.
            pub fn new(text: &str) -> Result<$name, NameError> {
                check(text).map(|()| $name(Arc::from(text)))
            }

            /// The bare text: not quoted, possibly with any characters.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )* };
}

names! {
    /// A role of PostgreSQL, as `rolname` has it.
    RoleName
    /// A database, as `datname` has it.
    DatabaseName
    /// A schema, as `nspname` has it.
    SchemaName
    /// Any other named thing of PostgreSQL: a relation, a column, a type, a language, …
    Name
    /// One server of the inventory: the label of its `resource "postgres" "LABEL"` block, with
    /// the key of the instance as in an address: `main`, `main["eu"]`, `main[0]`.
    ResourceName
}

impl SchemaName {
    /// Whether PostgreSQL keeps it for itself: it refuses to create others with such names.
    pub fn is_system(&self) -> bool {
        self.as_str().starts_with("pg_") || self.as_str() == "information_schema"
    }
}

impl RoleName {
    /// The role that stands for the owner of each database, in it (PostgreSQL 14, "Predefined Roles").
    pub const DATABASE_OWNER: &str = "pg_database_owner";
}

impl ResourceName {
    /// Whether it is this server, or an instance of the block with this label.
    pub fn is_of(&self, named: &str) -> bool {
        is_step_of(&self.0, named)
    }
}

/// A schema of one database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchemaPath {
    /// The database.
    pub database: DatabaseName,
    /// The schema.
    pub schema: SchemaName,
}

impl fmt::Display for SchemaPath {
    /// `app.billing`, escaped for printing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", printable(self.database.as_str()), printable(self.schema.as_str()))
    }
}

/// Where a block stands in the configuration: `role.team["billing"]`, inside modules or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockAddress {
    /// Module instances from the root inwards, each as written: `crm`, `crm["eu"]`, `crm[0]`.
    pub modules: Vec<Arc<str>>,
    /// The label of the block.
    pub label: Arc<str>,
    /// The instance of `for_each` or `count`.
    pub key: Option<InstanceKey>,
}

/// Which instance of a block with `for_each` or `count`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// `count.index`.
    Index(u32),
    /// `each.key`.
    Key(Arc<str>),
}

impl BlockAddress {
    /// The address of a plain block of the root module.
    pub fn root(label: &str) -> BlockAddress {
        BlockAddress { modules: Vec::new(), label: Arc::from(label), key: None }
    }

    /// The address of a membership, e.g. `membership.reader["pg_monitor"]`, or
    /// `membership.reader["team"]["boss"]` where another than the administrator granted it: several
    /// may have granted the same (16+).
    pub fn of_membership(&self, role: &RoleName, grantor: Option<&RoleName>) -> String {
        let of = [Some(role), grantor].into_iter().flatten();
        let brackets: String = of.map(|role| format!("[{}]", quoted(role.as_str()))).collect();
        format!("{}{brackets}", self.of_kind("membership"))
    }

    /// The address with a word for the kind of node, e.g. `role.team["billing"]`,
    /// `module.crm.table_grant.team["billing"]`.
    pub fn of_kind(&self, kind: &str) -> String {
        let mut text = String::new();
        for module in &self.modules {
            text.push_str("module.");
            text.push_str(module);
            text.push('.');
        }
        text.push_str(kind);
        text.push('.');
        text.push_str(&self.label);
        match &self.key {
            Some(InstanceKey::Index(index)) => text.push_str(&format!("[{index}]")),
            Some(InstanceKey::Key(key)) => text.push_str(&format!("[{}]", quoted(key))),
            None => {}
        }
        text
    }
}

impl fmt::Display for BlockAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.of_kind("role"))
    }
}

/// What a person means by an address: a block, all its instances, or a module with all in it.
///
/// A step without an instance key stands for every instance, as in Terraform's `-target`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressPattern {
    /// `role.team`, `module.crm.role.team["billing"]`.
    Block(BlockAddress),
    /// `module.crm`, `module.crm["eu"].module.base`: steps from the root inwards.
    Module(Vec<Arc<str>>),
}

impl AddressPattern {
    /// The same as seen from outside of a module.
    #[must_use]
    pub fn within(self, modules: &[Arc<str>]) -> AddressPattern {
        let path = |inner: Vec<Arc<str>>| modules.iter().cloned().chain(inner).collect();
        match self {
            AddressPattern::Block(block) => {
                AddressPattern::Block(BlockAddress { modules: path(block.modules), ..block })
            }
            AddressPattern::Module(inner) => AddressPattern::Module(path(inner)),
        }
    }

    /// What kind of thing is meant, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            AddressPattern::Block(_) => "role",
            AddressPattern::Module(_) => "module",
        }
    }

    /// Whether a block is meant.
    pub fn matches(&self, address: &BlockAddress) -> bool {
        match self {
            AddressPattern::Module(modules) => {
                modules.len() <= address.modules.len() && same_steps(modules, &address.modules)
            }
            AddressPattern::Block(block) => {
                block.label == address.label
                    && (block.key.is_none() || block.key == address.key)
                    && block.modules.len() == address.modules.len()
                    && same_steps(&block.modules, &address.modules)
            }
        }
    }
}

/// Whether each step means the one at the same place.
fn same_steps(meant: &[Arc<str>], steps: &[Arc<str>]) -> bool {
    meant.iter().zip(steps).all(|(meant, step)| is_step_of(step, meant))
}

/// Whether a step is meant: `crm` means `crm["eu"]` too.
fn is_step_of(step: &str, meant: &str) -> bool {
    step.strip_prefix(meant).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressPattern::Block(block) => block.fmt(f),
            AddressPattern::Module(modules) => {
                let steps: Vec<String> = modules.iter().map(|step| format!("module.{step}")).collect();
                f.write_str(&steps.join("."))
            }
        }
    }
}

/// A text in double quotes, with quotes, backslashes and control characters escaped:
/// names from a catalog are hostile text.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", printable(text).replace('"', "\\\""))
}

/// A text with control characters (and what reorders text on a terminal) escaped.
pub fn printable(text: &str) -> String {
    // Nearly every name is plain, and there may be half a million of them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let hostile = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if character == '\\' {
            out.push_str("\\\\");
        } else if hostile {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}
