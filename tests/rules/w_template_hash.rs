//! W: hashes of pod templates (`rules::controllers::template_hash`). Ours are look-alikes: equal where Kubernetes' are.

use std::collections::BTreeMap;

use kubelapse::api::wire_workloads::template;
use kubelapse::rules::controllers::template_hash::template_hash;

use super::harness::cases;

#[test]
fn hashes_are_equal_where_kubernetes_are_and_look_like_them() {
    let mut ours: BTreeMap<String, String> = BTreeMap::new();
    let mut theirs: BTreeMap<String, String> = BTreeMap::new();
    for case in cases("W_template_hash").iter().filter(|case| case.family == "deployment") {
        let collisions = case.input["collisionCount"].as_i64().and_then(|count| i32::try_from(count).ok());
        let hash = template_hash(&template(&case.expected["defaultedTemplate"]), collisions);
        let their = case.expected["hash"].as_str().expect("a hash").to_owned();
        assert!((1..=10).contains(&hash.len()), "{hash}");
        assert!(hash.chars().all(|letter| "456789bcdf".contains(letter)), "{hash}");
        let known = ours.entry(their.clone()).or_insert_with(|| hash.clone());
        assert_eq!(*known, hash, "{}: one of theirs is one of ours", case.id);
        let known = theirs.entry(hash).or_insert_with(|| their.clone());
        assert_eq!(*known, their, "{}: one of ours is one of theirs", case.id);
    }
}
