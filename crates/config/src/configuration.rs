//! From a request to a configuration: the stages one after the other.

use crate::diagnostics::Report;
use crate::read::{Input, main_files, read as read_text};
use crate::request::may_start;
use crate::{Environment, Limits, Purpose, Reading, Request, check, keywords, lower};
use model::Configuration;

/// Reads a configuration, checks it and completes it. Nothing on the machine is changed.
#[must_use]
pub fn read(request: &Request, env: &Environment<'_>) -> Reading {
    let mut report = Report::default();
    let main = main_files(
        request.file.as_deref(),
        &request.default_file,
        env.files,
        &mut report,
    );
    let node = env.node_name.split('.').next().unwrap_or_default();
    let input = Input {
        files: env.files,
        variables: env.variables,
        config_id: request.config_id.as_deref().unwrap_or(node),
        seed: env.seed,
        include_checks: request.include_checks,
        // A test writes none.
        keep_copy: request.purpose != Purpose::Test,
        limits: Limits::default(),
    };
    let mut text = read_text(&input, &main);
    let (copy, sources) = (std::mem::take(&mut text.copy), text.sources.clone());
    let (tree, of_text) = text.tree(keywords::root());
    report.append(of_text);
    let mut configuration = Configuration::default();
    let mut lost = lower::Lost::default();
    // After a file that should have been included and was not, everything else would only be consequences.
    if !report.is_stopped() {
        let mut cx = lower::Context::new(*env, request.purpose, &sources, &mut report);
        let draft = lower::read(&tree, &mut cx);
        configuration = check::complete(draft, request, &mut cx);
        check::look_for_hints(&tree, &configuration, &mut cx);
        lost = cx.lost;
        tree.hide_consequences(&mut report);
    }
    Reading {
        start: may_start(&report, &configuration),
        configuration,
        report,
        sources,
        copy,
        tree,
        lost,
    }
}
