use super::*;
use crate::notify::testing::instance;
use vrrp::{Notice, NotifiedState};

fn who(name: &str) -> Who {
    Who::of(&instance(name, Notice::Entered(NotifiedState::Master), 1))
}

fn waiting(name: &str) -> Waiting {
    let command = model::Command {
        argv: vec![name.to_owned()],
        ..model::Command::default()
    };
    Waiting {
        program: Program::new(&command, []),
        ordered: None,
        limit: Limit::None,
    }
}

fn ordered(name: &str, whose: &str) -> Waiting {
    Waiting {
        ordered: Some(who(whose)),
        ..waiting(name)
    }
}

fn of_stop(waiting: Waiting) -> Waiting {
    Waiting {
        limit: Limit::Stop,
        ..waiting
    }
}

const START: Time = Time(1_000_000);

/// Starts all that may be started; gives their names. Jobs are numbered from `first`.
fn start(queue: &mut Queue, now: Time, first: u64) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(next) = queue.next(now) {
        let job = JobId::numbered(first + names.len() as u64);
        names.push(next.program.to_string());
        queue.started(now, job, next.ordered);
    }
    names
}

#[test]
fn scripts_run_beside_each_other_up_to_a_number() {
    let mut queue = Queue::default();
    for number in 0..1_000 {
        queue.push(waiting(&number.to_string()));
    }
    assert_eq!(start(&mut queue, START, 0).len(), AT_ONCE);
    assert!(!queue.is_empty());
    // One ends, one follows.
    queue.ended(JobId::numbered(7));
    assert_eq!(start(&mut queue, START, 100), ["64"]);
    // Those that hang make room after a while, and all are started in the end, in order.
    let mut now = START;
    let mut next = 65;
    while let Some(deadline) = queue.deadline() {
        assert!(deadline > now && deadline <= now + SETTLED);
        now = deadline;
        for name in start(&mut queue, now, 1_000 + next) {
            assert_eq!(name, next.to_string());
            next += 1;
        }
    }
    assert_eq!(next, 1_000);
    assert!(queue.is_empty());
    assert!(now <= START + Micros::from_secs(32));
}

#[test]
fn scripts_wait_for_the_kernel_but_not_for_ever() {
    let mut queue = Queue::default();
    queue.kernel_work(START, KernelWork::UnderWay);
    queue.push(waiting("a"));
    assert!(start(&mut queue, START, 0).is_empty());
    queue.kernel_work(START + Micros(10), KernelWork::Done);
    assert_eq!(queue.deadline(), None);
    assert_eq!(start(&mut queue, START + Micros(10), 0), ["a"]);
    queue.kernel_work(START, KernelWork::UnderWay);
    queue.push(waiting("b"));
    let deadline = queue.deadline().unwrap();
    assert_eq!(deadline, START + PATIENCE);
    assert_eq!(start(&mut queue, deadline, 1), ["b"]);
}

#[test]
fn mails_wait_for_the_kernel_alone_and_not_for_ever() {
    let mut queue = Queue::default();
    let alert = |subject: &str| Alert {
        subject: subject.to_owned(),
        body: String::new(),
    };
    queue.kernel_work(START, KernelWork::UnderWay);
    queue.push_mail(alert("a"));
    queue.push_mail(alert("b"));
    assert!(!queue.is_empty());
    assert_eq!(queue.mails(START), []);
    let deadline = queue.deadline().unwrap();
    assert_eq!(deadline, START + PATIENCE);
    assert_eq!(queue.mails(deadline), [alert("a"), alert("b")]);
    assert!(queue.is_empty());
    queue.push_mail(alert("c"));
    queue.kernel_work(deadline, KernelWork::Done);
    for number in 0..AT_ONCE {
        queue.push(waiting(&number.to_string()));
    }
    start(&mut queue, deadline, 0);
    assert_eq!(queue.mails(deadline), [alert("c")]);
    queue.kernel_work(deadline, KernelWork::UnderWay);
    queue.push_mail(alert("d"));
    queue.open();
    assert_eq!(queue.mails(deadline), [alert("d")]);
}

#[test]
fn scripts_of_a_stop_wait_for_neither() {
    let mut queue = Queue::default();
    queue.kernel_work(START, KernelWork::UnderWay);
    queue.push(waiting("usual"));
    for _ in 0..100 {
        queue.push(of_stop(waiting("stop")));
    }
    assert_eq!(start(&mut queue, START, 0), ["stop"; 100]);
    queue.open();
    assert_eq!(start(&mut queue, START, 0), ["usual"]);
}

#[test]
fn ordered_scripts_of_one_wait_for_each_other() {
    let mut queue = Queue::default();
    for name in ["a1", "a2"] {
        queue.push(ordered(name, "A"));
    }
    queue.push(ordered("b1", "B"));
    queue.push(waiting("free"));
    queue.push(of_stop(ordered("a3", "A")));
    assert_eq!(start(&mut queue, START, 0), ["a1", "b1", "free"]);
    queue.ended(JobId::numbered(1));
    assert!(start(&mut queue, START, 10).is_empty());
    queue.ended(JobId::numbered(0));
    assert_eq!(start(&mut queue, START, 20), ["a2"]);
    queue.ended(JobId::numbered(20));
    assert_eq!(start(&mut queue, START, 30), ["a3"]);
    queue.ended(JobId::numbered(30));
    assert!(queue.behind.is_empty());
    // Nothing is remembered of those that are done.
    queue.push(ordered("a4", "A"));
    assert_eq!(start(&mut queue, START, 40), ["a4"]);
}

#[test]
fn a_stop_lets_go_of_all_order() {
    let mut queue = Queue::default();
    for name in ["a1", "a2", "a3"] {
        queue.push(ordered(name, "A"));
    }
    assert_eq!(start(&mut queue, START, 0), ["a1"]);
    queue.open();
    assert_eq!(start(&mut queue, START, 1), ["a2", "a3"]);
    queue.push(ordered("a4", "A"));
    assert_eq!(start(&mut queue, START, 3), ["a4"]);
    for job in 0..4 {
        queue.ended(JobId::numbered(job));
    }
    assert!(queue.is_empty());
}
