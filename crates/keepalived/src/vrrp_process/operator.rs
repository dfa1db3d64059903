//! What an operator asks this process for.

use super::VrrpProcess;
use crate::orders::Action;
use model::Micros;
use vrrp::{Input, InstanceId, Now, State};

impl VrrpProcess {
    /// Does it, and tells the supervisor, or says why not.
    pub(super) fn act(&mut self, now: Now, number: u64, action: &Action) {
        let outcome = match action {
            Action::Failover { name, hold } => self.fail_over(now, name, *hold),
            Action::Maintenance(on) => Ok(self.maintain(now, *on)),
            Action::Drain(_) | Action::Undrain(_) => Err("the checker process does that".to_owned()),
        };
        if let Err(error) = self.parent.acted(number, outcome) {
            tracing::warn!("telling the parent what was done: {error}");
        }
    }

    fn fail_over(&mut self, now: Now, name: &str, hold: Micros) -> Result<String, String> {
        let instance = self.instance_named(name)?;
        let state = self.router.instance(instance).map(vrrp::Instance::state);
        if state != Some(State::Master) {
            let state = state.unwrap_or(State::Init);
            return Err(format!("{name} is in {state}, so it has nothing to give up"));
        }
        self.handle(now, Input::GiveUp { instance, hold });
        Ok(format!(
            "{name} has given up; it leaves a master of lower priority alone for {hold}"
        ))
    }

    fn maintain(&mut self, now: Now, on: bool) -> String {
        self.handle(now, Input::Maintenance(on));
        if on {
            "all instances are down until `keepalived maintenance off`".to_owned()
        } else {
            "all instances take part again".to_owned()
        }
    }

    /// An instance, or the first member of a sync group, which brings the others along.
    fn instance_named(&self, name: &str) -> Result<InstanceId, String> {
        let mut instances = self.router.instances();
        if let Some(instance) = instances.find(|instance| &**instance.name() == name) {
            return Ok(instance.id());
        }
        let mut groups = self.router.groups().iter();
        let group = groups.find(|group| &**group.name() == name);
        if let Some(first) = group.and_then(|group| group.members().first()) {
            return Ok(*first);
        }
        let names: Vec<_> = self
            .router
            .instances()
            .map(|instance| instance.name().to_string())
            .collect();
        Err(format!(
            "there is no instance or sync group {name}; the instances are: {}",
            names.join(", ")
        ))
    }
}
