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

const TEMPLATES: [Template; 5] = [
    template!("cart_recovery", "one reminder per item left in the cart", "cart_recovery.way", "events.jsonl"),
    template!("first_purchase", "a thank-you, once in a user's life", "first_purchase.way", "events.jsonl"),
    template!("one_line", "a whole journey in one line", "still_thinking.way", "events.jsonl"),
    template!("trial", "a trial that ends, with a pause before the next", "trial.way", "events.jsonl"),
    template!("welcome", "four letters on days 0, 1, 3 and 7", "welcome.way", "events.jsonl"),
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
