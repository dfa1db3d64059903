use super::*;
use model::{Sense, TrackInit, Weight};
use std::fs;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("keepalived-track-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> TrackFile {
        TrackFile {
            name: name.to_owned(),
            file: self.0.join(name).display().to_string(),
            weight: Weight(1),
            sense: Sense::Normal,
            init: None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits for one finding about a file.
fn next(findings: &Inbox<Finding>, kept: &mut Vec<Finding>) -> (String, i32) {
    while kept.is_empty() {
        poll(
            &mut [PollFd::new(findings.as_fd(), PollFlags::POLLIN)],
            PollTimeout::NONE,
        )
        .unwrap();
        assert_eq!(findings.collect(kept), Senders::Remain);
    }
    match kept.remove(0) {
        Finding::FileRead { file, value } => (file.to_string(), value),
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_follow_the_files() {
    let place = Place::new("values");
    let path = place.0.join("a");
    fs::write(&path, "5\n").unwrap();
    let (poster, findings) = Inbox::new().unwrap();
    let mut kept = Vec::new();
    let _keep = poster.clone();
    let watch = FileWatch::start(vec![place.file("a"), place.file("b")], poster).unwrap();
    let mut told = |name: &str, value: i32| assert_eq!(next(&findings, &mut kept), (name.to_owned(), value));
    told("a", 5);
    told("b", 0);
    fs::write(&path, "-3").unwrap();
    told("a", -3);
    // As careful writers do. What is out of range is left out, so the next is 8.
    fs::write(&path, "99999999999").unwrap();
    fs::write(place.0.join("new"), "8").unwrap();
    fs::rename(place.0.join("new"), &path).unwrap();
    told("a", 8);
    fs::rename(&path, place.0.join("b")).unwrap();
    told("a", 0);
    told("b", 8);
    fs::remove_file(place.0.join("b")).unwrap();
    told("b", 0);
    // The directory may go and come back.
    fs::write(&path, "1").unwrap();
    told("a", 1);
    let away = place.0.with_extension("away");
    fs::rename(&place.0, &away).unwrap();
    told("a", 0);
    fs::rename(&away, &place.0).unwrap();
    told("a", 1);
    fs::write(&path, "2").unwrap();
    told("a", 2);
    // After a reload all values come again, and files that were dropped are not looked at.
    watch.configure(vec![place.file("b")]);
    told("b", 0);
    fs::write(&path, "3").unwrap();
    fs::write(place.0.join("b"), "4").unwrap();
    told("b", 4);
}

#[test]
fn files_are_initialised_where_they_are_not_there_or_may_be_overwritten() {
    let place = Place::new("init");
    let with = |name: &str, value, overwrite| TrackFile {
        init: Some(TrackInit { value, overwrite }),
        ..place.file(name)
    };
    fs::write(place.0.join("old"), "long ago").unwrap();
    fs::write(place.0.join("kept"), "kept").unwrap();
    let files = [
        with("new", 7, false),
        with("kept", 7, false),
        with("old", -1, true),
        with("newer", 0, true),
        place.file("none"),
    ];
    initialise(&files);
    for (name, content) in [
        ("new", "7\n"),
        ("kept", "kept"),
        ("old", "-1\n"),
        ("newer", "0\n"),
    ] {
        assert_eq!(fs::read_to_string(place.0.join(name)).unwrap(), content);
    }
    assert!(!place.0.join("none").exists());
}
