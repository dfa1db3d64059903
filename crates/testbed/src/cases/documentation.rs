//! The examples of the documentation: `-t` accepts each, with status 0, on a host that has what they name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use nix::mount::{MsFlags, mount};
use testbed::netns::{Node, Segment};

use super::World;

/// Fences of configurations.
const CONFIGURATION: &str = "```keepalived";
/// Before a fence: where the text belongs.
const FILE: &str = "<!-- file: ";
/// Where the scripts of examples are.
const SCRIPTS: &str = "/usr/local/sbin";

/// One fenced text.
#[derive(Debug)]
struct Example {
    page: String,
    line: usize,
    text: String,
    /// For a script, its path.
    file: Option<String>,
}

/// Runs all of them.
pub(super) fn examples(world: &World) -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut examples = Vec::new();
    for page in pages(&repository.join("docs"))? {
        let text = fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
        examples.extend(examples_of(
            &page.file_name().unwrap_or_default().to_string_lossy(),
            &text,
        ));
    }
    let manifest = repository.join("dist/kubernetes/keepalived.yaml");
    let text = fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
    examples.push(of_manifest(&text)?);

    let (scripts, configurations): (Vec<_>, Vec<_>) =
        examples.into_iter().partition(|example| example.file.is_some());
    ensure!(
        configurations.len() > 10,
        "only {} examples were found",
        configurations.len()
    );
    let host = Host::new(&scripts)?;
    let node = &host.node;
    for Example { page, line, text, .. } in &configurations {
        let path = node.write("example.conf", text)?;
        let mut command = world.ours.command();
        command.arg("-t").arg("-f").arg(path);
        let output = node.output(command)?;
        ensure!(
            output.status.success(),
            "{page}, line {line}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// A node with the interfaces and the scripts that the examples name, and the other ends of its cables.
struct Host {
    node: Node,
    _outside: Segment,
    _inside: Node,
}

impl Host {
    fn new(scripts: &[Example]) -> Result<Self> {
        let segment = Segment::new("segment")?;
        let node = Node::new("host")?;
        segment.plug(&node, "eth0", &["192.0.2.11/24", "2001:db8::11/64"])?;
        let inside = Node::new("inside")?;
        testbed::netns::connect(
            testbed::netns::End {
                node: &node,
                ifname: "eth1",
                addresses: &["10.0.0.2/24"],
            },
            testbed::netns::End {
                node: &inside,
                ifname: "eth0",
                addresses: &[],
            },
        )?;
        node.run(|| {
            mount(
                Some("scripts"),
                SCRIPTS,
                Some("tmpfs"),
                MsFlags::empty(),
                Some("mode=0755"),
            )
        })
        .with_context(|| format!("mounting a private {SCRIPTS}"))?;
        for Example {
            page,
            line,
            text,
            file,
        } in scripts
        {
            let file = file.as_deref().unwrap_or_default();
            ensure!(
                Path::new(file).parent() == Some(Path::new(SCRIPTS)),
                "{page}, line {line}: scripts of examples are in {SCRIPTS}, not {file}"
            );
            let script = node.write("script", text)?;
            let mut install = std::process::Command::new("install");
            install.args(["--mode=0755"]).arg(script).arg(file);
            node.stdout(install)?;
        }
        Ok(Self {
            node,
            _outside: segment,
            _inside: inside,
        })
    }
}

fn pages(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry
            .with_context(|| format!("reading {}", directory.display()))?
            .path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}

fn examples_of(page: &str, text: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut file = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(path) = line.strip_prefix(FILE) {
            file = path.split_whitespace().next().map(String::from);
        } else if line.starts_with("```") {
            let inside: Vec<_> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .collect();
            if line == CONFIGURATION || file.is_some() {
                examples.push(Example {
                    page: page.to_owned(),
                    line: number + 1,
                    text: inside.join("\n") + "\n",
                    file: file.take(),
                });
            }
        }
    }
    examples
}

/// The configuration of the `ConfigMap`: what is indented below its name.
fn of_manifest(text: &str) -> Result<Example> {
    let (_, block) = text
        .split_once("keepalived.conf: |\n")
        .context("a manifest without a configuration")?;
    let inside: Vec<_> = block
        .lines()
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    Ok(Example {
        page: "the manifest for Kubernetes".to_owned(),
        line: text
            .lines()
            .take_while(|line| !line.contains("keepalived.conf: |"))
            .count()
            + 2,
        text: inside.join("\n") + "\n",
        file: None,
    })
}
