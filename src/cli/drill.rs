//! `kubelapse drill`: a broken cluster, mended on the full screen of a terminal, or line by line.

use std::path::PathBuf;

use super::converse::Ended;
use super::typing::Person;
use super::{Exit, beside, print, say, screen, talk};
use crate::drill::{Drill, LEVELS, list};
use crate::session::words::offset;
#[cfg(feature = "tui")]
use crate::tui;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse drill                          one that you have not had, of level 1
  kubelapse drill --seed 7 --level 3       the same one as everybody with this seed
  kubelapse drill --list                   what may be wrong, by level
  kubelapse drill --seed 7 --json me.json  what came of it, for a class

Look (get, describe, events, logs), name the cause (causes, cause KIND OBJECT), mend it with kubectl's commands, \
and let time pass (sleep 30s). `help` tells the rest. Out of 100 points 40 are for the time, 30 for having broken \
nothing on the way, 30 for the cause.")]
pub struct Arguments {
    /// Which drill; without it a new one, whose seed is told
    #[arg(long)]
    seed: Option<u64>,
    /// How hard, from 1 to 5; from 3 on two things are wrong at once
    #[arg(long, default_value_t = *LEVELS.start(), value_parser = clap::value_parser!(u8).range(1..=5))]
    level: u8,
    /// Prints what may be wrong, by level
    #[arg(long, conflicts_with_all = ["seed", "json"])]
    list: bool,
    /// Lines instead of a full screen: for pipes, screen readers and tests
    #[arg(long)]
    plain: bool,
    /// Writes the score as JSON, also when you leave early
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub fn drill(arguments: &Arguments) -> Exit {
    if arguments.list {
        print(&list());
        return Exit::Ran;
    }
    hold(arguments).unwrap_or_else(|problem| {
        talk(&format!("error: {}\n", problem.trim_end()));
        Exit::WrongRequest
    })
}

fn hold(arguments: &Arguments) -> Result<Exit, String> {
    let drill = Drill::new(arguments.seed.unwrap_or_else(another), arguments.level)?;
    #[cfg(feature = "tui")]
    if screen::is_wanted(arguments.plain) {
        let mut shown = tui::DrillScreen::new(drill);
        return match screen::shown(|stop| tui::hold(stop, |screen| screen.drill(&mut shown))) {
            Ok(()) => {
                // What stood on the screen is gone with it.
                let mut drill = shown.drill;
                drill.tell_within(80);
                let score = drill.score();
                print(&format!("Drill {} of level {}\n", score.seed, score.level));
                if drill.is_over() {
                    print(&drill.debrief());
                }
                told(arguments, &drill, Ended::Person)
            }
            Err(exit) => Ok(exit),
        };
    }
    #[cfg(not(feature = "tui"))]
    screen::is_wanted(arguments.plain);
    let (drill, ended) = lines(drill)?;
    told(arguments, &drill, ended)
}

/// Line by line, until the person or the input ends it.
fn lines(mut drill: Drill) -> Result<(Drill, Ended), String> {
    drill.tell_within(80);
    print(&drill.brief());
    let mut ended = Ended::Input;
    let mut person = Person::listened_to();
    while let Some(text) = person.ask(&prompt(&drill), || drill.words())? {
        if matches!(text.as_str(), "quit" | "q" | "exit") {
            ended = Ended::Person;
            break;
        }
        if !say(&drill.say(&text)) || drill.is_over() {
            break;
        }
    }
    Ok((drill, ended))
}

/// What came of it, also in a file where one is asked for.
fn told(arguments: &Arguments, drill: &Drill, ended: Ended) -> Result<Exit, String> {
    if !drill.is_over() {
        print(&drill.in_words());
    }
    if ended == Ended::Person && !drill.is_solved() {
        print(&format!(
            "It goes on with: kubelapse drill --seed {} --level {}\n",
            drill.score().seed,
            arguments.level
        ));
    }
    if let Some(path) = &arguments.json {
        let json = serde_json::to_string_pretty(&drill.left()).unwrap_or_default() + "\n";
        beside::replace(path, &json).map_err(|problem| format!("{}: {problem}", path.display()))?;
    }
    Ok(Exit::Ran)
}

fn prompt(drill: &Drill) -> String {
    let walk = drill.walk();
    let since = walk.now() - drill.clock();
    format!("[+{}] ", offset(walk.now(), since))
}

/// A seed that nobody has asked for: any will do, as it is told.
#[expect(clippy::disallowed_methods, reason = "whoever names no seed wants another drill each time")]
fn another() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |now| now.as_secs() % 100_000)
}
