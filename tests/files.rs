//! Files for other people's tools: whoever reads them finds what the timeline says, and nothing that anybody says breaks them.

#[path = "support/clients.rs"]
mod clients;
#[path = "files/hostile.rs"]
mod hostile;
#[path = "files/metrics.rs"]
mod metrics;
#[cfg(feature = "parquet")]
#[path = "files/parquet.rs"]
mod parquet;
#[path = "files/perfetto.rs"]
mod perfetto;
#[path = "files/svg.rs"]
mod svg;
#[path = "files/written.rs"]
mod written;
