//! Hashes that outlive a run: message keys, ids of emitted events, shares of splits and holdouts.
//!
//! All are XXH3 over parts, each preceded by its length in 8 bytes (little-endian), so that no two lists of parts run together.
//! A message key is of (user, journey, key as JSON, entry id, step key, visit, channel); the id of an emitted event of
//! (user, journey, key as JSON, entry id, step key, visit); an entry id is that of the entry event's own id.

use xxhash_rust::xxh3::Xxh3;

/// A hash of parts.
pub(super) struct Parts(Xxh3);

impl Parts {
    /// Of no parts.
    pub(super) fn new() -> Self {
        Self(Xxh3::new())
    }
    /// With one more part.
    pub(super) fn with(mut self, part: &[u8]) -> Self {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }
    /// 128 bits of it.
    pub(super) fn id(self) -> u128 {
        self.0.digest128()
    }
    /// 64 bits of it.
    fn bits(self) -> u64 {
        self.0.digest()
    }
}

/// Hash of an input's id.
pub(super) fn of_id(id: &str) -> u128 {
    xxhash_rust::xxh3::xxh3_128(id.as_bytes())
}

/// Stands for the id of an input that has none: its time and the ordinal of the instance it starts.
pub(super) fn of_nameless(time: i64, instance: u32) -> u128 {
    Parts::new().with(&time.to_le_bytes()).with(&instance.to_le_bytes()).id()
}

/// Millionths of the whole.
const WHOLE: u64 = 1_000_000;

/// Whether a user is in the holdout of a journey or split with this salt: `share` in millionths.
pub(super) fn is_held_out(salt: &str, user: &str, share: u32) -> bool {
    if share == 0 {
        return false;
    }
    let bits = Parts::new().with(b"holdout").with(salt.as_bytes()).with(user.as_bytes()).bits();
    // The share of the 2^64 values below it.
    (u128::from(bits) * u128::from(WHOLE)) >> 64 < u128::from(share)
}

/// The arm a user takes by weighted rendezvous hashing: of `(name, weight)`, the one of least −ln(h) / weight, where h is a
/// hash of (salt, name, user) in (0, 1). Changing one weight moves only users into or out of that arm.
pub(super) fn arm<'n>(salt: &str, user: &str, arms: impl Iterator<Item = (&'n str, u32)>) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for (at, (name, weight)) in arms.enumerate() {
        if weight == 0 {
            continue;
        }
        let parts = Parts::new().with(b"arm").with(salt.as_bytes()).with(name.as_bytes());
        let bits = parts.with(user.as_bytes()).bits();
        let score = -ln(bits) / f64::from(weight);
        if best.is_none_or(|(least, _)| score < least) {
            best = Some((score, at));
        }
    }
    best.map(|(_, at)| at)
}

/// ln((bits + ½) / 2⁶⁴), by IEEE additions, multiplications and divisions only, so that every machine gets the same bits.
fn ln(bits: u64) -> f64 {
    // 53 bits are kept; + ½ keeps it off 0.
    let x = ((bits >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0;
    let raw = x.to_bits();
    let exponent = ((raw >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((raw & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    // ln(m) = 2 atanh((m − 1) / (m + 1)), |argument| ≤ 1/3.
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let mut sum = 0.0;
    for odd in (0..20).rev() {
        sum = sum * square + 1.0 / f64::from(2 * odd + 1);
    }
    2.0 * z * sum + exponent as f64 * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_is_ln() {
        for bits in [0, 1, 1 << 20, u64::MAX / 3, u64::MAX / 2, u64::MAX - 5_000, u64::MAX] {
            let x = ((bits >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0;
            assert!((ln(bits) - x.ln()).abs() < 1e-12, "{bits}: {} {}", ln(bits), x.ln());
        }
    }

    #[test]
    fn shares_are_kept_and_resizing_moves_only_what_it_must() {
        let users: Vec<String> = (0..20_000).map(|n| format!("u{n}")).collect();
        let of = |weights: [u32; 2], user: &str| {
            arm("j.s", user, [("a", weights[0]), ("b", weights[1])].into_iter())
        };
        let a = users.iter().filter(|u| of([300_000, 700_000], u) == Some(0)).count();
        assert!((5_700..6_300).contains(&a), "{a}");
        for user in &users {
            if of([300_000, 700_000], user) == Some(0) {
                assert_eq!(of([400_000, 600_000], user), Some(0));
            }
        }
        let held = users.iter().filter(|u| is_held_out("j.s", u, 100_000)).count();
        assert!((1_850..2_150).contains(&held), "{held}");
    }
}
