//! `split NAME { a 45% BLOCK  b 45% BLOCK  holdout 10% }`

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use super::super::written;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Arm, Split, StepKind};
use crate::source::Span;
use crate::syntax::ast::{self, Ident, SplitArm, SplitArmKind, StrLit};

/// All of a split, in hundredths of a percent.
const WHOLE: u32 = 10_000;

impl<'a> Lowering<'_, 'a> {
    /// Lowers a `split` step. The holdout takes no arm and goes on behind the split.
    pub(in super::super) fn split(
        &mut self,
        step: &'a ast::Step,
        name: &'a Ident,
        salt: Option<&'a StrLit>,
        arms: &'a [SplitArm],
        mut site: Site<'_>,
        flow: Flow<'a>,
    ) -> Flow<'a> {
        self.check_shares(name, arms);
        let key = self.key(step, &mut site, &format!("split_{}", name.text));
        let (mut lowered, mut bodies, mut holdout) = (Vec::new(), Vec::new(), 0u32);
        for arm in arms {
            let weight = written::millionths(arm.share);
            match &arm.kind {
                SplitArmKind::Holdout => holdout = holdout.saturating_add(weight),
                SplitArmKind::Arm(block) => {
                    let at = self.graph.place();
                    lowered.push(Arm { name: arm.name.text.clone(), weight, body: at.target() });
                    bodies.push((arm, block, at));
                }
            }
        }
        let salt = salt.map_or_else(|| format!("{}.{}", self.name, name.text), |salt| salt.text.clone());
        let split = Split { name: name.text.clone(), salt, holdout, arms: lowered };
        let places: Vec<Span> = bodies.iter().map(|(arm, _, _)| arm.span).collect();
        self.put_arms(step, site.at, site.next, key.clone(), StepKind::Split(split), places);

        let mut ways = Vec::new();
        if holdout > 0 {
            ways.push(flow.clone());
        }
        for (arm, block, at) in bodies {
            ways.push(self.branch(
                block,
                site.path.branch(&key, &arm.name.text),
                flow.clone(),
                at,
                site.next,
            ));
        }
        self.meet(ways, flow, site.next)
    }

    fn check_shares(&mut self, name: &Ident, arms: &[SplitArm]) {
        for (index, arm) in arms.iter().enumerate() {
            let Some(first) = arms[..index].iter().find(|other| other.name.text == arm.name.text) else {
                continue;
            };
            self.resolver.report(
                Diagnostic::new(
                    &codes::DUPLICATE_NAME,
                    arm.name.span,
                    format!("split `{}` has two arms `{}`", name.text, arm.name.text),
                )
                .label("named again here")
                .also(first.name.span, "first named here")
                .help("give each arm its own name"),
            );
        }
        let total: u64 = arms.iter().map(|arm| u64::from(arm.share.basis_points)).sum();
        let whole = u64::from(WHOLE);
        if total == whole {
            return;
        }
        let message = format!("the arms of split `{}` add up to {}%, not 100%", name.text, percent(total));
        let help = if total < whole {
            format!("give the other {}% to an arm, or add `holdout {0}%`", percent(whole - total))
        } else {
            format!("take {}% away from the arms", percent(total - whole))
        };
        let mut finding =
            Diagnostic::new(&codes::SPLIT_SUM, name.span, message).label(format!("{}%", percent(total)));
        for arm in arms {
            finding = finding.also(arm.share.span, "");
        }
        self.resolver.report(finding.help(help));
    }
}

/// Hundredths of a percent as people write them.
fn percent(hundredths: u64) -> String {
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match part {
        0 => whole.to_string(),
        part if part % 10 == 0 => format!("{whole}.{}", part / 10),
        part => format!("{whole}.{part:02}"),
    }
}
