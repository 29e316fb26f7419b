//! `kubelapse check`, and the check before every run: all problems of all files at once.

use super::source::{load, sources};
use super::{Exit, print, talk};
use crate::scenario::Plan;

/// All plans, or every problem of every file.
pub fn plans(words: &[String], overrides: &[String]) -> Result<Vec<Plan>, Exit> {
    let mut plans = Vec::new();
    let mut wrong = false;
    for word in words {
        match sources(word) {
            Err(problem) => {
                talk(&format!("error: {problem}\n"));
                wrong = true;
            }
            Ok(list) => {
                for source in list {
                    match load(&source, overrides) {
                        Ok(plan) => plans.push(plan),
                        Err(problems) => {
                            talk(&problems.render(true));
                            wrong = true;
                        }
                    }
                }
            }
        }
    }
    if wrong { Err(Exit::WrongRequest) } else { Ok(plans) }
}

pub fn check(words: &[String], overrides: &[String]) -> Exit {
    match plans(words, overrides) {
        Ok(plans) => {
            for plan in plans {
                print(&format!("{}: ok\n", plan.name));
            }
            Exit::Ran
        }
        Err(exit) => exit,
    }
}
