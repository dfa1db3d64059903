//! Scheduling and resources (`spec/config-global.md` section 2.4).

use super::super::effect::{BFD, IPVS};
use super::super::entry::Effect;
use super::super::{Keyword, U32_MAX, lenient, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, GlobalsDraft};
use crate::tree::Statement;
use crate::values::number::{self, Range, Trailing};
use model::{Micros, ProcessSettings, RxBufferPolicy};

type Row = Keyword<GlobalsDraft>;

/// One of the child processes.
trait Process: 'static {
    /// Whether there is such a process.
    const EFFECT: Effect;

    fn of(globals: &mut GlobalsDraft) -> &mut ProcessSettings;
}

struct Vrrp;
struct Checker;
struct Bfd;

impl Process for Vrrp {
    const EFFECT: Effect = Effect::Now;

    fn of(globals: &mut GlobalsDraft) -> &mut ProcessSettings {
        &mut globals.model.vrrp_process
    }
}
impl Process for Checker {
    const EFFECT: Effect = IPVS;

    fn of(globals: &mut GlobalsDraft) -> &mut ProcessSettings {
        &mut globals.model.checker_process
    }
}
impl Process for Bfd {
    const EFFECT: Effect = BFD;

    fn of(globals: &mut GlobalsDraft) -> &mut ProcessSettings {
        &mut globals.model.bfd_process
    }
}

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::line("max_auto_priority", "[N]", |g, line, cx| {
        let value = match line.argument(0) {
            None => Some(99),
            Some(word) => cx
                .integer("max_auto_priority", word, lenient(-1, 99))
                .map(At::number),
        };
        g.model.max_auto_priority = value.or(g.model.max_auto_priority);
    })
    .range("-1 to 99")
    .default("0, off")
    .means("Ceiling of the real-time priority that a late process is given; -1: off without a notice"),
    Row::integer("min_auto_priority_delay", "USECS", lenient(1, 10_000_000), |g, usecs| {
        g.model.min_auto_priority_delay = Some(Micros(usecs.number()));
    })
    .own_check()
    .default("1000000")
    .means("Lateness that raises the priority"),
    nice::<Vrrp>("vrrp_priority"),
    nice::<Checker>("checker_priority"),
    nice::<Bfd>("bfd_priority"),
    no_swap::<Vrrp>("vrrp_no_swap"),
    no_swap::<Checker>("checker_no_swap"),
    no_swap::<Bfd>("bfd_no_swap"),
    rt_priority::<Vrrp>("vrrp_rt_priority"),
    rt_priority::<Checker>("checker_rt_priority"),
    rt_priority::<Bfd>("bfd_rt_priority"),
    cpu_affinity::<Vrrp>("vrrp_cpu_affinity"),
    cpu_affinity::<Checker>("checker_cpu_affinity"),
    cpu_affinity::<Bfd>("bfd_cpu_affinity"),
    rlimit::<Vrrp>("vrrp_rlimit_rttime"),
    rlimit::<Checker>("checker_rlimit_rttime"),
    rlimit::<Bfd>("bfd_rlimit_rttime"),
    rlimit::<Vrrp>("vrrp_rlimit_rtime").old_for("vrrp_rlimit_rttime"),
    rlimit::<Checker>("checker_rlimit_rtime").old_for("checker_rlimit_rttime"),
    rlimit::<Bfd>("bfd_rlimit_rtime").old_for("bfd_rlimit_rttime"),
    buffer("vrrp_netlink_cmd_rcv_bufs", |g, n| {
        g.model.netlink_buffers.vrrp_command.bytes = n.number();
    })
    .means("Receive buffer of the netlink socket for commands of VRRP; 0 keeps the system's"),
    buffer("vrrp_netlink_monitor_rcv_bufs", |g, n| {
        g.model.netlink_buffers.vrrp_monitor.bytes = n.number();
    })
    .means("Receive buffer of the netlink socket that watches for VRRP; 0 keeps the system's"),
    buffer("lvs_netlink_cmd_rcv_bufs", |g, n| {
        g.model.netlink_buffers.lvs_command.bytes = n.number();
    })
    .means("Receive buffer of the netlink socket for commands of checkers; 0 keeps the system's")
    .effect(IPVS),
    buffer("lvs_netlink_monitor_rcv_bufs", |g, n| {
        g.model.netlink_buffers.lvs_monitor.bytes = n.number();
    })
    .means("Receive buffer of the netlink socket that watches for checkers; 0 keeps the system's")
    .effect(IPVS),
    buffer("process_monitor_rcv_bufs", |g, n| {
        g.model.netlink_buffers.process_monitor.bytes = n.number();
    })
    .means("Receive buffer of the socket that watches processes; 0 keeps the system's"),
    Row::switch("vrrp_netlink_cmd_rcv_bufs_force", |g, on| {
        g.model.netlink_buffers.vrrp_command.force = on.value;
    })
    .default("false")
    .means("Set that buffer beyond the system's limit"),
    Row::switch("vrrp_netlink_monitor_rcv_bufs_force", |g, on| {
        g.model.netlink_buffers.vrrp_monitor.force = on.value;
    })
    .default("false")
    .means("Set that buffer beyond the system's limit"),
    Row::switch("lvs_netlink_cmd_rcv_bufs_force", |g, on| {
        g.model.netlink_buffers.lvs_command.force = on.value;
    })
    .default("false")
    .means("Set that buffer beyond the system's limit")
    .effect(IPVS),
    Row::switch("lvs_netlink_monitor_rcv_bufs_force", |g, on| {
        g.model.netlink_buffers.lvs_monitor.force = on.value;
    })
    .default("false")
    .means("Set that buffer beyond the system's limit")
    .effect(IPVS),
    Row::switch("process_monitor_rcv_bufs_force", |g, on| {
        g.model.netlink_buffers.process_monitor.force = on.value;
    })
    .default("false")
    .means("Set that buffer beyond the system's limit"),
    Row::line("vrrp_rx_bufs_policy", "MTU|ADVERT|NUMBER", rx_bufs_policy)
        .range("upper or lower case")
        .default("the system's size")
        .means("Size of the receive buffers of VRRP: by MTU or advert size of the instances on a socket, or bytes"),
    Row::line("vrrp_rx_bufs_multiplier", "N", |g, line, cx| {
        if let Some(word) = cx.only_argument(line, "a number")
            && let Some(n) = cx.integer("vrrp_rx_bufs_multiplier", word, strict(1, U32_MAX))
        {
            g.model.vrrp.rx_buffer_multiplier = n.number();
        }
    })
    .range("1 to 4294967295")
    .default("3")
    .means("Adverts that a receive buffer of vrrp_rx_bufs_policy holds for each instance"),
];

const fn nice<P: Process>(name: &'static str) -> Keyword<GlobalsDraft> {
    Row::integer(name, "NICE", lenient(-20, 19), |g, n| {
        P::of(g).nice = Some(n.number());
    })
    .own_check()
    .or(0)
    .default("0")
    .means("Nice value of the process")
    .effect(P::EFFECT)
}

const fn no_swap<P: Process>(name: &'static str) -> Keyword<GlobalsDraft> {
    Row::flag(name, |g, _| P::of(g).no_swap = true)
        .default("off")
        .means("Lock the memory of the process")
        .effect(P::EFFECT)
}

const fn rt_priority<P: Process>(name: &'static str) -> Keyword<GlobalsDraft> {
    Row::line(name, "PRIO", |g, line, cx| {
        let Some(word) = cx.required(line, 0) else { return };
        let what = line.name().text();
        let any = lenient(i64::MIN, i64::MAX);
        let Some(priority) = cx.integer(what, word, any) else {
            return;
        };
        let used = priority.value.clamp(1, 99);
        if used != priority.value {
            let message = format!(
                "`{what}`: number '{}' outside range [1, 99]; {used} is used",
                word.text()
            );
            cx.push(
                Diagnostic::warning(Code::OUT_OF_RANGE, Class::GeneralError, message).at(word.span(), ""),
            );
        }
        P::of(g).rt_priority = u8::try_from(used).ok();
    })
    .range("1 to 99")
    .default("0, off")
    .means("Real-time priority of the process")
    .effect(P::EFFECT)
}

const fn cpu_affinity<P: Process>(name: &'static str) -> Keyword<GlobalsDraft> {
    Row::line(name, "CPU ...", |g, line, cx| {
        let what = line.name().text();
        if line.argument(0).is_none() {
            return cx.missing(line, "a processor");
        }
        let last = i64::from(cx.env.processors.max(1)) - 1;
        let mut set = Vec::new();
        for word in line.arguments() {
            match cx.integer(what, word, lenient(0, last)) {
                Some(cpu) => set.push(cpu.number()),
                // One bad number spoils the whole set.
                None => return,
            }
        }
        P::of(g).cpu_affinity = set;
    })
    .own_check()
    .range("0 to the last processor that is online")
    .default("all")
    .means("Processors that the process may run on")
    .effect(P::EFFECT)
}

const fn rlimit<P: Process>(name: &'static str) -> Keyword<GlobalsDraft> {
    Row::line(name, "USECS", |g, line, cx| {
        let what = line.name().text();
        if what.ends_with("_rtime") {
            let message = format!(
                "`{what}` is an old name; use `{}`",
                what.replace("_rtime", "_rttime")
            );
            cx.log(Code::DEPRECATED, line.name().span(), message);
        }
        let Some(word) = cx.required(line, 0) else { return };
        // The kernel's limit of 1 µs cannot be kept: the original makes it 2 without a word.
        P::of(g).rlimit_rttime = cx
            .integer(what, word, lenient(1, U32_MAX))
            .map(|usecs| Micros(usecs.number::<u64>().max(2)));
    })
    .range("1 to 4294967295")
    .default("10000")
    .means("Processor time that a real-time process may use without waiting")
    .effect(P::EFFECT)
}

const fn buffer(name: &'static str, set: fn(&mut GlobalsDraft, At<i64>)) -> Keyword<GlobalsDraft> {
    Row::integer(name, "BYTES", strict(0, U32_MAX), set).default("the system's size")
}

fn rx_bufs_policy(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(first) = cx.required(line, 0) else { return };
    let mut policy = None;
    for (position, word) in line.arguments().enumerate() {
        let named = match word.text().to_ascii_uppercase().as_str() {
            "MTU" => Some(RxBufferPolicy::Mtu),
            "ADVERT" => Some(RxBufferPolicy::Advert),
            _ => None,
        };
        match (named, policy) {
            (Some(named), None) => policy = Some(named),
            (Some(named), Some(before)) if named == before => {}
            (Some(_), Some(RxBufferPolicy::Bytes(_))) => {
                cx.correct(
                    Code::CONFLICT,
                    word.span(),
                    "`vrrp_rx_bufs_policy` has a number of bytes already; the number is used",
                );
            }
            (Some(_), Some(_)) => {
                cx.correct(
                    Code::CONFLICT,
                    word.span(),
                    "`vrrp_rx_bufs_policy` takes one policy; MTU is used",
                );
                policy = Some(RxBufferPolicy::Mtu);
            }
            (None, None) if position == 0 => {
                let number = strict(0, U32_MAX);
                let Some(bytes) = cx.integer("vrrp_rx_bufs_policy", first, number) else {
                    return;
                };
                policy = Some(RxBufferPolicy::Bytes(bytes.number()));
            }
            (None, _) => {
                let is_number = number::integer(word.text(), Range::U32, Trailing::Refuse).is_ok();
                let what = if is_number { "number" } else { "word" };
                let message = format!("`vrrp_rx_bufs_policy`: the {what} '{}' is ignored", word.text());
                cx.correct(Code::EXTRA_WORDS, word.span(), message);
            }
        }
    }
    g.model.vrrp.rx_buffer_policy = policy.or(g.model.vrrp.rx_buffer_policy);
}
