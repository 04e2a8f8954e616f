//! The rules, one file each.

use super::Finding;
use super::workspace::Workspace;

mod allowed_lints;
mod bounded_channels;
mod contract_lines;
mod crate_docs;
mod dependency_table;
mod live_group_table;
mod machine_paths;
mod machine_trees;
mod manifests;
mod pure_machines;
pub(super) mod ratchet;
mod testing_guide;
mod text;
mod unfinished;
mod unwraps;

/// One rule: reads the tree, returns its breaches.
pub(super) type Rule = fn(&Workspace) -> Vec<Finding>;

/// Every rule that `tidy` runs.
pub(super) const ALL: &[Rule] = &[
    allowed_lints::check,
    bounded_channels::check,
    contract_lines::check,
    crate_docs::check,
    dependency_table::check,
    live_group_table::check,
    machine_paths::check,
    machine_trees::check,
    manifests::check,
    pure_machines::check,
    ratchet::check,
    testing_guide::check,
    text::check,
    unfinished::check,
    unwraps::check,
];
