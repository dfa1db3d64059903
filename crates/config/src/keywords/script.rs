//! Commands of virtual and real servers (`spec/config-virtual-server.md` section 9).

use crate::lower::{CommandDraft, Context};
use crate::tree::Statement;

pub(super) const ARGUMENTS: &str = "COMMAND [USER [[:]GROUP]]";

/// Reads a command into its slot, unless there is one already.
pub(super) fn first(slot: &mut Option<CommandDraft>, line: Statement<'_>, cx: &mut Context<'_>) {
    if cx.required(line, 0).is_some()
        && let Some(command) = cx.command(line)
    {
        cx.once(slot, line, command);
    }
}
