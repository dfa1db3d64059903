//! The conversations with servers that are under way, each over a socket that never blocks.
//!
//! A run of a check costs few system calls: the socket is registered once, edge-triggered, with the poller, and leaves it
//! when it is closed; that it is connected is told by the event itself, and so is the end of a reply.
//!
//! Whatever a server sends, a conversation takes a bounded part of it in a turn ([`Conversation::resume`]) and keeps what
//! its dialogue keeps. All share one buffer.

mod channel;
mod conversation;
mod echo;

pub(super) use channel::{Handshake, More, Reading, Written};

use super::socket::{self, State};
use super::tls::TlsContext;
use channel::Channel;
use check::dialogue::{Dialogue, Ingredients, Transport};
use check::failure::{Failure, Outcome};
use check::{CheckId, RunId, Timers};
use conversation::{Conversation, Progress};
use echo::{Echoes, Kept};
use kernel::poll::{Event, Interest, Poller, Token};
use model::{CheckKind, Time};
use socket2::Socket;
use std::collections::HashMap;
use std::io;

/// Bytes that one read takes at most.
const BUFFER: usize = 64 * 1024;

/// The tokens of conversations: this bit, 30 bits that differ from the last one of the same place, 32 bits of the place.
const TOKEN: u64 = 1 << 62;
const GENERATIONS: u64 = 1 << 30;

/// A run that is over.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) run: RunId,
    pub(super) outcome: Outcome,
}

/// All conversations.
pub(super) struct Conversations {
    places: Vec<Place>,
    free: Vec<u32>,
    runs: HashMap<RunId, u32>,
    timers: Timers,
    /// Those that have more to read at once.
    unfinished: Vec<u32>,
    echoes: Echoes,
    buffer: Box<[u8]>,
}

/// Room for one conversation after the other.
#[derive(Default)]
struct Place {
    generation: u64,
    conversation: Option<Box<Conversation>>,
    /// The check whose socket is kept for its next run, with the number of this one.
    keeps: Option<(CheckId, u16)>,
}

/// What a run needs beside its check.
pub(super) struct Means<'a> {
    /// Where the socket is waited for.
    pub(super) poller: &'a Poller,
    /// For `SSL_GET`.
    pub(super) tls: Option<&'a TlsContext>,
    /// What the dialogue cannot make itself; the sequence of an echo request is filled in here.
    pub(super) ingredients: Ingredients,
}

impl Conversations {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            runs: HashMap::new(),
            timers: Timers::default(),
            unfinished: Vec::new(),
            echoes: Echoes::default(),
            buffer: vec![0; BUFFER].into_boxed_slice(),
        }
    }

    /// Begins the conversation of a run; nothing for a check that has none. What is over at once is returned.
    pub(super) fn begin(
        &mut self,
        now: Time,
        (check, run, url): (CheckId, RunId, usize),
        kind: &CheckKind,
        means: Means<'_>,
    ) -> Option<Outcome> {
        let Means {
            poller,
            tls,
            mut ingredients,
        } = means;
        let connection = kind.connection()?;
        let is_echo = matches!(kind, CheckKind::Ping(_));
        let kept = self.echoes.take(check).filter(|_| is_echo);
        ingredients.sequence = kept.as_ref().map_or(1, |kept| kept.sequence.wrapping_add(1));
        let sequence = ingredients.sequence;
        let dialogue = Dialogue::begin(now, kind, url, ingredients)?;
        let is_registered = kept.is_some();
        let opened = match kept {
            Some(kept) => Ok((kept.socket, State::Connected)),
            None => socket::open(dialogue.transport(), connection),
        };
        let (socket, state) = match opened {
            Ok(opened) => opened,
            Err(outcome) => return Some(outcome),
        };
        let channel = match channel(socket, dialogue.transport(), kind, url, tls) {
            Ok(channel) => channel,
            Err(outcome) => return Some(outcome),
        };
        let mut conversation = Box::new(Conversation::new(run, dialogue, channel));
        let progress = match conversation.begin(now, state, &mut self.buffer) {
            Progress::Ended(outcome) => return Some(outcome),
            progress => progress,
        };
        let place = self.place();
        let token = self.token(place);
        let listening = if is_registered {
            poller.modify(&conversation.channel, token, Interest::Progress)
        } else {
            poller.add(&conversation.channel, token, Interest::Progress)
        };
        if let Err(error) = listening {
            self.vacate(place);
            return Some(postponed("epoll_ctl", &error));
        }
        self.places[place as usize].keeps = is_echo.then_some((check, sequence));
        self.runs.insert(run, place);
        self.settle(place, conversation, progress)
    }

    /// Takes in that something about sockets has changed.
    pub(super) fn wake(&mut self, now: Time, event: &Event, finished: &mut Vec<Finished>) {
        let Some(place) = self.of_token(event.token) else {
            return;
        };
        let Some(mut conversation) = self.places[place as usize].conversation.take() else {
            return;
        };
        let progress = conversation.wake(now, event.readiness, &mut self.buffer);
        self.go_on(place, conversation, progress, finished);
    }

    /// Goes on with those that had more to read than one turn takes.
    pub(super) fn resume(&mut self, now: Time, finished: &mut Vec<Finished>) {
        for place in std::mem::take(&mut self.unfinished) {
            let Some(mut conversation) = self.places[place as usize].conversation.take() else {
                continue;
            };
            let progress = conversation.resume(now, &mut self.buffer);
            self.go_on(place, conversation, progress, finished);
        }
    }

    /// Ends those whose deadline has passed.
    pub(super) fn expire(&mut self, now: Time, finished: &mut Vec<Finished>) {
        while let Some(place) = self.timers.expire(now) {
            let Some(mut conversation) = self.places[place as usize].conversation.take() else {
                continue;
            };
            let progress = conversation.time_out(now, &mut self.buffer);
            self.go_on(place, conversation, progress, finished);
        }
    }

    /// Abandons a run; `false` if it is none of these.
    pub(super) fn cancel(&mut self, run: RunId) -> bool {
        let Some(place) = self.runs.remove(&run) else {
            return false;
        };
        self.places[place as usize].conversation = None;
        self.vacate(place);
        true
    }

    /// Closes the sockets that are kept for later runs, as the numbers of the checks are about to change.
    pub(super) fn forget_kept(&mut self) {
        self.echoes.clear();
        for place in &mut self.places {
            place.keeps = None;
        }
    }

    /// When [`Self::expire`] is wanted at the latest.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Whether [`Self::resume`] has something to do.
    pub(super) fn has_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
    }

    fn go_on(
        &mut self,
        place: u32,
        conversation: Box<Conversation>,
        progress: Progress,
        finished: &mut Vec<Finished>,
    ) {
        let run = conversation.run;
        if let Some(outcome) = self.settle(place, conversation, progress) {
            finished.push(Finished { run, outcome });
        }
    }

    /// Puts a conversation back into its place, or ends it.
    fn settle(&mut self, place: u32, conversation: Box<Conversation>, progress: Progress) -> Option<Outcome> {
        match progress {
            Progress::Ended(outcome) => {
                self.runs.remove(&conversation.run);
                let keeps = self.places[place as usize].keeps;
                self.vacate(place);
                if let Some((check, sequence)) = keeps
                    && outcome == Outcome::Succeeded
                    && let Channel::Datagrams(socket) = conversation.channel
                {
                    self.echoes.keep(check, Kept { socket, sequence });
                }
                return Some(outcome);
            }
            Progress::Unfinished => self.unfinished.push(place),
            Progress::Waiting => {}
        }
        self.timers.set(place, conversation.dialogue.deadline());
        self.places[place as usize].conversation = Some(conversation);
        None
    }

    fn place(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            u32::try_from(self.places.len() - 1).expect("fewer descriptors than that are allowed")
        })
    }

    fn vacate(&mut self, place: u32) {
        let room = &mut self.places[place as usize];
        room.generation = (room.generation + 1) % GENERATIONS;
        room.keeps = None;
        self.timers.clear(place);
        self.free.push(place);
    }

    fn token(&self, place: u32) -> Token {
        let generation = self.places[place as usize].generation;
        Token(TOKEN | generation << 32 | u64::from(place))
    }

    /// The place that a token is about, unless it is about an earlier conversation there.
    fn of_token(&self, token: Token) -> Option<u32> {
        let place = u32::try_from(token.0 & u64::from(u32::MAX)).ok()?;
        let is_known = (place as usize) < self.places.len() && token.0 & TOKEN != 0;
        (is_known && self.token(place) == token).then_some(place)
    }
}

/// Whether a token is one of a conversation.
pub(super) const fn is_conversation(token: Token) -> bool {
    token.0 & TOKEN != 0
}

fn channel(
    socket: Socket,
    transport: Transport,
    kind: &CheckKind,
    url: usize,
    tls: Option<&TlsContext>,
) -> Result<Channel, Outcome> {
    match (transport, kind) {
        (Transport::Datagram { .. } | Transport::Echo, _) => Ok(Channel::Datagrams(socket)),
        (Transport::Stream, CheckKind::Http(check)) if check.tls.is_some() => {
            let url = check.urls.get(url).expect("the core names a URL that is there");
            let context = tls.expect("where there is an SSL_GET there is a context");
            let stream = context
                .stream(socket, check, url)
                .map_err(|failure| Outcome::Failed(Failure::Tls(failure)))?;
            Ok(Channel::Secure(Box::new(stream)))
        }
        (Transport::Stream, _) => Ok(Channel::Stream(socket)),
    }
}

fn postponed(call: &'static str, error: &io::Error) -> Outcome {
    Outcome::Postponed(check::failure::Obstacle::Local {
        call,
        error: error.to_string(),
    })
}
