//! Codes of diagnostics, and the text that `roleform explain CODE` prints.
//!
//! One table (`codes!`), one page of text per code (`code/CODE.md`). Families: CFG configuration,
//! PLN planning, POL policies, SAV saved plans (damage, trust, staleness), APL apply, STA state,
//! PGS PostgreSQL servers, CRD credentials, AUD audit, SIG signing, CLI command line.
//! Invariant: a code is never reused for another meaning.

use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($( $name:ident $title:literal )*) => {
        /// The code of a diagnostic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $( #[doc = $title] $name, )*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[ $( Code::$name, )* ];

            /// The code as printed, e.g. `CFG001`.
            pub fn name(self) -> &'static str {
                match self { $( Code::$name => stringify!($name), )* }
            }

            /// One line: what it means.
            pub fn title(self) -> &'static str {
                match self { $( Code::$name => $title, )* }
            }

            /// The page behind `explain`: what it means, what causes it, how to mend it.
            pub fn text(self) -> &'static str {
                let page = match self { $( Code::$name => include_str!(concat!("code/", stringify!($name), ".md")), )* };
                page.trim_ascii_end()
            }
        }
    };
}

codes! {
    // CFG: configuration
    CFG001 "Syntax error"
    CFG002 "Unsupported block"
    CFG003 "Unsupported argument"
    CFG004 "Missing argument or block"
    CFG005 "Duplicate declaration"
    CFG006 "Wrong labels"
    CFG007 "Reference to something undeclared"
    CFG008 "Invalid reference"
    CFG009 "Cycle"
    CFG010 "Invalid operand"
    CFG011 "Division by zero"
    CFG012 "Unsupported attribute"
    CFG013 "Invalid index"
    CFG014 "Invalid template interpolation value"
    CFG015 "Inconsistent conditional result types"
    CFG016 "Invalid 'for' expression"
    CFG017 "Unknown function"
    CFG018 "Wrong number of arguments"
    CFG019 "Function call failed"
    CFG020 "Null value"
    CFG021 "Wrong type"
    CFG022 "Sensitive value not allowed"
    CFG023 "Value too large"
    CFG030 "Invalid type constraint"
    CFG031 "No value for required variable"
    CFG032 "Invalid value for variable"
    CFG033 "Value refused by validation"
    CFG034 "Value for undeclared variable"
    CFG035 "Invalid variable declaration"
    CFG040 "Invalid for_each argument"
    CFG041 "Invalid count argument"
    CFG042 "Assertion failed"
    CFG050 "Invalid name"
    CFG051 "Invalid scope"
    CFG052 "Unknown privilege"
    CFG053 "Privilege does not exist for this kind of object"
    CFG054 "External role with grants"
    CFG055 "Two blocks for one thing"
    CFG056 "Invalid grant"
    CFG057 "Invalid value"
    CFG058 "Password in the configuration"
    CFG059 "Other version of roleform required"
    CFG080 "Invalid module source"

    // PLN: planning
    PLN001 "Role exists and is not recorded"
    PLN002 "Role name is reserved"
    PLN003 "The administrator cannot be managed"
    PLN004 "Superusers are not taken over"
    PLN005 "Role to be a member of does not exist"
    PLN006 "Role is protected from destruction"
    PLN007 "Role owns objects"
    PLN008 "Database does not exist"
    PLN009 "Schema does not exist"
    PLN010 "Nothing has this name"
    PLN011 "Pattern matches nothing"
    PLN012 "Database does not accept connections"
    PLN014 "Memberships form a cycle"
    PLN015 "Another server answers"
    PLN016 "Resource is gone while roles are recorded on it"
    PLN017 "Owner of a schema does not exist"
    PLN030 "Server is too old for a privilege"
    PLN031 "Database cannot be looked into"
    PLN032 "New name is taken"
    PLN033 "Renaming would clear an MD5 password"
    PLN034 "Role holds something where nobody can enter"
    PLN035 "Role has open sessions"
    PLN036 "Nobody to give owned objects to"
    PLN037 "Objects of others depend on what is dropped"
    PLN038 "Role granted memberships to others"
    PLN039 "Role is still needed"
    PLN040 "Resource targeting is in effect"
    PLN041 "Unresolved address change"
    PLN042 "Grantor cannot grant"

    // POL: policies
    POL001 "Policy forbids a change"
    POL002 "Policy warns of a change"

    // SAV: saved plans
    SAV001 "Plan file is damaged"
    SAV002 "Not a plan file"
    SAV003 "Plan file has another format"
    SAV004 "Plan was applied already"
    SAV005 "Plan is superseded"
    SAV006 "Plan belongs to another state"
    SAV007 "Plan was made for another server"
    SAV008 "Plan is stale"
    SAV009 "Plan has expired"
    SAV010 "Plan id is not the expected one"
    SAV011 "State is older than the plan"
    SAV012 "Configuration lacks the plan's resource"
    SAV013 "Server has moved since the plan was made"
    SAV014 "Plan is not signed"
    SAV015 "Signature does not fit the plan"
    SAV016 "Signer is not allowed"
    SAV017 "Signer's key is not valid now"
    SAV018 "Plan lacks approvals"
    SAV019 "Author cannot approve"
    SAV020 "Policy forbids the plan"
    SAV021 "Recipients have changed since the plan was made"
    SAV022 "Plan is from the future"
    SAV023 "State of the plan is gone"
    SAV024 "Server has the plan's outcome already"
    SAV025 "Plan would run a command here"

    // APL: apply
    APL001 "Apply needs a plan file"
    APL002 "Outcome is not what the plan expects"
    APL003 "Statement failed"
    APL004 "Commit was torn"
    APL005 "Outcome of the commit is unknown"
    APL006 "Apply was interrupted"
    APL007 "Apply stopped between its parts"
    APL008 "Outcome could not be recorded"

    // STA: state
    STA001 "State is in use"
    STA002 "There is no state here"
    STA003 "State has another format"
    STA004 "State is open to other accounts"
    STA005 "State cannot be written"
    STA006 "State is damaged"
    STA008 "State could not be read or written"
    STA090 "Recorded state cannot be read"
    STA091 "An interrupted apply was found"

    // PGS: PostgreSQL servers
    PGS001 "Server cannot be reached"
    PGS002 "Server did not answer in time"
    PGS003 "Host name cannot be resolved"
    PGS004 "Password was not accepted"
    PGS005 "Server asks for a password"
    PGS006 "Server does not let this user in"
    PGS007 "Server does not offer TLS"
    PGS008 "Server certificate is not trusted"
    PGS009 "Server certificate is for another host"
    PGS010 "TLS failed"
    PGS011 "Root certificates cannot be used"
    PGS012 "Server has no room for another connection"
    PGS013 "Database does not exist"
    PGS014 "Database lets nobody in"
    PGS015 "Server version is not supported"
    PGS016 "Server speaks something else"
    PGS017 "Another roleform works on this server"
    PGS018 "Connection was lost"
    PGS019 "It is not known whether the transaction was committed"
    PGS020 "Statement failed"
    PGS021 "Statement had no effect"
    PGS022 "Administrator lacks a right"
    PGS023 "Another session is in the way"
    PGS024 "Server is starting or stopping"
    PGS025 "Server is read-only"
    PGS026 "Session settings were refused"
    PGS027 "Connections lead to different servers"
    PGS028 "Statement took too long"
    PGS030 "Catalog is not understood"
    PGS201 "Administrator may not grant on an object"
    PGS202 "Grants depend on what is to be revoked"
    PGS203 "A grantor cannot be acted for"
    PGS204 "Administrator may not manage a role"
    PGS205 "Administrator may not grant a role"
    PGS206 "Administrator may not take over what a role owns"
    PGS207 "Parameter cannot be set for a role"
    PGS208 "Administrator may not give a schema away"

    // CRD: credentials
    CRD001 "No identity can read this credential"
    CRD002 "Recipient is not a public key"
    CRD003 "Identity file cannot be used"
    CRD004 "Credential is damaged"
    CRD005 "Nobody could read the password"
    CRD006 "Credential has another format"
    CRD007 "Identity file is open to others"
    CRD008 "Stored passwords are for other readers"

    // AUD: audit
    AUD001 "Audit chain is broken"
    AUD002 "Audit record cannot be read"
    AUD003 "Copies of the audit trail differ"
    AUD004 "Index of sessions is wrong"
    AUD005 "Audit trail was rewritten"

    // SIG: keys and lists to sign and verify with
    SIG001 "Allowed signers cannot be read"
    SIG002 "Key cannot sign"

    // CLI: command line
    CLI001 "Command line is not understood"
    CLI002 "File cannot be read"
    CLI003 "Output cannot be written"
    CLI004 "No configuration files"
    CLI005 "Password cannot be had"
    CLI006 "Interrupted"
    CLI007 "Demo cannot go on"
    CLI008 "System refuses what a run needs"
    CLI009 "Nothing has this name"
    CLI010 "Mistake of roleform itself"
    CLI020 "List of servers is not understood"
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not a code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such code")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Code, UnknownCode> {
        let wanted = text.to_ascii_uppercase();
        Code::ALL.iter().copied().find(|code| code.name() == wanted).ok_or(UnknownCode)
    }
}
