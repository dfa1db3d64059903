//! keepalived.conf: from text to the typed configuration, with diagnostics.
