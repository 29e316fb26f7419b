//! The values of the format: durations, distributions, quantities, exits, targets. Each reader takes a node and says
//! what is wrong with it and what would be accepted; the checker and the resolver use the same ones.

use super::command::Target;
use super::diagnostic::{Code, Diagnostic};
use super::expected::{Amount, ExpectedCondition};
use super::plan::{Exit, ObjectKind, OnTerm};
use super::tree::{Loc, Node, Value};
use crate::api::{Sym, Tri};
use crate::engine::Distribution;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::machinery::quantity::Quantity;
use crate::time::{GoDuration, NoDuration, Span, Time};

type Read<T> = Result<T, Diagnostic>;

pub const DURATION: &str = "a duration such as \"250ms\", \"8s\" or \"1m30s\"";
pub const DISTRIBUTION: &str = "a duration (\"8s\"), or one of { uniform = [\"2s\", \"5s\"] }, { exponential = \"5m\" }, \
     { normal = { mean = \"5s\", sd = \"1s\" } }, { lognormal = { median = \"8s\", p95 = \"20s\" } }, \
     { weibull = { scale = \"5m\", shape = 1.5 } }, { empirical = [\"1s\", \"9s\"] }";
pub const QUANTITY: &str = "a Kubernetes quantity such as \"500m\", \"2\" or \"128Mi\"";
pub const EXIT: &str = "a code from 0 to 255, or weights such as { \"0\" = 0.9, \"1\" = 0.1 }";
pub const ON_TERM: &str = "\"exit\", \"ignore\", or { after = \"2s\", exit = 143 }";
pub const START: &str = "an instant such as 2025-04-29T04:33:19Z";

fn wrong_type(node: &Node, accepts: &str) -> Diagnostic {
    Diagnostic::new(Code::WrongType, node.loc, format!("{} does not belong here", node.value.type_name()))
        .label(format!("expected {accepts}"))
}
fn bad(loc: Loc, title: impl Into<String>, accepts: &str) -> Diagnostic {
    let item = Diagnostic::new(Code::BadValue, loc, title);
    if accepts.is_empty() { item } else { item.label(format!("expected {accepts}")) }
}

/// Go's `time.ParseDuration`, cut to microseconds; never negative.
///
/// # Errors
/// Says in words what is wrong.
pub fn parse_duration(text: &str) -> Result<Span, String> {
    if text.starts_with('-') {
        return Err("a duration is never negative".to_owned());
    }
    if text.is_empty() || text == "+" {
        return Err("an empty text is no duration".to_owned());
    }
    match GoDuration::parse(text) {
        Ok(duration) => Ok(Span::from_micros(duration.0 / 1000)),
        Err(NoDuration::NoUnit) => Err(format!("`{text}` has no unit")),
        Err(NoDuration::UnknownUnit(unit)) => Err(format!("`{unit}` is no unit of time")),
        Err(NoDuration::TooLong) => Err(format!("`{text}` is too long")),
        Err(NoDuration::Malformed) => Err(format!("`{text}` is no duration")),
    }
}

pub fn duration(node: &Node) -> Read<Span> {
    let Some(text) = node.text() else {
        let item = wrong_type(node, DURATION);
        return Err(match node.value {
            Value::Integer(number) => item.hint(format!("with a unit, in quotes: \"{number}s\"")),
            Value::Float(number) => item.hint(format!("with a unit, in quotes: \"{number}s\"")),
            _ => item,
        });
    };
    parse_duration(text).map_err(|why| {
        let item = bad(node.loc, why, DURATION);
        match text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()) {
            Some(days) => item.hint(format!("days are written in hours: \"{}h\"", u64::from(days) * 24)),
            None if text.parse::<f64>().is_ok_and(|v| v >= 0.0) => item.hint(format!("\"{text}s\"?")),
            None => item,
        }
    })
}

/// How long from one time to the next.
pub fn period(node: &Node, zero_is_default: bool) -> Read<Span> {
    let period = duration(node)?;
    if period >= Span::from_millis(1) || (zero_is_default && node.text().is_some_and(is_zero)) {
        return Ok(period);
    }
    let accepts = match zero_is_default {
        true => "a millisecond or more, or \"0s\" for the default",
        false => "a millisecond or more",
    };
    Err(bad(node.loc, "this is no time from one to the next", accepts))
}

/// Nothing at all, and not what is too short to count.
fn is_zero(text: &str) -> bool {
    GoDuration::parse(text).is_ok_and(|duration| duration.0 == 0)
}

fn several(node: &Node) -> Read<Vec<Span>> {
    node.array().ok_or_else(|| wrong_type(node, "a list of durations"))?.iter().map(duration).collect()
}

fn shape(node: &Node) -> Read<f64> {
    let number = number(node).ok_or_else(|| wrong_type(node, "a number above 0"))?;
    if number.is_finite() && number > 0.0 && number <= 1000.0 {
        Ok(number)
    } else {
        Err(bad(node.loc, "the shape is out of range", "a number above 0 and up to 1000"))
    }
}

pub fn number(node: &Node) -> Option<f64> {
    match node.value {
        #[expect(clippy::cast_precision_loss, reason = "weights and shapes are small")]
        Value::Integer(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        _ => None,
    }
}

/// The fields of `{ mean = …, sd = … }`: exactly these, all of them.
fn fields<'a, const N: usize>(node: &'a Node, names: [&str; N]) -> Read<[&'a Node; N]> {
    let accepts = format!("{{ {} }}", names.map(|n| format!("{n} = …")).join(", "));
    let table = node.table().ok_or_else(|| wrong_type(node, &accepts))?;
    for entry in &table.entries {
        if !names.contains(&entry.key.as_str()) {
            return Err(Diagnostic::new(
                Code::UnknownKey,
                entry.key_loc,
                format!("unknown key `{}`", entry.key),
            )
            .label(format!("expected {accepts}"))
            .nearest(&entry.key, names));
        }
    }
    let mut found = [node; N];
    for (slot, name) in found.iter_mut().zip(names) {
        *slot = table.get(name).ok_or_else(|| {
            Diagnostic::new(Code::MissingKey, node.loc, format!("`{name}` is missing"))
                .label(format!("expected {accepts}"))
        })?;
    }
    Ok(found)
}

pub fn distribution(node: &Node) -> Read<Distribution> {
    let table = match &node.value {
        Value::Text(_) => return duration(node).map(Distribution::Constant),
        Value::Table(table) => table,
        Value::Integer(_) | Value::Float(_) => return duration(node).map(Distribution::Constant),
        _ => return Err(wrong_type(node, DISTRIBUTION)),
    };
    let [entry] = table.entries.as_slice() else {
        return Err(bad(node.loc, "a distribution has exactly one name", DISTRIBUTION));
    };
    let inner = &entry.node;
    Ok(match entry.key.as_str() {
        "constant" => Distribution::Constant(duration(inner)?),
        "uniform" => match several(inner)?.as_slice() {
            [low, high] if low <= high => Distribution::Uniform(*low, *high),
            [_, _] => return Err(bad(inner.loc, "the upper bound lies below the lower", "[\"2s\", \"5s\"]")),
            _ => return Err(bad(inner.loc, "uniform takes two bounds", "[\"2s\", \"5s\"]")),
        },
        "exponential" => Distribution::Exponential(duration(inner)?),
        "normal" => {
            let [mean, sd] = fields(inner, ["mean", "sd"])?;
            Distribution::Normal { mean: duration(mean)?, sd: duration(sd)? }
        }
        "lognormal" => {
            let [at_median, at_p95] = fields(inner, ["median", "p95"])?;
            let (median, p95) = (duration(at_median)?, duration(at_p95)?);
            if median == Span::ZERO {
                return Err(bad(at_median.loc, "the median must be above 0", DURATION));
            }
            if p95 < median {
                return Err(bad(at_p95.loc, "the 95th percentile lies below the median", ""));
            }
            Distribution::LogNormal { median, p95 }
        }
        "weibull" => {
            let [scale, at_shape] = fields(inner, ["scale", "shape"])?;
            Distribution::Weibull { scale: duration(scale)?, shape: shape(at_shape)? }
        }
        "empirical" => {
            let values = several(inner)?;
            if values.is_empty() {
                return Err(bad(inner.loc, "there is nothing to draw from", "[\"1s\", \"1.2s\", \"9s\"]"));
            }
            Distribution::Empirical(values)
        }
        other => {
            return Err(bad(entry.key_loc, format!("`{other}` is no distribution"), DISTRIBUTION).nearest(
                other,
                ["constant", "uniform", "exponential", "normal", "lognormal", "weibull", "empirical"],
            ));
        }
    })
}

/// A distribution, or for ever (None).
pub fn runs(node: &Node) -> Read<Option<Distribution>> {
    match node.text() {
        Some("forever") => Ok(None),
        Some(text) if parse_duration(text).is_err() => Err(duration(node)
            .expect_err("it was just refused")
            .label("expected \"forever\" or a distribution")
            .nearest(text, ["forever"])),
        _ => distribution(node).map(Some),
    }
}

pub fn chance(node: &Node) -> Read<f64> {
    let accepts = "a number from 0 to 1";
    let number = number(node).ok_or_else(|| wrong_type(node, accepts))?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err(bad(node.loc, "this is no chance", accepts)) }
}

pub fn exit(node: &Node) -> Read<Exit> {
    match &node.value {
        Value::Integer(code) => {
            u8::try_from(*code).map(Exit::Code).map_err(|_| bad(node.loc, "an exit code is one byte", EXIT))
        }
        Value::Table(table) => {
            let mut weights = Vec::new();
            for entry in &table.entries {
                let code: u8 = entry
                    .key
                    .parse()
                    .map_err(|_| bad(entry.key_loc, format!("`{}` is no exit code", entry.key), EXIT))?;
                let weight = number(&entry.node).ok_or_else(|| wrong_type(&entry.node, "a weight"))?;
                if !(weight.is_finite() && weight >= 0.0) {
                    return Err(bad(entry.node.loc, "a weight is a number from 0 up", EXIT));
                }
                if weights.iter().any(|(known, _)| *known == code) {
                    return Err(bad(entry.key_loc, format!("the code {code} stands here twice"), EXIT));
                }
                weights.push((code, weight));
            }
            weights.sort_by_key(|(code, _)| *code);
            if weights.iter().map(|(_, weight)| *weight).sum::<f64>() > 0.0 {
                Ok(Exit::Weighted(weights))
            } else {
                Err(bad(node.loc, "some weight must be above 0", EXIT))
            }
        }
        _ => Err(wrong_type(node, EXIT)),
    }
}

pub fn on_term(node: &Node) -> Read<OnTerm> {
    let default = OnTerm::After { after: Distribution::Constant(Span::ZERO), exit: Exit::Code(143) };
    match &node.value {
        Value::Text(text) => match text.as_str() {
            "exit" => Ok(default),
            "ignore" => Ok(OnTerm::Ignore),
            other => Err(bad(node.loc, format!("`{other}` is nothing that SIGTERM does"), ON_TERM)
                .nearest(other, ["exit", "ignore"])),
        },
        Value::Table(table) => {
            for entry in &table.entries {
                if !["after", "exit"].contains(&entry.key.as_str()) {
                    return Err(Diagnostic::new(
                        Code::UnknownKey,
                        entry.key_loc,
                        format!("unknown key `{}`", entry.key),
                    )
                    .label(format!("expected {ON_TERM}"))
                    .nearest(&entry.key, ["after", "exit"]));
                }
            }
            let after = table.get("after").map_or(Ok(Distribution::Constant(Span::ZERO)), distribution)?;
            let exit = match table.get("exit") {
                None => 143,
                Some(code) => {
                    code.integer().ok_or_else(|| wrong_type(code, "a code from 0 to 255")).and_then(|n| {
                        u8::try_from(n).map_err(|_| bad(code.loc, "an exit code is one byte", ON_TERM))
                    })?
                }
            };
            Ok(OnTerm::After { after, exit: Exit::Code(exit) })
        }
        _ => Err(wrong_type(node, ON_TERM)),
    }
}

/// A quantity's exact amount in nano-units (10⁻⁹ of a core, a byte, a pod).
///
/// # Errors
/// Says in words what is wrong.
pub fn parse_quantity(text: &str) -> Result<i128, String> {
    Quantity::parse(text).map(Quantity::nanos).map_err(|_| format!("`{text}` is no quantity"))
}

pub fn quantity(node: &Node) -> Read<i128> {
    let amount = match &node.value {
        Value::Integer(number) => i128::from(*number) * 1_000_000_000,
        Value::Float(number) => {
            parse_quantity(&number.to_string()).map_err(|why| bad(node.loc, why, QUANTITY))?
        }
        Value::Text(text) => parse_quantity(text).map_err(|why| bad(node.loc, why, QUANTITY))?,
        _ => return Err(wrong_type(node, QUANTITY)),
    };
    if amount < 0 { Err(bad(node.loc, "a quantity here is never negative", QUANTITY)) } else { Ok(amount) }
}

/// Wall-clock time of the start.
pub fn start(node: &Node) -> Read<Time> {
    let (Value::Date(text) | Value::Text(text)) = &node.value else { return Err(wrong_type(node, START)) };
    let normal = text.replacen(' ', "T", 1);
    Time::parse_rfc3339(&normal).ok_or_else(|| {
        let item = bad(node.loc, format!("`{text}` is no instant"), START);
        if Time::parse_rfc3339(&format!("{normal}Z")).is_some() {
            item.hint(format!("with its offset from UTC: {normal}Z"))
        } else {
            item
        }
    })
}

/// What a target or an object reference names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Noun {
    Pod(Target),
    Node(Target),
    Object(ObjectKind, String),
    Applied(ObjectType, String),
    Namespace(String),
}

pub const OBJECT_KINDS: [(&str, ObjectKind); 8] = [
    ("ConfigMap", ObjectKind::ConfigMap),
    ("Secret", ObjectKind::Secret),
    ("PersistentVolumeClaim", ObjectKind::PersistentVolumeClaim),
    ("ServiceAccount", ObjectKind::ServiceAccount),
    ("PriorityClass", ObjectKind::PriorityClass),
    ("RuntimeClass", ObjectKind::RuntimeClass),
    ("PodDisruptionBudget", ObjectKind::PodDisruptionBudget),
    ("HostPath", ObjectKind::HostPath),
];

/// What may stand before the slash of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nouns {
    Pod,
    Node,
    Object,
    /// What has pods: Deployments and the like.
    Workload,
    /// What `kubectl rollout` knows.
    Rolled,
    CronJob,
    /// Whatever is applied as it is written.
    Applied,
    PodOrWorkload,
    PodOrApplied,
    PodNodeOrApplied,
    Anything,
}

impl Nouns {
    pub fn accepts(self) -> &'static str {
        match self {
            Nouns::Pod => "\"pod/NAME\" (a `*` at the end stands for anything), or \"pods\" with matchLabels",
            Nouns::Node => "\"node/NAME\" (a `*` at the end stands for anything)",
            Nouns::Object => "KIND/NAME, such as \"ConfigMap/settings\"",
            Nouns::Workload => "KIND/NAME of a workload, such as \"deployment/web\"",
            Nouns::Rolled => "\"deployment/NAME\"",
            Nouns::CronJob => "\"cronJob/NAME\"",
            Nouns::Applied => "KIND/NAME, such as \"deployment/web\"",
            Nouns::PodOrWorkload => "\"pod/NAME\" or \"deployment/NAME\"",
            Nouns::PodOrApplied => {
                "\"pod/NAME\", \"deployment/NAME\" or the like, or \"pods\" with matchLabels"
            }
            Nouns::PodNodeOrApplied => {
                "\"pod/NAME\", \"node/NAME\", \"deployment/NAME\" or the like, or \"pods\" with matchLabels"
            }
            Nouns::Anything => {
                "KIND/NAME, such as \"pod/web\", \"node/n1\", \"deployment/web\", or \"pods\" with matchLabels"
            }
        }
    }
    /// Pods may stand here.
    pub fn has_pods(self) -> bool {
        matches!(
            self,
            Nouns::Pod
                | Nouns::PodOrWorkload
                | Nouns::PodOrApplied
                | Nouns::PodNodeOrApplied
                | Nouns::Anything
        )
    }
    fn has_nodes(self) -> bool {
        matches!(self, Nouns::Node | Nouns::PodNodeOrApplied | Nouns::Anything)
    }
    fn has_objects(self) -> bool {
        matches!(self, Nouns::Object | Nouns::Anything)
    }
    /// Whether objects of this kind may stand here.
    fn has(self, kind: ObjectType) -> bool {
        match self {
            Nouns::Pod | Nouns::Node | Nouns::Object => false,
            Nouns::Workload | Nouns::PodOrWorkload => kind.law().has_pods,
            Nouns::Rolled => kind.law().has_rollouts,
            Nouns::CronJob => kind == ObjectType::CronJob,
            Nouns::Applied | Nouns::PodOrApplied | Nouns::PodNodeOrApplied | Nouns::Anything => true,
        }
    }
    fn has_namespaces(self) -> bool {
        self == Nouns::Anything
    }
    /// The kinds that may stand here, as they are written.
    fn words(self) -> Vec<&'static str> {
        let pods = self.has_pods().then_some("pod");
        let nodes = self.has_nodes().then_some("node");
        let applied = ObjectType::kept().filter(|kind| self.has(*kind)).map(ObjectType::key);
        let objects = OBJECT_KINDS.into_iter().filter(|_| self.has_objects()).map(|(word, _)| word);
        let namespaces = self.has_namespaces().then_some("namespace");
        pods.into_iter().chain(nodes).chain(applied).chain(objects).chain(namespaces).collect()
    }
}

pub fn target(node: &Node, nouns: Nouns) -> Read<Noun> {
    let accepts = nouns.accepts();
    let text = node.text().ok_or_else(|| wrong_type(node, accepts))?;
    if text == "pods" && nouns.has_pods() {
        return Ok(Noun::Pod(Target { prefix: true, among: Some(Box::default()), ..Target::default() }));
    }
    let Some((kind, name)) = text.split_once('/') else {
        let item = bad(node.loc, format!("`{text}` does not say what it is"), accepts);
        return Err(match nouns.words().first() {
            Some(word) if nouns != Nouns::Object => item.hint(format!("\"{word}/{text}\"?")),
            _ => item,
        });
    };
    if name.is_empty() {
        return Err(bad(node.loc, "the name is missing", accepts));
    }
    let of_target = || {
        let prefix = name.ends_with('*');
        let name = name.strip_suffix('*').unwrap_or(name).to_owned();
        if name.contains('*') {
            return Err(bad(node.loc, "a `*` may only stand at the end", accepts));
        }
        Ok(Target { name, prefix, ..Target::default() })
    };
    match kind {
        "pod" | "pods" | "po" if nouns.has_pods() => return Ok(Noun::Pod(of_target()?)),
        "node" | "nodes" | "no" if nouns.has_nodes() => return Ok(Noun::Node(of_target()?)),
        "namespace" | "namespaces" | "ns" if nouns.has_namespaces() => {
            return Ok(Noun::Namespace(name.to_owned()));
        }
        _ => {}
    }
    let applied = ObjectType::parse(kind);
    if let Some(applied) = applied.filter(|applied| nouns.has(*applied)) {
        return Ok(Noun::Applied(applied, name.to_owned()));
    }
    let object = OBJECT_KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(kind));
    if let Some((_, found)) = object.filter(|_| nouns.has_objects()) {
        return Ok(Noun::Object(*found, name.to_owned()));
    }
    let known = applied.is_some()
        || object.is_some()
        || matches!(
            kind,
            "pod" | "pods" | "po" | "node" | "nodes" | "no" | "namespace" | "namespaces" | "ns"
        );
    let words = nouns.words();
    Err(if nouns == Nouns::Object && !known {
        bad(node.loc, format!("`{kind}` is none of the kinds of objects"), accepts).nearest(kind, words)
    } else {
        let item = bad(node.loc, format!("`{kind}/…` cannot stand here"), accepts);
        match super::diagnostic::nearest(kind, &words) {
            Some(near) if !known => item.hint(format!("did you mean `{near}/{name}`?")),
            _ => item,
        }
    })
}

/// Where chance starts from. TOML's numbers end at 2^63 - 1: what lies beyond is written in quotes.
pub fn seed(node: &Node) -> Read<u64> {
    let accepts = "a whole number from 0 up";
    match &node.value {
        Value::Integer(number) => {
            u64::try_from(*number).map_err(|_| bad(node.loc, format!("{number} is out of range"), accepts))
        }
        Value::Text(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => digits
            .parse()
            .map_err(|_| bad(node.loc, "this seed is too large", "18446744073709551615 at most")),
        _ => Err(wrong_type(node, accepts)),
    }
}

/// A condition's status; a bool will do.
pub fn truth(node: &Node) -> Read<Tri> {
    truth_among(node, "\"True\", \"False\" or \"Unknown\"", &["True", "False", "Unknown"])
}

fn truth_among(node: &Node, accepts: &'static str, words: &[&str]) -> Read<Tri> {
    match &node.value {
        Value::Bool(truth) => Ok(Tri::from(*truth)),
        Value::Text(text) => Tri::parse(text).ok_or_else(|| {
            bad(node.loc, format!("`{text}` is no status of a condition"), accepts)
                .nearest(text, words.iter().copied())
        }),
        _ => Err(wrong_type(node, accepts)),
    }
}

/// What is expected of a condition: its status, perhaps with a reason, or that it is not there.
pub fn condition(node: &Node) -> Read<ExpectedCondition> {
    let accepts = "\"True\", \"False\", \"Unknown\", one of them with \"/Reason\", or \"none\"";
    let (status, reason) = match node.text() {
        Some("none") => return Ok(ExpectedCondition { status: None, reason: None }),
        Some(text) => text.split_once('/').unwrap_or((text, "")),
        None => ("", ""),
    };
    if status.is_empty() {
        let status = truth_among(node, accepts, &["True", "False", "Unknown", "none"])?;
        return Ok(ExpectedCondition { status: Some(status), reason: None });
    }
    let bare = Node { loc: node.loc, value: Value::Text(status.to_owned()) };
    let status = truth_among(&bare, accepts, &["True", "False", "Unknown", "none"])?;
    let reason = (!reason.is_empty()).then(|| Sym::new(reason));
    Ok(ExpectedCondition { status: Some(status), reason })
}

/// One text, or a list of them.
pub fn texts(node: &Node) -> Read<Vec<&Node>> {
    let accepts = "a string, or a list of strings";
    match &node.value {
        Value::Text(_) => Ok(vec![node]),
        Value::Array(items) if items.is_empty() => Err(bad(node.loc, "there is nothing here", accepts)),
        Value::Array(items) => items
            .iter()
            .map(|item| item.text().map(|_| item).ok_or_else(|| wrong_type(item, "a string")))
            .collect(),
        _ => Err(wrong_type(node, accepts)),
    }
}

/// A whole number, or a range of them.
pub fn amount(node: &Node) -> Read<Amount> {
    let accepts = "a whole number from 0 up, or { min = 2, max = 3 }";
    let number = |node: &Node| match &node.value {
        Value::Integer(number @ 0..) => Ok(*number),
        Value::Integer(number) => Err(bad(node.loc, format!("{number} is out of range"), accepts)),
        _ => Err(wrong_type(node, accepts)),
    };
    let Value::Table(table) = &node.value else {
        return number(node).map(|number| Amount { min: number, max: number });
    };
    let mut amount = Amount { min: 0, max: i64::MAX };
    for entry in &table.entries {
        match entry.key.as_str() {
            "min" => amount.min = number(&entry.node)?,
            "max" => amount.max = number(&entry.node)?,
            other => {
                let item = bad(entry.key_loc, format!("`{other}` does not belong here"), accepts);
                return Err(item.nearest(other, ["min", "max"]));
            }
        }
    }
    if table.entries.is_empty() || amount.min > amount.max {
        return Err(bad(node.loc, "no number is in this range", accepts));
    }
    Ok(amount)
}

/// A signal by number or name (`SIGKILL`, `KILL`).
pub fn signal(node: &Node) -> Read<u8> {
    const NAMES: [(&str, u8); 16] = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("TRAP", 5),
        ("ABRT", 6),
        ("BUS", 7),
        ("FPE", 8),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("SYS", 31),
    ];
    let accepts = "a signal such as \"SIGKILL\" or 9";
    match &node.value {
        Value::Integer(number @ 1..=64) => Ok(u8::try_from(*number).unwrap_or(9)),
        Value::Integer(number) => Err(bad(node.loc, format!("there is no signal {number}"), accepts)),
        Value::Text(text) => {
            let upper = text.to_uppercase();
            let short = upper.strip_prefix("SIG").unwrap_or(&upper);
            NAMES.iter().find(|(name, _)| *name == short).map(|(_, number)| *number).ok_or_else(|| {
                bad(node.loc, format!("`{text}` is no signal that we know"), accepts)
                    .nearest(short, NAMES.map(|(name, _)| name))
            })
        }
        _ => Err(wrong_type(node, accepts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, micros) in [
            ("0", 0),
            ("0s", 0),
            ("250ms", 250_000),
            ("1m30s", 90_000_000),
            ("1.5h", 5_400_000_000),
            (".5s", 500_000),
            ("1210.019s", 1_210_019_000),
            ("1500ns", 1),
            ("3µs", 3),
        ] {
            assert_eq!(parse_duration(text), Ok(Span::from_micros(micros)), "{text}");
        }
        for text in ["", "s", "1", "1d", "-1s", "1..2s", ".s", "1 s", "99999999999h", "1e3s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quantities_are_exact() {
        for (text, nanos) in [
            ("1", 1_000_000_000_i128),
            ("500m", 500_000_000),
            ("1n", 1),
            ("128Mi", 128 * 1024 * 1024 * 1_000_000_000),
            ("1.5Gi", 1_610_612_736_000_000_000),
            ("1e3", 1_000_000_000_000),
            ("2k", 2_000_000_000_000),
        ] {
            assert_eq!(parse_quantity(text), Ok(nanos), "{text}");
        }
        for text in ["", "x", "1.2.3", "1KiB"] {
            assert!(parse_quantity(text).is_err(), "{text}");
        }
    }
}
