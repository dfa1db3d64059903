//! The files that belong to an installation, and where each goes. One table for packages and source installs.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

/// For whom the tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// A Debian package.
    Debian,
    /// An RPM package.
    Rpm,
    /// An installation from source below a prefix.
    Local(PathBuf),
}

/// Where the files come from.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// The repository.
    pub(crate) repository: PathBuf,
    /// The program.
    pub(crate) program: PathBuf,
    /// What `manual install` wrote.
    pub(crate) documents: PathBuf,
}

/// Where systemd looks besides the directories of packages, and no package puts anything.
const SYSTEMD: &str = "/usr/local/lib/systemd";

/// What is at a path.
#[derive(Clone, Debug)]
enum Content {
    /// A copy.
    Copy(PathBuf),
    /// A text.
    Text(String),
    /// A link.
    Link(String),
}

/// What an upgrade does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Replaces it.
    Replace,
    /// Keeps it where the administrator has changed it.
    IfChanged,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// From the root on.
    pub(crate) path: String,
    /// What an upgrade does with it.
    pub(crate) keep: Keep,
    mode: u32,
    content: Content,
    packed: bool,
}

/// All files of an installation.
#[derive(Debug)]
pub(crate) struct Tree {
    files: Vec<File>,
}

/// The directories of a flavour.
struct Places {
    prefix: String,
    etc: String,
    unit: String,
    networkd: String,
    zsh: String,
}

impl Flavour {
    fn places(&self) -> Places {
        match self {
            // Not below /usr: dpkg knows the unit of Debian's package by this path.
            Self::Debian => places("/usr", "/etc", "/lib/systemd/system", "vendor-completions"),
            Self::Rpm => places("/usr", "/etc", "/usr/lib/systemd/system", "site-functions"),
            Self::Local(prefix) => {
                let prefix = prefix.to_string_lossy().trim_end_matches('/').to_owned();
                let etc = if prefix == "/usr" {
                    "/etc".to_owned()
                } else {
                    format!("{prefix}/etc")
                };
                Places {
                    networkd: format!("{SYSTEMD}/networkd.conf.d"),
                    ..places(&prefix, &etc, &format!("{SYSTEMD}/system"), "site-functions")
                }
            }
        }
    }

    /// The file with the options of the service, and the name of its variable.
    fn options(&self, etc: &str) -> (String, &'static str) {
        let of_rpm = match self {
            Self::Debian => false,
            Self::Rpm => true,
            Self::Local(_) => Path::new("/etc/sysconfig").is_dir(),
        };
        if of_rpm {
            (format!("{etc}/sysconfig/keepalived"), "KEEPALIVED_OPTIONS")
        } else {
            (format!("{etc}/default/keepalived"), "DAEMON_ARGS")
        }
    }
}

fn places(prefix: &str, etc: &str, unit: &str, zsh: &str) -> Places {
    Places {
        prefix: prefix.to_owned(),
        etc: etc.to_owned(),
        unit: unit.to_owned(),
        networkd: format!("{prefix}/lib/systemd/networkd.conf.d"),
        zsh: zsh.to_owned(),
    }
}

impl Tree {
    /// The files of a flavour.
    pub(crate) fn new(flavour: &Flavour, sources: &Sources) -> Result<Self> {
        let places = flavour.places();
        let Places {
            prefix,
            etc,
            unit,
            networkd,
            zsh,
        } = &places;
        let from = |name: &str| sources.repository.join(name);
        let (options, variable) = flavour.options(etc);
        let share = format!("{prefix}/share");
        let doc = format!("{share}/doc/keepalived");
        let is_package = !matches!(flavour, Flavour::Local(_));
        let mut files = vec![
            copy(format!("{prefix}/sbin/keepalived"), sources.program.clone()).mode(0o755),
            link(format!("{prefix}/bin/genhash"), "../sbin/keepalived"),
            text(
                format!("{unit}/keepalived.service"),
                service(
                    &from("dist/system/keepalived.service"),
                    prefix,
                    &options,
                    variable,
                )?,
            ),
            copy(
                format!("{prefix}/lib/sysusers.d/keepalived.conf"),
                from("dist/system/sysusers.conf"),
            ),
            copy(
                format!("{networkd}/50-keepalived.conf"),
                from("dist/system/networkd.conf"),
            ),
            copy(
                format!("{etc}/keepalived/keepalived.conf.sample"),
                from("samples/keepalived.conf.sample"),
            )
            .kept(),
            copy(format!("{doc}/copyright"), from("dist/copyright")),
            copy(format!("{doc}/changelog"), from("CHANGELOG.md")).packed(is_package),
            copy(format!("{doc}/README.md"), from("README.md")),
            copy(format!("{doc}/compat.md"), from("docs/compat.md")),
            copy(
                format!("{doc}/grafana/keepalived.json"),
                from("dist/grafana/keepalived.json"),
            ),
            copy(
                format!("{doc}/prometheus/keepalived.rules.yml"),
                from("dist/prometheus/keepalived.rules.yml"),
            ),
            copy(
                format!("{share}/bash-completion/completions/keepalived"),
                sources.documents.join("completions/bash/keepalived"),
            ),
            copy(
                format!("{share}/zsh/{zsh}/_keepalived"),
                sources.documents.join("completions/zsh/_keepalived"),
            ),
            copy(
                format!("{share}/fish/vendor_completions.d/keepalived.fish"),
                sources.documents.join("completions/fish/keepalived.fish"),
            ),
        ];
        for (page, section) in [("keepalived.8", 8), ("keepalived.conf.5", 5), ("genhash.1", 1)] {
            let name = format!("man/man{section}/{page}");
            files.push(copy(format!("{share}/{name}"), sources.documents.join(&name)).packed(is_package));
        }
        for name in names(&from("samples"))? {
            files.push(copy(format!("{doc}/samples/{name}"), from("samples").join(&name)));
        }
        files.extend(match flavour {
            // The maintainer's script puts it into place, see there.
            Flavour::Debian => vec![
                copy(format!("{share}/keepalived/default"), from("dist/debian/default")),
                copy(
                    format!("{etc}/init.d/keepalived"),
                    from("dist/debian/keepalived.init"),
                )
                .mode(0o755)
                .kept(),
            ],
            Flavour::Rpm => vec![copy(options, from("dist/rpm/sysconfig")).kept()],
            Flavour::Local(_) => {
                let template = if variable == "DAEMON_ARGS" {
                    "debian/default"
                } else {
                    "rpm/sysconfig"
                };
                vec![copy(options, from("dist").join(template)).kept()]
            }
        });
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { files })
    }

    /// The files, sorted by path. Those that are packed have their final names.
    pub(crate) fn files(&self) -> impl Iterator<Item = File> + '_ {
        self.files.iter().map(|file| File {
            path: file.final_path(),
            ..file.clone()
        })
    }

    /// Writes all files below `root`, over what is there.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        for file in &self.files {
            file.write(root)
                .with_context(|| format!("putting {} below {}", file.path, root.display()))?;
        }
        Ok(())
    }

    /// Writes all files below `root`, but for those of the administrator that are there already.
    ///
    /// Returns where such files are, with the new ones as `.new` beside them where they differ.
    pub(crate) fn update(&self, root: &Path) -> Result<Vec<PathBuf>> {
        let mut left = Vec::new();
        for file in &self.files {
            let place = file.place(root);
            let is_theirs = file.keep == Keep::IfChanged && place.exists();
            let mut file = file.clone();
            if is_theirs {
                file.path.push_str(".new");
            }
            file.write(root)
                .with_context(|| format!("putting {} below {}", file.path, root.display()))?;
            if is_theirs {
                let new = file.place(root);
                if same(&place, &new)? {
                    fs::remove_file(&new).with_context(|| format!("removing {}", new.display()))?;
                }
                left.push(place);
            }
        }
        Ok(left)
    }
}

fn same(one: &Path, other: &Path) -> Result<bool> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    Ok(read(one)? == read(other)?)
}

impl File {
    fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    fn kept(mut self) -> Self {
        self.keep = Keep::IfChanged;
        self
    }

    fn packed(mut self, packed: bool) -> Self {
        self.packed = packed;
        self
    }

    fn final_path(&self) -> String {
        if self.packed {
            format!("{}.gz", self.path)
        } else {
            self.path.clone()
        }
    }

    /// Where it goes below `root`, before it is packed.
    fn place(&self, root: &Path) -> PathBuf {
        root.join(self.path.trim_start_matches('/'))
    }

    fn write(&self, root: &Path) -> Result<()> {
        let path = self.place(root);
        let parent = path.parent().context("a file without a directory")?;
        make_directories(root, parent)?;
        // A running program cannot be written to, but another one can take its place.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).context("removing the old one");
            }
            _ => {}
        }
        match &self.content {
            Content::Link(target) => return symlink(target, &path).context("linking"),
            Content::Text(text) => fs::write(&path, text).context("writing")?,
            Content::Copy(source) => {
                fs::copy(source, &path).with_context(|| format!("copying {}", source.display()))?;
            }
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(self.mode)).context("setting its mode")?;
        if self.packed {
            super::run(
                Command::new("gzip")
                    .args(["-9", "--no-name", "--force"])
                    .arg(&path),
            )?;
        }
        Ok(())
    }
}

/// Makes the directories between, with the mode that directories of packages have, whatever the umask.
fn make_directories(root: &Path, directory: &Path) -> Result<()> {
    let mut missing = Vec::new();
    let mut next = Some(directory);
    while let Some(path) = next.filter(|path| !path.is_dir()) {
        missing.push(path);
        next = path.parent().filter(|_| path != root);
    }
    for path in missing.into_iter().rev() {
        fs::create_dir(path).with_context(|| format!("making {}", path.display()))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("setting the mode of {}", path.display()))?;
    }
    Ok(())
}

fn copy(path: String, source: PathBuf) -> File {
    file(path, Content::Copy(source))
}

fn text(path: String, text: String) -> File {
    file(path, Content::Text(text))
}

fn link(path: String, target: &str) -> File {
    file(path, Content::Link(target.to_owned()))
}

fn file(path: String, content: Content) -> File {
    File {
        path,
        keep: Keep::Replace,
        mode: 0o644,
        content,
        packed: false,
    }
}

/// The unit, for this place of the program and of its options. The template is that of the Debian package.
fn service(template: &Path, prefix: &str, options: &str, variable: &str) -> Result<String> {
    let unit = fs::read_to_string(template).with_context(|| format!("reading {}", template.display()))?;
    Ok(unit
        .replace("/usr/sbin/keepalived", &format!("{prefix}/sbin/keepalived"))
        .replace("/etc/default/keepalived", options)
        .replace("$DAEMON_ARGS", &format!("${variable}")))
}

fn names(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let entry = entry.with_context(|| format!("reading {}", directory.display()))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// What is left to do after an installation from source.
pub(crate) fn advice(flavour: &Flavour) -> String {
    let Places { prefix, etc, .. } = flavour.places();
    format!(
        "Next:\n  \
         mkdir -p /etc/keepalived\n  \
         cp {etc}/keepalived/keepalived.conf.sample /etc/keepalived/keepalived.conf    # and adapt the interface\n  \
         systemd-sysusers {prefix}/lib/sysusers.d/keepalived.conf                      # the user of scripts\n  \
         systemctl daemon-reload\n  \
         systemctl enable --now keepalived"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(flavour: &Flavour) -> String {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let places = flavour.places();
        let (options, variable) = flavour.options(&places.etc);
        service(
            &repository.join("dist/system/keepalived.service"),
            &places.prefix,
            &options,
            variable,
        )
        .unwrap()
    }

    #[test]
    fn the_unit_is_that_of_its_flavour() {
        let debian = unit(&Flavour::Debian);
        assert!(debian.contains("\nEnvironmentFile=-/etc/default/keepalived\n"));
        assert!(debian.contains("\nExecStart=/usr/sbin/keepalived --dont-fork $DAEMON_ARGS\n"));
        let rpm = unit(&Flavour::Rpm);
        assert!(rpm.contains("\nEnvironmentFile=-/etc/sysconfig/keepalived\n"));
        assert!(rpm.contains("\nExecStart=/usr/sbin/keepalived --dont-fork $KEEPALIVED_OPTIONS\n"));
        let local = unit(&Flavour::Local("/apps/keepalived/".into()));
        assert!(local.contains("\nExecStart=/apps/keepalived/sbin/keepalived --dont-fork $"));
        assert!(local.contains("\nExecReload=/apps/keepalived/sbin/keepalived reload\n"));
        assert!(local.contains("\nConditionFileNotEmpty=/etc/keepalived/keepalived.conf\n"));
    }
}
