//! The facts and rules of profiles. Data only; not legal advice.
//!
//! Dated: what the sources said on [`AS_OF`]. A rule that changes gets its new text here and a line in the change log.

use super::Confidence::{High, Medium};
use super::{Except, Fact, Need, NeedKind, Profile, Rule, RuleKind};

/// The day these facts were last checked.
pub const AS_OF: &str = "2026-11-22";

const fn fact(id: &'static str, confidence: super::Confidence, text: &'static str) -> Fact {
    Fact { id, confidence, text }
}

/// Every fact that a rule or a diagnostic names. Ids are never reused; the order may grow only at the end.
pub const FACTS: &[Fact] = &[
    fact(
        "kr.K1",
        High,
        "advertising needs prior explicit consent; the push permission of the phone is not that consent (Network Act, Art. 50(1))",
    ),
    fact(
        "kr.K2",
        Medium,
        "no consent is needed for the same kind of goods to an own customer within 6 months of the last transaction",
    ),
    fact(
        "kr.K3",
        High,
        "advertising between 21:00 and 08:00 needs a separate consent to receive it at night",
    ),
    fact("kr.K4", Medium, "email is exempt from the night rule"),
    fact(
        "kr.K5",
        High,
        "advertising begins with `(광고)` and the sender's name, and ends with a free way to opt out (of SMS an 080 number)",
    ),
    fact("kr.K6", High, "messages of an app are advertising in the same sense"),
    fact("kr.K7", High, "withdrawal of consent is free and takes effect at once"),
    fact("kr.K8", Medium, "the result of consent or withdrawal is told to the user within 14 days"),
    fact("kr.K9", High, "consent is confirmed again every 2 years"),
    fact("kr.K11", Medium, "unasked coupons and points, and notices of their expiry, are advertising"),
    fact(
        "kr.A1",
        High,
        "Alimtalk carries information only, in approved templates, of at most 1,000 characters",
    ),
    fact("kr.A3", High, "Friendtalk ended on 2025-12-31; Brand Message is sent between 08:00 and 20:50"),
    fact("kr.M1", High, "SMS holds 90 bytes, LMS and MMS 2,000 bytes, counted in EUC-KR (CP949)"),
    fact("kr.M2", High, "relays turn an SMS of more than 90 bytes into an LMS and bill it so"),
    fact(
        "us.U1",
        High,
        "telephone solicitation, texts included, is between 08:00 and 21:00 at the recipient",
    ),
    fact(
        "us.U3",
        High,
        "stop, quit, end, revoke, opt out, cancel and unsubscribe are opt-outs, honoured within 10 business days",
    ),
    fact("us.U5", High, "Florida: between 08:00 and 20:00, and at most 3 in 24 hours on one subject"),
    fact("us.U6", High, "Texas: Monday to Saturday between 09:00 and 21:00, Sunday between 12:00 and 21:00"),
    fact("us.U8", High, "email carries a postal address and a working way to opt out"),
    fact(
        "eu.E1",
        High,
        "advertising needs prior consent, or an own customer and similar goods with a way to object each time (ePrivacy, Art. 13)",
    ),
    fact("eu.E2", High, "everyone may object to profiling for advertising (GDPR, Art. 21)"),
    fact(
        "eu.F1",
        Medium,
        "France: no advertising by SMS between 22:00 and 08:00, on Sundays and on holidays",
    ),
];

/// Channels of the phone network.
const TEXT: &[&str] = &["sms", "lms", "mms"];
/// Channels the Korean night rule is about (email is exempt, K4).
const KR_NIGHT: &[&str] = &["push", "web_push", "sms", "lms", "mms", "kakao_brand", "kakao_friendtalk"];
const KR_ALL: &[&str] =
    &["push", "web_push", "email", "sms", "lms", "mms", "kakao_brand", "kakao_friendtalk"];
const KR_APP: &[&str] = &["push", "web_push"];
const KAKAO: &[&str] = &["kakao_brand", "kakao_friendtalk"];
const EMAIL: &[&str] = &["email"];
const EU_ALL: &[&str] = &["push", "web_push", "email", "sms", "lms", "mms"];
/// Channels of std that no rule is about: shown inside the app, to machines, or never advertising.
pub(super) const WITHOUT_RULES: &[&str] = &["in_app", "content_card", "webhook", "kakao_alimtalk"];

const HOUR: i64 = 60;
const EVERY_DAY: u8 = 0b111_1111;
const MONDAY_TO_SATURDAY: u8 = 0b011_1111;
const SUNDAY: u8 = 0b100_0000;

/// Every profile, by name.
pub const PROFILES: &[Profile] = &[
    Profile { name: "eu", needs: EU_NEEDS, rules: EU_RULES },
    Profile { name: "kr", needs: KR_NEEDS, rules: KR_RULES },
    Profile { name: "us", needs: US_NEEDS, rules: US_RULES },
];

const KR_NEEDS: &[Need] = &[
    Need {
        name: "night",
        kind: NeedKind::Condition,
        facts: &["kr.K3"],
        example: "night: user.night_consent;",
    },
    Need {
        name: "consent_at",
        kind: NeedKind::Time,
        facts: &["kr.K9"],
        example: "consent_at: user.consent_at;",
    },
    Need { name: "sender", kind: NeedKind::Text, facts: &["kr.K5"], example: "sender: \"웨이라인\";" },
    Need { name: "optout", kind: NeedKind::Text, facts: &["kr.K5"], example: "optout: \"080-000-0000\";" },
];

const KR_RULES: &[Rule] = &[
    Rule { fact: "kr.K1", channels: KR_ALL, except: Except::Nobody, kind: RuleKind::Consent },
    Rule {
        fact: "kr.K3",
        channels: KR_NIGHT,
        except: Except::Where("night"),
        kind: RuleKind::Quiet { from_min: 21 * HOUR, to_min: 8 * HOUR, days: EVERY_DAY },
    },
    Rule {
        fact: "kr.A3",
        channels: KAKAO,
        except: Except::Nobody,
        kind: RuleKind::Quiet { from_min: 20 * HOUR + 50, to_min: 8 * HOUR, days: EVERY_DAY },
    },
    Rule {
        fact: "kr.K9",
        channels: KR_ALL,
        except: Except::Nobody,
        kind: RuleKind::ConsentAge { dated_by: "consent_at", months: 24 },
    },
    Rule {
        fact: "kr.K5",
        channels: TEXT,
        except: Except::Nobody,
        kind: RuleKind::Label {
            mark: "(광고)",
            head: "(광고){sender} ",
            head_fields: &["subject", "title", "text", "body"],
            tail: "\n무료수신거부 {optout}",
            tail_fields: &["text", "body"],
        },
    },
    Rule {
        fact: "kr.K5",
        channels: KR_APP,
        except: Except::Nobody,
        kind: RuleKind::Label {
            mark: "(광고)",
            head: "(광고){sender} ",
            head_fields: &["title", "body", "text"],
            tail: " 수신거부 {optout}",
            tail_fields: &["body", "text"],
        },
    },
    Rule {
        fact: "kr.K5",
        channels: KAKAO,
        except: Except::Nobody,
        kind: RuleKind::Label {
            mark: "(광고)",
            head: "(광고){sender} ",
            head_fields: &["title", "text", "body"],
            tail: "\n수신거부 {optout}",
            tail_fields: &["text", "body"],
        },
    },
    Rule {
        fact: "kr.K5",
        channels: EMAIL,
        except: Except::Nobody,
        kind: RuleKind::Label {
            mark: "(광고)",
            head: "(광고){sender} ",
            head_fields: &["subject", "title", "body", "text"],
            tail: "\n\n무료수신거부 {optout}",
            tail_fields: &["body", "text", "html"],
        },
    },
];

const US_NEEDS: &[Need] = &[
    Need { name: "state", kind: NeedKind::Region, facts: &["us.U5", "us.U6"], example: "state: user.state;" },
    Need {
        name: "optout",
        kind: NeedKind::Text,
        facts: &["us.U8"],
        example: "optout: \"Acme, 1 Main St, Springfield IL. Unsubscribe: https://acme.example/u\";",
    },
];

const FLORIDA: Except = Except::OutsideOf { name: "state", region: "FL" };
const TEXAS: Except = Except::OutsideOf { name: "state", region: "TX" };

const US_RULES: &[Rule] = &[
    Rule { fact: "us.U1", channels: TEXT, except: Except::Nobody, kind: RuleKind::Consent },
    Rule {
        fact: "us.U1",
        channels: TEXT,
        except: Except::Nobody,
        kind: RuleKind::Quiet { from_min: 21 * HOUR, to_min: 8 * HOUR, days: EVERY_DAY },
    },
    Rule {
        fact: "us.U5",
        channels: TEXT,
        except: FLORIDA,
        kind: RuleKind::Quiet { from_min: 20 * HOUR, to_min: 8 * HOUR, days: EVERY_DAY },
    },
    Rule { fact: "us.U5", channels: TEXT, except: FLORIDA, kind: RuleKind::Cap { max: 3, per_h: 24 } },
    Rule {
        fact: "us.U6",
        channels: TEXT,
        except: TEXAS,
        kind: RuleKind::Quiet { from_min: 21 * HOUR, to_min: 9 * HOUR, days: MONDAY_TO_SATURDAY },
    },
    Rule {
        fact: "us.U6",
        channels: TEXT,
        except: TEXAS,
        kind: RuleKind::Quiet { from_min: 21 * HOUR, to_min: 12 * HOUR, days: SUNDAY },
    },
    Rule {
        fact: "us.U8",
        channels: EMAIL,
        except: Except::Nobody,
        kind: RuleKind::Label {
            mark: "",
            head: "",
            head_fields: &[],
            tail: "\n\n{optout}",
            tail_fields: &["body", "text", "html"],
        },
    },
];

const EU_NEEDS: &[Need] = &[
    Need { name: "country", kind: NeedKind::Region, facts: &["eu.F1"], example: "country: user.country;" },
    Need {
        name: "optout",
        kind: NeedKind::Text,
        facts: &["eu.E1"],
        example: "optout: \"Unsubscribe: https://acme.example/u\";",
    },
];

const FRANCE: Except = Except::OutsideOf { name: "country", region: "FR" };

const EU_RULES: &[Rule] = &[
    Rule { fact: "eu.E1", channels: EU_ALL, except: Except::Nobody, kind: RuleKind::Consent },
    Rule {
        fact: "eu.E1",
        channels: EMAIL,
        except: Except::Nobody,
        kind: RuleKind::Label {
            mark: "",
            head: "",
            head_fields: &[],
            tail: "\n\n{optout}",
            tail_fields: &["body", "text", "html"],
        },
    },
    Rule {
        fact: "eu.E1",
        channels: TEXT,
        except: Except::Nobody,
        kind: RuleKind::Label {
            mark: "",
            head: "",
            head_fields: &[],
            tail: " {optout}",
            tail_fields: &["text", "body"],
        },
    },
    Rule {
        fact: "eu.F1",
        channels: TEXT,
        except: FRANCE,
        kind: RuleKind::Quiet { from_min: 22 * HOUR, to_min: 8 * HOUR, days: EVERY_DAY },
    },
    Rule {
        fact: "eu.F1",
        channels: TEXT,
        except: FRANCE,
        kind: RuleKind::Quiet { from_min: 0, to_min: 24 * HOUR, days: SUNDAY },
    },
];
