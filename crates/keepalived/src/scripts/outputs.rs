//! What scripts print, read by the launcher as it comes.
//!
//! A script must not notice that somebody reads: its output is a pipe instead of `/dev/null`, so the pipe is always emptied,
//! anybody may open it anew (`/dev/stderr` of a script that runs as another user), and it stays open for what a script leaves
//! running behind it. Only the end of the output is kept.

use super::messages::JobId;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{pipe2, read};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// How much of an output is kept, in bytes.
const KEPT: usize = 1024;

/// Most pipes at a time: descriptors are few. Scripts beyond that print to `/dev/null`.
const MOST: usize = 512;

/// Most pipes of scripts that have ended while something that they started still has them. Beyond that the oldest is closed, and
/// its writer gets `SIGPIPE`.
const MOST_OUTLIVED: usize = 64;

/// How many pipes are read in a turn, and how much of each: a pipe holds no more.
const ROUND: usize = 64;
const CHUNK: usize = 64 * 1024;

/// The pipes.
#[derive(Debug)]
pub(super) struct Outputs {
    epoll: Epoll,
    pipes: HashMap<JobId, Pipe>,
    /// Scripts that have ended, in that order; some of their pipes have ended since.
    outlived: VecDeque<JobId>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Pipe {
    end: OwnedFd,
    tail: Tail,
}

/// The last bytes of what was printed.
#[derive(Debug, Default)]
struct Tail(Vec<u8>);

/// Whether somebody can still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writers {
    Remain,
    Gone,
}

impl Outputs {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            pipes: HashMap::new(),
            outlived: VecDeque::new(),
            buffer: Vec::new(),
        })
    }

    /// The end that a script writes to; nothing when there are too many.
    pub(super) fn open(&mut self, job: JobId) -> Option<OwnedFd> {
        if self.pipes.len() >= MOST {
            return None;
        }
        // Without a descriptor left the script runs all the same.
        let (end, output) = pipe2(OFlag::O_CLOEXEC).ok()?;
        self.add(job, end, &output).ok()?;
        Some(output)
    }

    fn add(&mut self, job: JobId, end: OwnedFd, output: &OwnedFd) -> nix::Result<()> {
        nix::fcntl::fcntl(&end, nix::fcntl::FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        fchmod(output, Mode::from_bits_truncate(0o666))?;
        self.epoll
            .add(&end, EpollEvent::new(EpollFlags::EPOLLIN, job.0))?;
        let tail = Tail::default();
        self.pipes.insert(job, Pipe { end, tail });
        Ok(())
    }

    /// Reads what there is, for a turn. [`AsFd`] tells when.
    pub(super) fn read(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); ROUND];
        let count = match self.epoll.wait(&mut events, EpollTimeout::ZERO) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(errno) => return Err(errno.into()),
        };
        for event in &events[..count] {
            let job = JobId(event.data());
            // Until a script has ended, its output is kept with it.
            if self.read_of(job) == Writers::Gone && self.outlived.contains(&job) {
                self.close(job);
            }
        }
        Ok(())
    }

    /// The script has ended: the last of what it printed.
    pub(super) fn take(&mut self, job: JobId) -> Vec<u8> {
        let writers = self.read_of(job);
        let Some(pipe) = self.pipes.get_mut(&job) else {
            return Vec::new();
        };
        let Tail(printed) = std::mem::take(&mut pipe.tail);
        if writers == Writers::Gone {
            self.close(job);
        } else {
            self.outlived.push_back(job);
            if self.outlived.len() > MOST_OUTLIVED
                && let Some(oldest) = self.outlived.pop_front()
            {
                self.close(oldest);
            }
        }
        printed
    }

    /// Reads one pipe, once for a turn.
    fn read_of(&mut self, job: JobId) -> Writers {
        let Some(pipe) = self.pipes.get_mut(&job) else {
            return Writers::Gone;
        };
        self.buffer.resize(CHUNK, 0);
        let mut total = 0;
        while total < CHUNK {
            match read(&pipe.end, &mut self.buffer) {
                Ok(0) => {
                    // Nobody can write any more, and it would be said again and again.
                    let _ = self.epoll.delete(&pipe.end);
                    return Writers::Gone;
                }
                Ok(length) => {
                    pipe.tail.add(&self.buffer[..length]);
                    total += length;
                }
                Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
        Writers::Remain
    }

    fn close(&mut self, job: JobId) {
        self.outlived.retain(|other| *other != job);
        // Closing takes it out of the epoll instance.
        self.pipes.remove(&job);
    }
}

impl AsFd for Outputs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }
}

impl Tail {
    fn add(&mut self, printed: &[u8]) {
        let printed = &printed[printed.len().saturating_sub(KEPT)..];
        let excess = (self.0.len() + printed.len()).saturating_sub(KEPT);
        self.0.drain(..excess);
        self.0.extend_from_slice(printed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::fs::File;
    use std::io::Write as _;

    fn has_news(outputs: &Outputs) -> bool {
        let mut descriptors = [PollFd::new(outputs.as_fd(), PollFlags::POLLIN)];
        poll(&mut descriptors, PollTimeout::ZERO).unwrap() == 1
    }

    #[test]
    fn the_end_of_what_was_printed_is_kept() {
        let mut tail = Tail::default();
        tail.add(&[b'a'; KEPT - 1]);
        tail.add(b"bc");
        assert_eq!((tail.0.len(), &tail.0[KEPT - 3..]), (KEPT, &b"abc"[..]));
        tail.add(&[b'd'; 3 * KEPT]);
        assert_eq!(tail.0, [b'd'; KEPT]);
    }

    #[test]
    fn a_writer_never_waits_and_its_pipe_is_closed_with_it() {
        let mut outputs = Outputs::new().unwrap();
        let mut script = File::from(outputs.open(JobId(1)).unwrap());
        // Many times what a pipe holds.
        for _ in 0..64 {
            script.write_all(&vec![b'x'; CHUNK / 2]).unwrap();
            assert!(has_news(&outputs));
            outputs.read().unwrap();
        }
        script.write_all(b"the end").unwrap();
        drop(script);
        // That it is closed is told once.
        outputs.read().unwrap();
        assert!(!has_news(&outputs));
        let printed = outputs.take(JobId(1));
        assert_eq!((printed.len(), printed.ends_with(b"xthe end")), (KEPT, true));
        assert!(outputs.pipes.is_empty() && outputs.outlived.is_empty());
        assert_eq!(outputs.take(JobId(1)), b"");
    }

    #[test]
    fn what_a_script_leaves_behind_may_go_on_printing() {
        let mut outputs = Outputs::new().unwrap();
        let mut left: Vec<_> = (0..=MOST_OUTLIVED as u64)
            .map(|number| {
                let mut script = File::from(outputs.open(JobId(number)).unwrap());
                script.write_all(b"x").unwrap();
                assert_eq!(outputs.take(JobId(number)), b"x");
                script
            })
            .collect();
        // But for the oldest of too many.
        assert!(left.remove(0).write_all(b"x").is_err());
        for other in &mut left {
            other.write_all(&vec![0; CHUNK / 2]).unwrap();
        }
        while has_news(&outputs) {
            outputs.read().unwrap();
        }
        drop(left);
        while has_news(&outputs) {
            outputs.read().unwrap();
        }
        assert!(outputs.pipes.is_empty() && outputs.outlived.is_empty());
    }

    #[test]
    fn pipes_are_limited() {
        let mut outputs = Outputs::new().unwrap();
        let opened: Vec<_> = (0..=MOST as u64)
            .map_while(|number| outputs.open(JobId(number)))
            .collect();
        assert_eq!(opened.len(), MOST);
    }
}
