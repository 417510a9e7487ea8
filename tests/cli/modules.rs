//! Modules from the command line: the example, and a module's life on a real server.
//!
//! Not here: what the language does with modules (`engine::config`). Invariant: an address
//! that is printed can be typed.

use std::collections::BTreeSet;
use std::fs;

use expect_test::expect;
use test_support::cluster::Cluster;

use super::examples::example;
use super::{done, project, run};

#[test]
fn the_modules_of_the_example() {
    let project = example("modules");
    let graph = run(&project, "graph -format json").expect_code(0).stdout;
    let quoted = graph.replace("\\\"", "'");
    let is_role = |text: &&str| text.starts_with("module.") && text.ends_with(".role.app");
    let roles: BTreeSet<&str> = quoted.split('"').filter(is_role).collect();
    expect![[r#"
        module.product['billing-eu'].role.app
        module.product['billing-us'].role.app
        module.product['search-eu'].role.app"#]]
    .assert_eq(&roles.into_iter().collect::<Vec<_>>().join("\n"));
}

const ROOT: &str = r#"
module "team" {
  for_each = toset(["a", "b"])
  source   = "./team"
  server   = postgres.main
  name     = "{p}${each.key}"
}
role "boss" {
  resource   = postgres.main
  name       = "{p}_boss"
  member_of  = [for team in module.team : team.reader]
  depends_on = [module.team]
}
role "last" {
  resource   = postgres.main
  name       = "{p}z"
  depends_on = [role.boss]
}
"#;

const TEAM: &str = r#"
variable "server" { type = postgres }
variable "name" {}
role "reader" {
  resource = var.server
  name     = var.name
}
output "reader" { value = role.reader }
"#;

#[test]
fn a_module_from_plan_to_destroy() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let mut project = project();
    project.use_server("main", cluster);
    project.use_tenant(&tenant);
    project.write("main.hcl", tenant.fill(ROOT));
    fs::create_dir(project.path("team")).expect("a directory");
    project.write("team/main.hcl", TEAM);
    done(&project, "init");

    let plan = |line: &str| {
        let planned = run(&project, line).expect_code(0);
        let last =
            planned.stdout.lines().find(|line| line.starts_with("Plan:") || line.starts_with("No changes"));
        last.unwrap_or_default().to_owned()
    };
    assert_eq!(plan("plan -target module.team[\"a\"]"), "Plan: 1 to add, 0 to change, 0 to destroy.");
    assert_eq!(
        plan("plan -exclude module.team -exclude role.boss"),
        "No changes. Your infrastructure matches the configuration."
    );
    assert_eq!(plan("plan -out plan.bin"), "Plan: 6 to add, 0 to change, 0 to destroy.");
    let json = run(&project, "show -json plan.bin").expect_code(0).stdout;
    assert!(json.contains(r#""module_address":"module.team[\"a\"]""#), "{json}");
    // By name the boss would be the first.
    let named = |statement: &str, plan: &str| -> Vec<String> {
        let sql = run(&project, &format!("show -sql {plan}")).expect_code(0).stdout;
        let roles = sql.lines().filter_map(|line| line.trim().strip_prefix(statement));
        let roles = roles.map(|role| role.split([' ', ';']).next().unwrap_or_default());
        roles.map(|role| role.trim_matches('"').replace(&tenant.prefix, "")).collect()
    };
    assert_eq!(named("CREATE ROLE ", "plan.bin"), ["a", "b", "_boss", "z"]);
    done(&project, "apply -lock-timeout=60s plan.bin");
    assert_eq!(plan("plan"), "No changes. Your infrastructure matches the configuration.");
    expect![[r#"
        exit code: 0
        ----- stdout
        role.boss
        module.team["a"].role.reader
        module.team["b"].role.reader
        role.last
        membership.boss["a"]
        membership.boss["b"]
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state list").expect_code(0).block());
    expect![[r#"
        exit code: 0
        ----- stdout
        main/_boss  (made [TIME], for 1 reader)
        main/a  (made [TIME], for 1 reader)
        main/b  (made [TIME], for 1 reader)
        main/z  (made [TIME], for 1 reader)
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "credentials list").expect_code(0).block());
    done(&project, "credentials show module.team[\"a\"].role.reader");

    // The digest of the configuration covers the module: what was planned before is another plan.
    done(&project, "plan -out before.bin");
    project.write(
        "team/main.hcl",
        TEAM.replace("name     = var.name", "name     = var.name\n  login    = false"),
    );
    assert_eq!(plan("plan -target module.team"), "Plan: 0 to add, 2 to change, 0 to destroy.");

    // Under another address, in another module: nothing changes on the server.
    project.write("team/main.hcl", TEAM);
    project.write(
        "main.hcl",
        tenant
            .fill(&ROOT.replace("module \"team\"", "module \"crew\"").replace("module.team", "module.crew")),
    );
    project.write("moved.hcl", "moved {\n  from = module.team\n  to   = module.crew\n}\n");
    assert_eq!(plan("plan -out moved.bin"), "Plan: 0 to add, 0 to change, 0 to destroy.");
    done(&project, "apply -lock-timeout=60s moved.bin");
    assert_eq!(plan("plan"), "No changes. Your infrastructure matches the configuration.");
    assert_eq!(run(&project, "state rm -dry-run module.crew").expect_code(0).stdout.lines().count(), 2);

    // The block is gone: what the module made goes too.
    fs::remove_file(project.path("moved.hcl")).expect("a file");
    project.write("main.hcl", "");
    assert_eq!(plan("plan -out gone.bin"), "Plan: 0 to add, 0 to change, 6 to destroy.");
    // The state remembers what depended on what.
    assert_eq!(named("DROP ROLE ", "gone.bin"), ["z", "_boss", "a", "b"]);
    done(&project, "apply -lock-timeout=60s gone.bin");
}
