//! ImageLocality: nodes that have the pod's images already, weighed by their size and by how many nodes have them.
//!
//! Source: pkg/scheduler/framework/plugins/imagelocality/image_locality.go, 1.36.2. The surprise: names are compared as
//! they are written, so `nginx` does not find the `docker.io/library/nginx:latest` that kubelets report.

use super::{ClusterImages, NodeInfo, PodRequest};
use crate::api::{PodSpec, Sym};

const MIB: i64 = 1024 * 1024;
const MIN_THRESHOLD: i64 = 23 * MIB;
const MAX_CONTAINER_THRESHOLD: i64 = 1000 * MIB;

/// `normalizedImageName`: a name without a tag gets `:latest`.
pub fn images(spec: &PodSpec) -> Vec<Sym> {
    let containers = spec.init_containers.iter().chain(&spec.containers);
    containers
        .map(|container| {
            let name: &str = &container.image;
            if name.rfind(':') <= name.rfind('/') {
                Sym::new(&format!("{name}:latest"))
            } else {
                container.image
            }
        })
        .collect()
}

pub fn score(pod: &PodRequest, node: &NodeInfo, images: &ClusterImages, nodes: usize) -> i64 {
    if node.images.is_empty() {
        return 0;
    }
    let present = pod.images.iter().filter(|image| node.images.contains(image));
    let sum: i64 = present
        .map(|image| {
            // A share of the nodes, as upstream computes it in floating point.
            let (size, holders) = images.of(*image);
            (size as f64 * (f64::from(holders) / nodes as f64)) as i64
        })
        // As Go's int64, whatever sizes somebody writes.
        .fold(0, i64::wrapping_add);
    let max = MAX_CONTAINER_THRESHOLD * pod.images.len() as i64;
    100 * (sum.clamp(MIN_THRESHOLD, max.max(MIN_THRESHOLD)) - MIN_THRESHOLD) / (max - MIN_THRESHOLD).max(1)
}
