//! What all components share (apimachinery, client-go, pkg/apis/core): recorders of events, back-offs, quantities, names
//! of images, classes of service, slow starts, bytes as text, quotes.

pub mod backoff;
pub(crate) mod base64;
pub(crate) mod event_series;
pub(crate) mod events;
pub mod image_name;
pub mod qos;
pub mod quantity;
pub(crate) mod quote;
pub mod slow_start;
pub(crate) mod throttle;
pub(crate) mod work_queue;
