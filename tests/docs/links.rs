//! Links of Markdown: the file is there, the heading behind its `#` too, and a page of the book links to pages of the book
//! alone, as its readers have nothing else of the repository.
//!
//! A heading is called as GitHub and mdBook call it (mdBook 0.5.4, `id_from_content` in crates/mdbook-html/src/utils.rs):
//! letters and digits in lower case, `-` for a space, nothing for a sign; a second one of the same name gets `-1`.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{blocks, pages, read, root};

/// Files with links that are no pages of the book.
const BESIDE: [&str; 8] = [
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "benches/README.md",
    "fuzz/README.md",
    "page/README.md",
    "python/README.md",
    "CHANGELOG.md",
];

/// The lines that are prose: without fenced blocks.
fn prose(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let fenced: BTreeSet<usize> =
        blocks(&lines).into_iter().flat_map(|block| block.lines.start - 1..block.lines.end + 1).collect();
    let kept = lines.iter().enumerate().filter(|(at, _)| !fenced.contains(at));
    kept.fold(String::new(), |text, (_, line)| text + line + "\n")
}

/// Relative links, with what stands behind their `#`.
fn links(prose: &str) -> impl Iterator<Item = (&str, &str)> {
    let markdown = prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '\n']).next());
    let html = ["src=\"", "srcset=\"", "href=\""]
        .into_iter()
        .flat_map(|word| prose.split(word).skip(1).filter_map(|rest| rest.split('"').next()));
    markdown
        .chain(html)
        .filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:"))
        .map(|link| link.split_once('#').unwrap_or((link, "")))
}

/// What a heading is called behind a `#`.
fn id(heading: &str) -> String {
    let mut id = String::new();
    for letter in heading.trim().chars() {
        match letter {
            '-' | '_' => id.push(letter),
            _ if letter.is_alphanumeric() => id.extend(letter.to_lowercase()),
            _ if letter.is_whitespace() => id.push('-'),
            _ => {}
        }
    }
    id
}

fn ids(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in prose(text).lines().filter(|line| line.starts_with('#')) {
        // Of a link in a heading only its words count.
        let words =
            line.trim_start_matches('#').split("](").map(|part| part.rsplit(") ").next().unwrap_or(part));
        let name = id(&words.collect::<String>());
        let mut other = name.clone();
        for number in 1.. {
            if found.insert(other) {
                break;
            }
            other = format!("{name}-{number}");
        }
    }
    found
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            _ => plain.push(part),
        }
    }
    plain
}

/// What is wrong with the links of a page.
fn wrong(name: &str, text: &str) -> Vec<String> {
    let own = root().join(name);
    let mut wrong = Vec::new();
    for (link, anchor) in links(&prose(text)) {
        // What the site is built beside the book, `web/build` makes.
        if link.starts_with("play/") {
            continue;
        }
        let to = if link.is_empty() { own.clone() } else { plain(&own.with_file_name(link)) };
        if !to.exists() {
            wrong.push(format!("{name}: {link} is not there"));
        } else if name.starts_with("docs/") && link.ends_with("README.md") {
            wrong.push(format!(
                "{name}: {link}: mdBook calls a README index.html, and links to it README.html"
            ));
        } else if name.starts_with("docs/") && !to.starts_with(root().join("docs")) {
            wrong.push(format!("{name}: {link} is outside of the book; name it without a link"));
        } else if !anchor.is_empty()
            && !ids(&if link.is_empty() { text.to_owned() } else { read(&to) }).contains(anchor)
        {
            wrong.push(format!("{name}: {link}#{anchor}: there is no such heading"));
        }
    }
    wrong
}

#[test]
fn links_lead_somewhere_and_every_page_is_in_the_book() {
    let pages = pages();
    let beside = BESIDE.map(|name| (name.to_owned(), read(&root().join(name))));
    let mut wrong: Vec<String> =
        pages.iter().chain(&beside).flat_map(|(name, text)| wrong(name, text)).collect();
    let contents = &pages.iter().find(|(name, _)| name == "docs/SUMMARY.md").expect("the contents").1;
    let listed: BTreeSet<String> = links(contents).map(|(link, _)| format!("docs/{link}")).collect();
    for (name, _) in pages.iter().filter(|(name, _)| name.starts_with("docs/") && name != "docs/SUMMARY.md") {
        if !listed.contains(name) {
            wrong.push(format!("{name} stands in no line of docs/SUMMARY.md"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_with_a_link_is_found() {
    assert_eq!(id(" What `a` run *writes*, and why"), "what-a-run-writes-and-why");
    assert_eq!(ids("# A\n```sh\n# no heading\n```\n## A\n## [B](c.md) d\n").len(), 3);
    let page = "# A b\n[x](#a-b) [y](#c) [z](none.md) [w](../CHANGELOG.md) [r](../README.md) ![p](images/none.png)\n```\n[v](no.md)\n```\n";
    let found = wrong("docs/introduction.md", page);
    assert_eq!(found.len(), 5, "{found:?}");
}
