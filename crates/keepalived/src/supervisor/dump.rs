//! `keepalived_parent.data`.

use super::Supervisor;
use crate::dump::{DumpFiles, Text, Viewer, globals};
use crate::memory;
use crate::runtime::errands::ErrandError;
use model::Configuration;
use std::io;
use std::os::fd::OwnedFd;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum DumpError {
    #[error("the configuration in force cannot be read back: {0}")]
    Configuration(#[from] io::Error),
    #[error("{0}")]
    Errand(#[from] ErrandError),
}

impl Supervisor {
    /// Writes the globals, as `SIGUSR1` asks for; the children write the rest.
    pub(super) fn dump_globals(&mut self) {
        tracing::info!(
            "Printing parent data for process({}) on signal",
            std::process::id()
        );
        if let Err(error) = self.write_globals() {
            tracing::warn!("writing the Data dump: {error}");
        }
    }

    fn write_globals(&mut self) -> Result<(), DumpError> {
        let sealed: OwnedFd = self.configuration.try_clone()?;
        let settings = self.plan.settings.clone();
        // Decoding a large configuration takes its time too.
        self.errands
            .ask(move || match memory::open::<Configuration>(sealed) {
                Ok(configuration) => {
                    let viewer = Viewer {
                        kind: None,
                        real_time: None,
                    };
                    let mut text = Text::default();
                    globals(&mut text, &configuration.globals, &settings, viewer);
                    let dump = &configuration.globals.files.dump;
                    DumpFiles::new(&settings, dump)
                        .data(None)
                        .write_or_log(text.as_str());
                }
                Err(error) => tracing::warn!("{}", DumpError::from(error)),
            })?;
        Ok(())
    }
}
