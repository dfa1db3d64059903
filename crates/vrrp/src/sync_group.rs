//! Sync groups: instances that are master together or not at all (`spec/vrrp-protocol.md` section 8).
//!
//! * A member becomes master only when every other member wants that too, or the group already is. Otherwise it keeps
//!   the wish, which the next better advert cancels, and listens on.
//! * When one member leaves MASTER, or goes to FAULT, the others follow.
//! * The group leaves FAULT when no member has a reason to be there, and none waits for a script.
//!
//! The rules are carried out in `router::elect`; here is what a group remembers.

use crate::{Cause, Event, GroupId, Notice, Notification, NotifiedState, Outbox, State, Subject};
use crate::{GroupEvent, InstanceId};
use model::Notifications;
use std::sync::Arc;

/// A sync group.
#[derive(Debug)]
pub struct SyncGroup {
    id: GroupId,
    name: Arc<str>,
    config: Arc<model::SyncGroup>,
    settings: Arc<Notifications>,
    members: Vec<InstanceId>,
    state: State,
    /// A notification that waits for those of the members.
    waiting: Option<(NotifiedState, Cause)>,
}

impl SyncGroup {
    pub(crate) fn new(id: GroupId, config: &model::SyncGroup, members: Vec<InstanceId>) -> Self {
        Self {
            id,
            name: Arc::from(config.name.as_str()),
            settings: Arc::new(config.notifications.clone()),
            config: Arc::new(config.clone()),
            members,
            state: State::Init,
            waiting: None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> GroupId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its configuration.
    #[must_use]
    pub const fn config(&self) -> &Arc<model::SyncGroup> {
        &self.config
    }

    /// Its members, in the order of the configuration.
    #[must_use]
    pub fn members(&self) -> &[InstanceId] {
        &self.members
    }

    /// Its state: that of all its members.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    pub(crate) const fn set_state(&mut self, state: State) {
        self.state = state;
    }

    /// Enters a state; the notification follows those of the members.
    pub(crate) fn enter(&mut self, state: State, cause: Cause, out: &mut Outbox) {
        if self.state != state {
            self.state = state;
            self.waiting = NotifiedState::of(state).map(|state| (state, cause));
            self.event(GroupEvent::Syncing(state), out);
        }
    }

    /// Has a state notified once the members have notified theirs.
    pub(crate) fn notify_after_members(&mut self, state: NotifiedState, cause: Cause) {
        self.waiting = Some((state, cause));
    }

    /// The members have notified: now the group.
    pub(crate) fn notify_waiting(&mut self, out: &mut Outbox) {
        if let Some((state, cause)) = self.waiting.take() {
            self.notify(Notice::Entered(state), Some(cause), out);
        }
    }

    pub(crate) fn notify(&self, notice: Notice, cause: Option<Cause>, out: &mut Outbox) {
        out.event(Event::Notification(Notification {
            subject: Subject::Group(self.id),
            name: Arc::clone(&self.name),
            notice,
            priority: 0,
            cause,
            settings: Arc::clone(&self.settings),
        }));
    }

    pub(crate) fn event(&self, event: GroupEvent, out: &mut Outbox) {
        out.event(Event::Group {
            name: Arc::clone(&self.name),
            event,
        });
    }
}
