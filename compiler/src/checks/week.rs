//! Sets of minutes on the week circle: 10,080 local minutes from Monday 00:00, and how they move with time.

use crate::ir::ClockRange;

/// Minutes of a week.
pub(super) const MINUTES: usize = 7 * 24 * 60;
const DAY: usize = 24 * 60;
/// Every day of the week.
pub(super) const ALL_DAYS: u8 = 0b111_1111;

/// Words of the bit set.
const WORDS: usize = MINUTES.div_ceil(64);

/// A set of minutes of the week, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Week([u64; WORDS]);

impl Week {
    pub(super) fn none() -> Week {
        Week([0; WORDS])
    }

    pub(super) fn all() -> Week {
        let mut words = [u64::MAX; WORDS];
        words[WORDS - 1] = u64::MAX >> (WORDS * 64 - MINUTES);
        Week(words)
    }

    /// Takes the minutes from `from` on, `count` of them, round the circle.
    fn fill(&mut self, from: usize, count: usize) {
        let (from, count) = (from % MINUTES, count.min(MINUTES));
        let end = from + count;
        self.fill_straight(from, end.min(MINUTES));
        self.fill_straight(0, end.saturating_sub(MINUTES));
    }

    /// Takes the minutes of [from, to), which does not cross the end of the week.
    fn fill_straight(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let (word, bit) = (at / 64, at % 64);
            let count = (64 - bit).min(to - at);
            let ones = if count == 64 { u64::MAX } else { (1 << count) - 1 };
            self.0[word] |= ones << bit;
            at += count;
        }
    }

    /// The stretches of minutes it holds, as first minute and length; one over the end of the week comes in two parts.
    fn stretches(&self) -> Vec<(usize, usize)> {
        let mut all: Vec<(usize, usize)> = Vec::new();
        for (number, &word) in self.0.iter().enumerate() {
            let (mut rest, mut bit) = (word, 0);
            while rest != 0 {
                let skipped = rest.trailing_zeros() as usize;
                rest >>= skipped;
                bit += skipped;
                let count = rest.trailing_ones() as usize;
                let start = number * 64 + bit;
                match all.last_mut() {
                    Some((from, length)) if *from + *length == start => *length += count,
                    _ => all.push((start, count)),
                }
                rest = if count == 64 { 0 } else { rest >> count };
                bit += count;
            }
        }
        all
    }

    /// The most minutes one has to wait for a minute of this set; `None` for the empty set.
    pub(super) fn longest_wait(&self) -> Option<usize> {
        let stretches = self.stretches();
        let (first, _) = *stretches.first()?;
        let nexts = stretches.iter().skip(1).map(|(from, _)| *from).chain([first + MINUTES]);
        stretches.iter().zip(nexts).map(|((from, length), next)| next - (from + length)).max()
    }

    /// A half-open range of local clocks on these days (bit 0 = Monday); the day is that of the minute itself.
    pub(super) fn of(range: ClockRange, days: u8) -> Week {
        let clock = |ms: i64| (ms / 60_000).clamp(0, DAY as i64) as usize;
        let (from, to) = (clock(range.from_ms), clock(range.to_ms));
        let mut week = Week::none();
        for day in (0..7).filter(|day| days >> day & 1 == 1) {
            let (morning, evening) = if from <= to { (from..to, to..to) } else { (0..to, from..DAY) };
            for clocks in [morning, evening] {
                week.fill_straight(day * DAY + clocks.start, day * DAY + clocks.end);
            }
        }
        week
    }

    /// One clock on every day of a set.
    pub(super) fn at(clock_ms: i64, days: u8) -> Week {
        let clock = (clock_ms / 60_000).rem_euclid(DAY as i64) as usize;
        let mut week = Week::none();
        for day in (0..7).filter(|day| days >> day & 1 == 1) {
            week.insert(day * DAY + clock);
        }
        week
    }

    /// Takes one minute more.
    pub(super) fn insert(&mut self, minute: usize) {
        let minute = minute % MINUTES;
        self.0[minute / 64] |= 1 << (minute % 64);
    }

    pub(super) fn has(&self, minute: usize) -> bool {
        let minute = minute % MINUTES;
        self.0[minute / 64] >> (minute % 64) & 1 == 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn is_all(&self) -> bool {
        self.len() == MINUTES
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn zip(&self, other: &Week, join: impl Fn(u64, u64) -> u64) -> Week {
        let mut words = self.0;
        for (word, other) in words.iter_mut().zip(&other.0) {
            *word = join(*word, *other);
        }
        Week(words)
    }

    pub(super) fn and(&self, other: &Week) -> Week {
        self.zip(other, |a, b| a & b)
    }

    pub(super) fn or(&self, other: &Week) -> Week {
        self.zip(other, |a, b| a | b)
    }

    pub(super) fn without(&self, other: &Week) -> Week {
        self.zip(other, |a, b| a & !b)
    }

    /// The same minutes between `least` and `most` later; a change of clocks moves them by up to an hour either way.
    pub(super) fn later(&self, least_ms: i64, most_ms: i64) -> Week {
        const SLACK: i64 = 60;
        let (least, most) = (least_ms / 60_000 - SLACK, most_ms.saturating_add(59_999) / 60_000 + SLACK);
        if most - least >= MINUTES as i64 || self.is_all() {
            return if self.is_empty() { Week::none() } else { Week::all() };
        }
        self.spread(least, most)
    }

    /// The same minutes and, by night, those up to two hours later: where a clock lies in the gap of a change of clocks. No zone has one
    /// between 05:00 and 21:00.
    pub(super) fn or_gap(&self) -> Week {
        if self.is_all() {
            return self.clone();
        }
        let night = ClockRange { from_ms: 21 * 3_600_000, to_ms: 5 * 3_600_000 };
        self.or(&self.and(&Week::of(night, ALL_DAYS)).spread(0, 120))
    }

    /// Each minute becomes those from `least` to `most` minutes later.
    fn spread(&self, least: i64, most: i64) -> Week {
        let mut set = Week::none();
        for (start, length) in self.stretches() {
            let from = (start as i64 + least).rem_euclid(MINUTES as i64) as usize;
            set.fill(from, length + (most - least) as usize);
        }
        set
    }

    /// The same clocks on any day.
    pub(super) fn any_day(&self) -> Week {
        let mut week = Week::none();
        for (start, length) in self.stretches() {
            (0..7).for_each(|day| week.fill(start + day * DAY, length));
        }
        week
    }

    /// The clocks it holds on any day, in words: `21:00 .. 08:00`.
    pub(super) fn clocks(&self) -> String {
        let day = self.any_day();
        let inside: Vec<bool> = (0..DAY).map(|minute| day.has(minute)).collect();
        let before = |minute: usize| inside[(minute + DAY - 1) % DAY];
        let starts: Vec<usize> = (0..DAY).filter(|m| inside[*m] && !before(*m)).collect();
        if starts.is_empty() {
            return if inside[0] { "the whole day" } else { "never" }.to_owned();
        }
        let clock = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
        let range = |start: &usize| {
            let length = (1..DAY).find(|more| !inside[(start + more) % DAY]).unwrap_or(DAY);
            format!("{} .. {}", clock(*start), clock((start + length) % DAY))
        };
        starts.iter().map(range).collect::<Vec<_>>().join(", ")
    }

    /// The minutes from which one of this set is at most so many minutes away, itself included.
    pub(super) fn within(&self, minutes: i64) -> Week {
        let most = minutes.clamp(0, MINUTES as i64);
        self.spread(-most, 0)
    }

    /// When those who come at these minutes, and wait at most so long, get to a minute of this set: at once, or when it opens.
    pub(super) fn reached_from(&self, arrivals: &Week, patience: i64) -> Week {
        let mut reached = self.and(arrivals);
        let stretches = self.stretches();
        let Some((last, length)) = stretches.last() else { return reached };
        let mut closed_from = last + length;
        for (start, length) in &stretches {
            let closed = (start + MINUTES - closed_from) % MINUTES;
            let waiting = closed.min(usize::try_from(patience).unwrap_or(0));
            let mut before = Week::none();
            before.fill(start + MINUTES - waiting, waiting);
            if !before.and(arrivals).is_empty() {
                reached.insert(*start);
            }
            closed_from = start + length;
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: ClockRange = ClockRange { from_ms: 22 * 3_600_000, to_ms: 6 * 3_600_000 };

    #[test]
    fn ranges_wrap_over_midnight_and_are_half_open() {
        let night = Week::of(NIGHT, ALL_DAYS);
        assert_eq!(night.len(), 7 * 8 * 60);
        assert!(
            night.has(22 * 60) && night.has(5 * 60 + 59) && !night.has(6 * 60) && !night.has(21 * 60 + 59)
        );
    }

    #[test]
    fn spreading_agrees_with_moving_each_minute() {
        let some = Week::at(23 * 3_600_000 + 30 * 60_000, 0b100_0001).or(&Week::at(0, 0b10));
        for (least, most) in [(-60, 60), (0, 60), (500, 700), (10_000, 10_079), (0, 0)] {
            let mut slow = Week::none();
            for minute in (0..MINUTES).filter(|minute| some.has(*minute)) {
                for by in least..=most {
                    slow.insert((minute as i64 + by).rem_euclid(MINUTES as i64) as usize);
                }
            }
            assert_eq!(some.spread(least, most), slow, "{least} ..= {most}");
        }
    }

    #[test]
    fn the_longest_wait_is_the_greatest_distance() {
        let sets = [
            Week::of(NIGHT, ALL_DAYS),
            Week::of(NIGHT, 0b1_1111),
            Week::all(),
            Week::at(0, 0b10),
            Week::at(12 * 3_600_000, ALL_DAYS).or(&Week::at(86_340_000, 0b100_0000)),
        ];
        for set in sets {
            let distances = distances(&set).expect("not empty");
            assert_eq!(set.longest_wait(), distances.into_iter().max().map(|most| most as usize));
        }
        assert_eq!(Week::none().longest_wait(), None);
    }

    /// Minutes from each minute to the next one of a set, itself included; `None` for the empty set.
    fn distances(set: &Week) -> Option<Vec<u32>> {
        if set.is_empty() {
            return None;
        }
        let mut distances = vec![0; MINUTES];
        let mut to_next = 0;
        for minute in (0..2 * MINUTES).rev() {
            to_next = if set.has(minute) { 0 } else { to_next + 1 };
            distances[minute % MINUTES] = to_next;
        }
        Some(distances)
    }

    #[test]
    fn reaching_agrees_with_looking_at_each_minute() {
        let open = Week::of(NIGHT, 0b101_0011).or(&Week::at(12 * 3_600_000, ALL_DAYS));
        let came = Week::of(ClockRange { from_ms: 3_600_000, to_ms: 23 * 3_600_000 }, 0b111_0111);
        let far = distances(&open).expect("not empty");
        for patience in [0, 1, 90, 700, 20_000] {
            let mut reached = Week::none();
            for minute in (0..MINUTES).filter(|m| came.has(*m) && i64::from(far[*m]) <= patience) {
                reached.insert(minute + far[minute] as usize);
            }
            assert_eq!(open.reached_from(&came, patience), reached, "{patience}");
            for (minute, far) in far.iter().enumerate() {
                assert_eq!(open.within(patience).has(minute), i64::from(*far) <= patience, "{minute}");
            }
        }
    }

    #[test]
    fn distances_lead_to_the_next_minute_of_the_set() {
        let noon = Week::at(12 * 3_600_000, ALL_DAYS);
        let far = distances(&noon).expect("not empty");
        assert_eq!((far[12 * 60], far[12 * 60 + 1], far[0]), (0, 1439, 720));
        assert!(distances(&Week::none()).is_none());
    }
}
