//! Random lines: events, traits, changes of zone and provider, late ones, some of them twice.

use super::rng::Rng;
use wayline_compiler::calendar::Zone;
use wayline_compiler::calendar::text::instant;

/// 2026-03-01T00:00:00Z; clocks change in New York a week later.
const START: i64 = 1_772_323_200_000;
/// When the run ends.
pub(super) const END: i64 = START + 90 * 86_400_000;

/// A line and what it says that invariants need.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) time: i64,
    pub(super) user: String,
    pub(super) consents: Option<bool>,
}

/// Whether lines come in the order of their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    InTime,
    SomeLate,
}

/// Writes a log.
pub(super) fn write(rng: &mut Rng, order: Order) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut clock = START;
    for id in 0..30 + rng.below(170) {
        clock += match rng.below(6) {
            0 => 0,
            1 => 1,
            2 => 3_600_000,
            3 => rng.below(600_000) as i64,
            _ => rng.below(6 * 3_600_000) as i64,
        };
        let time = if order == Order::SomeLate && rng.one_in(15) {
            clock - rng.below(8 * 3_600_000) as i64
        } else {
            clock
        };
        let user = rng.of(&["u1", "u2", "u3"]).to_owned();
        lines.push(line(rng, id, time, &user));
        if rng.one_in(20) {
            let again = lines[rng.below(lines.len() as u64) as usize].clone();
            // Ids are taken once: it changes nothing.
            lines.push(Line { consents: None, ..again });
        }
    }
    lines
}

fn line(rng: &mut Rng, id: u64, time: i64, user: &str) -> Line {
    let stamp = instant(time, Zone::UTC);
    let head = format!(r#""messageId":"m{id}","userId":"{user}","timestamp":"{stamp}""#);
    let mut consents = None;
    let text = match rng.below(10) {
        0 => {
            let ads = rng.one_in(2);
            consents = Some(ads);
            format!(r#"{{"type":"identify",{head},"traits":{{"ads":{ads}}}}}"#)
        }
        1 => {
            let zone = rng.of(&["Asia/Seoul", "America/New_York", "UTC", "Australia/Lord_Howe"]);
            format!(r#"{{"type":"identify",{head},"traits":{{"timezone":"{zone}"}}}}"#)
        }
        2 => {
            let plan = rng.of(&["free", "basic", "pro", "gold"]);
            let level = rng.below(130);
            format!(r#"{{"type":"identify",{head},"traits":{{"plan":"{plan}","level":{level}}}}}"#)
        }
        3 if rng.one_in(2) => {
            let result = rng.of(&[r#""failed","reason":"blocked""#, r#""ok""#]);
            format!(
                r#"{{"type":"provider","channel":"push","userId":"{user}","result":{result},"timestamp":"{stamp}"}}"#
            )
        }
        _ => {
            let event = rng.of(&["e0", "e1", "e2"]);
            let (item, n) = (rng.of(&["A", "B", "C"]), rng.below(10));
            let when = instant(time + rng.below(5 * 86_400_000) as i64 - 86_400_000, Zone::UTC);
            format!(
                r#"{{"type":"track",{head},"event":"{event}","properties":{{"item":"{item}","n":{n},"when":"{when}"}}}}"#
            )
        }
    };
    Line { text, time, user: user.to_owned(), consents }
}
