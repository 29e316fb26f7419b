//! Whether there is memory for a run: where the system says how much it has to give, a run whose pods take more than that for certain is
//! refused before it begins, instead of being ended by the system in the middle of it.
//!
//! What a pod takes at least is the half of what `docs/limits.md` promises that it takes at most (`tests/promises.rs` holds both). What a
//! run takes beside its pods is not foreseen. How much there is: `MemAvailable` and `SwapFree` of /proc/meminfo (proc_meminfo(5)), the
//! address space that a process may have (/proc/self/limits, getrlimit(2)), and what a container may take (memory.max of cgroup v2). On
//! systems without these nobody is refused. Whoever plays reads these files; nothing here opens one.

use super::{Code, Diagnostic, Diagnostics, Plan};

/// A pod that runs takes more than this.
const POD: u64 = 1_250;

/// Gives the text of one of the system's files; None: there is none.
pub type Says<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Refuses a plan whose pods alone take more than there is. `named`: how its scenario is called, and its text.
///
/// # Errors
/// How much they take and how much there is, with a code of its own.
pub fn room_for(named: (&str, &str), plan: &Plan, says: Says<'_>) -> Result<(), Diagnostics> {
    let pods = plan.templates.iter().map(|template| u64::from(template.replicas)).chain(workloads(plan));
    let pods = pods.fold(0, u64::saturating_add);
    let least = pods.saturating_mul(POD);
    match to_be_had(says) {
        Some(most) if least > most => Err(too_many(named, pods, least, most)),
        _ => Ok(()),
    }
}

fn too_many((label, text): (&str, &str), pods: u64, least: u64, most: u64) -> Diagnostics {
    let mut problems = Diagnostics::default();
    problems.add_source(label, text);
    let title = format!("{pods} pods take more than {}, and there are {} to be had", size(least), size(most));
    let item = Diagnostic::new(Code::NoRoom, Default::default(), title);
    problems.push(
        item.label("expected no more pods than there is memory for")
            .hint("fewer `replicas`, or a machine with more memory"),
    );
    problems
}

/// Pods that what is applied asks for at once.
fn workloads(plan: &Plan) -> impl Iterator<Item = u64> {
    let objects = plan.applies.iter().flat_map(|apply| &apply.objects);
    objects.filter_map(|object| object.value.pointer("/spec/replicas")?.as_u64())
}

fn size(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{:.1} GB", bytes as f64 / 1e9),
        _ => format!("{:.0} MB", bytes as f64 / 1e6),
    }
}

/// So many bytes at most; None: nobody says so.
fn to_be_had(says: Says<'_>) -> Option<u64> {
    let free = says("/proc/meminfo").as_deref().and_then(free);
    let allowed = says("/proc/self/limits").as_deref().and_then(allowed);
    let contained = says("/sys/fs/cgroup/memory.max").and_then(|text| text.trim().parse().ok());
    [free, allowed, contained].into_iter().flatten().min()
}

/// What /proc/meminfo says can be had.
fn free(text: &str) -> Option<u64> {
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    };
    of("MemAvailable").map(|free| free.saturating_add(of("SwapFree").unwrap_or(0)))
}

/// What /proc/self/limits says of the address space; None: it has no limit.
fn allowed(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_refused_where_there_is_less_than_they_take() {
        let text = "until = \"9s\"\n[[pod]]\nname = \"web\"\nreplicas = 1000\nspec.containers = [{ name = \"app\", image = \"x\" }]\n";
        let plan = super::super::load("many.toml", text, &super::super::no_files, &[]).expect("it is read");
        let asked = |file: &str, said: &str| {
            room_for(("many.toml", text), &plan, &|path| (path == file).then(|| said.to_owned()))
        };
        let refused = asked("/sys/fs/cgroup/memory.max", "1249999\n").expect_err("they take more");
        let told: Vec<_> = refused.items.iter().map(|own| (own.code.as_str(), own.title.as_str())).collect();
        assert_eq!(told, [("E0401", "1000 pods take more than 1 MB, and there are 1 MB to be had")]);
        for (file, said) in [
            ("/sys/fs/cgroup/memory.max", "1250000\n"),
            ("/sys/fs/cgroup/memory.max", "max\n"),
            ("/other", "1"),
        ] {
            assert!(asked(file, said).is_ok(), "{file}: {said}");
        }
    }

    #[test]
    fn what_the_system_says_is_read() {
        let meminfo = "MemTotal:       24626428 kB\nMemAvailable:   16000000 kB\nSwapTotal: 10 kB\nSwapFree:       4 kB\n";
        assert_eq!(free(meminfo), Some(16_000_004 * 1024));
        assert_eq!((free("MemTotal: 5 kB\n"), free("MemAvailable: x kB\n")), (None, None));
        let limits = |soft: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \nMax address space         {soft}  unlimited  bytes\n"
            )
        };
        assert_eq!(allowed(&limits("3072000000")), Some(3_072_000_000));
        assert_eq!(allowed(&limits("unlimited")), None);
        assert_eq!((size(12_500_000_000), size(640_000_000)), ("12.5 GB".to_owned(), "640 MB".to_owned()));
    }
}
