use std::sync::Arc;
use kubelapse::record::{Sink, csv, tables};
use kubelapse::scenario::{self, plan::*};
use kubelapse::session::{self, Silent};
use kubelapse::api::Sym;
#[test]
fn wip() {
    let dir = std::env::var("WIP").unwrap_or("/work/shared/golden-workloads/deployment-rollout-surge-1-unavailable-0".into());
    let text = r#"
name = "x"
until = "40s"
start = 2026-11-28T21:20:09.811511Z
kubernetes = "1.36"
[latency]
schedule     = "2ms"
bind         = "4ms"
watch        = "2ms"
statusUpdate = "20ms"
sandbox      = "300ms"
inspectImage = "12ms"
create       = "30ms"
start        = "50ms"
stop         = "0s"
probe        = "10ms"
[[node]]
name = "node"
count = 2
capacity = { cpu = "4", memory = "8Gi", pods = 110, "ephemeral-storage" = "20Gi" }
[[image]]
ref = "registry.example/shop/web:1.0"
pull = "800ms"
[[pod]]
name = "dummy"
at = "39s"
spec.containers = [{ name = "app", image = "x" }]
"#;
    let no = |p: &str| Err(p.to_owned());
    let mut plan = scenario::load("x.toml", text, &no, &[]).map_err(|p| p.render(false)).unwrap();
    let yaml = std::fs::read_to_string(format!("{dir}/web.yaml")).unwrap();
    let docs = kubelapse::rules::kubectl::manifest::documents(&yaml).unwrap();
    let objects = docs.into_iter().map(|d| AppliedObject { kind: AppliedKind::Deployment, value: d.value, file: Sym::new("web.yaml"), line: 1 }).collect();
    plan.applies.push(Arc::new(ApplyPlan { at: plan.start, id: None, namespace: Sym::new("default"), objects }));
    let plan = Arc::new(plan);
    struct S(csv::Timeline<Vec<u8>>, tables::Workloads<Vec<u8>>);
    let mut out = std::fs::File::create("/tmp/guard/x/wip.csv").unwrap();
    let mut sink = csv::Timeline::new(&mut out);
    let mut o2 = std::fs::File::create("/tmp/guard/x/wl.csv").unwrap();
    let mut w = tables::Workloads::new(&mut o2);
    let mut fan = kubelapse::record::Fan { sinks: vec![&mut sink as &mut dyn Sink, &mut w] };
    let o = session::run(&plan, 0, &mut fan, &Silent).unwrap();
    println!("{:?} steps {}", o.world.answers, o.world.step);
}
