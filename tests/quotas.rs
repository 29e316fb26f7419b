//! What is used of a quota is counted when something is let in, and given back when it is gone; Services have addresses.

use std::sync::Arc;

use kubelapse::session::{Direction, Files, Move, Script, Walk};
use kubelapse::time::Span;

const SCENARIO: &str = "until = \"3m\"\n[[node]]\nname = \"n1\"\n[[apply]]\nmanifest = \"shop.yaml\"\n\
    [[action]]\nat = \"30s\"\nscale = \"deployment/web\"\nreplicas = 1\n\
    [[action]]\nat = \"60s\"\ndelete = \"resourcequota/all\"\n\
    [[action]]\nat = \"61s\"\nscale = \"deployment/web\"\nreplicas = 4\n";

const SHOP: &str = "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: all }\n\
    spec: { hard: { pods: '2', limits.memory: 1Gi, services.nodeports: '1', count/deployments.apps: '5' } }\n\
    ---\napiVersion: v1\nkind: LimitRange\nmetadata: { name: usual }\n\
    spec:\n  limits:\n  - { type: Container, default: { memory: 256Mi }, defaultRequest: { memory: 128Mi } }\n\
    ---\napiVersion: v1\nkind: Service\nmetadata: { name: web }\n\
    spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80 }] }\n\
    ---\napiVersion: v1\nkind: Service\nmetadata: { name: hidden }\nspec: { clusterIP: None, selector: { app: web } }\n\
    ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n\
    spec:\n  replicas: 3\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n\
    \x20   spec: { terminationGracePeriodSeconds: 5, containers: [{ name: app, image: 'registry.example/shop/web:1' }] }\n";

fn manifest(path: &str) -> Result<String, String> {
    match path {
        "shop.yaml" => Ok(SHOP.to_owned()),
        _ => Err("there is none".to_owned()),
    }
}

fn walk() -> Walk {
    let (mut script, loaded) = Script::load("scenario.toml", SCENARIO, &manifest, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    script.files = Files::new(manifest);
    Walk::new(script, &Arc::new(loaded.plan), 1)
}

fn to(walk: &mut Walk, secs: i64) {
    walk.go(Direction::Forward, &Move::To(walk.plan().start + Span::from_secs(secs)));
}

/// The cells of the row of a table that begins with a name.
fn row(walk: &Walk, asked: &str, name: &str) -> String {
    let table = walk.get(asked).expect("a table");
    let row = table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{table}"));
    row.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_used_is_counted_and_given_back() {
    let mut walk = walk();
    to(&mut walk, 25);
    let quota = row(&walk, "quota", "all");
    let used = "all count/deployments.apps: 0/5, pods: 2/2, services.nodeports: 0/1 limits.memory: 512Mi/1Gi";
    // Who comes before the status was calculated is let in, and counted with the next look.
    let counted = used.replace("apps: 0", "apps: 1").replace("nodeports: 0", "nodeports: 1");
    assert!(quota.starts_with(&counted), "{quota}");
    assert_eq!(row(&walk, "deploy", "web"), "web 2/3 2 2 25s");
    to(&mut walk, 45);
    assert!(row(&walk, "quota", "all").contains("pods: 1/2"), "{}", row(&walk, "quota", "all"));
    assert!(row(&walk, "quota", "all").contains("limits.memory: 256Mi/1Gi"));
    to(&mut walk, 90);
    assert!(walk.get("quota").expect("a table").starts_with("No resources found"));
    assert_eq!(row(&walk, "deploy", "web"), "web 4/4 4 4 90s");
    assert!(row(&walk, "limits", "usual").starts_with("usual 20"));
}

#[test]
fn a_refusal_has_the_api_servers_words() {
    let mut walk = walk();
    to(&mut walk, 25);
    let events = walk.get("events").expect("events");
    let refused = events.lines().find(|line| line.contains("FailedCreate")).expect("an event");
    assert!(refused.contains("Error creating: pods \"web-"), "{refused}");
    assert!(
        refused
            .contains("is forbidden: exceeded quota: all, requested: pods=1, used: pods=2, limited: pods=2"),
        "{refused}"
    );
}

#[test]
fn services_have_addresses_and_ports_of_all_nodes() {
    let mut walk = walk();
    to(&mut walk, 25);
    let web = row(&walk, "svc", "web");
    let cells: Vec<&str> = web.split(' ').collect();
    assert!(
        cells[2].starts_with("10.")
            && cells[2] != row(&walk, "svc", "hidden").split(' ').collect::<Vec<_>>()[2]
    );
    let port = cells[4].strip_prefix("80:").and_then(|rest| rest.strip_suffix("/TCP"));
    let port: u32 = port.and_then(|port| port.parse().ok()).expect("a port of all nodes");
    assert!((30_000..32_768).contains(&port), "{web}");
    assert_eq!(row(&walk, "svc", "hidden"), "hidden ClusterIP None <none> <none> 25s");
    let slices = row(&walk, "endpointslices", "web-");
    assert!(slices.contains(" IPv4 80 10.244."), "{slices}");
}
