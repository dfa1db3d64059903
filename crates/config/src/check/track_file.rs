//! Whether a `track_file` can be watched (`spec/config-global.md` section 5).

use crate::FileKind;
use crate::lower::{Context, TrackFileDraft};
use model::TrackFile;
use std::path::Path;

/// File systems that inotify cannot watch, by `f_type`.
const UNWATCHABLE: [(i64, &str); 23] = [
    (0xcafe_4a11, "bpf"),
    (0x0027_e0eb, "cgroup"),
    (0x6367_7270, "cgroup2"),
    (0x6462_6720, "debugfs"),
    (0x1cd1, "devpts"),
    (0xde5e_81e4, "efivarfs"),
    (0x6573_5546, "fuse"),
    (0x1980_0202, "mqueue"),
    (0x6969, "nfs"),
    (0x5049_5045, "pipefs"),
    (0x9fa0, "proc"),
    (0x7275, "romfs"),
    (0xf97c_ff8c, "selinux"),
    (0x517b, "smb"),
    (0xfe53_4d42, "smb2"),
    (0xff53_4d42, "smb"),
    (0x534f_434b, "sockfs"),
    (0x6265_6572, "sysfs"),
    (0x012f_f7b2, "sysv"),
    (0x012f_f7b3, "sysv"),
    (0x012f_f7b4, "sysv"),
    (0x012f_f7b5, "sysv"),
    (0x7472_6163, "tracefs"),
];

/// Why a track file cannot be used.
pub(crate) fn track_file(draft: &TrackFileDraft, cx: &Context<'_>) -> Result<(), String> {
    let Some(file) = &draft.file else {
        return Err("it has no `file`".to_owned());
    };
    let files = cx.env.files;
    let path = Path::new(&file.value);
    let directory = path.parent().unwrap_or_else(|| Path::new("/"));
    files
        .real_path(directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?;
    if let Ok(system) = files.file_system(directory) {
        // `statfs` gives 32 bits that some machines extend by their sign.
        let magic = system.magic & 0xffff_ffff;
        if let Some((_, name)) = UNWATCHABLE.iter().find(|(known, _)| *known == magic) {
            return Err(format!("files of a {name} file system cannot be watched"));
        }
        if system.read_only {
            return Err(format!("{} is on a read-only file system", directory.display()));
        }
    }
    let overwrites = draft.init.is_some_and(|init| init.overwrite);
    if overwrites
        && files
            .status(path)
            .is_ok_and(|status| status.kind != FileKind::Regular)
    {
        return Err(format!("`overwrite`, but {} is no regular file", file.value));
    }
    Ok(())
}

/// The file as the model has it.
pub(super) fn complete(draft: TrackFileDraft) -> Option<TrackFile> {
    Some(TrackFile {
        name: draft.name.value,
        file: draft.file?.value,
        weight: draft.weight,
        sense: draft.sense,
        init: draft.init,
    })
}
