//! Literals: numbers, durations, clocks, dates, instants, texts; and the slips that are read as literals.

use super::{Lowering, Pair, child};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{
    ClockLit, ClockRange, DateLit, DurationLit, DurationValue, Expr, ExprKind, FieldInit, FieldValue,
    InstantLit, LocaleText, Localised, Percent, Spanned, StrLit, Text, TextPart,
};
use crate::syntax::forms::Part;
use crate::syntax::lower::lines::Line;
use crate::syntax::slips;
use wayline_grammar::Rule;

/// Whether `24:00` may stand here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RangeEnd {
    /// The end of a range.
    Yes,
    /// Anywhere else.
    No,
}

impl Lowering<'_> {
    pub(super) fn bad_literal(&mut self, span: Span, message: String, help: &str) {
        self.report(Diagnostic::new(&codes::BAD_LITERAL, span, message).label("here").help(help));
    }

    /// `42`, `-5`
    pub(super) fn int(&mut self, pair: &Pair<'_>) -> Spanned<i64> {
        let value = match digits(pair.as_str()).parse::<i64>() {
            Ok(value) => value,
            Err(_) => {
                let span = self.real(pair);
                let message = format!("`{}` does not fit in 64 bits", pair.as_str());
                self.bad_literal(span, message, "the largest number is 9_223_372_036_854_775_807");
                0
            }
        };
        Spanned { value, span: self.span(pair) }
    }

    /// The first number among a pair's children.
    pub(super) fn int_of(&mut self, pair: &Pair<'_>) -> Spanned<i64> {
        let found = pair.clone().into_inner().find(|kid| matches!(kid.as_rule(), Rule::int | Rule::signed));
        match found {
            Some(kid) => self.int(&kid),
            None => Spanned { value: 0, span: self.span(pair) },
        }
    }

    pub(super) fn float(&mut self, pair: &Pair<'_>) -> f64 {
        digits(pair.as_str()).parse().unwrap_or(0.0)
    }

    /// `45%`, `12.5%`
    pub(super) fn percent(&mut self, pair: &Pair<'_>) -> Percent {
        let span = self.span(pair);
        let raw = digits(pair.as_str().trim_end_matches('%'));
        let (whole, fraction) = raw.split_once('.').unwrap_or((&raw, ""));
        let real = self.real(pair);
        if fraction.len() > 2 {
            self.bad_literal(
                real,
                format!("`{}` has more than two decimals", pair.as_str()),
                "write at most two: `12.25%`",
            );
        }
        let hundredths: String = fraction.chars().chain("00".chars()).take(2).collect();
        let value = whole
            .parse::<u32>()
            .ok()
            .and_then(|whole| whole.checked_mul(100)?.checked_add(hundredths.parse().ok()?));
        let basis_points = match value {
            Some(value) if value <= 10_000 => value,
            Some(_) | None => {
                self.bad_literal(
                    real,
                    format!("`{}` is more than all", pair.as_str()),
                    "a share is at most `100%`",
                );
                10_000
            }
        };
        Percent { basis_points, span }
    }

    /// The percentage among a pair's children.
    pub(super) fn percent_of(&mut self, pair: &Pair<'_>) -> Percent {
        match child(pair, Rule::percentage).and_then(|kid| child(&kid, Rule::percent)) {
            Some(kid) => self.percent(&kid),
            None => Percent { basis_points: 0, span: self.span(pair) },
        }
    }

    /// `1h30m`, and slips such as `1 hour`
    pub(super) fn duration(&mut self, pair: &Pair<'_>) -> DurationLit {
        let span = self.span(pair);
        let raw = pair.as_str();
        let written = match pair.as_rule() {
            Rule::slip_duration | Rule::slip_durations => {
                let real = self.real(pair);
                let (meant, diagnostic) = slips::duration(raw, real);
                self.report(diagnostic);
                meant
            }
            _ => raw.to_owned(),
        };
        let value = self.duration_value(&written, pair);
        DurationLit { value, span }
    }

    fn duration_value(&mut self, raw: &str, pair: &Pair<'_>) -> DurationValue {
        let (mut ms, mut months) = (Some(0_i64), Some(0_i32));
        let (mut exact, mut calendar) = (false, false);
        let text = digits(raw);
        let mut rest = text.as_str();
        while let Some(end) = rest.find(|c: char| !c.is_ascii_digit()) {
            let (number, tail) = rest.split_at(end);
            let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            let number = number.parse::<i64>().ok();
            match unit_ms(unit) {
                Some(length) => {
                    exact = true;
                    ms = number.and_then(|number| ms?.checked_add(number.checked_mul(length)?));
                }
                None => {
                    calendar = true;
                    let each = if unit == "y" { 12 } else { 1 };
                    months = number.and_then(|number| {
                        months?.checked_add(i32::try_from(number.checked_mul(each)?).ok()?)
                    });
                }
            }
            rest = tail;
        }
        let real = self.real(pair);
        if exact && calendar {
            self.report(
                Diagnostic::new(
                    &codes::MIXED_DURATION,
                    real,
                    format!("`{raw}` mixes elapsed time and calendar units"),
                )
                .label("`s m h d w` are elapsed time, `mo y` calendar units")
                .help("write two waits, or one kind only: `1mo` or `30d`"),
            );
        }
        let value = if calendar && !exact {
            months.map(|months| DurationValue::Calendar { months })
        } else {
            ms.map(|ms| DurationValue::Exact { ms })
        };
        match value {
            Some(value) if within_limit(value) => value,
            Some(_) | None => {
                self.bad_literal(
                    real,
                    format!("`{raw}` is longer than 1000 years"),
                    "write a shorter duration",
                );
                DurationValue::Exact { ms: 0 }
            }
        }
    }

    /// The `length` among a pair's children.
    pub(super) fn length_of(&mut self, pair: &Pair<'_>) -> DurationLit {
        match child(pair, Rule::length).and_then(|kid| kid.into_inner().next()) {
            Some(kid) => self.duration(&kid),
            None => DurationLit { value: DurationValue::Exact { ms: 0 }, span: self.span(pair) },
        }
    }

    /// `09:00`, and slips such as `9am`
    pub(super) fn clock(&mut self, pair: &Pair<'_>, end: RangeEnd) -> ClockLit {
        let span = self.span(pair);
        let real = self.real(pair);
        let raw = pair.as_str();
        let written = if pair.as_rule() == Rule::slip_clock {
            let (meant, diagnostic) = slips::clock(raw, real);
            self.report(diagnostic);
            meant
        } else {
            if raw.len() < 5 {
                let fixed = format!("0{raw}");
                self.report(
                    Diagnostic::new(
                        &codes::BAD_LITERAL,
                        real,
                        format!("the hour of `{raw}` needs two digits"),
                    )
                    .label("here")
                    .help(format!("write `{fixed}`"))
                    .fix(real, fixed.clone()),
                );
            }
            raw.to_owned()
        };
        let (hour, minute) = written.split_once(':').unwrap_or(("0", "0"));
        let (hour, minute): (u16, u16) = (hour.parse().unwrap_or(99), minute.parse().unwrap_or(99));
        let minutes = hour * 60 + minute;
        if minute > 59 || minutes > 1440 {
            self.bad_literal(
                real,
                format!("there is no time `{raw}`"),
                "clocks go from `00:00` to `23:59`; `24:00` ends a range",
            );
            return ClockLit { minute: 0, span };
        }
        if minutes == 1440 && end == RangeEnd::No {
            self.bad_literal(
                real,
                "`24:00` is only the end of a range".to_owned(),
                "write `00:00`, the start of the next day",
            );
            return ClockLit { minute: 0, span };
        }
        ClockLit { minute: minutes, span }
    }

    /// A `clock_time` pair.
    pub(super) fn clock_time(&mut self, pair: &Pair<'_>, end: RangeEnd) -> ClockLit {
        match pair.clone().into_inner().next() {
            Some(kid) => self.clock(&kid, end),
            None => ClockLit { minute: 0, span: self.span(pair) },
        }
    }

    /// The `clock_range` among a pair's children.
    pub(super) fn clock_range_of(&mut self, pair: &Pair<'_>) -> ClockRange {
        let range = child(pair, Rule::clock_range).unwrap_or_else(|| pair.clone());
        let mut times = range.clone().into_inner().filter(|kid| kid.as_rule() == Rule::clock_time);
        let span = self.span(&range);
        let none = ClockLit { minute: 0, span };
        let from = times.next().map_or(none, |kid| self.clock_time(&kid, RangeEnd::No));
        let to = times.next().map_or(none, |kid| self.clock_time(&kid, RangeEnd::Yes));
        ClockRange { from, to, span }
    }

    /// `2026-12-24`
    pub(super) fn date(&mut self, pair: &Pair<'_>) -> DateLit {
        let span = self.span(pair);
        let real = self.real(pair);
        let date = self.calendar_date(pair.as_str(), real);
        DateLit { date, span }
    }

    fn calendar_date(&mut self, raw: &str, real: Span) -> chrono::NaiveDate {
        let mut parts = raw.split('-');
        let mut next = || parts.next().unwrap_or("");
        let (year, month, day) = (next(), next(), next());
        if month.len() == 1 || day.len() == 1 {
            let fixed = format!("{year}-{month:0>2}-{day:0>2}");
            let message = format!("month and day of `{raw}` need two digits");
            self.report(
                Diagnostic::new(&codes::BAD_LITERAL, real, message)
                    .label("here")
                    .help(format!("write `{fixed}`"))
                    .fix(real, fixed),
            );
        }
        let numbers = (year.parse().ok(), month.parse().ok(), day.parse().ok());
        let date = match numbers {
            (Some(year), Some(month), Some(day)) => chrono::NaiveDate::from_ymd_opt(year, month, day),
            _ => None,
        };
        date.unwrap_or_else(|| {
            self.bad_literal(
                real,
                format!("there is no date `{raw}`"),
                "dates are year-month-day: `2026-12-24`",
            );
            chrono::NaiveDate::default()
        })
    }

    /// `2026-12-24T18:00:00+09:00`
    pub(super) fn instant(&mut self, pair: &Pair<'_>) -> InstantLit {
        let span = self.span(pair);
        let real = self.real(pair);
        let raw = pair.as_str();
        let (date, time) = raw.split_once('T').unwrap_or((raw, ""));
        let none = InstantLit { ms: 0, offset_minutes: 0, span };
        let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let (clock, zone) = time.split_at(zone_at);
        let date = self.calendar_date(date, real);
        let format = if clock.matches(':').count() == 2 { "%H:%M:%S%.f" } else { "%H:%M" };
        let Ok(clock_time) = chrono::NaiveTime::parse_from_str(clock, format) else {
            self.bad_literal(
                real,
                format!("there is no time `{clock}`"),
                "write hour, minute and second: `18:00:00`",
            );
            return none;
        };
        let offset_minutes = match zone {
            "Z" => Some(0),
            "" => {
                self.report(
                    Diagnostic::new(&codes::BAD_LITERAL, real, format!("`{raw}` has no offset"))
                        .label("two zones read this clock at different instants")
                        .help(format!("add the offset: `{raw}+09:00`, or `Z` for UTC")),
                );
                return none;
            }
            offset => read_offset(offset),
        };
        let Some(offset_minutes) = offset_minutes else {
            self.bad_literal(
                real,
                format!("there is no offset `{zone}`"),
                "offsets go from `-18:00` to `+18:00`",
            );
            return none;
        };
        let local = date.and_time(clock_time).and_utc().timestamp_millis();
        InstantLit { ms: local - i64::from(offset_minutes) * 60_000, offset_minutes, span }
    }

    /// `"text {expr}"`
    pub(super) fn text(&mut self, pair: &Pair<'_>) -> Text {
        let span = self.span(pair);
        let raw = pair.as_str();
        let block = raw.starts_with("\"\"\"");
        let mut parts: Vec<TextPart> = Vec::new();
        for kid in pair.clone().into_inner() {
            match kid.as_rule() {
                Rule::interp => {
                    let expr = self.expr_of(&kid);
                    parts.push(TextPart::Expr(expr));
                }
                Rule::bad_interp => {
                    self.bad(kid.as_span().start(), kid.as_span().end(), Part::Interpolation);
                    parts.push(TextPart::Expr(Expr { kind: ExprKind::Error, span: self.span(&kid) }));
                }
                Rule::line_chars | Rule::block_chars => {
                    let text = kid.as_str().to_owned();
                    parts.push(TextPart::Literal { text, span: self.span(&kid) });
                }
                _ => {}
            }
        }
        if block {
            for part in &mut parts {
                if let TextPart::Literal { text, .. } = part {
                    *text = text.replace("\r\n", "\n");
                }
            }
            strip_indent(&mut parts);
        }
        let start = pair.as_span().start();
        for part in &mut parts {
            if let TextPart::Literal { text, .. } = part {
                *text = self.unescape(text, start);
            }
        }
        parts.retain(|part| !matches!(part, TextPart::Literal { text, .. } if text.is_empty()));
        Text { parts, span }
    }

    /// Reads escapes; an unknown one is reported and kept.
    fn unescape(&mut self, raw: &str, text_start: usize) -> String {
        if !raw.contains('\\') {
            return raw.to_owned();
        }
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            let escape = &rest[at..];
            let (read, length) = slips::escape(escape);
            match read {
                Some(c) => out.push(c),
                None => {
                    let escape = &escape[..length];
                    // Escapes are short and rare: finding the place again is cheaper than carrying it along.
                    let near =
                        self.text[text_start..].find(escape).map_or(text_start, |offset| text_start + offset);
                    let real = Span::new(self.file, near, near + escape.len());
                    self.bad_literal(
                        real,
                        format!("there is no escape `{escape}`"),
                        "escapes are `\\n`, `\\t`, `\\\"`, `\\\\`, `\\{`, `\\}` and `\\u{1F381}`",
                    );
                    out.push_str(escape);
                }
            }
            rest = &rest[at + length..];
        }
        out.push_str(rest);
        out
    }

    /// A text or a slip of one.
    pub(super) fn text_like(&mut self, pair: &Pair<'_>) -> Text {
        if pair.as_rule() != Rule::slip_quotes {
            return self.text(pair);
        }
        let real = self.real(pair);
        let (meant, diagnostic) = slips::quotes(pair.as_str(), real);
        self.report(diagnostic);
        let span = self.span(pair);
        Text { parts: vec![TextPart::Literal { text: meant, span }], span }
    }

    /// The first text among a pair's children.
    pub(super) fn text_of(&mut self, pair: &Pair<'_>) -> Option<Text> {
        let found =
            pair.clone().into_inner().find(|kid| matches!(kid.as_rule(), Rule::text | Rule::slip_quotes));
        found.map(|kid| self.text_like(&kid))
    }

    /// A text where nothing may be interpolated.
    pub(super) fn string(&mut self, pair: &Pair<'_>) -> StrLit {
        let text = self.text_like(pair);
        let span = text.span;
        if let Some(plain) = text.as_plain() {
            return StrLit { text: plain.to_owned(), span };
        }
        let real = self.real(pair);
        self.report(
            Diagnostic::new(&codes::SYNTAX, real, "nothing can be interpolated here")
                .label("this text is fixed")
                .help("write a text without `{…}`; a brace as such is `\\{`"),
        );
        StrLit { text: pair.as_str().trim_matches('"').to_owned(), span }
    }

    /// The first text among a pair's children, fixed.
    pub(super) fn string_of(&mut self, pair: &Pair<'_>) -> Option<StrLit> {
        child(pair, Rule::text).map(|kid| self.string(&kid))
    }

    /// `{ name: value; … }` among a pair's children.
    pub(super) fn inits_of(&mut self, pair: &Pair<'_>) -> Option<Vec<FieldInit>> {
        let inits = child(pair, Rule::inits)?;
        let mut fields = Vec::new();
        for line in self.lines(&inits, Part::Init) {
            if let Line::Statement { content, .. } = line {
                fields.extend(content.iter().map(|init| self.init(init)));
            }
        }
        Some(fields)
    }

    fn init(&mut self, pair: &Pair<'_>) -> FieldInit {
        let value = match child(pair, Rule::localised) {
            Some(localised) => FieldValue::Localised(self.localised(&localised)),
            None => FieldValue::Expr(self.expr_of(pair)),
        };
        FieldInit { name: self.name(pair), value, span: self.span(pair) }
    }

    fn localised(&mut self, pair: &Pair<'_>) -> Localised {
        let mut entries = Vec::new();
        for line in self.lines(pair, Part::Locale) {
            let Line::Statement { content, .. } = line else { continue };
            for entry in content {
                let mut kids = entry
                    .into_inner()
                    .filter(|kid| matches!(kid.as_rule(), Rule::ident | Rule::text | Rule::slip_quotes));
                let (Some(locale), Some(text)) = (kids.next(), kids.next()) else { continue };
                let locale = if locale.as_rule() == Rule::ident {
                    StrLit { text: locale.as_str().to_owned(), span: self.span(&locale) }
                } else {
                    self.string(&locale)
                };
                entries.push(LocaleText { locale, text: self.text_like(&text) });
            }
        }
        Localised { entries, span: self.span(pair) }
    }
}

/// A thousand years.
fn within_limit(value: DurationValue) -> bool {
    match value {
        DurationValue::Exact { ms } => ms <= 1000 * 366 * 86_400_000,
        DurationValue::Calendar { months } => months <= 12_000,
    }
}

fn unit_ms(unit: &str) -> Option<i64> {
    match unit {
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        "w" => Some(604_800_000),
        _ => None,
    }
}

fn digits(raw: &str) -> String {
    raw.chars().filter(|&c| c != '_').collect()
}

fn read_offset(offset: &str) -> Option<i32> {
    let (sign, rest) = offset.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    if minutes > 59 || total > 18 * 60 {
        return None;
    }
    Some(if sign == "-" { -total } else { total })
}

/// The text of `"""…"""`: without the line feed after the opening quotes, the last line if it is only space, and the common indent.
fn strip_indent(parts: &mut [TextPart]) {
    let Some(TextPart::Literal { text: first, .. }) = parts.first() else { return };
    if !first.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']) {
        return;
    }
    let mut indent = usize::MAX;
    let count = parts.len();
    for (index, part) in parts.iter().enumerate() {
        let TextPart::Literal { text, .. } = part else { continue };
        let lines: Vec<&str> = text.split('\n').skip(1).collect();
        let last = lines.len().saturating_sub(1);
        for (at, line) in lines.iter().enumerate() {
            let space = line.len() - line.trim_start_matches([' ', '\t']).len();
            let continues = at == last && index + 1 < count;
            let closing = at == last && index + 1 == count;
            if closing || continues || !line.trim().is_empty() {
                indent = indent.min(space);
            }
        }
    }
    let indent = if indent == usize::MAX { 0 } else { indent };
    for (index, part) in parts.iter_mut().enumerate() {
        let TextPart::Literal { text, .. } = part else { continue };
        let mut lines: Vec<&str> =
            text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        for line in lines.iter_mut().skip(1) {
            *line = line.get(indent..).unwrap_or("");
        }
        if index + 1 == count && lines.len() > 1 && lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let joined = lines.join("\n");
        *text = if index == 0 {
            joined.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
        } else {
            joined
        };
    }
}
