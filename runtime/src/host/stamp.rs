//! Instants as text, fast: decisions come in order, so neighbours share their date and their offset.
//!
//! What an instant looks like is defined by `calendar::text::push_instant`; this only prints the same sooner. Start at [`Stamp::push`].

use wayline_compiler::calendar::{Zone, civil, clamp_ms};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Prints instants, remembering offsets by zone and the last date.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    /// By zone symbol: the hour since 1970 that was last looked at, and its offset in minutes.
    offsets: Vec<Option<(i64, i64)>>,
    day: Option<i64>,
    date: [u8; 11],
}

impl Stamp {
    /// Appends `2026-01-05T11:00:00+09:00`, with `.250` only where there are milliseconds.
    #[inline]
    pub fn push(&mut self, out: &mut Vec<u8>, ms: i64, zone: Zone) {
        let ms = clamp_ms(ms);
        let offset_min = self.offset_min(ms, zone);
        let local = clamp_ms(ms + offset_min * 60_000);
        let (day, clock) = (local.div_euclid(DAY_MS), local.rem_euclid(DAY_MS));
        if self.day != Some(day) {
            self.set_day(day);
        }
        let mut text = *b"YYYY-MM-DDTHH:MM:SS";
        text[..11].copy_from_slice(&self.date);
        put_pair(&mut text, 11, clock / HOUR_MS);
        put_pair(&mut text, 14, clock / 60_000 % 60);
        put_pair(&mut text, 17, clock / 1000 % 60);
        out.extend_from_slice(&text);
        let fraction = clock % 1000;
        if fraction != 0 {
            let mut text = *b".0\x30\x30";
            text[1] += (fraction / 100) as u8;
            put_pair(&mut text, 2, fraction % 100);
            out.extend_from_slice(&text);
        }
        let mut text = *b"+HH:MM";
        if offset_min < 0 {
            text[0] = b'-';
        }
        put_pair(&mut text, 1, offset_min.abs() / 60);
        put_pair(&mut text, 4, offset_min.abs() % 60);
        out.extend_from_slice(&text);
    }

    /// Minutes to add to UTC. An hour whose two ends agree has one offset.
    #[inline]
    fn offset_min(&mut self, ms: i64, zone: Zone) -> i64 {
        let hour = ms.div_euclid(HOUR_MS);
        let place = zone.symbol() as usize;
        if let Some(Some((known, offset))) = self.offsets.get(place)
            && *known == hour
        {
            return *offset;
        }
        let offset = zone.offset_s(ms) / 60;
        let (from, to) = (hour * HOUR_MS, hour * HOUR_MS + HOUR_MS - 1);
        if zone.offset_s(from) == zone.offset_s(to) {
            if self.offsets.len() <= place {
                self.offsets.resize(place + 1, None);
            }
            self.offsets[place] = Some((hour, offset));
        }
        offset
    }

    fn set_day(&mut self, day: i64) {
        let date = civil(day as i32);
        let year = i64::from(date.year);
        self.date = *b"YYYY-MM-DDT";
        put_pair(&mut self.date, 0, year / 100);
        put_pair(&mut self.date, 2, year % 100);
        put_pair(&mut self.date, 5, i64::from(date.month));
        put_pair(&mut self.date, 8, i64::from(date.day));
        self.day = Some(day);
    }
}

#[inline]
fn put_pair(text: &mut [u8], at: usize, value: i64) {
    text[at] = b'0' + (value / 10) as u8;
    text[at + 1] = b'0' + (value % 10) as u8;
}

#[cfg(test)]
mod tests {
    use super::Stamp;
    use wayline_compiler::calendar::{Zone, text};

    #[test]
    fn it_prints_what_the_calendar_prints() {
        let zones = [
            "UTC",
            "Asia/Seoul",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "Africa/Monrovia",
        ];
        let mut stamp = Stamp::default();
        let mut at = -2_300_000_000_000i64;
        let mut step = 1i64;
        while at < 4_300_000_000_000 {
            for zone in zones.iter().filter_map(|name| Zone::named(name)) {
                let mut out = Vec::new();
                stamp.push(&mut out, at, zone);
                assert_eq!(String::from_utf8_lossy(&out), text::instant(at, zone), "{at} in {zone:?}");
            }
            step = (step * 7 + 1_234_567) % 2_000_000_011;
            at += step;
        }
    }

    #[test]
    fn around_a_change_of_clocks() {
        let zone = Zone::named("America/New_York").expect("known");
        let mut stamp = Stamp::default();
        for minute in -200..200 {
            let at = 1_772_953_200_000 + minute * 60_000;
            let mut out = Vec::new();
            stamp.push(&mut out, at, zone);
            assert_eq!(String::from_utf8_lossy(&out), text::instant(at, zone));
        }
    }
}
