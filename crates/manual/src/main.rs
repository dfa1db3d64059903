//! Writes the documents: `manual install DIRECTORY`, `manual book DIRECTORY`, `manual version`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use manual::{Document, book, completions, pages};

/// Documents made from the tables of the program.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Writes manual pages and completions, below `man/` and `completions/`.
    Install {
        /// Where to.
        directory: PathBuf,
    },
    /// Writes the reference chapters of the documentation.
    Book {
        /// The directory of the documentation.
        directory: PathBuf,
    },
    /// Prints the version of packages.
    Version,
}

fn main() -> Result<()> {
    match Command::parse().what {
        What::Install { directory } => {
            write(&directory, &pages::all())?;
            write(&directory, &completions::all())
        }
        What::Book { directory } => write(&directory, &book::all()),
        What::Version => {
            println!("{}", manual::version());
            Ok(())
        }
    }
}

fn write(directory: &Path, documents: &[Document]) -> Result<()> {
    for document in documents {
        let path = directory.join(document.path);
        let parent = path.parent().unwrap_or(directory);
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&path, &document.text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
