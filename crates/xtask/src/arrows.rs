//! Which crate may depend on which: a new edge is a decision, not an accident.

use serde_json::Value;

use crate::workspace::Workspace;

/// The crates and what each may use. `docs/architecture.md` explains the cut.
const ARROWS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("model", &[]),
    ("config", &["model"]),
    ("vrrp", &["wire", "model"]),
    ("bfd", &["wire", "model"]),
    ("check", &["model"]),
    ("kernel", &["model", "wire"]),
    (
        "keepalived",
        &["wire", "model", "config", "vrrp", "bfd", "check", "kernel"],
    ),
    (
        "testbed",
        &["wire", "model", "config", "vrrp", "bfd", "check", "kernel"],
    ),
    (
        "fuzz",
        &["wire", "model", "config", "vrrp", "bfd", "check", "kernel"],
    ),
    ("manual", &["config", "keepalived"]),
    ("xtask", &[]),
];

/// Crates that tests of every other may use.
const FOR_TESTS: &[&str] = &["testbed"];

/// One line for each edge that the table does not have; empty when all is well.
pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    let members = workspace.members();
    let packages = workspace.metadata()["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut complaints = Vec::new();
    for package in packages {
        let Some(name) = package["name"].as_str().filter(|name| members.contains(name)) else {
            continue;
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            complaints.push(format!(
                "crate {name} is not in the table of crates/xtask/src/arrows.rs"
            ));
            continue;
        };
        let dependencies = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
        complaints.extend(
            dependencies
                .iter()
                .filter_map(|edge| complaint(name, allowed, edge, &members)),
        );
    }
    complaints
}

fn complaint(from: &str, allowed: &[&str], edge: &Value, members: &[&str]) -> Option<String> {
    let to = edge["name"].as_str()?;
    let for_tests = edge["kind"] == "dev" && FOR_TESTS.contains(&to);
    if !members.contains(&to) || allowed.contains(&to) || for_tests {
        return None;
    }
    Some(format!("{from} may not depend on {to}: arrows go down only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_cycle() {
        // A crate may only use crates whose own lists do not lead back to it.
        fn reaches(from: &str, target: &str) -> bool {
            let uses = ARROWS
                .iter()
                .find(|(name, _)| *name == from)
                .map_or(&[][..], |(_, uses)| uses);
            uses.iter().any(|next| *next == target || reaches(next, target))
        }
        for (name, _) in ARROWS {
            assert!(!reaches(name, name), "{name} reaches itself");
        }
    }

    #[test]
    fn an_edge_upwards_is_named() {
        let edge = |name: &str, kind: Value| serde_json::json!({ "name": name, "kind": kind });
        let members = ["wire", "vrrp", "testbed"];
        let upwards = complaint("wire", &[], &edge("vrrp", Value::Null), &members);
        assert_eq!(
            upwards.as_deref(),
            Some("wire may not depend on vrrp: arrows go down only")
        );
        assert_eq!(
            complaint("vrrp", &["wire"], &edge("wire", Value::Null), &members),
            None
        );
        assert_eq!(
            complaint("wire", &[], &edge("testbed", "dev".into()), &members),
            None
        );
        assert!(complaint("wire", &[], &edge("testbed", Value::Null), &members).is_some());
        assert_eq!(
            complaint("wire", &[], &edge("serde", Value::Null), &members),
            None
        );
    }
}
