//! "Did you mean": the nearest of the names that could have stood there.

/// The nearest name, where one is near enough to have been meant.
pub fn nearest<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    let allowed = match name.chars().count() {
        0..=3 => 1,
        4..=5 => 2,
        length => length.div_ceil(3),
    };
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance; one name beginning with the other counts as near.
fn distance(a: &str, b: &str) -> usize {
    let edits = strsim::damerau_levenshtein(a, b);
    let shorter = a.chars().count().min(b.chars().count());
    if shorter >= 3 && (a.starts_with(b) || b.starts_with(a)) { edits.min(2) } else { edits }
}

/// `a`, `b` or `c` in backquotes, for help texts.
pub(crate) fn choices<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    joined(names, "or")
}

/// `a`, `b` and `c` in backquotes, for help texts.
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    joined(names, "and")
}

fn joined<'n>(names: impl IntoIterator<Item = &'n str>, word: &str) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} {word} {last}", init.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposes_what_was_probably_meant() {
        let names = ["purchase", "cart_add", "cart_remove"];
        assert_eq!(nearest("purchse", names), Some("purchase"));
        assert_eq!(nearest("Cart_Add", names), Some("cart_add"));
        assert_eq!(nearest("weather", names), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
