//! Identity, processes, files (`spec/config-global.md` section 2.1).

use super::super::{Keyword, U32_MAX, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, GlobalsDraft};
use crate::tree::{Statement, Word};
use crate::values::number::{Range, based};

type Row = Keyword<GlobalsDraft>;

/// `TASK_COMM_LEN` of the kernel less the closing NUL.
const PROCESS_NAME_LEN: usize = 15;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::word("router_id", "STRING", |g, id| g.router_id = Some(id.value))
        .own_check()
        .default("the local host name")
        .means("Name of this node in mails and SNMP"),
    Row::flag("process_names", |g, _| {
        g.model.vrrp_process.name = Some("keepalived_vrrp".into());
        g.model.checker_process.name = Some("keepalived_lvs".into());
        g.model.bfd_process.name = Some("keepalived_bfd".into());
    })
    .means("Name the child processes keepalived_vrrp, keepalived_lvs and keepalived_bfd"),
    Row::line("process_name", "NAME", |g, line, cx| {
        if let Some(name) = process_name(line, cx) {
            g.model.identity.process_name = Some(name);
        }
    })
    .range("15 bytes at most")
    .default("the program's name")
    .means("Process name of the parent"),
    Row::line("vrrp_process_name", "NAME", |g, line, cx| {
        if let Some(name) = process_name(line, cx) {
            g.model.vrrp_process.name = Some(name);
        }
    })
    .range("15 bytes at most")
    .means("Process name of the VRRP child"),
    Row::line("checker_process_name", "NAME", |g, line, cx| {
        if let Some(name) = process_name(line, cx) {
            g.model.checker_process.name = Some(name);
        }
    })
    .range("15 bytes at most")
    .means("Process name of the checker child"),
    Row::line("lvs_process_name", "NAME", |g, line, cx| {
        cx.log(
            Code::DEPRECATED,
            line.name().span(),
            "`lvs_process_name` is an old name; use `checker_process_name`",
        );
        if let Some(name) = process_name(line, cx) {
            g.model.checker_process.name = Some(name);
        }
    })
    .range("15 bytes at most")
    .old_for("checker_process_name")
    .means("Process name of the checker child"),
    Row::line("bfd_process_name", "NAME", |g, line, cx| {
        if let Some(name) = process_name(line, cx) {
            g.model.bfd_process.name = Some(name);
        }
    })
    .range("15 bytes at most")
    .means("Process name of the BFD child"),
    Row::switch("use_symlink_paths", |g, on| g.model.use_symlink_paths = on.value)
        .default("false")
        .means("Run scripts by the path as written instead of the one that links lead to"),
    Row::switch("set_supplementary_groups", |g, on| {
        g.model.set_supplementary_groups = on.value;
    })
    .default("false")
    .means("Give each script the supplementary groups of its user"),
    Row::line("umask", "NUMBER|BITS", umask)
        .range("0 to 0777, or names as IRUSR, IWGRP, IRWXO joined by |")
        .default("0177")
        .means("Permissions that created files do not get"),
    Row::integer("random_seed", "N", strict(0, U32_MAX), |_, _| {})
        .default("the clock")
        .means("Seed of ${_RANDOM}; without effect, as in the original"),
    // What it says is acted on while files are read, long before keywords are; here it is only checked.
    Row::line("include_check", "[[+|-]WORD ...]", |_, line, cx| {
        include_check(line, cx);
    })
    .range("read, match, wildcard_match, brace_match")
    .default("none")
    .means("What include lines have to fulfil from this line on; without a word everything"),
    Row::line("config_save_dir", "DIR", |g, line, cx| {
        if let Some(directory) = cx.required(line, 0) {
            g.model.files.config_save_dir = Some(directory.text().to_owned());
        }
    })
    .means("Keep a copy of each configuration that was read there"),
    Row::line("tmp_config_directory", "DIR", |g, line, cx| {
        let Some(directory) = line.argument(0) else {
            return cx.missing(line, "a directory");
        };
        cx.once(
            &mut g.model.files.tmp_config_directory,
            line,
            directory.text().to_owned(),
        );
    })
    .own_check()
    .first_wins()
    .default("memory")
    .means("Directory for the copy that child processes read; not used, they get theirs in memory"),
    Row::line("reload_check_config", "[FILE]", |g, line, _| {
        let file = line.argument(0).map_or("/dev/null", |word| word.text());
        g.model.files.reload_check_config = Some(file.to_owned());
    })
    .default("off")
    .means("Refuse a configuration with any report, at the start too; FILE gets the reports of a reload"),
    Row::line("reload_time_file", "PATH", |g, line, cx| {
        if let Some(path) = cx.only_word(line, "a path") {
            g.model.files.reload_time_file = Some(path);
        }
    })
    .means("File with the time of a scheduled reload"),
    Row::flag("reload_repeat", |g, _| g.model.files.reload_repeat = true)
        .default("off")
        .means("Keep the file of reload_time_file and reload daily"),
    Row::line("reload_file", "[PATH]", |g, line, _| {
        let path = line.argument(0).map_or("", |word| word.text());
        g.model.files.reload_file = Some(path.to_owned());
    })
    .means("File that exists while a reload reads the configuration"),
    Row::switch("data_use_instance", |g, on| {
        g.model.files.dump.use_instance = on.value;
    })
    .default("false")
    .means("Put namespace and instance name into the names of dump files"),
    Row::line("state_dump_file", "PATH", |g, line, cx| {
        if let Some(path) = cx.only_word(line, "a path") {
            g.model.files.dump.state = Some(path);
        }
    })
    .default("/tmp/keepalived.data")
    .means("File that SIGUSR1 writes"),
    Row::line("stats_dump_file", "PATH", |g, line, cx| {
        if let Some(path) = cx.only_word(line, "a path") {
            g.model.files.dump.stats = Some(path);
        }
    })
    .means("File that SIGUSR2 writes"),
    Row::line("json_dump_file", "PATH", |g, line, cx| {
        if let Some(path) = cx.only_word(line, "a path") {
            g.model.files.dump.json = Some(path);
        }
    })
    .means("File that the JSON signal writes"),
    Row::integer("json_version", "1|2", strict(1, 2), |g, version| {
        g.model.files.dump.json_version = version.number();
    })
    .own_check()
    .default("1")
    .means("Layout of the JSON dump; 2 puts VRRP data in a named array and adds processes"),
    Row::line("iproute_usr_dir", "DIR", |g, line, cx| {
        if let Some(directory) = cx.only_word(line, "a directory") {
            cx.iproute2.move_to(Some(&directory), None);
            g.model.files.iproute_usr_dir = Some(directory);
        }
    })
    .default("/usr/share/iproute2")
    .means("Where names of routing tables, protocols and so on are read"),
    Row::line("iproute_etc_dir", "DIR", |g, line, cx| {
        if let Some(directory) = cx.only_word(line, "a directory") {
            cx.iproute2.move_to(None, Some(&directory));
            g.model.files.iproute_etc_dir = Some(directory);
        }
    })
    .default("/etc/iproute2")
    .means("Names here come before those of iproute_usr_dir"),
];

/// A process name, cut to what the kernel keeps.
fn process_name(line: Statement<'_>, cx: &mut Context<'_>) -> Option<String> {
    let word = cx.required(line, 0)?;
    let mut name = word.text();
    if name.len() > PROCESS_NAME_LEN {
        let end = (0..=PROCESS_NAME_LEN)
            .rev()
            .find(|end| name.is_char_boundary(*end))
            .unwrap_or(0);
        name = &name[..end];
        let message = format!(
            "process name '{}' is longer than 15 bytes; '{name}' is used",
            word.text()
        );
        cx.correct(Code::INVALID_VALUE, word.span(), message);
    }
    Some(name.to_owned())
}

/// Permission bits by name.
const BITS: [(&str, u32); 12] = [
    ("IRUSR", 0o400),
    ("IWUSR", 0o200),
    ("IXUSR", 0o100),
    ("IRWXU", 0o700),
    ("IRGRP", 0o040),
    ("IWGRP", 0o020),
    ("IXGRP", 0o010),
    ("IRWXG", 0o070),
    ("IROTH", 0o004),
    ("IWOTH", 0o002),
    ("IXOTH", 0o001),
    ("IRWXO", 0o007),
];

fn umask(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    if word
        .text()
        .starts_with(|first: char| first.is_ascii_digit() || first == '-')
    {
        umask_number(g, line, word, cx);
        return;
    }
    // Blanks around the bars are no part of the names.
    let text: Vec<&str> = line.arguments().map(crate::tree::Word::text).collect();
    let mut mask = 0;
    for name in text.join(" ").split('|').map(str::trim) {
        if let Some((_, bit)) = BITS.iter().find(|(known, _)| *known == name) {
            mask |= bit;
        } else {
            let message = format!("`umask`: '{name}' is no permission bit; the line is ignored");
            return cx.error(Code::INVALID_VALUE, line.span(), message);
        }
    }
    g.model.files.umask = Some(mask);
}

const INCLUDE_CHECKS: [&str; 4] = ["read", "match", "wildcard_match", "brace_match"];

fn include_check(line: Statement<'_>, cx: &mut Context<'_>) {
    for (position, word) in line.arguments().enumerate() {
        let signed = word.text().strip_prefix(['+', '-']);
        let name = signed.unwrap_or(word.text());
        if !INCLUDE_CHECKS.contains(&name) {
            cx.unknown_option("include_check", word, &INCLUDE_CHECKS);
        } else if signed.is_none() && position > 0 {
            let message =
                format!("`include_check`: '{name}' behind the first word needs `+` or `-`; it is skipped");
            cx.error(Code::INVALID_VALUE, word.span(), message);
        }
    }
}

fn umask_number(g: &mut GlobalsDraft, line: Statement<'_>, word: Word<'_>, cx: &mut Context<'_>) {
    if let Some(extra) = line.argument(1) {
        let message = format!(
            "`umask` takes one number, not also '{}'; the line is ignored",
            extra.text()
        );
        return cx.error(Code::EXTRA_WORDS, extra.span(), message);
    }
    if let Ok(mask) = based(word.text(), Range::new(0, 0o777)) {
        g.model.files.umask = u32::try_from(mask).ok();
    } else {
        let message = format!("`umask`: '{}' is no number from 0 to 0777", word.text());
        cx.push(
            Diagnostic::error(Code::OUT_OF_RANGE, Class::InvalidNumber, message)
                .at(word.span(), "a leading 0 makes it octal"),
        );
    }
}
