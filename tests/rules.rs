//! The rules are Kubernetes' rules: the answers of the real functions, case by case.
//!
//! Each line of tests/cases/*.jsonl.gz holds an input and what the function of Kubernetes 1.36.2 (W: 1.36.3) answered to it. Ours
//! must answer the same, field by field. `KUBELAPSE_CASES_DIR` points the same tests at another folder with the same
//! file names, compressed or not.

mod rules {
    pub mod harness;
    pub mod not_modelled;
    pub mod runtime;

    mod a_print_pod;
    mod b_phase;
    mod c_conditions;
    mod d_api_status;
    mod e_backoff;
    mod f_duration;
    mod g_fit_error;
    mod g_quantity;
    mod g_schedule;
    mod h_admission;
    mod i_status_manager;
    mod w_cron_job;
    mod w_cron_schedule;
    mod w_daemon_set;
    mod w_deployment;
    mod w_endpoints;
    mod w_hpa;
    mod w_job;
    mod w_kinds;
    mod w_pdb;
    mod w_print_workloads;
    mod w_quota;
    mod w_replica_set;
    mod w_rollout_status;
    mod w_stateful_set;
    mod w_template_hash;
    mod w_validation;
    mod what_people_write;
}
