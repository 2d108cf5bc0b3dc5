//! From one version of a program to the next: what becomes of a user's live instances, and of all that is remembered.
//!
//! [`Change`] compares two programs by name and says the [`Fate`] of each journey. A user goes over in two calls: [`Engine::retire`] of
//! the old version ends what ends, in its terms; [`Engine::take_over`] of the new one carries the rest. Whoever is pinned to the old version
//! ([`Change::pinned`]) goes on in its journey linked into the new program ([`wayline_compiler::ir::link`]). Ids are translated in
//! `maps`, a user's state in `carry`.

mod carry;
mod maps;

use super::cx::{At, Cx};
use super::effects::{Cancel, Effects, End};
use super::goals::finish;
use super::user::{Body, Instance, Phase, Place, User};
use super::{Engine, Shared, react, timers, turns};
use maps::Maps;
use wayline_compiler::ir::print::print_journey;
use wayline_compiler::ir::{CatalogId, ChannelId, JourneyId, OnUpdate, Program, StepKind};
use wayline_compiler::row::{Row, RowBuf};

/// What becomes of the live instances of a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The journey is the same: they go on.
    Same,
    /// They go on at the step with the same key (`on update move`).
    Move,
    /// They end (`on update exit`).
    Exit,
    /// They finish on the version they entered (`on update pin`, the default).
    Pin,
}

/// The way from one program to the next.
#[derive(Debug)]
pub struct Change {
    fates: Vec<Fate>,
    maps: Maps,
}

impl Change {
    /// Compares two versions.
    pub fn new(old: &Engine, new: &Engine) -> Self {
        let maps = Maps::new(old, new);
        let (from, to) = (old.program(), new.program());
        let fates = (0..from.journeys.len()).map(|id| fate(from, to, JourneyId::new(id), &maps)).collect();
        Self { fates, maps }
    }

    /// What becomes of the live instances of a journey of the old version.
    pub fn fate(&self, journey: JourneyId) -> Fate {
        self.fates.get(journey.index()).copied().unwrap_or(Fate::Pin)
    }

    /// The journeys that pin instances of a user to the old version, live ones and those that measure goals.
    pub fn pinned<'u>(&'u self, user: &'u User) -> impl Iterator<Item = JourneyId> + 'u {
        let there = user.instances.iter().filter(|instance| instance.phase != Phase::Over);
        there.map(|instance| instance.journey).filter(|journey| self.fate(*journey) == Fate::Pin)
    }

    /// Those of them that the new program does not have linked in: their instances could not go on.
    pub fn unlinked<'u>(&'u self, user: &'u User) -> impl Iterator<Item = JourneyId> + 'u {
        self.pinned(user).filter(|journey| self.maps.pinned(*journey).is_none())
    }

    /// Where instances of a journey go on.
    fn target(&self, journey: JourneyId) -> Option<&maps::JourneyMap> {
        match self.fate(journey) {
            Fate::Pin => self.maps.pinned(journey),
            Fate::Same | Fate::Move | Fate::Exit => self.maps.journey(journey),
        }
    }

    /// The same catalog in the new version.
    pub fn catalog(&self, catalog: CatalogId) -> Option<CatalogId> {
        self.maps.catalog(catalog)
    }

    /// The same channel in the new version.
    pub fn channel(&self, channel: ChannelId) -> Option<ChannelId> {
        self.maps.channel(channel)
    }

    /// A row of a catalog as the new version has it.
    pub fn row(&self, old: &Program, new: &Program, catalog: CatalogId, row: Row<'_>) -> Option<RowBuf> {
        self.maps.catalog_row(old, new, catalog, row)
    }

    /// Why an instance cannot go on in the new version; `None` when it can.
    fn stranded(&self, engine: &Engine, instance: &Instance) -> Option<String> {
        let program = engine.program();
        let Some(journey) = self.maps.journey(instance.journey) else {
            return Some("the journey is gone".to_owned());
        };
        if let Some(field) = journey.lost.first() {
            return Some(format!("the new version reads `{field}` of the entry, which was not kept"));
        }
        let step = instance.body.step?;
        let key = || program.journey(instance.journey).steps[step.index()].key.clone();
        match journey.step(step) {
            Some(to) if waits_alike(&instance.body, journey.kind(to)) => None,
            Some(_) => Some(format!("`{}` is another kind of step", key())),
            None => Some(format!("there is no step `{}`", key())),
        }
    }
}

fn fate(from: &Program, to: &Program, id: JourneyId, maps: &Maps) -> Fate {
    let journey = from.journey(id);
    let Some(next) = maps.journey(id) else {
        return match journey.on_update {
            OnUpdate::Pin => Fate::Pin,
            OnUpdate::Move | OnUpdate::Exit => Fate::Exit,
        };
    };
    if next.lost.is_empty() && print_journey(from, id) == print_journey(to, next.to) {
        return Fate::Same;
    }
    match to.journey(next.to).on_update {
        OnUpdate::Pin => Fate::Pin,
        OnUpdate::Move => Fate::Move,
        OnUpdate::Exit => Fate::Exit,
    }
}

/// Whether what an instance does fits a step.
fn waits_alike(body: &Body, kind: &StepKind) -> bool {
    match body.place {
        Place::Walking => true,
        Place::Wait { .. } => {
            matches!(kind, StepKind::Wait { .. } | StepKind::WaitClock { .. } | StepKind::Repeat { .. })
        }
        Place::Until { .. } => matches!(kind, StepKind::WaitUntil { .. }),
        Place::For { .. } => matches!(kind, StepKind::WaitFor { .. }),
        Place::At { .. } => matches!(kind, StepKind::At { .. }),
        Place::Held(_) => matches!(kind, StepKind::Send(_)),
    }
}

impl Engine {
    /// Ends the live instances that do not go on in the new version: those of journeys that say `on update exit`, and those that moved
    /// journeys strand (`exited(version)`, the reason in the detail). Of the old version's engine.
    pub fn retire(
        &self,
        change: &Change,
        name: &str,
        user: &mut User,
        shared: &mut dyn Shared,
        out: &mut Effects,
    ) {
        let now = user.clock;
        let mut cx = self.context(name, user, shared, now, out);
        for at in (0..cx.user.instances.len()).map(At) {
            if !cx.is_live(at) {
                continue;
            }
            let stranded = change.stranded(self, cx.instance(at));
            match change.fate(cx.instance(at).journey) {
                Fate::Exit => finish(&mut cx, at, End::Version, Cancel::Exit, ""),
                Fate::Move => {
                    if let Some(why) = stranded {
                        finish(&mut cx, at, End::Version, Cancel::Exit, &why);
                    }
                }
                Fate::Same | Fate::Pin => {}
            }
        }
        cx.finish();
    }

    /// The instant of the deploy: what happens by it happens at the greatest instant applied to the user, this one included.
    pub fn at_deploy(&self, user: &mut User, now: i64) {
        if user.clock > i64::MIN {
            user.clock = user.clock.max(now);
        }
    }

    /// Takes a user over from the old version, after [`Self::retire`] there. Instances that are [`Change::unlinked`] are lost: ask first.
    pub fn take_over(
        &self,
        change: &Change,
        old: &Engine,
        name: &str,
        user: &mut User,
        shared: &mut dyn Shared,
        out: &mut Effects,
    ) {
        if user.clock == i64::MIN {
            return;
        }
        let before = std::mem::take(&mut user.turns);
        carry::user(change, old, self, user);
        let now = user.clock;
        // Without turns it counts as a user of another version, who has turned into nothing by the deploy.
        let mut cx = self.context(name, user, shared, now, out);
        if !cx.index.turns.is_empty() {
            turns::adopt(&mut cx);
            carry::turns(&mut cx, change, old, &before);
        }
        settle(&mut cx);
        cx.touch();
        cx.finish();
    }
}

/// Computes every pending time anew, by the steps as they are now.
fn settle(cx: &mut Cx<'_>) {
    for at in (0..cx.user.instances.len()).map(At) {
        if !cx.is_live(at) {
            continue;
        }
        super::goals::exits_when(cx, at);
        if cx.is_live(at) && cx.instance(at).body.place != Place::Walking {
            react::reconsider(cx, at);
        }
        timers::set(cx, at);
    }
}
