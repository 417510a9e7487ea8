//! The story, act by act.
//!
//! Not here: how its pieces run (`scene`) and look (`narrator`). Invariant: each act
//! checks what it tells; where the story and the server disagree, the demo fails.

use std::time::Instant;

use engine::diagnostic::Diagnostic;

use super::client::{Answer, Login};
use super::company;
use super::interrupt::Interrupt;
use super::narrator::Narrator;
use super::scene::{PASSWORD_VARIABLE, Scene, broken, chain};
use crate::args::Demo;
use crate::error::{CommandResult, Exit};
use crate::terminal::Terminal;

/// The role that the story follows.
const HERO: &str = "analyst";

/// SQLSTATE of "permission denied".
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Tells the whole story.
pub(crate) fn tell(args: &Demo, terminal: &Terminal) -> CommandResult {
    let begun = Instant::now();
    let interrupt = Interrupt::watch().map_err(|error| broken(chain(&error)))?;
    let narrator = Narrator::new(terminal);
    narrator
        .prose("roleform: who may do what in PostgreSQL, declared, planned, reviewed, applied as reviewed.");
    let scene = Scene::set(args.pg_bin.as_deref(), terminal, interrupt)?;
    introduce(&scene, narrator);
    first_plan(&scene, narrator)?;
    let password = log_in(&scene, narrator)?;
    behind_our_back(&scene, narrator, &password)?;
    let seconds = begun.elapsed().as_secs_f32();
    narrator.heading("The end");
    if args.keep {
        return leave(scene, narrator);
    }
    drop(scene);
    narrator.prose(&format!(
        "That took {seconds:.1} s, and nothing of it is left. With `roleform demo -keep` the server stays. \
         For a server of your own, start from examples/quickstart."
    ));
    Ok(Exit::Done)
}

fn introduce(scene: &Scene<'_>, narrator: Narrator<'_>) {
    narrator.heading("1. A company and its server");
    narrator.prose(&format!(
        "PostgreSQL {} from {} listens on 127.0.0.1:{}; its data is in {}. It has a database shop, with the \
         schemas sales and billing, and a database warehouse. So far only its administrator can log in.",
        scene.version,
        scene.binaries.display(),
        scene.server.address.port,
        scene.server.directory.display(),
    ));
    narrator.prose(&format!(
        "\nThe configuration is in {}: the server in inventory.hcl, and who may do what in roles.hcl:",
        scene.directory().display()
    ));
    narrator.file(company::ROLES);
}

fn first_plan(scene: &Scene<'_>, narrator: Narrator<'_>) -> Result<(), Diagnostic> {
    narrator.heading("2. Plan, review, apply");
    narrator.command(&format!("cd {}", scene.directory().display()));
    scene.roleform("init", 0)?;
    scene.roleform("validate", 0)?;
    scene.roleform("plan -out plan.bin", 0)?;
    narrator.prose("\nplan.bin is what people review. It needs neither server nor configuration to be read, and it holds every statement:");
    scene.roleform("show -sql plan.bin", 0)?;
    narrator.prose("\nApply carries out that file and nothing else, and commits only if the catalog then is what the plan says:");
    scene.roleform("apply plan.bin", 0)
}

/// Returns the password of the hero.
fn log_in(scene: &Scene<'_>, narrator: Narrator<'_>) -> Result<String, Diagnostic> {
    narrator.heading(&format!("3. Log in as {HERO}"));
    let printed = scene.capture(&format!("credentials show {HERO}"))?;
    let password = printed.trim_end().to_owned();
    narrator.prose(&format!(
        "({} characters, not shown here. Apply made them up, stored them encrypted, and sent the server a \
         SCRAM verifier only.)",
        password.chars().count()
    ));
    let login = Login { user: HERO, password: &password, database: "shop" };
    must_be_allowed(scene, login)?;
    must_be_refused(scene, login)?;
    narrator.prose("\nThe next plan is empty:");
    scene.roleform("plan -detailed-exitcode", 0)?;
    Ok(password)
}

fn behind_our_back(scene: &Scene<'_>, narrator: Narrator<'_>, password: &str) -> Result<(), Diagnostic> {
    narrator.heading("4. Somebody grants by hand, behind our back");
    let superuser = &scene.server.superuser;
    let by_hand = Login { user: &superuser.name, password: &superuser.password, database: "shop" };
    if let Answer::Refused { message, .. } = scene.statement(by_hand, company::BEHIND_OUR_BACK)? {
        return Err(broken(format!("The grant by hand was refused: {message}.")));
    }
    narrator.prose("\nThe plan sees it, because a managed role has what is declared and nothing else:");
    scene.roleform("plan -detailed-exitcode -out heal.bin", 2)?;
    scene.roleform("apply heal.bin", 0)?;
    must_be_refused(scene, Login { user: HERO, password, database: "shop" })?;
    scene.roleform("plan -detailed-exitcode", 0)?;
    narrator.prose("\nAnd all of it is on record:");
    scene.roleform("session list", 0)
}

fn must_be_allowed(scene: &Scene<'_>, login: Login<'_>) -> Result<(), Diagnostic> {
    match scene.statement(login, company::ALLOWED)? {
        Answer::Done(_) => Ok(()),
        Answer::Refused { message, .. } => {
            Err(broken(format!("{HERO} should be allowed to read, and the server says: {message}.")))
        }
    }
}

fn must_be_refused(scene: &Scene<'_>, login: Login<'_>) -> Result<(), Diagnostic> {
    match scene.statement(login, company::FORBIDDEN)? {
        Answer::Refused { sqlstate, .. } if sqlstate == INSUFFICIENT_PRIVILEGE => Ok(()),
        Answer::Refused { message, .. } => {
            Err(broken(format!("{HERO} should be refused for lack of a privilege, and not with: {message}.")))
        }
        Answer::Done(_) => Err(broken(format!("{HERO} could delete, and should be refused."))),
    }
}

fn leave(scene: Scene<'_>, narrator: Narrator<'_>) -> CommandResult {
    let address = scene.server.address.clone();
    let password = scene.server.superuser.password.clone();
    let directory = scene.directory().to_owned();
    let end = scene.keep()?;
    narrator.prose("The server stays. To go on with roleform:");
    narrator.command(&format!("cd {}", directory.display()));
    narrator.command(&format!(
        "export {PASSWORD_VARIABLE}={password} XDG_CONFIG_HOME={}/home",
        directory.display()
    ));
    narrator.prose("\nTo look at it with psql:");
    narrator
        .command(&format!("PGPASSWORD={password} psql -h 127.0.0.1 -p {} -U postgres shop", address.port));
    narrator.prose("\nTo end it:");
    narrator.command(&end);
    Ok(Exit::Done)
}
