//! `test` tells all that is not as it was expected, counts it right, and says how often it holds.

use crate::desk::Desk;

#[test]
fn every_mismatch_is_told() {
    let text = "name = \"x\"\nuntil = \"5m\"\n[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n\
                [[expect]]\nat = \"1m\"\npod = \"web\"\nphase = \"Failed\"\nstatus = \"Error\"\nready = \"2/2\"\nrestarts = 3\nnode = \
                \"<none>\"\nconditions = { Ready = \"False\", Initialized = \"none\" }\nevent = \"BackOff\"\nnoEvent = \"Started\"\n";
    let desk = Desk::holding("mismatches", "x.toml", text);
    for line in ["test x.toml", "run x.toml --quiet"] {
        let (code, out, err) = desk.said(line);
        let said = out + &err;
        assert_eq!(code, Some(1), "{said}");
        for pair in [
            "expected  phase Failed\n    seen      Running",
            "expected  STATUS Error\n    seen      Running",
            "expected  READY 2/2\n    seen      1/1",
            "expected  RESTARTS 3\n    seen      0",
            "expected  node <none>\n    seen      node",
            "expected  condition Ready False\n    seen      True",
            "expected  condition Initialized none\n    seen      True",
            "expected  an event BackOff",
            "expected  an event no Started",
        ] {
            assert!(said.contains(pair), "no `{pair}` in:\n{said}");
        }
    }
    let (_, report, _) = desk.said("test x.toml --format junit");
    assert!(
        report.contains("STATUS: expected Error, seen Running; READY: expected 2/2, seen 1/1"),
        "{report}"
    );
}

/// Of several seeds the last line counts expectations, and each that failed has its share.
#[test]
fn seeds_are_counted_and_have_a_rate() {
    let text = "name = \"dice\"\nuntil = \"10m\"\n[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n\
                [pod.behavior.containers.app]\nattempts = [{ runs = { exponential = \"2m\" }, exit = 1 }]\n\
                [[expect]]\nat = \"1m\"\npod = \"web\"\nrestarts = 0\n[[expect]]\nat = \"1s\"\npod = \"web\"\nrestarts = 0\n\
                [[expect]]\nat = \"1s\"\npod = \"web\"\nstatus = \"Never\"\n";
    let desk = Desk::holding("rates", "dice.toml", text);
    let (code, said, _) = desk.said("test dice.toml --seeds 40");
    assert_eq!(code, Some(1));
    let by_seed = said.lines().filter(|line| line.starts_with("FAIL  dice")).count();
    assert_eq!(by_seed, 40, "each seed fails the third");
    let failed: usize = said
        .lines()
        .filter_map(|line| line.strip_prefix("FAIL  dice  ")?.split(' ').next()?.parse::<usize>().ok())
        .sum();
    let last = said.lines().last().unwrap_or_default();
    assert_eq!(last, format!("1 scenario, 120 expectations: {failed} failed; 0 of 40 runs (0.0 %) passed"));
    assert!(said.contains("RATE  dice  0 of 40 seeds (0.0 %) passed"), "{said}");
    let first = failed - 40;
    let rate = format!("held under {} of 40 seeds ({:.1} %)", 40 - first, (40 - first) as f64 * 2.5);
    let line = said.lines().find(|line| line.starts_with("  dice.toml:8: ") && line.contains(" held "));
    assert!(first > 3 && line.is_some_and(|line| line.ends_with(&rate)), "no `{rate}`:\n{said}");
    assert!(!said.contains("  dice.toml:12: web at 1s: RESTARTS 0: held"), "what held has none");
    // One scenario that fails takes nothing from the others.
    desk.write("good.toml", &text[..text.find("[[expect]]").expect("there is one")]);
    let (_, said, _) = desk.said("test good.toml dice.toml");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("2 scenarios, 3 expectations: ") && last.ends_with(" failed"), "{said}");
}
