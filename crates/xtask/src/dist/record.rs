//! What an installation from source has put where, so that the next one, or `cargo xtask uninstall`, can take it away.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::tree::{Keep, Tree};

/// Where the record is, below the prefix.
const PLACE: &str = "share/keepalived/installed";

/// The paths that an installation from source has written: those of the program, not those an administrator may have changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    place: String,
    paths: BTreeSet<String>,
}

impl Record {
    /// Of what is installed below a prefix.
    ///
    /// # Errors
    ///
    /// When there is no record, or it cannot be read.
    pub(crate) fn read(root: &Path, prefix: &Path) -> Result<Self> {
        let place = place(prefix);
        let path = below(root, &place);
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "nothing is known to be installed below {}: reading {}",
                prefix.display(),
                path.display()
            )
        })?;
        Ok(Self {
            place,
            paths: text.lines().map(str::to_owned).collect(),
        })
    }

    /// Of the files of a tree.
    pub(crate) fn of(tree: &Tree, prefix: &Path) -> Self {
        let place = place(prefix);
        let mut paths: BTreeSet<_> = tree
            .files()
            .filter(|file| file.keep == Keep::Replace)
            .map(|file| file.path)
            .collect();
        paths.insert(place.clone());
        Self { place, paths }
    }

    /// Writes it into its place.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        let path = below(root, &self.place);
        let paths: Vec<_> = self.paths.iter().map(String::as_str).collect();
        fs::create_dir_all(path.parent().context("a record without a directory")?)
            .and_then(|()| fs::write(&path, paths.join("\n") + "\n"))
            .with_context(|| format!("writing {}", path.display()))
    }

    /// Removes the files that are not of `newer` too, and the directories that are empty then. Returns what is gone.
    pub(crate) fn remove(&self, root: &Path, newer: Option<&Self>) -> Result<Vec<PathBuf>> {
        let mut gone = Vec::new();
        for name in &self.paths {
            if newer.is_some_and(|newer| newer.paths.contains(name)) {
                continue;
            }
            let path = below(root, name);
            match fs::remove_file(&path) {
                Ok(()) => gone.push(path.clone()),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("removing {}", path.display()));
                }
            }
            let mut directory = path.parent().filter(|parent| *parent != root);
            // The first one with something in it ends this.
            while let Some(empty) = directory.filter(|directory| fs::remove_dir(directory).is_ok()) {
                directory = empty.parent().filter(|parent| *parent != root);
            }
        }
        Ok(gone)
    }
}

fn place(prefix: &Path) -> String {
    prefix.join(PLACE).display().to_string()
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(paths: &[&str]) -> Record {
        Record {
            place: place(Path::new("/apps")),
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        }
    }

    fn put(root: &Path, path: &str) {
        let path = below(root, path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn what_an_installation_wrote_goes_and_what_others_wrote_stays() {
        let root = std::env::temp_dir().join(format!("keepalived-record-{}", std::process::id()));
        let own = place(Path::new("/apps"));
        for path in [
            "/apps/sbin/keepalived",
            "/apps/share/old/page",
            "/apps/etc/options",
            "/other/file",
        ] {
            put(&root, path);
        }
        let old = record(&["/apps/sbin/keepalived", "/apps/share/old/page", &own]);
        old.write(&root).unwrap();
        assert_eq!(Record::read(&root, Path::new("/apps")).unwrap(), old);

        let new = record(&["/apps/sbin/keepalived", &own]);
        assert_eq!(
            old.remove(&root, Some(&new)).unwrap(),
            [root.join("apps/share/old/page")]
        );
        assert!(!root.join("apps/share/old").exists());

        assert_eq!(new.remove(&root, None).unwrap().len(), 2);
        assert!(!root.join("apps/sbin").exists() && !root.join("apps/share").exists());
        assert!(root.join("apps/etc/options").exists() && root.join("other/file").exists());
        let error = Record::read(&root, Path::new("/apps")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("nothing is known to be installed below /apps")
        );
        fs::remove_dir_all(&root).unwrap();
    }
}
