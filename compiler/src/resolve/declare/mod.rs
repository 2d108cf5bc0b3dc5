//! Declarations to the schema: events, attributes, catalogs, channels, templates, policies.
//!
//! Shapes come first ([`Resolver::declarations`]), rules that are expressions after them ([`Resolver::policies`], [`Resolver::channel_rules`]). A declaration that is
//! wrong in part is kept without that part, and the part's name is remembered as broken, so that its uses are not reported again.
//! Start reading at [`types`], then [`fields`].

mod channels;
mod events;
mod fields;
mod policies;
mod policy_items;
mod profiles;
mod types;
mod users;

pub(crate) use fields::ANY_PART;
pub(crate) use types::{ANY_FLOAT, ANY_INT, Place};

use super::Resolver;

impl Resolver<'_> {
    /// Lowers everything whose shape expressions need: events, attributes, catalogs, channels without their rules, templates.
    pub(super) fn declarations(&mut self) {
        self.events();
        self.attributes();
        self.catalogs();
        self.channels();
        self.templates();
    }
}
