//! `refresh on EVENT`: a later event of the same lane replaces entry fields; nothing done is repeated.

use super::cx::{At, Cx};
use super::index::Listener;
use super::lane;
use wayline_compiler::row::Row;

/// Takes over the fields of a refreshing event. What they move is done with the waits.
pub(super) fn on_event(cx: &mut Cx<'_>, at: At, listener: &Listener, row: Row<'_>) {
    let (id, journey) = (cx.instance(at).journey, cx.journey(at));
    for refresh in listener.refreshes.iter().map(|refresh| &journey.refreshes[*refresh]) {
        let has_key = refresh.key.iter().all(|field| row.slot(field.index()).is_present());
        if !has_key || lane::hash(cx.program, id, row, &refresh.key) != cx.instance(at).lane {
            continue;
        }
        let (now, zone, program) = (cx.now, cx.zone(), cx.program);
        let body = &mut cx.instance_mut(at).body;
        for (from, to) in &refresh.fields {
            let slot = row.slot(from.index());
            if slot.is_present() {
                body.row.replace(to.index(), row, slot, |slot| super::json::is_blob(program, id, slot));
            }
        }
        if let Some(lasts) = journey.lasts {
            body.lives_until = zone.add(now, lasts);
            body.more_mut().refreshed_at = Some(now);
        }
        body.is_refreshed = true;
    }
    if cx.instance(at).body.is_refreshed {
        super::goals::exits_when(cx, at);
    }
}
