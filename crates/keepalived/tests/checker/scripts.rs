//! `MISC_CHECK` and `FILE_CHECK`.

use crate::lab::{Lab, checker, configuration, server};
use anyhow::Result;
use model::{CheckKind, Command, FileCheck, Micros, MiscCheck, RealServer, Sense, TrackFile, Weight};
use std::fs;

const RS: &str = "10.0.0.3:80";

fn script(text: &str, dynamic: bool) -> CheckKind {
    CheckKind::Misc(Box::new(MiscCheck {
        script: Command {
            argv: vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()],
            ..Command::default()
        },
        timeout: Micros::from_secs(1),
        dynamic,
    }))
}

pub(crate) fn misc() -> Result<()> {
    let lab = Lab::new()?;
    let file = lab.node.directory().join("status");
    fs::write(&file, "exit 0")?;
    let check = script(". /run/status", false);
    let mut director = lab.start(&configuration(vec![server(RS.parse()?, check)]))?;
    let line = "Misc check for [[10.0.0.3]:tcp:80 VS [10.0.0.1]:tcp:80] by [/bin/sh]";
    let up = format!("{line} succeeded.");
    director.expect(&up)?;
    let cases = [
        ("exit 3", "failed with retry disabled (exited with status 3)."),
        ("kill -USR1 $$", "failed with retry disabled (due to signal 10)."),
        ("sleep 60", "timed out with retry disabled (due to signal 15)."),
    ];
    for (text, down) in cases {
        // At once, so that a script never sees half of it.
        fs::write(file.with_extension("new"), text)?;
        fs::rename(file.with_extension("new"), &file)?;
        director.expect(&format!("{line} {down}"))?;
        director.expect("Removing service")?;
        fs::write(file.with_extension("new"), "exit 0")?;
        fs::rename(file.with_extension("new"), &file)?;
        director.expect(&up)?;
        director.expect("Adding service")?;
    }
    director.stop()
}

pub(crate) fn dynamic_weight() -> Result<()> {
    let lab = Lab::new()?;
    let file = lab.node.directory().join("status");
    fs::write(&file, "20")?;
    let mut rs = server(RS.parse()?, script("exit $(cat /run/status)", true));
    rs.weight = model::ServerWeight::clamp(10);
    let mut director = lab.start(&configuration(vec![rs]))?;
    director.expect("Changing weight from 10 to 18 for active service")?;
    director.expect("ipvs set 10.0.0.1:tcp:80 -> 10.0.0.3:80 weight 18")?;
    fs::write(file.with_extension("new"), "0")?;
    fs::rename(file.with_extension("new"), &file)?;
    director.expect("ipvs set 10.0.0.1:tcp:80 -> 10.0.0.3:80 weight 10")
}

pub(crate) fn slow_ones_delay_nobody() -> Result<()> {
    let lab = Lab::new()?;
    let mut slow = script("sleep 60", false);
    if let CheckKind::Misc(check) = &mut slow {
        check.timeout = Micros::from_secs(600);
    }
    let mut servers: Vec<RealServer> = (10..60)
        .map(|host| server(([10, 0, 0, host], 80).into(), slow.clone()))
        .collect();
    let file = lab.node.directory().join("status");
    fs::write(&file, "0")?;
    servers.push(server(RS.parse()?, script("exit $(cat /run/status)", false)));
    let mut director = lab.start(&configuration(servers))?;
    director.expect("VS [10.0.0.1]:tcp:80] by [/bin/sh] succeeded.")?;
    fs::write(file.with_extension("new"), "1")?;
    fs::rename(file.with_extension("new"), &file)?;
    director.expect("Removing service [10.0.0.3]:tcp:80")?;
    // They are ended with the daemon.
    director.stop()
}

pub(crate) fn file() -> Result<()> {
    let lab = Lab::new()?;
    let path = lab.node.directory().join("load");
    fs::write(&path, "5")?;
    let mut rs = RealServer::new(RS.parse()?);
    rs.weight = model::ServerWeight::clamp(10);
    rs.checkers.push(checker(CheckKind::File(Box::new(FileCheck {
        file: "load".to_owned(),
        weight: 1,
        sense: Sense::Normal,
    }))));
    let mut configuration = configuration(vec![rs]);
    configuration.lvs.track_files.push(TrackFile {
        name: "load".to_owned(),
        file: "/run/load".to_owned(),
        weight: Weight::default(),
        sense: Sense::Normal,
        init: None,
    });
    let mut director = lab.start(&configuration)?;
    director.expect("ipvs add 10.0.0.1:tcp:80 -> 10.0.0.3:80 weight 15")?;
    for (text, line) in [
        ("-3", "ipvs set 10.0.0.1:tcp:80 -> 10.0.0.3:80 weight 7"),
        ("-2147483648", "ipvs remove 10.0.0.1:tcp:80 -> 10.0.0.3:80"),
        ("0x2", "ipvs add 10.0.0.1:tcp:80 -> 10.0.0.3:80 weight 12"),
    ] {
        fs::write(path.with_extension("new"), text)?;
        fs::rename(path.with_extension("new"), &path)?;
        director.expect(line)?;
    }
    fs::remove_file(&path)?;
    director.expect("ipvs set 10.0.0.1:tcp:80 -> 10.0.0.3:80 weight 10")
}
