//! How an audit is printed: for people, for programs, for merge requests, for code scanning, for CI systems.

use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use crate::answers::audit::{Advice, Answer, Audited, Finding, Pasted, QUESTIONS, Rank, Spread};
use crate::cli::columns;

fn figure(answer: &Answer) -> String {
    answer.figure.as_ref().map_or_else(|| "-".to_owned(), Spread::words)
}

/// What is told of a finding beside its words.
fn advice(finding: &Finding) -> Option<String> {
    let advice = finding.advice.as_ref()?;
    Some(format!("{} (played: {})", advice.does, advice.better))
}

/// What is to be written, as lines of a manifest.
fn pasted(finding: &Finding) -> Vec<Pasted> {
    finding.advice.as_ref().map_or(Vec::new(), Advice::pasted)
}

/// Those that were not shown before: what mends two findings is to be pasted once.
fn news(lines: Vec<Pasted>, shown: &mut Vec<Pasted>) -> Vec<Pasted> {
    let new: Vec<Pasted> = lines.into_iter().filter(|own| !shown.contains(own)).collect();
    shown.extend(new.iter().cloned());
    new
}

/// For people: findings first, then figures, in a terminal of so many columns.
pub fn table(audited: &[Audited], quiet: bool, room: Option<usize>) -> String {
    let mut text = String::new();
    for own in audited {
        let findings = own.findings();
        if quiet && findings.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{}", own.subject.words());
        let mut shown = Vec::new();
        for finding in findings {
            let _ = writeln!(text, "  {:<6}  {}", finding.rank.as_str(), finding.words);
            if let Some(advice) = advice(finding) {
                let _ = writeln!(text, "          {advice}");
                for own in news(pasted(finding), &mut shown) {
                    let _ = writeln!(
                        text,
                        "          as lines of {}/{}:",
                        own.object.0.to_lowercase(),
                        own.object.1
                    );
                    for line in own.lines.lines() {
                        let _ = writeln!(text, "            {line}");
                    }
                }
            } else if !finding.field.is_empty() {
                let _ = writeln!(text, "          {}", finding.field);
            }
        }
        if !quiet {
            text.push_str(&figures(own, room));
        }
        text.push('\n');
    }
    text
}

fn figures(own: &Audited, room: Option<usize>) -> String {
    let row =
        |answer: &Answer| [answer.what.clone(), figure(answer), answer.rule.clone(), answer.words.clone()];
    columns::fitted(&own.answers().map(row).collect::<Vec<_>>(), room)
}

/// All of it, for programs.
pub fn json(audited: &[Audited]) -> String {
    let all: Vec<Value> = audited.iter().map(Audited::json).collect();
    format!("{:#}\n", json!({ "workloads": all }))
}

/// For a page or a merge request.
pub fn markdown(audited: &[Audited], quiet: bool) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut text = String::new();
    for own in audited.iter().filter(|own| !quiet || !own.findings().is_empty()) {
        let _ = writeln!(text, "## {}\n", own.subject.words());
        let mut shown = Vec::new();
        for finding in own.findings() {
            let advice = advice(finding).map_or(String::new(), |advice| format!("; {advice}"));
            let _ = writeln!(text, "- **{}**: {}{advice}", finding.rank.as_str(), cell(&finding.words));
            for own in news(pasted(finding), &mut shown) {
                let _ = writeln!(text, "\n  ```yaml");
                for line in own.lines.lines() {
                    let _ = writeln!(text, "  {line}");
                }
                let _ = writeln!(text, "  ```\n");
            }
        }
        if quiet {
            text.push('\n');
            continue;
        }
        let _ = writeln!(text, "\n| what | figure | set by | |\n| --- | --- | --- | --- |");
        for answer in own.answers() {
            let cells = [&answer.what, &figure(answer), &answer.rule, &answer.words].map(|text| cell(text));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
    }
    text
}

/// Findings as the Static Analysis Results Interchange Format has them (OASIS, 2.1.0).
pub fn sarif(audited: &[Audited]) -> String {
    let rules: Vec<Value> = QUESTIONS
        .iter()
        .map(|question| json!({ "id": question.name, "shortDescription": { "text": question.asks } }))
        .collect();
    let mut results = Vec::new();
    for own in audited {
        for finding in own.findings() {
            let level = match finding.rank {
                Rank::Broken => "error",
                Rank::Risky => "warning",
                Rank::Note => "note",
            };
            let advice = advice(finding).map_or(String::new(), |advice| format!("; {advice}"));
            let place = json!({ "physicalLocation": {
                "artifactLocation": { "uri": own.subject.file.as_str() },
                "region": { "startLine": own.subject.line.max(1) },
            } });
            results.push(json!({
                "ruleId": finding.question,
                "level": level,
                "message": { "text": format!("{}: {}{advice}", own.subject.words(), finding.words) },
                "locations": [place],
            }));
        }
    }
    let tool =
        json!({ "driver": { "name": "kubelapse", "version": env!("CARGO_PKG_VERSION"), "rules": rules } });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": tool, "results": results }],
    });
    format!("{log:#}\n")
}

/// A suite for each workload, a case for each question; what is broken fails.
pub fn junit(audited: &[Audited]) -> Result<String, String> {
    let mut report = Report::new("kubelapse audit");
    for own in audited {
        let mut suite = TestSuite::new(own.subject.words());
        for (question, told) in QUESTIONS.iter().zip(&own.told) {
            if told.answers.is_empty() && told.findings.is_empty() {
                continue;
            }
            let broken: Vec<String> = (told.findings.iter())
                .filter(|finding| finding.rank == Rank::Broken)
                .map(|finding| finding.words.clone())
                .collect();
            let mut status = TestCaseStatus::success();
            if !broken.is_empty() {
                status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(broken.join("; "));
            }
            let mut case = TestCase::new(question.asks, status);
            case.set_classname(own.subject.words());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(|problem| problem.to_string())?;
    // XML has no way to write these two (https://www.w3.org/TR/xml/#charsets).
    Ok(text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}
