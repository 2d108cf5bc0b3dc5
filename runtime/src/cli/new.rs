//! `wayline new`: a project to start from.

use super::terminal::Terminal;
use super::{Failure, Outcome};
use std::fs;
use std::path::PathBuf;
use wayline_compiler::nearest;

/// Start a project from a template
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wayline new my-journeys
  wayline new my-journeys --template welcome
  wayline new --list")]
pub(super) struct Args {
    /// The folder to make
    #[arg(required_unless_present = "list")]
    dir: Option<PathBuf>,
    /// Which template
    #[arg(long, value_name = "NAME", default_value = "cart_recovery")]
    template: String,
    /// List the templates
    #[arg(long)]
    list: bool,
}

/// A project to start from: its files are those of an example.
struct Template {
    name: &'static str,
    about: &'static str,
    files: &'static [(&'static str, &'static str)],
}

macro_rules! template {
    ($name:literal, $about:literal, $($file:literal),*) => {
        Template {
            name: $name,
            about: $about,
            files: &[$(($file, include_str!(concat!("../../../examples/", $name, "/", $file)))),*],
        }
    };
}

const TEMPLATES: [Template; 22] = [
    template!(
        "cart_recovery",
        "one reminder per item left in the cart, the newest add counts",
        "cart_recovery.way",
        "events.jsonl"
    ),
    template!("one_line", "a whole journey in one line", "still_thinking.way", "tests.way", "events.jsonl"),
    template!(
        "first_purchase",
        "a coupon for those who have not bought yet, once for life",
        "first_purchase.way",
        "events.jsonl"
    ),
    template!("trial", "a trial that ends, with a pause before the next", "trial.way", "events.jsonl"),
    template!(
        "welcome",
        "days 0, 1, 3 and 7 at ten in the morning, while a feature is unused",
        "welcome.way",
        "events.jsonl"
    ),
    template!(
        "renewal",
        "a subscription's renewal: seven, three and one day before",
        "renewal.way",
        "events.jsonl"
    ),
    template!(
        "replenishment",
        "seven calendar months after a purchase, about the very device",
        "replenishment.way",
        "events.jsonl"
    ),
    template!(
        "lifecycle",
        "lifecycle classes, and a hand held out to whoever leaves",
        "lifecycle.way",
        "events.jsonl"
    ),
    template!(
        "channel_ladder",
        "push, then Kakao, then a text: by consent, reach and price",
        "channel_ladder.way",
        "events.jsonl"
    ),
    template!("ab_test", "two subject lines and a holdout", "ab_test.way", "events.jsonl"),
    template!(
        "weekly_digest",
        "Monday's digest at the reader's usual hour",
        "weekly_digest.way",
        "events.jsonl"
    ),
    template!("back_in_stock", "waits until the shelf is filled", "back_in_stock.way", "events.jsonl"),
    template!(
        "price_drop",
        "whoever wished for it hears when it costs a tenth less",
        "price_drop.way",
        "events.jsonl"
    ),
    template!(
        "appointment",
        "reminders that follow the appointment when it is moved",
        "appointment.way",
        "events.jsonl"
    ),
    template!("flight", "check-in and gate, whatever is moved meanwhile", "flight.way", "events.jsonl"),
    template!(
        "card_payment",
        "a failed payment, followed up until it is paid",
        "card_payment.way",
        "events.jsonl"
    ),
    template!(
        "game_comeback",
        "full energy and a breaking streak under one cap",
        "game_comeback.way",
        "events.jsonl"
    ),
    template!("course", "one lesson each weekday at the learner's hour", "course.way", "events.jsonl"),
    template!("series", "the next episode, if it was not begun within a day", "series.way", "events.jsonl"),
    template!("birthday", "every year on the birthday", "birthday.way", "events.jsonl"),
    template!(
        "review_request",
        "a review, asked for a week after delivery",
        "review_request.way",
        "events.jsonl"
    ),
    template!(
        "korea",
        "advertising in Korea: labels, opt-out, night and consent age by profile",
        "korea.way",
        "events.jsonl"
    ),
];

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let Some(dir) = args.dir.as_ref().filter(|_| !args.list) else {
        let list: String = TEMPLATES.iter().map(|t| format!("{:<16}{}\n", t.name, t.about)).collect();
        terminal.out(&list)?;
        return Ok(Outcome::Clean);
    };
    let Some(template) = TEMPLATES.iter().find(|template| template.name == args.template) else {
        let names = TEMPLATES.map(|template| template.name);
        let help = match nearest(&args.template, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        return Err(Failure::Message(format!("no template is called `{}`; {help}", args.template)));
    };
    if dir.exists() && fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_some()) {
        return Err(Failure::Message(format!("{}: exists and is not empty", dir.display())));
    }
    fs::create_dir_all(dir).map_err(|error| Failure::at(dir, error))?;
    for (name, text) in template.files {
        let path = dir.join(name);
        fs::write(&path, text).map_err(|error| Failure::at(&path, error))?;
    }
    let shown = dir.display();
    terminal.out(&format!(
        "made {shown} from `{}`; now try\n  wayline check {shown}\n  wayline run {shown} --events {shown}/events.jsonl\n",
        template.name
    ))?;
    Ok(Outcome::Clean)
}
