//! What a contestant is, and how contestants are measured: in short turns, medians over rounds.
//!
//! Knows no contestant.

use crate::condition::Condition;
use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A language with conditions. It holds all events, decoded into what it evaluates fastest.
pub trait Contestant {
    fn name(&self) -> &'static str;
    /// Its text of a condition.
    fn text(&self, condition: &Condition) -> String;
    /// Makes a text ready to be evaluated, and drops it.
    fn compile(&self, text: &str);
    /// Makes conditions ready and keeps them.
    fn load(&mut self, conditions: &[Condition]);
    fn events(&self) -> usize;
    /// Whether a condition it keeps holds for an event.
    fn holds(&mut self, which: usize, event: usize) -> bool;

    /// The events for which a condition holds. In the trait, so that each contestant has a loop of its own around its own code.
    fn count(&mut self, which: usize) -> usize {
        (0..self.events()).filter(|event| self.holds(which, *event)).count()
    }
}

/// Something to be measured: its name, what it does, how many operations that is.
pub struct Turn<'a> {
    pub name: String,
    pub operations: usize,
    pub run: Box<dyn FnMut() + 'a>,
}

impl<'a> Turn<'a> {
    pub fn new(name: impl Into<String>, operations: usize, run: impl FnMut() + 'a) -> Self {
        Self { name: name.into(), operations, run: Box::new(run) }
    }
}

/// Nanoseconds of an operation, and the ratio to the first contestant.
pub struct Figure {
    pub name: String,
    pub ns: f64,
    pub ratio: f64,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Lets all take turns of at least `turn`; medians over the rounds, ratios medians of the ratios within a round.
pub fn race(turns: &mut [Turn<'_>], rounds: usize, turn: Duration) -> Vec<Figure> {
    let repeats: Vec<usize> = turns
        .iter_mut()
        .map(|contestant| {
            (contestant.run)();
            let (start, mut repeats) = (Instant::now(), 0);
            while repeats == 0 || start.elapsed() < turn {
                (contestant.run)();
                repeats += 1;
            }
            repeats
        })
        .collect();
    let mut times = vec![Vec::with_capacity(rounds); turns.len()];
    for round in 0..rounds {
        for index in 0..turns.len() {
            // Nobody always follows the same one.
            let index = (index + round) % turns.len();
            let start = Instant::now();
            for _ in 0..repeats[index] {
                black_box(&mut turns[index].run)();
            }
            let operations = (repeats[index] * turns[index].operations) as f64;
            times[index].push(start.elapsed().as_nanos() as f64 / operations);
        }
    }
    let figure = |(turn, own): (&Turn<'_>, &Vec<f64>)| {
        let ratios = own.iter().zip(&times[0]).map(|(own, first)| own / first).collect();
        Figure { name: turn.name.clone(), ns: median(own.clone()), ratio: median(ratios) }
    };
    turns.iter().zip(&times).map(figure).collect()
}

/// Prints one row for each contestant, one column for each race.
pub fn table(title: &str, columns: &[&str], races: &[Vec<Figure>]) {
    println!("\n{title}");
    print!("| {:<34} |", "");
    columns.iter().for_each(|column| print!(" {column:>20} |"));
    println!();
    println!("|{}", "---|".repeat(columns.len() + 1));
    let mut names: Vec<&str> = Vec::new();
    let mut cells: HashMap<(&str, usize), String> = HashMap::new();
    for (index, figures) in races.iter().enumerate() {
        for figure in figures {
            if !names.contains(&figure.name.as_str()) {
                names.push(&figure.name);
            }
            let digits = if figure.ns < 100.0 { 1 } else { 0 };
            let ratio = if figure.ratio < 10.0 { 2 } else { 0 };
            let cell = format!("{:.digits$} ns {:.ratio$}x", figure.ns, figure.ratio);
            cells.insert((&figure.name, index), cell);
        }
    }
    for name in names {
        print!("| {name:<34} |");
        for index in 0..columns.len() {
            print!(" {:>20} |", cells.get(&(name, index)).map_or("", String::as_str));
        }
        println!();
    }
}
