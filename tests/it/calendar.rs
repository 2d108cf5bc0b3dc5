//! Wall-clock arithmetic: changes of clocks, months, quiet hours, texts, the ends of the calendar.

use wayline_compiler::calendar::hours::{self, EVERY_DAY};
use wayline_compiler::calendar::text::{
    DurationError, instant as print, parse_clock, parse_date, parse_duration, parse_instant, push_clock,
    push_date, push_duration,
};
use wayline_compiler::calendar::{
    Civil, DAY_MS, MAX_DATE, MAX_MS, MIN_DATE, MIN_MS, Unit, Zone, add_months, civil, date_of, weekday,
};
use wayline_compiler::ir::{ClockRange, Span};

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap_or_else(|| panic!("no zone {name}"))
}

fn ms(text: &str) -> i64 {
    parse_instant(text).unwrap_or_else(|| panic!("no instant {text}"))
}

fn clock(text: &str) -> i64 {
    parse_clock(text).unwrap_or_else(|| panic!("no clock {text}"))
}

fn date(text: &str) -> i32 {
    parse_date(text).unwrap_or_else(|| panic!("no date {text}"))
}

fn range(from: &str, to: &str) -> ClockRange {
    ClockRange { from_ms: clock(from), to_ms: clock(to) }
}

#[test]
fn zones_have_stable_symbols() {
    for (index, zone) in Zone::all().enumerate() {
        assert_eq!(zone.symbol() as usize, index + 1);
        assert_eq!(Zone::of_symbol(zone.symbol()), Some(zone));
        assert_eq!(Zone::named(zone.name()), Some(zone));
        // A symbol of another build is not trusted.
        assert_eq!(Zone::of_text(7, zone.name()), Some(zone));
    }
    assert_eq!((Zone::of_symbol(0), Zone::of_symbol(u32::MAX), Zone::named("Mars/Base")), (None, None, None));
}

#[test]
fn dates_count_days_over_the_whole_calendar() {
    assert_eq!((date("1970-01-01"), date("0001-01-01"), date("9999-12-31")), (0, MIN_DATE, MAX_DATE));
    let mut expected = Civil { year: 1, month: 1, day: 1 };
    for day in MIN_DATE..=MAX_DATE {
        let parts = civil(day);
        assert_eq!(parts, expected);
        assert_eq!(date_of(parts.year, parts.month, parts.day), day);
        expected.day += 1;
        if expected.day > wayline_compiler::calendar::month_length(expected.year, expected.month) {
            expected.day = 1;
            expected.month = expected.month % 12 + 1;
            expected.year += i32::from(expected.month == 1);
        }
    }
    assert_eq!((weekday(date("2026-01-05")), weekday(date("0001-01-01"))), (0, 0));
}

#[test]
fn a_clock_that_is_skipped_is_the_end_of_the_gap() {
    let new_york = zone("America/New_York");
    let day = date("2026-03-08");
    let gap = ms("2026-03-08T03:00:00-04:00");
    for skipped in ["02:00", "02:30", "02:59:59.999", "03:00"] {
        assert_eq!(new_york.instant(day, clock(skipped)), gap, "{skipped}");
    }
    assert_eq!(new_york.instant(day, clock("01:59:59.999")), gap - 1);
    assert_eq!(
        zone("Australia/Lord_Howe").instant(date("2026-10-04"), clock("02:10")),
        ms("2026-10-04T02:30:00+11:00")
    );
    // A whole day that never was.
    assert_eq!(
        zone("Pacific/Apia").instant(date("2011-12-30"), clock("12:00")),
        ms("2011-12-31T00:00:00+14:00")
    );
    // Midnight itself is skipped.
    assert_eq!(
        print(zone("America/Sao_Paulo").midnight(date("2018-11-04")), zone("America/Sao_Paulo")),
        "2018-11-04T01:00:00-02:00"
    );
}

#[test]
fn a_clock_that_comes_twice_is_its_first() {
    let new_york = zone("America/New_York");
    let first = ms("2026-11-01T01:30:00-04:00");
    assert_eq!(new_york.instant(date("2026-11-01"), clock("01:30")), first);
    assert_eq!(new_york.next_clock(first, clock("01:30"), EVERY_DAY), first);
    let later = new_york.next_clock(first + 1, clock("01:30"), EVERY_DAY);
    assert_eq!(print(later, new_york), "2026-11-02T01:30:00-05:00");
}

#[test]
fn months_keep_the_wall_clock_and_clamp_to_the_months_end() {
    let seoul = zone("Asia/Seoul");
    let from = ms("2023-07-31T10:00:00+09:00");
    assert_eq!(print(seoul.add(from, Span::Months(7)), seoul), "2024-02-29T10:00:00+09:00");
    assert_eq!(print(seoul.add(from, Span::Months(-1)), seoul), "2023-06-30T10:00:00+09:00");
    let new_york = zone("America/New_York");
    let into_gap = new_york.add(ms("2026-02-08T02:30:00-05:00"), Span::Months(1));
    assert_eq!(print(into_gap, new_york), "2026-03-08T03:00:00-04:00");
    // Elapsed days are 24 hours, whatever the clocks do.
    let days = new_york.add(ms("2026-03-07T10:00:00-05:00"), Span::Exact(DAY_MS));
    assert_eq!(print(days, new_york), "2026-03-08T11:00:00-04:00");
    // The second of two equal clocks stays where it is.
    let second = ms("2026-11-01T01:30:00-05:00");
    assert_eq!(new_york.add(second, Span::Months(0)), second);
    assert_eq!((add_months(date("9999-12-01"), 1), add_months(date("0001-01-31"), -1)), (MAX_DATE, MIN_DATE));
}

#[test]
fn the_next_clock_is_now_if_it_is_exactly_that() {
    let seoul = zone("Asia/Seoul");
    let monday = ms("2026-01-05T10:00:00+09:00");
    let ten = clock("10:00");
    assert_eq!(seoul.next_clock(monday, ten, EVERY_DAY), monday);
    assert_eq!(print(seoul.next_clock(monday + 1, ten, EVERY_DAY), seoul), "2026-01-06T10:00:00+09:00");
    assert_eq!(print(seoul.next_clock(monday + 1, ten, 0b1), seoul), "2026-01-12T10:00:00+09:00");
    assert_eq!(print(seoul.next_clock(monday, ten, 0b110_0000), seoul), "2026-01-10T10:00:00+09:00");
    let midnight = ms("2026-01-06T00:00:00+09:00");
    assert_eq!(seoul.next_clock(midnight, DAY_MS, EVERY_DAY), midnight);
    assert_eq!(seoul.next_clock(monday, ten, 0), i64::MAX);
    assert_eq!(print(seoul.clock_on_day(monday, 3, ten), seoul), "2026-01-08T10:00:00+09:00");
}

#[test]
fn periods_start_at_local_midnight() {
    let seoul = zone("Asia/Seoul");
    let at = ms("2026-01-07T10:00:00+09:00");
    let show = |unit: Unit| (print(seoul.start_of(unit, at), seoul), print(seoul.end_of(unit, at), seoul));
    let pair = |from: &str, to: &str| (format!("{from}T00:00:00+09:00"), format!("{to}T00:00:00+09:00"));
    assert_eq!(show(Unit::Day), pair("2026-01-07", "2026-01-08"));
    assert_eq!(show(Unit::Week), pair("2026-01-05", "2026-01-12"));
    assert_eq!(show(Unit::Month), pair("2026-01-01", "2026-02-01"));
    assert_eq!(seoul.next_date(at), ms("2026-01-08T00:00:00+09:00"));
}

#[test]
fn quiet_hours_end_where_the_clock_says() {
    let seoul = zone("Asia/Seoul");
    let night = range("21:00", "08:00");
    let at = |text: &str| ms(&format!("2026-01-05T{text}+09:00"));
    assert_eq!(hours::end(seoul, night, at("20:59:59.999")), Some(at("20:59:59.999")));
    assert_eq!(hours::end(seoul, night, at("21:00:00")), Some(at("08:00:00") + DAY_MS));
    assert_eq!(hours::end(seoul, night, at("07:59:59.999")), Some(at("08:00:00")));
    assert_eq!(hours::end(seoul, night, at("08:00:00")), Some(at("08:00:00")));
    assert_eq!(hours::end(seoul, range("21:00", "24:00"), at("23:00:00")), Some(at("00:00:00") + DAY_MS));
    assert_eq!(hours::end(seoul, range("00:00", "24:00"), at("23:00:00")), None);
    assert_eq!(hours::end(seoul, range("09:00", "09:00"), at("09:00:00")), Some(at("09:00:00")));
    let day = range("10:00", "20:00");
    assert_eq!(hours::start(seoul, day, EVERY_DAY, at("09:00:00")), Some(at("10:00:00")));
    assert_eq!(hours::start(seoul, day, EVERY_DAY, at("10:30:00")), Some(at("10:30:00")));
    assert_eq!(hours::start(seoul, day, 0b110_0000, at("10:30:00")), Some(at("10:00:00") + 5 * DAY_MS));
    assert_eq!(hours::start(seoul, night, EVERY_DAY, at("08:00:00")), Some(at("21:00:00")));
    assert_eq!(hours::start(seoul, range("09:00", "09:00"), EVERY_DAY, at("08:00:00")), None);
    assert_eq!(hours::start(seoul, day, 0, at("08:00:00")), None);
}

#[test]
fn quiet_hours_meet_changes_of_clocks() {
    let new_york = zone("America/New_York");
    let end = |from: &str, to: &str, at: &str| {
        hours::end(new_york, range(from, to), ms(at)).map(|end| print(end, new_york)).unwrap_or_default()
    };
    // The end is skipped.
    assert_eq!(end("21:00", "02:30", "2026-03-08T01:00:00-05:00"), "2026-03-08T03:00:00-04:00");
    // The end comes twice: it is inside again when the clocks are set back.
    assert_eq!(end("20:00", "01:30", "2026-11-01T01:00:00-04:00"), "2026-11-01T01:30:00-04:00");
    assert_eq!(end("20:00", "01:30", "2026-11-01T01:10:00-05:00"), "2026-11-01T01:30:00-05:00");
    let start = hours::start(new_york, range("01:30", "03:00"), EVERY_DAY, ms("2026-11-01T01:10:00-05:00"));
    assert_eq!(start.map(|at| print(at, new_york)).unwrap_or_default(), "2026-11-01T01:30:00-05:00");
}

#[test]
fn every_end_and_start_of_hours_is_the_first() {
    let zones =
        ["America/New_York", "Asia/Seoul", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca"];
    let ranges =
        [("21:00", "08:00"), ("01:30", "02:30"), ("00:00", "01:00"), ("23:30", "24:00"), ("02:10", "02:05")];
    let minute = 60_000;
    for name in zones {
        let zone = zone(name);
        for start in [
            "2018-02-17T12:00:00Z",
            "2018-11-03T12:00:00Z",
            "2026-03-07T12:00:00Z",
            "2026-10-31T12:00:00Z",
            "2026-04-04T06:00:00Z",
        ] {
            for (from, to) in ranges {
                let range = range(from, to);
                for step in 0..48 {
                    let at = ms(start) + step * 30 * minute;
                    let scan = |inside: bool| {
                        (0..3000)
                            .map(|n| at + n * minute)
                            .find(|t| hours::is_inside(zone, range, *t) == inside)
                    };
                    let context = format!("{name} {from}..{to} at {}", print(at, zone));
                    assert_eq!(hours::end(zone, range, at), scan(false), "end, {context}");
                    assert_eq!(hours::start(zone, range, EVERY_DAY, at), scan(true), "start, {context}");
                }
            }
        }
    }
}

#[test]
fn instants_are_read_with_any_offset_and_printed_in_the_zone() {
    let seoul = zone("Asia/Seoul");
    for (text, printed) in [
        ("2026-01-05T10:00:00Z", "2026-01-05T19:00:00+09:00"),
        ("2026-01-05t10:00:00.25z", "2026-01-05T19:00:00.250+09:00"),
        ("2026-01-05T10:00:00.1239+09:00", "2026-01-05T10:00:00.123+09:00"),
        ("2026-01-05 10:00-03:30", "2026-01-05T22:30:00+09:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T09:00:00+09:00"),
    ] {
        assert_eq!(print(ms(text), seoul), printed, "{text}");
    }
    for bad in [
        "",
        "2026-01-05",
        "2026-01-05T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-01-05T25:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-05T10:00:00+9:00",
        "2026-01-05T10:00:00Zx",
        "2026-01-05T10:60:00Z",
        "+026-01-05T10:00:00Z",
        "2026-01-05T10:00:00.Z",
        "0001-01-01T00:00:00+09:00",
        "２026-01-05T10:00:00Z",
    ] {
        assert_eq!(parse_instant(bad), None, "{bad}");
    }
    // Local mean time with seconds: the text still names the instant.
    let old = ms("1900-01-01T00:00:00Z");
    assert_eq!(ms(&print(old, seoul)), old);
}

#[test]
fn every_zone_prints_what_it_reads() {
    for zone in Zone::all() {
        for year in (1..10_000).step_by(37) {
            let at = i64::from(date_of(year, 3, 8)) * DAY_MS + 25_200_123;
            assert_eq!(ms(&print(at, zone)), at, "{} {year}", zone.name());
            let local = zone.local(at);
            let back = zone.instant(local.date, local.clock);
            assert!(back <= at && at - back <= 2 * 3_600_000, "{} {year}", zone.name());
        }
    }
}

#[test]
fn the_ends_of_the_calendar_are_clamped() {
    let edges = [
        i64::MIN,
        i64::MIN + 1,
        MIN_MS - 1,
        MIN_MS,
        MIN_MS + 1,
        -1,
        0,
        1,
        MAX_MS - 1,
        MAX_MS,
        MAX_MS + 1,
        i64::MAX,
    ];
    for zone in Zone::all() {
        for at in edges {
            let local = zone.local(at);
            assert!((MIN_MS..=MAX_MS).contains(&zone.instant(local.date, local.clock)));
            for months in [i32::MIN, -1, 1, i32::MAX] {
                zone.add(at, Span::Months(months));
            }
            zone.add(at, Span::Exact(i64::MAX));
            zone.next_date(at);
            zone.next_clock(at, DAY_MS, EVERY_DAY);
            zone.clock_on_day(at, i64::MAX, i64::MAX);
            hours::end(zone, range("21:00", "08:00"), at);
            hours::start(zone, range("21:00", "08:00"), EVERY_DAY, at);
            print(at, zone);
            for unit in [Unit::Day, Unit::Week, Unit::Month] {
                zone.start_of(unit, at);
                zone.end_of(unit, at);
            }
        }
        zone.instant(i32::MIN, i64::MIN);
        zone.instant(i32::MAX, i64::MAX);
    }
}

#[test]
fn durations_are_read_as_the_language_writes_them() {
    for (text, span, printed) in [
        ("90s", Span::Exact(90_000), "1m30s"),
        ("1h30m", Span::Exact(5_400_000), "1h30m"),
        ("36h", Span::Exact(36 * 3_600_000), "1d12h"),
        ("2w", Span::Exact(14 * DAY_MS), "14d"),
        ("0s", Span::Exact(0), "0s"),
        ("7mo", Span::Months(7), "7mo"),
        ("1y6mo", Span::Months(18), "1y6mo"),
    ] {
        assert_eq!(parse_duration(text), Ok(span), "{text}");
        let mut out = String::new();
        push_duration(&mut out, span);
        assert_eq!(out, printed);
    }
    for (text, error) in [
        ("", DurationError::Malformed),
        ("5", DurationError::Malformed),
        ("h", DurationError::Malformed),
        ("1.5h", DurationError::Malformed),
        ("-1h", DurationError::Malformed),
        ("1mo2d", DurationError::Mixed),
        ("9999999999999999999s", DurationError::TooLong),
        ("9999999999999999w", DurationError::TooLong),
        ("9999999999y", DurationError::TooLong),
    ] {
        assert_eq!(parse_duration(text), Err(error), "{text}");
    }
    let shown = |span| {
        let mut out = String::new();
        push_duration(&mut out, span);
        out
    };
    assert_eq!(shown(Span::Exact(-1_250)), "-1.25s");
    assert_eq!(shown(Span::Months(-14)), "-1y2mo");
    assert_eq!(shown(Span::Exact(i64::MIN)), "-106751991167d7h12m55.808s");
}

#[test]
fn clocks_and_dates_are_read_strictly() {
    assert_eq!((parse_clock("24:00"), parse_clock("09:00:30.5")), (Some(DAY_MS), Some(32_430_500)));
    for bad in ["9:00", "24:01", "25:00", "09:60", "09:00:61", "09", "", "09:00 "] {
        assert_eq!(parse_clock(bad), None, "{bad}");
    }
    for bad in ["2026-2-3", "2026-13-01", "2025-02-29", "0000-01-01", "10000-01-01", ""] {
        assert_eq!(parse_date(bad), None, "{bad}");
    }
    let mut out = String::new();
    push_date(&mut out, date("2024-02-29"));
    push_clock(&mut out, clock("09:05"));
    push_clock(&mut out, DAY_MS);
    push_clock(&mut out, 61_001);
    assert_eq!(out, "2024-02-2909:0524:0000:01:01.001");
}
