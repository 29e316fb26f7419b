//! Label selectors and node selector terms, compiled to symbols.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/labels/selector.go (`Requirement.Matches`),
//! pkg/apis/meta/v1/helpers.go (`LabelSelectorAsSelector`),
//! staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go, 1.36.2.

use std::collections::BTreeMap;

use crate::api::Sym;
use crate::api::spec::{LabelSelector, NodeSelectorTerm, Requirement as ApiRequirement};

/// Labels, compiled.
pub type Labels = Vec<(Sym, Sym)>;

pub fn labels(map: &BTreeMap<String, String>) -> Labels {
    map.iter().map(|(key, value)| (Sym::new(key), Sym::new(value))).collect()
}

pub fn label(labels: &[(Sym, Sym)], key: Sym) -> Option<Sym> {
    labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Gt,
    Lt,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    key: Sym,
    operator: Operator,
    values: Vec<Sym>,
}

impl Requirement {
    /// None: no such operator, or an operand that the operator can't work with.
    fn compile(requirement: &ApiRequirement) -> Option<Requirement> {
        let operator = match &*requirement.operator {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            "Gt" => Operator::Gt,
            "Lt" => Operator::Lt,
            _ => return None,
        };
        let fits = match operator {
            Operator::In | Operator::NotIn => !requirement.values.is_empty(),
            Operator::Exists | Operator::DoesNotExist => requirement.values.is_empty(),
            Operator::Gt | Operator::Lt => {
                requirement.values.len() == 1 && requirement.values[0].parse::<i64>().is_ok()
            }
        };
        fits.then(|| Requirement {
            key: Sym::new(&requirement.key),
            operator,
            values: requirement.values.iter().map(|value| Sym::new(value)).collect(),
        })
    }

    /// A label that is not there satisfies NotIn and DoesNotExist; Gt and Lt compare whole numbers.
    fn matches(&self, value: Option<Sym>) -> bool {
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(&value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(&value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt | Operator::Lt => {
                let number = |text: Sym| text.parse::<i64>().ok();
                match (value.and_then(number), number(self.values[0])) {
                    (Some(left), Some(right)) if self.operator == Operator::Gt => left > right,
                    (Some(left), Some(right)) => left < right,
                    _ => false,
                }
            }
        }
    }
}

/// A label selector. None of the API selects nothing, an empty one everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selector {
    nothing: bool,
    requirements: Vec<Requirement>,
}

impl Selector {
    pub const NOTHING: Selector = Selector { nothing: true, requirements: Vec::new() };

    /// An invalid selector selects nothing: the API server lets none in.
    pub fn compile(selector: Option<&LabelSelector>) -> Selector {
        let Some(selector) = selector else { return Selector::NOTHING };
        let mut compiled = Selector { nothing: false, requirements: Vec::new() };
        for (key, value) in &selector.match_labels {
            compiled.require(Sym::new(key), Sym::new(value));
        }
        for requirement in &selector.match_expressions {
            match Requirement::compile(requirement) {
                Some(requirement) => compiled.requirements.push(requirement),
                None => return Selector::NOTHING,
            }
        }
        compiled
    }
    /// Also asks for `key=value`.
    pub fn require(&mut self, key: Sym, value: Sym) {
        self.requirements.push(Requirement { key, operator: Operator::In, values: vec![value] });
    }
    /// Also asks that it is not `key=value`.
    pub fn exclude(&mut self, key: Sym, value: Sym) {
        self.requirements.push(Requirement { key, operator: Operator::NotIn, values: vec![value] });
    }
    pub fn matches(&self, labels: &[(Sym, Sym)]) -> bool {
        !self.nothing && self.requirements.iter().all(|r| r.matches(label(labels, r.key)))
    }
    /// Selects everything because it asks for nothing.
    pub fn is_empty(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }
}

/// A node selector term: labels and the node's name; an empty term matches nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeTerm {
    expressions: Vec<Requirement>,
    fields: Vec<Requirement>,
    /// Empty, or something in it cannot be understood: it matches no node.
    dead: bool,
}

impl NodeTerm {
    pub fn compile(term: &NodeSelectorTerm) -> NodeTerm {
        let all = |list: &[ApiRequirement]| list.iter().map(Requirement::compile).collect::<Option<Vec<_>>>();
        let expressions = all(&term.match_expressions);
        let fields = all(&term.match_fields).filter(|fields| {
            fields.iter().all(|f| {
                f.key == "metadata.name"
                    && matches!(f.operator, Operator::In | Operator::NotIn)
                    && f.values.len() == 1
            })
        });
        match (expressions, fields) {
            (Some(expressions), Some(fields)) => {
                let dead = expressions.is_empty() && fields.is_empty();
                NodeTerm { expressions, fields, dead }
            }
            _ => NodeTerm { dead: true, ..NodeTerm::default() },
        }
    }
    pub fn matches(&self, name: Sym, labels: &[(Sym, Sym)]) -> bool {
        !self.dead
            && self.expressions.iter().all(|r| r.matches(label(labels, r.key)))
            && self.fields.iter().all(|r| r.matches(Some(name)))
    }
}
