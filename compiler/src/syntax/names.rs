//! What the rules of the grammar are called in messages.
//!
//! One exhaustive table: a new rule does not compile before it has a name here. Knows nothing of texts or places.

use wayline_grammar::Rule;

/// A rule's name, and whether it is worth naming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// A word or sign, shown in backquotes.
    Word(&'static str),
    /// A kind of thing.
    Thing(&'static str),
    /// What could always follow: named only when there is nothing else.
    Weak(&'static str),
    /// Inner rules and slips.
    Hidden,
}

/// The name of a rule.
#[expect(clippy::too_many_lines, reason = "one table")]
pub(super) fn name(rule: Rule) -> Name {
    match rule {
        Rule::kw_active => Name::Word("active"),
        Rule::kw_after => Name::Word("after"),
        Rule::kw_all => Name::Word("all"),
        Rule::kw_and => Name::Weak("an operator"),
        Rule::kw_any => Name::Word("any"),
        Rule::kw_approved => Name::Word("approved"),
        Rule::kw_as => Name::Word("as"),
        Rule::kw_at => Name::Word("at"),
        Rule::kw_automatic => Name::Word("automatic"),
        Rule::kw_because => Name::Word("because"),
        Rule::kw_before => Name::Word("before"),
        Rule::kw_between => Name::Word("between"),
        Rule::kw_budget => Name::Word("budget"),
        Rule::kw_bytes => Name::Word("bytes"),
        Rule::kw_call => Name::Word("call"),
        Rule::kw_campaign => Name::Word("campaign"),
        Rule::kw_cap => Name::Word("cap"),
        Rule::kw_catalog => Name::Word("catalog"),
        Rule::kw_channel => Name::Word("channel"),
        Rule::kw_chars => Name::Word("chars"),
        Rule::kw_classify => Name::Word("classify"),
        Rule::kw_consent => Name::Word("consent"),
        Rule::kw_contains => Name::Weak("an operator"),
        Rule::kw_cost => Name::Word("cost"),
        Rule::kw_costs => Name::Word("costs"),
        Rule::kw_current => Name::Word("current"),
        Rule::kw_day => Name::Word("day"),
        Rule::kw_define => Name::Word("define"),
        Rule::kw_delete => Name::Word("delete"),
        Rule::kw_demand => Name::Word("demand"),
        Rule::kw_deprecated => Name::Word("deprecated"),
        Rule::kw_did => Name::Word("did"),
        Rule::kw_do => Name::Word("do"),
        Rule::kw_drop => Name::Word("drop"),
        Rule::kw_else => Name::Word("else"),
        Rule::kw_emit => Name::Word("emit"),
        Rule::kw_ends_with => Name::Weak("an operator"),
        Rule::kw_ensure => Name::Word("ensure"),
        Rule::kw_enter => Name::Word("enter"),
        Rule::kw_entry => Name::Word("entry"),
        Rule::kw_euckr => Name::Word("euckr"),
        Rule::kw_event => Name::Word("event"),
        Rule::kw_ever => Name::Word("ever"),
        Rule::kw_every => Name::Word("every"),
        Rule::kw_exempt => Name::Word("exempt"),
        Rule::kw_exists => Name::Weak("an operator"),
        Rule::kw_exit => Name::Word("exit"),
        Rule::kw_expect => Name::Word("expect"),
        Rule::kw_fails => Name::Word("fails"),
        Rule::kw_failure => Name::Word("failure"),
        Rule::kw_false => Name::Word("false"),
        Rule::kw_for => Name::Word("for"),
        Rule::kw_from => Name::Word("from"),
        Rule::kw_goal => Name::Word("goal"),
        Rule::kw_going => Name::Word("going"),
        Rule::kw_gsm7 => Name::Word("gsm7"),
        Rule::kw_hold => Name::Word("hold"),
        Rule::kw_holdout => Name::Word("holdout"),
        Rule::kw_hours => Name::Word("hours"),
        Rule::kw_if => Name::Word("if"),
        Rule::kw_immutable => Name::Word("immutable"),
        Rule::kw_in => Name::Weak("an operator"),
        Rule::kw_including => Name::Word("including"),
        Rule::kw_informational => Name::Word("informational"),
        Rule::kw_journey => Name::Word("journey"),
        Rule::kw_keep => Name::Word("keep"),
        Rule::kw_labels => Name::Word("labels"),
        Rule::kw_last => Name::Word("last"),
        Rule::kw_lasts => Name::Word("lasts"),
        Rule::kw_leave => Name::Word("leave"),
        Rule::kw_list => Name::Word("list"),
        Rule::kw_main => Name::Word("main"),
        Rule::kw_manual => Name::Word("manual"),
        Rule::kw_marketing => Name::Word("marketing"),
        Rule::kw_match => Name::Word("match"),
        Rule::kw_matches => Name::Weak("an operator"),
        Rule::kw_monotone => Name::Word("monotone"),
        Rule::kw_month => Name::Word("month"),
        Rule::kw_most => Name::Word("most"),
        Rule::kw_move => Name::Word("move"),
        Rule::kw_needs => Name::Word("needs"),
        Rule::kw_never => Name::Word("never"),
        Rule::kw_next => Name::Word("next"),
        Rule::kw_not => Name::Word("not"),
        Rule::kw_nothing => Name::Word("nothing"),
        Rule::kw_ok => Name::Word("ok"),
        Rule::kw_older => Name::Weak("an operator"),
        Rule::kw_on => Name::Word("on"),
        Rule::kw_once => Name::Word("once"),
        Rule::kw_or => Name::Weak("an operator"),
        Rule::kw_otherwise => Name::Word("otherwise"),
        Rule::kw_past => Name::Word("past"),
        Rule::kw_per => Name::Word("per"),
        Rule::kw_pin => Name::Word("pin"),
        Rule::kw_policy => Name::Word("policy"),
        Rule::kw_priority => Name::Word("priority"),
        Rule::kw_profile => Name::Word("profile"),
        Rule::kw_provider => Name::Word("provider"),
        Rule::kw_purpose => Name::Word("purpose"),
        Rule::kw_purposes => Name::Word("purposes"),
        Rule::kw_quiet => Name::Word("quiet"),
        Rule::kw_rate => Name::Word("rate"),
        Rule::kw_reenter => Name::Word("reenter"),
        Rule::kw_refresh => Name::Word("refresh"),
        Rule::kw_repeat => Name::Word("repeat"),
        Rule::kw_restart => Name::Word("restart"),
        Rule::kw_retry => Name::Word("retry"),
        Rule::kw_salt => Name::Word("salt"),
        Rule::kw_segment => Name::Word("segment"),
        Rule::kw_send => Name::Word("send"),
        Rule::kw_sequence => Name::Word("sequence"),
        Rule::kw_set => Name::Word("set"),
        Rule::kw_since => Name::Word("since"),
        Rule::kw_skip => Name::Word("skip"),
        Rule::kw_split => Name::Word("split"),
        Rule::kw_starts_with => Name::Weak("an operator"),
        Rule::kw_template => Name::Word("template"),
        Rule::kw_templates => Name::Word("templates"),
        Rule::kw_test => Name::Word("test"),
        Rule::kw_than => Name::Word("than"),
        Rule::kw_times => Name::Word("times"),
        Rule::kw_to => Name::Word("to"),
        Rule::kw_transactional => Name::Word("transactional"),
        Rule::kw_true => Name::Word("true"),
        Rule::kw_unbilled => Name::Word("unbilled"),
        Rule::kw_uncapped => Name::Word("uncapped"),
        Rule::kw_unless => Name::Word("unless"),
        Rule::kw_until => Name::Word("until"),
        Rule::kw_up => Name::Word("up"),
        Rule::kw_update => Name::Word("update"),
        Rule::kw_user => Name::Word("user"),
        Rule::kw_users => Name::Word("users"),
        Rule::kw_utf8 => Name::Word("utf8"),
        Rule::kw_wait => Name::Word("wait"),
        Rule::kw_week => Name::Word("week"),
        Rule::kw_weekday => Name::Word("weekday"),
        Rule::kw_weekend => Name::Word("weekend"),
        Rule::kw_when => Name::Word("when"),
        Rule::kw_where => Name::Word("where"),
        Rule::kw_within => Name::Word("within"),
        Rule::kw_year => Name::Word("year"),
        Rule::kw_zone => Name::Word("zone"),
        Rule::semi => Name::Word(";"),
        Rule::lbrace => Name::Word("{"),
        Rule::rbrace => Name::Word("}"),
        Rule::lparen => Name::Weak("`(`"),
        Rule::rparen => Name::Word(")"),
        Rule::lsquare => Name::Word("["),
        Rule::rsquare => Name::Word("]"),
        Rule::langle => Name::Word("<"),
        Rule::rangle => Name::Word(">"),
        Rule::colon => Name::Word(":"),
        Rule::comma => Name::Word(","),
        Rule::dots => Name::Word(".."),
        Rule::equals => Name::Word("="),
        Rule::arrow => Name::Word("=>"),
        Rule::bar => Name::Word("|"),
        Rule::mark => Name::Word("?"),
        Rule::dot => Name::Weak("`.`"),
        Rule::arith_op => Name::Weak("an operator"),
        Rule::compare_op => Name::Weak("an operator"),
        Rule::test_tail => Name::Weak("an operator"),
        Rule::minus => Name::Weak("an operator"),
        Rule::ident | Rule::label | Rule::type_name | Rule::listing | Rule::event_path => {
            Name::Thing("a name")
        }
        Rule::path
        | Rule::arith
        | Rule::test
        | Rule::call
        | Rule::row_key
        | Rule::pattern
        | Rule::history
        | Rule::did
        | Rule::quantified
        | Rule::history_name
        | Rule::paren => Name::Thing("a value"),
        Rule::expr => Name::Thing("an expression"),
        Rule::int | Rule::signed | Rule::float => Name::Thing("a number"),
        Rule::percent | Rule::percentage => Name::Thing("a percentage such as `45%`"),
        Rule::duration | Rule::length => Name::Thing("a duration such as `1h30m`"),
        Rule::clock | Rule::clock_time => Name::Thing("a clock time such as `09:00`"),
        Rule::clock_range => Name::Thing("hours such as `08:00 .. 21:00`"),
        Rule::date => Name::Thing("a date such as `2026-12-24`"),
        Rule::instant => Name::Thing("an instant such as `2026-12-24T18:00:00+09:00`"),
        Rule::test_time => Name::Thing("a date and a time such as `2026-01-05 10:00`"),
        Rule::text => Name::Thing("a text in double quotes"),
        Rule::list => Name::Thing("a list"),
        Rule::doc => Name::Thing("a doc comment"),
        Rule::type_expr | Rule::list_type | Rule::set_type | Rule::record_type => {
            Name::Thing("a type such as `string` or `int`")
        }
        Rule::length_unit => Name::Thing("chars, bytes utf8, bytes euckr or gsm7"),
        Rule::mutability => Name::Thing("`immutable` or `monotone`"),
        Rule::type_range => Name::Thing("a range such as `in 0 .. 120`"),
        Rule::type_bound => Name::Thing("a bound such as `at most 40 chars`"),
        Rule::field | Rule::field_line => Name::Thing("a field such as `price: int`"),
        Rule::fields | Rule::inits => Name::Thing("fields in `{ … }`"),
        Rule::subject => Name::Thing("a subject such as `(item)`"),
        Rule::event_rate => Name::Thing("a rate such as `at most 200 per 1d`"),
        Rule::wire_name => Name::Thing("`from \"…\"`"),
        Rule::default => Name::Thing("a default such as `= 0`"),
        Rule::past_name => Name::Thing("`as NAME`"),
        Rule::decl
        | Rule::event_decl
        | Rule::user_decl
        | Rule::catalog_decl
        | Rule::define_decl
        | Rule::segment_decl
        | Rule::classify_decl
        | Rule::channel_decl
        | Rule::template_decl
        | Rule::policy_decl
        | Rule::sequence_decl
        | Rule::journey_decl
        | Rule::test_decl => Name::Thing("a declaration"),
        Rule::class_line | Rule::class_arm => Name::Thing("a class such as `churned when …`"),
        Rule::channel_line
        | Rule::needs_item
        | Rule::consent_item
        | Rule::purposes_item
        | Rule::hours_item
        | Rule::costs_item
        | Rule::uncapped_item
        | Rule::unbilled_item
        | Rule::templates_item
        | Rule::main_item => Name::Thing("a statement of a channel"),
        Rule::channel_body => Name::Thing("statements in `{ … }`"),
        Rule::deprecated => Name::Thing("`deprecated \"…\"`"),
        Rule::purpose => Name::Thing("`marketing`, `informational` or `transactional`"),
        Rule::policy_line
        | Rule::cap_rule
        | Rule::quiet_rule
        | Rule::budget_rule
        | Rule::rate_rule
        | Rule::ensure_rule
        | Rule::profile_rule
        | Rule::exempt_rule => Name::Thing("a rule of a policy"),
        Rule::on_cap => Name::Thing("`on cap skip`, `on cap exit` or `on cap retry up to 1d`"),
        Rule::quiet_action => Name::Thing("`hold`, `hold up to 8h` or `drop`"),
        Rule::unless_clause => Name::Thing("`unless …`"),
        Rule::per_user => Name::Thing("`per user`"),
        Rule::campaign_promise | Rule::cost_promise | Rule::message_promise => {
            Name::Thing("`at most N`, `cost at most N` or `campaign cost at most N`")
        }
        Rule::period => Name::Thing("`day`, `week`, `month` or a duration"),
        Rule::profile_line | Rule::labels_item | Rule::profile_binding => {
            Name::Thing("a binding such as `sender: \"…\"`")
        }
        Rule::params => Name::Thing("parameters such as `(what: string)`"),
        Rule::param => Name::Thing("a parameter such as `what: string`"),
        Rule::args => Name::Thing("arguments in `( … )`"),
        Rule::block => Name::Thing("a block `{ … }`"),
        Rule::item => Name::Thing("a statement"),
        Rule::entry | Rule::event_entry | Rule::segment_entry | Rule::recurring_entry | Rule::once_entry => {
            Name::Thing("an entry")
        }
        Rule::turn => Name::Thing("`enter` or `leave`"),
        Rule::including => Name::Thing("`including current`"),
        Rule::per_clause => Name::Thing("`per FIELD`"),
        Rule::recurrence => Name::Thing("`day`, `week on monday`, `month on 1` or `year on DATE`"),
        Rule::reenter => Name::Thing("`reenter …`"),
        Rule::reenter_mode => Name::Thing("`never`, `after exit`, `every` or `restart`"),
        Rule::reenter_limit => Name::Thing("`at most N`"),
        Rule::cooldown => Name::Thing("`after 60d from entry`"),
        Rule::header
        | Rule::goal_header
        | Rule::exit_on_header
        | Rule::exit_when_header
        | Rule::refresh_header
        | Rule::purpose_header
        | Rule::policy_header
        | Rule::priority_header
        | Rule::lasts_header
        | Rule::holdout_header
        | Rule::active_header
        | Rule::update_header => Name::Thing("a header statement"),
        Rule::within_clause => Name::Thing("`within 1d`"),
        Rule::keep_going => Name::Thing("`keep going`"),
        Rule::update_mode => Name::Thing("`pin`, `move` or `exit`"),
        Rule::bare
        | Rule::wait_step
        | Rule::send_step
        | Rule::if_step
        | Rule::unless_step
        | Rule::match_step
        | Rule::at_step
        | Rule::split_step
        | Rule::repeat_step
        | Rule::set_step
        | Rule::emit_step
        | Rule::call_step
        | Rule::exit_step
        | Rule::do_step => Name::Thing("a step"),
        Rule::body => Name::Thing("a step or a block"),
        Rule::else_body | Rule::else_if => Name::Thing("`else`"),
        Rule::match_arm => Name::Thing("an arm such as `\"a\" => …`"),
        Rule::wait_plain | Rule::wait_until | Rule::wait_for | Rule::wait_several => {
            Name::Thing("a duration, `until …` or `for EVENT …`")
        }
        Rule::wait_arm => Name::Thing("an arm such as `on EVENT { … }`"),
        Rule::wait_event => Name::Thing("an event"),
        Rule::up_to => Name::Thing("`up to 1d`"),
        Rule::zone => Name::Thing("`zone \"…\"`"),
        Rule::day_choice => Name::Thing("`on monday`, `on weekday` or `on day 3`"),
        Rule::at_day => Name::Thing("`on day 3 at 10:00`"),
        Rule::salt => Name::Thing("`salt \"…\"`"),
        Rule::split_arm => Name::Thing("an arm such as `a 45% { … }`"),
        Rule::attempt => Name::Thing("a channel"),
        Rule::template_name => Name::Thing("a template"),
        Rule::between_clause => Name::Thing("`between 10:00 .. 20:00`"),
        Rule::init | Rule::init_line => Name::Thing("a field such as `title: \"…\"`"),
        Rule::localised => Name::Thing("a text for each locale in `{ … }`"),
        Rule::locale_line | Rule::locale_text => Name::Thing("a text such as `ko: \"…\"`"),
        Rule::filter => Name::Thing("`where …`"),
        Rule::window => Name::Thing("a window such as `within 30d`"),
        Rule::test_line | Rule::input_line | Rule::expect_line => Name::Thing("a line of a test"),
        Rule::test_when => Name::Thing("`at DATE TIME` or `after 1d`"),
        Rule::test_action
        | Rule::provider_action
        | Rule::delete_action
        | Rule::user_action
        | Rule::row_action
        | Rule::event_action => Name::Thing("an event, `user`, a row or `provider`"),
        Rule::nothing_else => Name::Thing("`nothing else`"),
        Rule::expect_kind => Name::Thing("a kind of decision such as `sent`"),
        Rule::expect_reason => Name::Thing("a reason in `( … )`"),
        Rule::expect_what => Name::Thing("a channel or an arm"),
        Rule::expect_key => Name::Thing("`for KEY`"),
        Rule::expect_at => Name::Thing("`at DATE TIME`"),
        Rule::weekday_name => Name::Thing("a weekday"),
        Rule::EOI
        | Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::line_comment
        | Rule::block_comment
        | Rule::hash_comment
        | Rule::conflict_marker
        | Rule::dangling_doc
        | Rule::slip_decl
        | Rule::message
        | Rule::stop
        | Rule::marker
        | Rule::statement_start
        | Rule::no_semi
        | Rule::unclosed
        | Rule::reserved
        | Rule::backquoted
        | Rule::digits
        | Rule::unit
        | Rule::ymd
        | Rule::line_chars
        | Rule::block_chars
        | Rule::escape
        | Rule::interp
        | Rule::bad_interp
        | Rule::slip_quotes
        | Rule::slip_duration
        | Rule::unit_word
        | Rule::slip_durations
        | Rule::slip_clock
        | Rule::meridiem
        | Rule::slip_and
        | Rule::slip_or
        | Rule::slip_not
        | Rule::slip_equals
        | Rule::slip_differs
        | Rule::slip_order
        | Rule::negation
        | Rule::logic_op
        | Rule::text_op
        | Rule::primary
        | Rule::literal
        | Rule::type_core
        | Rule::field_item
        | Rule::file
        | Rule::top_item
        | Rule::stray_close
        | Rule::event_clause
        | Rule::channel_item
        | Rule::policy_item
        | Rule::block_item
        | Rule::step
        | Rule::space
        | Rule::raw_text
        | Rule::raw_interp
        | Rule::raw_comment
        | Rule::raw_open
        | Rule::raw_unit
        | Rule::braces
        | Rule::decl_head
        | Rule::head_word
        | Rule::head_own
        | Rule::test_end
        | Rule::statement_word
        | Rule::continuation
        | Rule::boundary
        | Rule::bad_run
        | Rule::bad_statement
        | Rule::bad_line
        | Rule::bad_arm
        | Rule::bad_top
        | Rule::strict_item
        | Rule::strict_else
        | Rule::strict_decl
        | Rule::strict_field
        | Rule::strict_class
        | Rule::strict_channel
        | Rule::strict_policy
        | Rule::strict_profile
        | Rule::strict_arm
        | Rule::strict_wait
        | Rule::strict_split
        | Rule::strict_init
        | Rule::strict_locale
        | Rule::strict_test
        | Rule::strict_expr => Name::Hidden,
    }
}
