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

/// Writes a file as careful writers do, so that nobody ever finds it empty.
fn put(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
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
    put(&path, "-3");
    told("a", -3);
    // What is out of range is left out, so the next is 8.
    put(&path, "99999999999");
    put(&path, "8");
    told("a", 8);
    fs::rename(&path, place.0.join("b")).unwrap();
    told("a", 0);
    told("b", 8);
    fs::remove_file(place.0.join("b")).unwrap();
    told("b", 0);
    // The directory may go and come back.
    put(&path, "1");
    told("a", 1);
    let away = place.0.with_extension("away");
    fs::rename(&place.0, &away).unwrap();
    told("a", 0);
    fs::rename(&away, &place.0).unwrap();
    told("a", 1);
    put(&path, "2");
    told("a", 2);
    // After a reload all values come again, and files that were dropped are not looked at.
    watch.configure(vec![place.file("b")]);
    told("b", 0);
    put(&path, "3");
    put(&place.0.join("b"), "4");
    told("b", 4);
    // Written in place it is read when it is closed; it may be seen empty before that.
    fs::write(place.0.join("b"), "6").unwrap();
    while !matches!(next(&findings, &mut kept), (name, 6) if name == "b") {}
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
