//! Lanes: one per (journey, key). What re-entry rules ask of earlier instances.

use super::cx::Cx;
use super::effects::Refusal;
use super::user::{Lane, Phase};
use wayline_compiler::ir::{CooldownFrom, FieldId, Journey, JourneyId, Program, ReenterMode, Span};
use wayline_compiler::row::Row;
use xxhash_rust::xxh3::Xxh3;

/// Hash of the key fields of a row; 0 for journeys without `per`. `fields` are their positions in it.
pub(super) fn hash(program: &Program, journey: JourneyId, row: Row<'_>, fields: &[FieldId]) -> u64 {
    if fields.is_empty() {
        return 0;
    }
    let mut hasher = Xxh3::new();
    for (nth, field) in fields.iter().enumerate() {
        let slot = row.slot(field.index());
        let key = program.journey(journey).key[nth];
        if super::json::is_blob(program, journey, key.index()) {
            let blob = row.blob(slot);
            hasher.update(&(blob.len() as u64).to_le_bytes());
            hasher.update(blob);
        } else {
            hasher.update(&slot.bits.to_le_bytes());
        }
    }
    hasher.digest()
}

/// Why an entry is refused, and when a cooldown that refuses it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: Refusal,
    /// End of the cooldown.
    pub(super) free_at: Option<i64>,
}

/// Whether the re-entry rule of a journey lets a lane in now.
pub(super) fn check(cx: &Cx<'_>, id: JourneyId, journey: &Journey, lane: u64) -> Result<(), Refused> {
    let refuse = |why| Err(Refused { why, free_at: None });
    let memory = cx.user.lanes.get(&(id, lane));
    let is_blocked = match journey.reenter.mode {
        ReenterMode::Never => memory.is_some(),
        ReenterMode::AfterExit => live(cx, id, lane).next().is_some(),
        ReenterMode::Every | ReenterMode::Restart => false,
    };
    if is_blocked {
        return refuse(Refusal::Reenter);
    }
    if let (Some((span, from)), Some(memory)) = (journey.reenter.cooldown, memory) {
        let since = match from {
            CooldownFrom::Entry => memory.entered,
            CooldownFrom::Exit => memory.left,
        };
        let free_at = since.map_or(i64::MIN, |since| cx.zone().add(since, span));
        if free_at > cx.now {
            return Err(Refused { why: Refusal::Cooldown, free_at: Some(free_at) });
        }
    }
    if let (Some((max, per)), Some(memory)) = (journey.reenter.limit, memory)
        && counted(cx, memory, per) >= max as usize
    {
        return refuse(Refusal::Limit);
    }
    let most = cx.program.settings.max_instances as usize;
    if cx.user.instances.len() < most {
        return Ok(());
    }
    let count =
        cx.user.instances.iter().filter(|i| is_of(cx, i.journey, id) && i.phase == Phase::Live).count();
    let restarted = match journey.reenter.mode {
        ReenterMode::Restart => live(cx, id, lane).count(),
        ReenterMode::Never | ReenterMode::AfterExit | ReenterMode::Every => 0,
    };
    if count - restarted >= most { refuse(Refusal::Instances) } else { Ok(()) }
}

/// Whether a journey is this one, or an earlier version of it.
fn is_of(cx: &Cx<'_>, journey: JourneyId, id: JourneyId) -> bool {
    journey == id || cx.index.journeys[journey.index()].lineage == id
}

/// Positions of the live instances of a lane.
pub(super) fn live(cx: &Cx<'_>, id: JourneyId, lane: u64) -> impl Iterator<Item = usize> {
    let instances = cx.user.instances.iter().enumerate();
    instances
        .filter(move |(_, i)| is_of(cx, i.journey, id) && i.lane == lane && i.phase == Phase::Live)
        .map(|(at, _)| at)
}

/// Entries that a limit counts now.
fn counted(cx: &Cx<'_>, memory: &Lane, per: Option<Span>) -> usize {
    match per {
        None => memory.total as usize,
        Some(per) => memory.recent.iter().filter(|at| cx.zone().add(**at, per) > cx.now).count(),
    }
}

/// Remembers an entry, where the rule asks.
pub(super) fn entered(cx: &mut Cx<'_>, id: JourneyId, journey: &Journey, lane: u64) {
    if !cx.index.journeys[id.index()].remembers_lanes {
        return;
    }
    let (now, zone) = (cx.now, cx.zone());
    let memory = cx.user.lanes.entry((id, lane)).or_default();
    memory.entered = Some(now);
    memory.total = memory.total.saturating_add(1);
    if let Some((_, Some(per))) = journey.reenter.limit {
        memory.recent.retain(|at| zone.add(*at, per) > now);
        memory.recent.push(now);
    }
}

/// Remembers the end of a live time, where the rule asks.
pub(super) fn left(cx: &mut Cx<'_>, id: JourneyId, lane: u64) {
    let id = cx.index.journeys[id.index()].lineage;
    if cx.index.journeys[id.index()].remembers_lanes {
        cx.user.lanes.entry((id, lane)).or_default().left = Some(cx.now);
    }
}
