//! Functions of Terraform that are not here, and why.
//!
//! Whoever writes one by habit learns what to write instead. Invariant: nothing in this
//! list is a function.

/// A function that is not here.
pub(crate) struct Refused {
    /// Its name in Terraform.
    pub(crate) name: &'static str,
    /// Why it is not here: the end of a sentence.
    pub(crate) why: &'static str,
    /// What to write instead.
    pub(crate) instead: &'static str,
}

const fn refused(name: &'static str, why: &'static str, instead: &'static str) -> Refused {
    Refused { name, why, instead }
}

/// All of them, by name.
pub(crate) const ALL: &[Refused] = &[
    refused("base64gzip", "nothing in PostgreSQL takes compressed text", "Use base64encode."),
    refused(
        "bcrypt",
        "its result is another one each time, and a plan must be the same for the same configuration",
        "PostgreSQL takes no bcrypt hashes: leave the password out, and roleform makes one.",
    ),
    refused("list", "Terraform has removed it", "Write [ … ], or tolist([ … ])."),
    refused("map", "Terraform has removed it", "Write { … }, or tomap({ … })."),
    refused(
        "rsadecrypt",
        "it would bring a private key and what it protects into the configuration",
        "Read a secret where it is needed, with env, file or command.",
    ),
    refused(
        "timestamp",
        "its result is another one each time, and a plan must be the same for the same configuration",
        "Use plantimestamp, the one time of the run.",
    ),
    refused(
        "uuid",
        "its result is another one each time, and a plan must be the same for the same configuration",
        "Use uuidv5, which makes the same UUID of the same name.",
    ),
];

/// Whether a name is that of a function that is not here.
pub(crate) fn find(name: &str) -> Option<&'static Refused> {
    ALL.iter().find(|refused| refused.name == name)
}
