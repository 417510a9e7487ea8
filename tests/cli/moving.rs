//! A role whose block names another server than before, or stands somewhere else.
//!
//! Not here: renames (`tests/postgres/rename`). Invariant: on another server it is made there and
//! dropped here, in one plan, and one password is left; at another address it is the same role.

use test_support::client::Login;
use test_support::cluster::Cluster;

use super::server::{READER, shop};
use super::{done, run};

#[test]
fn it_is_made_there_and_dropped_here() {
    let (mut project, tenant) = shop();
    let here = tenant.cluster;
    let there = Cluster::private(here.version, &[]);
    there.sql("postgres", &tenant.fill("CREATE DATABASE {p}app"));
    there.sql(&tenant.fill("{p}app"), "CREATE SCHEMA sales; CREATE TABLE sales.orders (id integer)");
    project.use_server("other", &there);
    done(&project, "plan -out plan.bin");
    done(&project, "apply -lock-timeout=60s plan.bin");
    project.write("roles.hcl", tenant.fill(READER).replace("postgres.main", "postgres.other"));
    let planned = run(&project, "plan -out plan.bin").expect_code(0);
    for line in ["# role.reader will be destroyed", "# role.reader will be created"] {
        assert!(planned.stdout.contains(line), "{line}: {planned}");
    }
    done(&project, "apply -lock-timeout=60s plan.bin");
    done(&project, "plan -detailed-exitcode");
    let count = tenant.fill("SELECT count(*) FROM pg_roles WHERE rolname = '{p}reader'");
    let counts = [here, &there].map(|cluster| cluster.query("postgres", &count)[0][0].clone());
    assert_eq!(counts, [Some("0".to_owned()), Some("1".to_owned())]);
    let kept = run(&project, "credentials list").expect_code(0).stdout;
    assert!(kept.contains("other/") && !kept.contains("main/"), "{kept}");
    let password = run(&project, "credentials show role.reader").expect_code(0).stdout;
    let (role, database) = (tenant.fill("{p}reader"), tenant.fill("{p}app"));
    let login = Login { role: &role, password: password.trim_end(), database: &database };
    there.try_as(login, "SELECT FROM sales.orders").expect("it may read there");
    let listed = run(&project, "state list").expect_code(0).stdout;
    assert_eq!(listed.lines().filter(|line| *line == "role.reader").count(), 1, "{listed}");
}

/// A role of a module, and what moves in it.
fn module(label: &str, moved: &str) -> String {
    format!(
        "variable \"server\" {{}}\nvariable \"name\" {{}}\n\
         role \"{label}\" {{\n  resource = var.server\n  name     = var.name\n}}\n{moved}"
    )
}

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n")
}

/// Where the role stands, each time under another name, so that losing track of it would show.
#[test]
fn a_role_is_followed_from_address_to_address() {
    let (project, tenant) = shop();
    let role = |label: &str, more: &str| {
        format!("role \"{label}\" {{\n  resource = postgres.main\n  name     = \"{{p}}NAME\"\n{more}}}\n")
    };
    let call = |label: &str, more: &str| {
        format!(
            "module \"{label}\" {{\n  source = \"./m\"\n  server = postgres.main\n  name   = \"{{p}}NAME\"\n{more}}}\n"
        )
    };
    let (in_module, inner) = ("  for_each = toset([\"k\"])\n", moved("role.r", "role.s"));
    let to_module = moved("role.b[\"x\"]", "module.m.role.r");
    let steps = [
        (role("a", ""), module("r", ""), "role.a"),
        (
            role("b", "  for_each = toset([\"x\"])\n") + &moved("role.a", "role.b[\"x\"]"),
            module("r", ""),
            "role.b[\"x\"]",
        ),
        // The older statement stays, as it does in Terraform.
        (call("m", "") + &moved("role.a", "role.b[\"x\"]") + &to_module, module("r", ""), "module.m.role.r"),
        (
            call("m", in_module) + &moved("module.m", "module.m[\"k\"]"),
            module("r", ""),
            "module.m[\"k\"].role.r",
        ),
        // A module is renamed, and in it a role.
        (call("n", "") + &moved("module.m[\"k\"]", "module.n"), module("s", &inner), "module.n.role.s"),
        (role("c", "  count = 1\n") + &moved("module.n.role.s", "role.c[0]"), module("s", ""), "role.c[0]"),
        // Nothing has to be said about `count` that comes or goes.
        (role("c", ""), module("s", ""), "role.c"),
        (role("c", "  count = 1\n"), module("s", ""), "role.c[0]"),
    ];
    for (number, (text, module, address)) in steps.into_iter().enumerate() {
        project.write("m/main.hcl", module);
        project.write("roles.hcl", tenant.fill(&text.replace("NAME", &format!("name{number}"))));
        let planned = run(&project, "plan -out plan.bin").expect_code(0);
        let change = if number == 0 { "1 to add, 0 to change" } else { "0 to add, 1 to change" };
        assert!(planned.stdout.contains(&format!("Plan: {change}, 0 to destroy.")), "{address}: {planned}");
        done(&project, "apply -lock-timeout=60s plan.bin");
        assert_eq!(run(&project, "state list").expect_code(0).stdout, format!("{address}\n"));
    }
}
