//! Waiting for descriptors and for a deadline.
//!
//! The thread that sends adverts waits here. `epoll_pwait2` takes its timeout in nanoseconds, so a wake-up costs one
//! system call and no timer descriptor has to be armed. But the kernel allows itself to be late by a thousandth of the
//! timeout: 3.6 ms for a master-down timer of 3.6 s. So only short waits, of which a busy daemon has many, end by the
//! timeout; long ones end by a timer descriptor, which is edge-triggered, armed anew each time and never read. The
//! thread's own timer slack is set to its minimum, since the default of 50 µs would be half of the smallest useful pace.

use crate::sys;
use model::{Micros, Time};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// Longest wait that ends by the timeout of the system call, and is late by 10 µs at the most.
const SHORT: Micros = Micros::from_millis(10);

/// What the timer is called among the descriptors; no caller's token is that large.
const TIMER: u64 = u64::MAX;

/// What the caller calls a descriptor; handed back when it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// When a registered descriptor is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// While there is something to read.
    Readable,
    /// Once each time that something to read arrives (edge-triggered), so that it need not be read.
    Arrival,
    /// While it can be written to.
    Writable,
    /// Once each time that anything changes about a socket (edge-triggered): it is connected, there is room, something
    /// arrives, the other side closes. One registration lasts for all of a conversation.
    Progress,
}

impl Interest {
    fn flags(self) -> EpollFlags {
        match self {
            Self::Readable => EpollFlags::EPOLLIN,
            Self::Arrival => EpollFlags::EPOLLIN | EpollFlags::EPOLLET,
            Self::Writable => EpollFlags::EPOLLOUT,
            Self::Progress => {
                EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET
            }
        }
    }
}

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness(EpollFlags);

impl Readiness {
    /// Something can be read, the end of the stream for one.
    #[must_use]
    pub fn is_readable(self) -> bool {
        self.0
            .intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP)
    }

    /// There is room to write; of a socket that was connecting: it is connected.
    #[must_use]
    pub fn is_writable(self) -> bool {
        self.0.contains(EpollFlags::EPOLLOUT)
    }

    /// The other side writes no more: what can be read now is the rest.
    #[must_use]
    pub fn is_closed(self) -> bool {
        self.0.intersects(EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP)
    }

    /// The socket has an error, or its error queue has one.
    #[must_use]
    pub fn is_failed(self) -> bool {
        self.0.contains(EpollFlags::EPOLLERR)
    }
}

/// A descriptor that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which one.
    pub token: Token,
    /// For what.
    pub readiness: Readiness,
}

/// A set of descriptors to wait for.
#[derive(Debug)]
pub struct Poller {
    epoll: Epoll,
    /// Those of the descriptors that end a pause.
    urgent: Epoll,
    events: Vec<EpollEvent>,
    /// Ends long waits.
    timer: TimerFd,
    /// `epoll_pwait2` is there since Linux 5.11.
    has_pwait2: bool,
}

impl Poller {
    /// An empty set. Sets the timer slack of the calling thread to its minimum, which is the thread that must wait.
    pub fn new() -> io::Result<Self> {
        nix::sys::prctl::set_timerslack(1)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let timer = TimerFd::new(
            ClockId::CLOCK_MONOTONIC,
            TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK,
        )?;
        epoll.add(&timer, EpollEvent::new(Interest::Arrival.flags(), TIMER))?;
        Ok(Self {
            epoll,
            urgent: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            events: vec![EpollEvent::empty(); 256],
            timer,
            has_pwait2: true,
        })
    }

    /// Adds a descriptor. It leaves the set when it is closed, or by [`remove`](Self::remove).
    pub fn add(&self, descriptor: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(self
            .epoll
            .add(descriptor, EpollEvent::new(interest.flags(), token.0))?)
    }

    /// Adds a descriptor that also ends a [`pause`](Self::pause).
    pub fn add_urgent(&self, descriptor: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        let descriptor = descriptor.as_fd();
        self.urgent
            .add(descriptor, EpollEvent::new(interest.flags(), token.0))?;
        self.add(descriptor, token, interest)
    }

    /// Gives a descriptor of the set another token and interest.
    pub fn modify(&self, descriptor: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        let mut event = EpollEvent::new(interest.flags(), token.0);
        Ok(self.epoll.modify(descriptor, &mut event)?)
    }

    /// Takes a descriptor out of the set.
    pub fn remove(&self, descriptor: impl AsFd) -> io::Result<()> {
        let descriptor = descriptor.as_fd();
        match self.urgent.delete(descriptor) {
            Ok(()) | Err(Errno::ENOENT) => Ok(self.epoll.delete(descriptor)?),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Waits until `timeout` has passed or an urgent descriptor is ready, whatever the others are. The next
    /// [`wait`](Self::wait) says which are ready.
    pub fn pause(&mut self, timeout: Micros) -> io::Result<()> {
        let timeout = TimeSpec::from(Duration::from(timeout));
        match ppoll(
            &mut [PollFd::new(self.urgent.0.as_fd(), PollFlags::POLLIN)],
            Some(timeout),
            None,
        ) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Waits until a descriptor is ready or `timeout` has passed (no timeout: until one is ready), and puts the tokens
    /// of those that are ready into `ready`. A signal, or the end of an earlier timeout, may end the wait early with no
    /// token.
    pub fn wait(&mut self, timeout: Option<Micros>, ready: &mut Vec<Token>) -> io::Result<()> {
        ready.clear();
        ready.extend(self.wait_for(timeout)?.map(|event| event.token));
        Ok(())
    }

    /// As [`wait`](Self::wait), with what each descriptor is ready for.
    pub fn wait_for_events(&mut self, timeout: Option<Micros>, ready: &mut Vec<Event>) -> io::Result<()> {
        ready.clear();
        ready.extend(self.wait_for(timeout)?);
        Ok(())
    }

    fn wait_for(&mut self, timeout: Option<Micros>) -> io::Result<impl Iterator<Item = Event>> {
        let count = match self.wait_once(timeout) {
            Err(Errno::EINTR) => 0,
            other => other?,
        };
        let events = self.events.iter().take(count);
        Ok(events.filter(|event| event.data() != TIMER).map(|event| Event {
            token: Token(event.data()),
            readiness: Readiness(event.events()),
        }))
    }

    fn wait_once(&mut self, timeout: Option<Micros>) -> nix::Result<usize> {
        let timeout = match timeout {
            Some(long) if long > SHORT => {
                let end = Expiration::OneShot(TimeSpec::from(Duration::from(long)));
                self.timer.set(end, TimerSetTimeFlags::empty())?;
                None
            }
            short => short.map(|short| TimeSpec::from(Duration::from(short))),
        };
        if self.has_pwait2 {
            match sys::epoll_pwait2(self.epoll.0.as_fd(), &mut self.events, timeout) {
                Err(Errno::ENOSYS) => self.has_pwait2 = false,
                other => return other,
            }
        }
        // Older kernels: `ppoll` has the resolution, the epoll descriptor itself is readable when one of the set is.
        let mut descriptors = [PollFd::new(self.epoll.0.as_fd(), PollFlags::POLLIN)];
        if ppoll(&mut descriptors, timeout, None)? == 0 {
            return Ok(0);
        }
        self.epoll.wait(&mut self.events, EpollTimeout::ZERO)
    }
}

/// How much later than its deadline a wake-up may be, so that deadlines close together share one.
///
/// A deadline that follows the wake-up before within the pace is put off to the next point of a grid, whose points are a
/// pace apart. A daemon with one instance never meets it; one with hundreds of instances sends several adverts with each
/// system call. Deadlines that come back after a multiple of the pace, as those of adverts do, are put off by the same
/// time each time, so that their interval is kept.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Shortest time between two wake-ups for deadlines.
    pub floor: Micros,
    /// When the last wake-up had to be.
    last: Time,
}

impl Pace {
    /// A pace that no wake-up has used yet.
    #[must_use]
    pub const fn new(floor: Micros) -> Self {
        Self {
            floor,
            last: Time::ZERO,
        }
    }

    /// Up to which time deadlines are to be handled at `now`, if `deadline` is: those that are put off to a later point are
    /// not, although they may have passed. They would be handled earlier or later from one time to the next otherwise.
    #[must_use]
    pub fn due(&self, deadline: Time, now: Time) -> Option<Time> {
        let meant = self.wake_up(deadline);
        let point = now.0 - now.0.checked_rem(self.floor.0).unwrap_or(0);
        (meant <= now).then(|| meant.max(Time(point)))
    }

    /// Notes that deadlines from `deadline` on were handled at `now`.
    pub fn handled(&mut self, deadline: Time, now: Time) {
        let meant = self.wake_up(deadline);
        // Lateness of less than a pace must not move the grouping of the deadlines that follow.
        self.last = if now.since(meant) < self.floor { meant } else { now };
    }

    /// How long to wait at `now` for `deadline`.
    #[must_use]
    pub fn until(&self, deadline: Time, now: Time) -> Micros {
        self.wake_up(deadline).since(now)
    }

    /// When to wake up for `deadline`.
    fn wake_up(&self, deadline: Time) -> Time {
        if self.floor == Micros::ZERO || deadline >= self.last + self.floor {
            return deadline;
        }
        let past = deadline.max(self.last).0;
        Time(past.next_multiple_of(self.floor.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_ready_descriptor_is_named_by_its_token() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut poller = Poller::new().unwrap();
        poller.add(&reader, Token(7), Interest::Readable).unwrap();
        let mut ready = Vec::new();
        poller.wait(Some(Micros::ZERO), &mut ready).unwrap();
        assert_eq!(ready, []);
        writer.write_all(b"x").unwrap();
        poller.wait(None, &mut ready).unwrap();
        assert_eq!(ready, [Token(7)]);
        poller.remove(&reader).unwrap();
        poller.wait(Some(Micros::ZERO), &mut ready).unwrap();
        assert_eq!(ready, []);
    }

    #[test]
    fn only_urgent_descriptors_end_a_pause() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let (mut urgent_writer, urgent) = UnixStream::pair().unwrap();
        let mut poller = Poller::new().unwrap();
        poller.add(&reader, Token(1), Interest::Readable).unwrap();
        poller.add_urgent(&urgent, Token(2), Interest::Readable).unwrap();
        writer.write_all(b"x").unwrap();
        poller.pause(Micros(1)).unwrap();
        urgent_writer.write_all(b"x").unwrap();
        // Would wait for an hour otherwise.
        poller.pause(Micros::from_secs(3_600)).unwrap();
        let mut ready = Vec::new();
        poller.wait(None, &mut ready).unwrap();
        ready.sort_unstable();
        assert_eq!(ready, [Token(1), Token(2)]);
        poller.remove(&urgent).unwrap();
        poller.remove(&reader).unwrap();
        poller.pause(Micros(1)).unwrap();
    }

    #[test]
    fn an_arrival_is_reported_once() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut poller = Poller::new().unwrap();
        poller.add(&reader, Token(1), Interest::Arrival).unwrap();
        let mut ready = Vec::new();
        for _ in 0..2 {
            writer.write_all(b"x").unwrap();
            poller.wait(None, &mut ready).unwrap();
            assert_eq!(ready, [Token(1)]);
            poller.wait(Some(Micros::ZERO), &mut ready).unwrap();
            assert_eq!(ready, []);
        }
    }

    #[test]
    fn progress_is_told_by_what_can_be_done() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut poller = Poller::new().unwrap();
        poller.add(&reader, Token(1), Interest::Progress).unwrap();
        let mut ready = Vec::new();
        let mut next = |poller: &mut Poller| {
            poller.wait_for_events(Some(Micros::ZERO), &mut ready).unwrap();
            ready.pop().map(|event| {
                let readiness = event.readiness;
                (
                    event.token,
                    readiness.is_readable(),
                    readiness.is_writable(),
                    readiness.is_closed(),
                )
            })
        };
        assert_eq!(next(&mut poller), Some((Token(1), false, true, false)));
        assert_eq!(next(&mut poller), None);
        poller.modify(&reader, Token(2), Interest::Progress).unwrap();
        writer.write_all(b"x").unwrap();
        assert_eq!(next(&mut poller), Some((Token(2), true, true, false)));
        drop(writer);
        assert_eq!(next(&mut poller), Some((Token(2), true, true, true)));
        assert_eq!(next(&mut poller), None);
    }

    #[test]
    fn a_long_wait_ends_by_the_timer_each_time_although_it_is_never_read() {
        let mut poller = Poller::new().unwrap();
        let mut ready = vec![Token(0)];
        for _ in 0..2 {
            poller.wait(Some(SHORT + Micros(1)), &mut ready).unwrap();
            assert_eq!(ready, []);
        }
    }

    #[test]
    fn kernels_without_epoll_pwait2_wait_with_ppoll() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut poller = Poller::new().unwrap();
        poller.has_pwait2 = false;
        poller.add(&reader, Token(3), Interest::Readable).unwrap();
        let mut ready = vec![Token(0)];
        poller.wait(Some(Micros(1)), &mut ready).unwrap();
        assert_eq!(ready, []);
        writer.write_all(b"x").unwrap();
        poller.wait(None, &mut ready).unwrap();
        assert_eq!(ready, [Token(3)]);
    }

    #[test]
    fn deadlines_within_the_pace_share_a_wake_up() {
        let mut pace = Pace::new(Micros(1_000));
        assert_eq!(pace.until(Time(50_300), Time(10_000)), Micros(40_300));
        pace.handled(Time(50_300), Time(50_310));
        assert_eq!(pace.until(Time(50_500), Time(50_320)), Micros(680));
        assert_eq!(pace.until(Time(50_900), Time(50_320)), Micros(680));
        assert_eq!(pace.until(Time(51_300), Time(50_320)), Micros(980));
        assert_eq!(pace.until(Time(52_000), Time(53_000)), Micros::ZERO);
        assert_eq!(pace.due(Time(50_500), Time(50_999)), None, "put off");
        assert_eq!(pace.due(Time(50_500), Time(51_040)), Some(Time(51_000)));
        assert_eq!(pace.due(Time(52_300), Time(52_340)), Some(Time(52_300)), "alone");
        assert_eq!(
            pace.due(Time(52_300), Time(54_340)),
            Some(Time(54_000)),
            "held up, with all points passed"
        );
    }

    #[test]
    fn deadlines_that_come_back_are_put_off_by_the_same_time() {
        const INTERVAL: u64 = 100_000;
        let mut pace = Pace::new(Micros(1_000));
        // A round of deadlines, each wake-up late by another time; how late each deadline is meant to be.
        let mut round = |start: u64, lateness: u64| -> Vec<u64> {
            let dues = [0, 300, 390, 1_010, 1_400, 1_900, 2_000, 9_000, 9_999].map(|due| start + due);
            let mut put_off = Vec::new();
            for due in dues {
                let meant = Time(due) + pace.until(Time(due), Time(due));
                put_off.push(meant.0 - due);
                pace.handled(Time(due), meant + Micros(lateness));
            }
            put_off
        };
        let first = round(700_250, 40);
        assert_eq!(round(700_250 + INTERVAL, 7), first);
        assert_eq!(round(700_250 + 2 * INTERVAL, 850), first);
        assert!(first.iter().all(|late| *late < 1_000));
        assert_eq!(
            (first[0], first[7]),
            (0, 0),
            "deadlines that are alone are kept exactly"
        );
    }
}
