//! The crash as a picture: three lanes over one axis of time, drawn from what was seen.

use std::fmt::Write as _;
use std::time::Duration;

use testbed::clock::{Readable, Stamp};

use super::outage::Band;

/// The lanes, from above.
pub(super) const LANES: [&str; 3] = ["router-one", "router-two", "client"];

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 330.0;
/// Where the axis begins and ends.
const LEFT: f64 = 110.0;
const RIGHT: f64 = 930.0;
const TOP: f64 = 78.0;
const LANE: f64 = 66.0;
const BAR: f64 = 26.0;
/// Shown before the crash and after the first answer.
const BEFORE: Duration = Duration::from_millis(1_300);
const AFTER: Duration = Duration::from_millis(1_300);

const INK: &str = "#1f2937";
const FAINT: &str = "#6b7280";
const MASTER: &str = "#15803d";
const BACKUP: &str = "#cbd5e1";
const BAD: &str = "#b91c1c";
const PACKET: &str = "#1d4ed8";

/// Something that was seen of a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// An advert of it.
    Advert,
    /// A gratuitous ARP of it.
    Announcement,
    /// It logged that it is in this state now.
    State(String),
    /// It was killed.
    Killed,
}

/// What was seen, by whom, in order.
pub(super) type Record = Vec<(Stamp, String, Seen)>;

/// A picture of a crash.
#[derive(Debug)]
pub(super) struct Picture<'a> {
    pub(super) record: &'a Record,
    pub(super) killed: Stamp,
    /// The new master's first gratuitous ARP.
    pub(super) announced: Stamp,
    /// The client's first answer after the silence.
    pub(super) answered: Stamp,
    /// What the protocol makes the backup wait.
    pub(super) minimum: Duration,
    /// When the client had answers, and when not.
    pub(super) bands: &'a [Band],
}

impl Picture<'_> {
    /// The picture as SVG.
    pub(super) fn svg(&self) -> String {
        let (from, to) = (self.killed - BEFORE, self.answered + AFTER);
        let axis = Axis { from, to };
        let took = self.announced.since(self.killed);
        let title = format!(
            "A crash of the master: {} later the other router has the address, {} after the protocol lets it",
            Readable(round(took)),
            Readable(took.saturating_sub(self.minimum))
        );
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" \
             font-size=\"13\">\n<title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\" fill=\"#ffffff\" \
             stroke=\"#e5e7eb\"/>\n"
        );
        text(&mut svg, 24.0, 34.0, "start", INK, 15, &title);
        for (lane, name) in LANES.iter().enumerate() {
            text(&mut svg, LEFT - 12.0, middle(lane) + 5.0, "end", INK, 13, name);
        }
        for (lane, name) in LANES[..2].iter().enumerate() {
            self.router(&mut svg, &axis, lane, name);
        }
        self.client(&mut svg, &axis);
        axis.draw(&mut svg, self.killed);
        svg.push_str("</svg>\n");
        svg
    }

    /// Bars of states, lines for packets.
    fn router(&self, svg: &mut String, axis: &Axis, lane: usize, name: &str) {
        let own = || {
            let of_lane = self.record.iter().filter(|(_, who, _)| who == name);
            of_lane.map(|(at, _, seen)| (*at, seen))
        };
        let mut state: Option<(Stamp, &str)> = None;
        let finish = |svg: &mut String, state: Option<(Stamp, &str)>, end: Stamp| {
            if let Some((since, name)) = state {
                let fill = if name == "MASTER" { MASTER } else { BACKUP };
                let ink = if name == "MASTER" { "#ffffff" } else { INK };
                axis.bar(svg, lane, (since, end), (fill, ink), name);
            }
        };
        for (at, seen) in own() {
            match seen {
                Seen::State(new) => {
                    finish(svg, state, at);
                    state = Some((at, new));
                }
                Seen::Killed => {
                    finish(svg, state, at);
                    state = None;
                }
                Seen::Advert | Seen::Announcement => {}
            }
            if at > axis.to {
                break;
            }
        }
        finish(svg, state, axis.to);
        let mut labelled = false;
        for (at, seen) in own().filter(|(at, _)| axis.shows(*at)) {
            let (x, y) = (axis.x(at), middle(lane));
            match seen {
                Seen::Advert => line(svg, x, y + BAR / 2.0, y + BAR / 2.0 + 12.0, PACKET),
                Seen::Announcement => line(svg, x, y - BAR / 2.0 - 10.0, y - BAR / 2.0, BAD),
                Seen::Killed => {
                    let words = "killed, cable cut";
                    text(svg, x + 8.0, y + 5.0, "start", BAD, 13, words);
                    line(svg, x, y - BAR / 2.0, y + BAR / 2.0, BAD);
                }
                Seen::State(_) => {}
            }
            if *seen == Seen::Announcement && at > self.killed && !labelled {
                labelled = true;
                let words = format!(
                    "gratuitous ARP, {} after the crash",
                    Readable(round(at.since(self.killed)))
                );
                text(svg, x - 6.0, y - BAR / 2.0 - 4.0, "end", BAD, 12, &words);
            }
        }
        let words = if lane == 0 { "adverts, one a second" } else { "" };
        text(
            svg,
            LEFT,
            middle(lane) + BAR / 2.0 + 24.0,
            "start",
            PACKET,
            11,
            words,
        );
    }

    fn client(&self, svg: &mut String, axis: &Axis) {
        for Band { from, to, answered } in self.bands {
            let (from, to) = ((*from).max(axis.from), (*to).min(axis.to));
            if from >= to {
                continue;
            }
            let words = match answered {
                true => String::new(),
                false => format!("no answer for {}", Readable(round(to.since(from)))),
            };
            let fill = if *answered { MASTER } else { BAD };
            axis.bar(svg, 2, (from, to), (fill, "#ffffff"), &words);
        }
    }
}

/// To milliseconds: more is noise to a reader.
fn round(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from((time + Duration::from_micros(500)).as_millis()).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "three lanes")]
fn middle(lane: usize) -> f64 {
    TOP + LANE * lane as f64 + BAR / 2.0
}

struct Axis {
    from: Stamp,
    to: Stamp,
}

impl Axis {
    fn shows(&self, at: Stamp) -> bool {
        self.from <= at && at <= self.to
    }

    fn x(&self, at: Stamp) -> f64 {
        let share = at.since(self.from).as_secs_f64() / self.to.since(self.from).as_secs_f64();
        LEFT + (RIGHT - LEFT) * share.clamp(0.0, 1.0)
    }

    fn bar(
        &self,
        svg: &mut String,
        lane: usize,
        (from, to): (Stamp, Stamp),
        (fill, ink): (&str, &str),
        words: &str,
    ) {
        let (left, right) = (self.x(from), self.x(to));
        let (width, y) = (right - left, middle(lane) - BAR / 2.0);
        if width <= 0.0 {
            return;
        }
        // Writing into a string cannot fail.
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{fill}\"/>"
        );
        if width > 50.0 {
            text(
                svg,
                f64::midpoint(left, right),
                middle(lane) + 5.0,
                "middle",
                ink,
                13,
                words,
            );
        }
    }

    /// Seconds from the crash on.
    fn draw(&self, svg: &mut String, zero: Stamp) {
        let y = TOP + 3.0 * LANE - 6.0;
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{RIGHT}\" y2=\"{y}\" stroke=\"{FAINT}\"/>"
        );
        for second in 0..=self.to.since(zero).as_secs() {
            let x = self.x(zero + Duration::from_secs(second));
            line(svg, x, y, y + 5.0, FAINT);
            text(svg, x, y + 20.0, "middle", FAINT, 12, &format!("{second} s"));
        }
        let words = "drawn by `cargo xtask demo --svg` from what happened in one run: two routers, and a client that asks every 5 ms";
        text(svg, LEFT, y + 42.0, "start", FAINT, 11, words);
    }
}

fn line(svg: &mut String, x: f64, top: f64, bottom: f64, colour: &str) {
    let _ = writeln!(
        svg,
        "<line x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\" stroke-width=\"2\"/>"
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, colour: &str, size: u8, words: &str) {
    if !words.is_empty() {
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-size=\"{size}\">{words}</text>"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_drawn() {
        let at = |millis: u64| Stamp::from_epoch(Duration::from_millis(10_000 + millis));
        let one = || LANES[0].to_owned();
        let two = || LANES[1].to_owned();
        let record = vec![
            (at(0), one(), Seen::State("MASTER".to_owned())),
            (at(0), two(), Seen::State("BACKUP".to_owned())),
            (at(3_000), one(), Seen::Advert),
            (at(3_001), one(), Seen::Killed),
            (at(6_650), two(), Seen::State("MASTER".to_owned())),
            (at(6_651), two(), Seen::Announcement),
        ];
        let band = |from, to, answered| Band {
            from: at(from),
            to: at(to),
            answered,
        };
        let bands = [
            band(0, 3_001, true),
            band(3_001, 6_652, false),
            band(6_652, 9_000, true),
        ];
        let picture = Picture {
            record: &record,
            killed: at(3_001),
            announced: at(6_651),
            answered: at(6_652),
            minimum: Duration::from_millis(3_648),
            bands: &bands,
        };
        let svg = picture.svg();
        assert!(
            svg.contains("3.650 s later the other router has the address, 2 ms after"),
            "{svg}"
        );
        assert!(svg.contains("no answer for 3.651 s"), "{svg}");
        assert_eq!(svg.matches(">MASTER<").count(), 2, "{svg}");
        assert_eq!(svg.matches(&format!("stroke=\"{PACKET}\"")).count(), 1, "{svg}");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }
}
