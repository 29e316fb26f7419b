//! Samples in the making: the labels that an object's samples have in common, and what each has beside
//! (`mergeKeyValues` and `addConditionMetrics`, internal/store/utils.go).

use serde_json::Value;

use crate::api::sample::{Sample, label};
use crate::api::wire::time;
use crate::rules::machinery::quantity::Quantity;

/// What has been said so far.
#[derive(Default)]
pub struct Said {
    pub samples: Vec<Sample>,
    /// The labels of all samples of the object.
    common: String,
}

impl Said {
    /// Samples from here on have these labels first.
    pub fn about(&mut self, labels: &[(&str, &str)]) {
        self.common.clear();
        for (key, value) in labels {
            label(&mut self.common, key, value);
        }
    }

    pub fn labelled(&mut self, family: &'static str, labels: &[(&str, &str)], value: f64) {
        let mut all = String::with_capacity(self.common.len() + 24 * labels.len());
        all.push_str(&self.common);
        for (key, value) in labels {
            label(&mut all, key, value);
        }
        self.samples.push(Sample { family, labels: all, value });
    }

    pub fn value(&mut self, family: &'static str, value: f64) {
        self.labelled(family, &[], value);
    }

    pub fn truth(&mut self, family: &'static str, labels: &[(&str, &str)], value: bool) {
        self.labelled(family, labels, f64::from(u8::from(value)));
    }

    /// A number of the object, where it is there.
    pub fn given(&mut self, family: &'static str, value: &Value) {
        if let Some(number) = value.as_f64() {
            self.value(family, number);
        }
    }

    /// The same; where it is not there it is none.
    pub fn counted(&mut self, family: &'static str, value: &Value) {
        self.value(family, value.as_f64().unwrap_or(0.0));
    }

    /// An instant, where it is there.
    pub fn at(&mut self, family: &'static str, value: &Value) {
        if let Some(at) = time(value) {
            self.value(family, at.secs() as f64);
        }
    }

    /// True, false, unknown: which it is.
    pub fn condition(&mut self, family: &'static str, labels: &[(&str, &str)], key: &str, status: &str) {
        for (word, own) in [("true", "True"), ("false", "False"), ("unknown", "Unknown")] {
            let mut all = labels.to_vec();
            all.push((key, word));
            self.truth(family, &all, status == own);
        }
    }

    /// Who owns the object; empty where nobody does.
    pub fn owners(&mut self, family: &'static str, metadata: &Value, with_controller: bool) {
        let owners = metadata["ownerReferences"].as_array().map_or(&[][..], Vec::as_slice);
        let mut owner = |kind: &str, name: &str, controller: &str| {
            let labels = [("owner_kind", kind), ("owner_name", name), ("owner_is_controller", controller)];
            self.labelled(family, if with_controller { &labels } else { &labels[..2] }, 1.0);
        };
        if owners.is_empty() {
            owner("", "", "");
        }
        for one in owners {
            let controls = one["controller"].as_bool().unwrap_or_default();
            owner(text(&one["kind"]), text(&one["name"]), if controls { "true" } else { "false" });
        }
    }

    /// A resource's amount, in the unit of its kind (`internal/store/pod.go`, `node.go`). What is neither known nor an extended one is not told.
    pub fn resource(&mut self, family: &'static str, labels: &[(&str, &str)], name: &str, amount: &str) {
        let unit = match name {
            "cpu" => "core",
            "memory" | "storage" | "ephemeral-storage" => "byte",
            "pods" => "integer",
            _ if name.starts_with("hugepages-") || name.starts_with("attachable-volumes-") => "byte",
            _ if name.contains('/') => "integer",
            _ => return,
        };
        let Some(amount) = amount_of(amount) else { return };
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut all = labels.to_vec();
        all.extend([("resource", plain.as_str()), ("unit", unit)]);
        self.labelled(family, &all, amount);
    }
}

/// `convertValueToFloat64`: a value in whole units, or what it has in thousandths.
pub fn amount_of(quantity: &str) -> Option<f64> {
    let quantity = Quantity::parse(quantity).ok()?;
    let (whole, milli) = (quantity.value(), quantity.milli_value());
    // Beyond what thousandths can hold.
    if whole > i64::MAX / 1000 { Some(whole as f64) } else { Some(milli as f64 / 1000.0) }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The objects of a list.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The texts of a map, by their keys.
pub fn pairs(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), text(value)))
}
