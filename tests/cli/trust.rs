//! Signatures, approvals and policies from the command line, on a real server, with the real
//! `ssh-keygen` and a real `ssh-agent` on the other side.
//!
//! Not here: each reason in detail (`engine::signature`, `engine::policy`). Invariant: what is
//! refused has a code of its own and exit 3, and no role is made.

use std::fs;
use std::process::Command;

use test_support::project::{Output, TestProject};
use test_support::tenant::Tenant;

use super::server::{READER, code, shop};
use super::{done, run};

/// Runs a shell command in the project; its standard output.
#[track_caller]
fn shell(project: &TestProject, script: &str) -> String {
    let mut command = Command::new("/bin/bash");
    command.args(["-ec", script]).current_dir(project.path("")).env("HOME", project.home());
    let output = command.output().expect("bash");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A shop with keys of ana, bo and cy, who may sign, and of mallory, who may not.
fn signed_shop(roleform: &str) -> (TestProject, Tenant<'static>) {
    let (project, tenant) = shop();
    let keys = "mkdir keys; cd keys
        ssh-keygen -q -t ed25519 -N '' -f ana -C ana
        ssh-keygen -q -t ecdsa -N '' -f bo -C bo
        ssh-keygen -q -t rsa -b 2048 -N '' -f cy -C cy
        ssh-keygen -q -t ed25519 -N '' -f mallory -C mallory
        for who in ana bo cy; do echo \"$who@example.com namespaces=\\\"roleform-*\\\" $(cat $who.pub)\"; done > ../signers";
    shell(&project, keys);
    project
        .write("roleform.hcl", format!("roleform {{\n  allowed_signers = \"signers\"\n  {roleform}\n}}\n"));
    (project, tenant)
}

#[track_caller]
fn refused(output: Output, wanted: &str) -> String {
    let output = output.expect_code(3);
    assert_eq!(code(&output.stderr), wanted, "{output}");
    output.stderr
}

fn roles(tenant: &Tenant<'_>) -> usize {
    tenant.query("postgres", "SELECT 1 FROM pg_roles WHERE starts_with(rolname, '{p}')").len()
}

const APPLY: &str = "apply -lock-timeout=60s plan.bin";

#[test]
fn a_signature_is_ssh_keygens_and_is_demanded() {
    let (project, tenant) = signed_shop("require_signature = true");
    done(&project, "plan -out plan.bin -sign keys/ana");
    let verify =
        "ssh-keygen -Y verify -f signers -I ana@example.com -n roleform-plan -s plan.bin.sig < plan.bin";
    assert!(shell(&project, verify).starts_with("Good \"roleform-plan\" signature for ana@example.com"));
    // Whatever is wrong with a signature, nothing is done.
    fs::copy(project.path("plan.bin.sig"), project.path("good.sig")).expect("a copy");
    let sign = |script: &str| {
        fs::remove_file(project.path("plan.bin.sig")).expect("the signature goes");
        shell(&project, script);
        run(&project, APPLY)
    };
    refused(sign("true"), "SAV014");
    shell(&project, "touch plan.bin.sig");
    refused(run(&project, APPLY), "SAV015");
    refused(sign("ssh-keygen -q -Y sign -n roleform-plan -f keys/mallory plan.bin"), "SAV016");
    refused(sign("ssh-keygen -q -Y sign -n git -f keys/ana plan.bin"), "SAV015");
    refused(sign("ssh-keygen -q -Y sign -n roleform-plan -f keys/ana < signers > plan.bin.sig"), "SAV015");
    let signers = project.read("signers");
    let old =
        signers.replace("namespaces=\"roleform-*\" ssh-ed25519", "valid-before=\"20200101Z\" ssh-ed25519");
    project.write("signers", old);
    refused(sign("cp good.sig plan.bin.sig"), "SAV017");
    project.write("signers", signers);
    assert_eq!(roles(&tenant), 0);
    // What ssh-keygen signs, roleform takes.
    let output = sign("ssh-keygen -q -Y sign -n roleform-plan -f keys/cy plan.bin").expect_code(0);
    assert!(output.stdout.starts_with("Apply complete!"), "{output}");
    let sessions = run(&project, "session list").expect_code(0).stdout;
    let id = sessions.lines().nth(1).and_then(|line| line.get(..16)).expect("an id");
    let shown = run(&project, &format!("session show {id}")).expect_code(0).stdout;
    assert!(shown.contains("The plan is signed by cy@example.com (SHA256:"), "{shown}");
}

#[test]
fn a_configuration_that_was_changed_weakens_nothing() {
    let (project, tenant) = signed_shop("require_signature = true");
    done(&project, "plan -out plan.bin");
    // Whoever may edit files takes the demand out, and adds themselves.
    project.write("roleform.hcl", "");
    refused(run(&project, APPLY), "SAV014");
    let mallory = format!("{}mallory {}", project.read("signers"), project.read("keys/mallory.pub"));
    project.write("signers", mallory);
    shell(&project, "ssh-keygen -q -Y sign -n roleform-plan -f keys/mallory plan.bin");
    let text = refused(run(&project, APPLY), "SAV016");
    assert!(text.contains("the plan was made from"), "{text}");
    // And a demand that came later binds as well, as does the command line's.
    done(&project, "plan -out plan.bin");
    assert!(!project.path("plan.bin.sig").exists(), "a signature goes with the file that it is about");
    project.write("roleform.hcl", "roleform {\n  allowed_signers = \"signers\"\n  require_approval = 1\n}\n");
    refused(run(&project, APPLY), "SAV014");
    project.write("roleform.hcl", "");
    refused(run(&project, "apply -allowed-signers signers plan.bin"), "SAV014");
    assert_eq!(code(&run(&project, "apply -require-signature plan.bin").expect_code(1).stderr), "CLI001");
    assert_eq!(roles(&tenant), 0);
    done(&project, APPLY);
}

#[test]
fn approvals_are_by_others_than_the_author() {
    let (project, tenant) = signed_shop("require_approval = 2");
    let planned = run(&project, "plan -out plan.bin -sign keys/ana").expect_code(0);
    assert!(planned.stdout.contains("Needs its author's signature and 2 approvals by others."), "{planned}");
    refused(run(&project, "approve -sign keys/ana plan.bin"), "SAV019");
    refused(run(&project, "approve -sign keys/mallory plan.bin"), "SAV016");
    let approved = run(&project, "approve -lock-timeout=60s -sign keys/bo plan.bin").expect_code(0);
    assert!(approved.stdout.contains("is approved by bo@example.com (SHA256:"), "{approved}");
    refused(run(&project, APPLY), "SAV018");
    // The author's own, made by hand, is found out, and does not count.
    shell(
        &project,
        "ssh-keygen -q -Y sign -n roleform-approval -f keys/ana < plan.bin > plan.bin.approval-ana.sig",
    );
    refused(run(&project, APPLY), "SAV019");
    assert_eq!(roles(&tenant), 0);
    shell(
        &project,
        "ssh-keygen -q -Y sign -n roleform-approval -f keys/cy < plan.bin > plan.bin.approval-cy.sig",
    );
    let verify = "for file in plan.bin.approval-*.sig; do
        who=$(ssh-keygen -Y find-principals -f signers -s $file)
        ssh-keygen -Y verify -f signers -I $who -n roleform-approval -s $file < plan.bin; done";
    assert_eq!(shell(&project, verify).matches("Good \"roleform-approval\" signature").count(), 3);
    shows_who_stands_for_it(&project);
    done(&project, APPLY);
    let sessions = run(&project, "session list").expect_code(0).stdout;
    assert!(sessions.contains("  approve  ") || sessions.contains("approve"), "{sessions}");
}

/// `show` names ana, who signed, bo and cy, who approved, and ana's own approval, which is none.
fn shows_who_stands_for_it(project: &TestProject) {
    let (text, json) = (run(project, "show plan.bin"), run(project, "show -json plan.bin"));
    for said in [
        "\nSigned by ana@example.com (SHA256:",
        "\nApproved by bo@example.com (SHA256:",
        "\nApproved by cy@example.com (SHA256:",
        "which does not count: it is by the plan's author.\n",
    ] {
        assert!(text.stdout.contains(said), "{said}: {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let signatures = json["roleform"]["signatures"].as_array().expect("a list");
    let counts: Vec<(&str, bool)> = signatures
        .iter()
        .map(|one| (one["principals"][0].as_str().unwrap_or(""), one["counts"] == true))
        .collect();
    assert_eq!(counts.iter().filter(|(_, counts)| *counts).count(), 3, "{counts:?}");
    assert!(counts.contains(&("ana@example.com", false)), "{counts:?}");
    // By another list than the plan's own, in another shape.
    project.write("others", format!("bo {}", project.read("keys/bo.pub")));
    let markdown = run(project, "show -markdown -allowed-signers others plan.bin").expect_code(0).stdout;
    assert!(markdown.contains("- Needs its author's signature and 2 approvals by others.\n"), "{markdown}");
    assert!(markdown.contains("- Approved by bo (SHA256:"), "{markdown}");
    assert_eq!(markdown.matches("the key is not among the allowed signers.").count(), 3, "{markdown}");
}

#[test]
fn an_agent_signs_with_a_key_that_roleform_never_sees() {
    let (mut project, _tenant) = signed_shop("require_signature = true");
    let agent = "cd keys; ssh-keygen -q -p -N secret -f ana > /dev/null
        ssh-agent -a $PWD/agent > pid; mkdir only; cp ana.pub only/";
    shell(&project, agent);
    let locked = run(&project, "plan -out plan.bin -sign keys/ana").expect_code(1);
    assert_eq!(code(&locked.stderr), "SIG002", "{locked}");
    project.set("SSH_AUTH_SOCK", &project.path("keys/agent").display().to_string());
    let absent = run(&project, "plan -out plan.bin -sign keys/only/ana.pub").expect_code(1);
    assert!(absent.stderr.contains("ssh-add"), "{absent}");
    let add = "cd keys; printf '#!/bin/sh\\necho secret' > ask; chmod +x ask
        SSH_AUTH_SOCK=$PWD/agent SSH_ASKPASS=$PWD/ask SSH_ASKPASS_REQUIRE=force ssh-add -q ana < /dev/null
        SSH_AUTH_SOCK=$PWD/agent ssh-add -q cy";
    shell(&project, add);
    for key in ["keys/only/ana.pub", "keys/ana", "keys/cy.pub"] {
        done(&project, &format!("plan -out plan.bin -sign {key}"));
        assert!(
            shell(&project, "ssh-keygen -Y check-novalidate -n roleform-plan -s plan.bin.sig < plan.bin")
                .starts_with("Good")
        );
    }
    done(&project, APPLY);
    shell(&project, "kill $(sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\);.*/\\1/p' keys/pid)");
}

#[test]
fn what_cannot_sign_is_said_before_any_work() {
    let (project, _tenant) = signed_shop("");
    for (line, wanted) in [
        ("plan -out plan.bin -sign keys/mallory", "SIG002"),
        ("plan -out plan.bin -sign signers", "SIG002"),
        ("plan -out plan.bin -sign nowhere", "CLI002"),
        ("plan -sign keys/ana", "CLI001"),
        ("approve plan.bin", "CLI001"),
    ] {
        let output = run(&project, line).expect_code(1);
        assert_eq!((code(&output.stderr).as_str(), output.stdout.as_str()), (wanted, ""), "{output}");
    }
    project.write("signers", "ana");
    assert_eq!(code(&run(&project, "plan").expect_code(1).stderr), "SIG001");
    project.write("roleform.hcl", "roleform { require_approval = true }\n");
    assert_eq!(code(&run(&project, "plan").expect_code(1).stderr), "CFG004");
}

#[test]
fn a_policy_is_checked_when_planning_and_when_applying() {
    let (project, tenant) = shop();
    let policy = "policy \"calm\" {\n  description = \"No surprises.\"\n  enforcement = \"deny\"\n  deny {\n    schemas = [\"sales\"]\n    tables = [\"cust*\"]\n    privileges = [\"SELECT\"]\n  }\n}\n";
    project.write("policy.hcl", policy);
    let denied = run(&project, "plan -out plan.bin").expect_code(1);
    assert_eq!(code(&denied.stderr), "POL001");
    for said in [
        "No surprises.",
        "deny at policy.hcl:4",
        "table_grant.reader[\"",
        "sales.customers",
        "gains SELECT",
        "(roles.hcl:1)",
    ] {
        assert!(denied.stderr.contains(said), "{said}: {denied}");
    }
    assert!(denied.stdout.contains("A policy forbids this plan"), "{denied}");
    assert!(!project.path("plan.bin").exists(), "a plan that is forbidden is not written");
    let json = run(&project, "plan -json").expect_code(1).stdout;
    assert!(json.contains("\"name\":\"calm\"") && json.contains("\"status\":\"failed\""), "{json}");
    // A warning does not stop anything, and is part of the plan.
    project.write("policy.hcl", policy.replace("\"deny\"", "\"warn\""));
    let warned = run(&project, "plan -out plan.bin").expect_code(0);
    assert!(warned.stderr.contains("warning[POL002]"), "{warned}");
    let json = run(&project, "show -json plan.bin").expect_code(0).stdout;
    assert!(json.contains("\"status\":\"warned\""), "{json}");
    let markdown = run(&project, "show -markdown plan.bin").expect_code(0).stdout;
    assert!(markdown.contains("<summary>Policies</summary>"), "{markdown}");
    assert!(markdown.contains("  calm: warns\n    deny at policy.hcl:4\n"), "{markdown}");
    // The configuration's policies as they stand at apply bind too.
    project.write("policy.hcl", policy);
    let text = refused(run(&project, APPLY), "SAV020");
    assert!(text.contains("that the configuration has now"), "{text}");
    project.write("policy.hcl", "variable \"x\" {}\npolicy \"x\" {\n  limit { add = var.x }\n}\n");
    assert_eq!(code(&run(&project, APPLY).expect_code(1).stderr), "CFG031");
    assert_eq!(roles(&tenant), 0);
    fs::remove_file(project.path("policy.hcl")).expect("the policy goes");
    done(&project, APPLY);
}

#[test]
fn plans_grow_old() {
    let (project, tenant) = shop();
    project.write("roleform.hcl", "roleform { plan_expiry = \"1s\" }\n");
    done(&project, "plan -out plan.bin");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    refused(run(&project, APPLY), "SAV009");
    project.write("roleform.hcl", "");
    done(&project, "plan -out plan.bin");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    project.write("roleform.hcl", "roleform { plan_expiry = \"1s\" }\n");
    refused(run(&project, APPLY), "SAV009");
    assert_eq!(roles(&tenant), 0);
}

#[test]
fn apply_needs_no_configuration() {
    let (project, tenant) = shop();
    let inventory = project.read("main.server.hcl");
    let port =
        inventory.lines().find_map(|line| line.trim().strip_prefix("port = ")).expect("a port").to_owned();
    let text = inventory.replace(&format!("port = {port}"), "port = var.port");
    project.write("main.server.hcl", format!("variable \"port\" {{\n  type = number\n}}\n{text}"));
    done(&project, &format!("plan -var port={port} -out plan.bin"));
    done(&project, APPLY);
    project.write("roles.hcl", tenant.fill(READER).replace("SELECT", "INSERT"));
    done(&project, &format!("plan -var port={port} -out plan.bin"));
    for file in ["main.server.hcl", "roles.hcl"] {
        fs::remove_file(project.path(file)).expect("it goes");
    }
    done(&project, APPLY);
    let privileges = "SELECT privilege_type FROM pg_class, aclexplode(relacl) WHERE relname = 'orders' AND grantee::regrole::text = '{p}reader'";
    assert_eq!(tenant.query("app", privileges), [[Some("INSERT".to_owned())]]);
}

#[test]
fn a_plan_runs_no_command_on_its_own_word() {
    let (project, tenant) = shop();
    let inventory = project.read("main.server.hcl");
    let command = "command([\"/bin/sh\", \"-c\", \"touch ran; echo $MAIN_ADMIN_PASSWORD\"])";
    project.write("main.server.hcl", inventory.replace("env(\"MAIN_ADMIN_PASSWORD\")", command));
    done(&project, "plan -out plan.bin");
    fs::remove_file(project.path("ran")).expect("it ran for planning");
    let block = project.read("main.server.hcl");
    fs::remove_file(project.path("main.server.hcl")).expect("it goes");
    fs::rename(project.path("roles.hcl"), project.path("roles.txt")).expect("it goes");
    refused(run(&project, APPLY), "SAV025");
    assert!(!project.path("ran").exists() && roles(&tenant) == 0);
    project.write("main.server.hcl", block);
    done(&project, APPLY);
}

#[test]
fn a_server_that_moved_is_refused() {
    let (project, tenant) = shop();
    done(&project, "plan -out plan.bin");
    let block = project.read("main.server.hcl");
    let host = block.lines().find_map(|line| line.trim().strip_prefix("host = ")).expect("a host").to_owned();
    project.write("main.server.hcl", block.replace(&host, "\"127.0.0.1\""));
    let text = refused(run(&project, APPLY), "SAV013");
    assert!(text.contains("host: was /") && text.contains(", is 127.0.0.1"), "{text}");
    assert_eq!(roles(&tenant), 0);
    project.write("main.server.hcl", block);
    done(&project, APPLY);
}

#[test]
fn a_state_that_was_restored_or_deleted_is_told_apart() {
    let (project, tenant) = shop();
    let copy = "cp -a .roleform older";
    shell(&project, copy);
    done(&project, "plan -out one.bin");
    shell(&project, "rm -r older; cp -a .roleform older");
    done(&project, "apply -lock-timeout=60s one.bin");
    project.write("roles.hcl", tenant.fill(READER).replace("SELECT", "INSERT"));
    done(&project, "plan -out two.bin");
    shell(&project, "mv .roleform newer; cp -a older .roleform");
    refused(run(&project, "apply -lock-timeout=60s two.bin"), "SAV011");
    // The older copy does not know that the first plan was applied; the server does.
    refused(run(&project, "apply -lock-timeout=60s one.bin"), "SAV024");
    let sessions = run(&project, "session list").expect_code(0).stdout;
    assert_eq!(sessions.matches("  refused  ").count(), 2, "{sessions}");
    shell(&project, "rm -r .roleform");
    refused(run(&project, "apply two.bin"), "SAV023");
    assert!(!project.path(".roleform").exists(), "a refusal makes no state");
    shell(&project, "mv newer .roleform");
    done(&project, "apply -lock-timeout=60s two.bin");
}

/// The page says how to check a plan with sha256sum and ssh-keygen alone; this does just that.
#[test]
fn a_plan_is_verified_by_hand_as_the_page_says() {
    let (project, _tenant) = signed_shop("require_approval = 1");
    let planned = run(&project, "plan -out plan.bin -sign keys/ana").expect_code(0);
    done(&project, "approve -lock-timeout=60s -sign keys/bo plan.bin");
    let page = include_str!("../../state-format.md");
    let block = |first: &str| {
        let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        blocks
            .into_iter()
            .find(|block| block.starts_with(first))
            .unwrap_or_else(|| panic!("no block {first}"))
    };
    let digests = shell(&project, block("# plan id"));
    let digests: Vec<&str> = digests.split_whitespace().collect();
    assert!(digests.len() == 2 && digests[0] == digests[1], "{digests:?}");
    assert!(planned.stdout.contains(digests[0]), "{planned}");
    let good = shell(&project, block("# signature and approvals"));
    assert!(good.contains("Good \"roleform-plan\" signature for ana@example.com"), "{good}");
    assert!(good.contains("Good \"roleform-approval\" signature for bo@example.com"), "{good}");
}
