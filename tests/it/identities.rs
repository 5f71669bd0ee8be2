//! Parsers of ids and their documented patterns accept the same texts.

use kindred::domain::{FamilyId, PersonId, PhotoId};
use proptest::prelude::*;
use proptest::string::string_regex;

const FAMILIES: &[&str] = &[
    "F0000",
    "F0001",
    "F9999",
    "F12345",
    "F4294967295",
    "F1",
    "F00001",
    "F012345",
    "f0001",
    "F+001",
    "F000१",
    "F99999999999",
    "F0001 ",
    " F0001",
    "F",
    "",
    "F0001/",
    "F0001\n",
];
const MEMBERS: &[&str] = &[
    "MID0",
    "MID1",
    "MID9",
    "MID10",
    "MID4294967295",
    "MID",
    "MID01",
    "MID00",
    "mid1",
    "MID-1",
    "MID1a",
    "MID99999999999",
    "",
    "1",
    "MID1\n",
];
const NAMES: &[&str] = &[
    "P00001_face0",
    "Großmutter 1932",
    "a.b",
    " ",
    "…",
    "家族",
    "",
    "a/b",
    "a\\b",
    "a\nb",
    "a\0",
    "a\u{7f}",
    "a\u{85}",
    "a\u{9f}",
    "a\u{a0}",
];

fn is_family(text: &str) -> bool {
    text.parse::<FamilyId>().is_ok()
}

fn is_member(text: &str) -> bool {
    format!("F0001/{text}").parse::<PersonId>().is_ok()
}

fn is_name(text: &str) -> bool {
    PhotoId::new(PersonId::new(FamilyId::new(1), 1), text).is_ok()
}

#[test]
fn parsers_and_patterns_agree_on_examples() {
    for text in FAMILIES {
        assert_eq!(is_family(text), matches(FamilyId::PATTERN, text), "{text:?}");
    }
    for text in MEMBERS {
        assert_eq!(is_member(text), matches(PersonId::MEMBER_PATTERN, text), "{text:?}");
    }
    for text in NAMES {
        assert_eq!(is_name(text), matches(PhotoId::NAME_PATTERN, text), "{text:?}");
    }
    let longest = "a".repeat(PhotoId::MAX_NAME_BYTES);
    assert!(is_name(&longest) && matches(PhotoId::NAME_PATTERN, &longest));
    let longer = longest + "a";
    assert!(!is_name(&longer) && !matches(PhotoId::NAME_PATTERN, &longer));
}

#[test]
fn parser_and_pattern_of_a_name_agree_on_every_character() {
    for c in (0..=0x2000).filter_map(char::from_u32) {
        let text = c.to_string();
        assert_eq!(is_name(&text), matches(PhotoId::NAME_PATTERN, &text), "{text:?}");
    }
}

proptest! {
    /// The parser also limits sizes, which a pattern cannot state.
    #[test]
    fn parsers_accept_texts_of_their_pattern(
        family in string_regex(inner(FamilyId::PATTERN)).unwrap(),
        member in string_regex(inner(PersonId::MEMBER_PATTERN)).unwrap(),
        name in string_regex(inner(PhotoId::NAME_PATTERN)).unwrap(),
    ) {
        prop_assert_eq!(is_family(&family), family[1..].parse::<u32>().is_ok());
        prop_assert_eq!(is_member(&member), member[3..].parse::<u32>().is_ok());
        prop_assert_eq!(is_name(&name), name.len() <= PhotoId::MAX_NAME_BYTES);
    }

    #[test]
    fn patterns_match_all_written_ids(family: u32, member: u32, name in "[^/\\\\\\pC]{1,50}") {
        let family = FamilyId::new(family);
        prop_assert!(matches(FamilyId::PATTERN, &family.to_string()));
        let person = PersonId::new(family, member).to_string();
        let (_, member) = person.split_once('/').unwrap();
        prop_assert!(matches(PersonId::MEMBER_PATTERN, member));
        prop_assert!(is_name(&name) && matches(PhotoId::NAME_PATTERN, &name));
    }
}

/// Returns a pattern without its anchors.
fn inner(pattern: &str) -> &str {
    pattern.strip_prefix('^').and_then(|pattern| pattern.strip_suffix('$')).unwrap()
}

/// Returns whether the complete text matches a pattern of literals, classes, groups and counts.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = inner(pattern).chars().collect();
    let text: Vec<char> = text.chars().collect();
    let mut matcher = Matcher { pattern: &pattern, text: &text };
    let ends = matcher.alternatives(vec![0]);
    assert!(matcher.pattern.is_empty(), "the pattern ends early");
    ends.contains(&text.len())
}

/// Reads a pattern from left to right, with all indices of the text that its beginning may reach.
struct Matcher<'a> {
    /// The rest of the pattern.
    pattern: &'a [char],
    text: &'a [char],
}

impl Matcher<'_> {
    /// Reads alternatives up to the end of their group.
    fn alternatives(&mut self, starts: Vec<usize>) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut open = starts.clone();
        loop {
            match self.pattern.first() {
                None | Some(')') => break,
                Some('|') => {
                    self.pattern = &self.pattern[1..];
                    ends.append(&mut open);
                    open.clone_from(&starts);
                }
                Some(_) => open = self.atom(&open),
            }
        }
        ends.append(&mut open);
        ends
    }

    /// Reads a group, or a class or character with its count.
    fn atom(&mut self, starts: &[usize]) -> Vec<usize> {
        if self.next() == '(' {
            self.pattern = &self.pattern[1..];
            let ends = self.alternatives(starts.to_vec());
            assert_eq!(self.next(), ')');
            self.pattern = &self.pattern[1..];
            return ends;
        }
        let class = self.class();
        let (min, max) = self.count();
        let mut ends = Vec::new();
        for start in starts {
            let run = self.text[*start..].iter().take(max).take_while(|c| class.has(**c)).count();
            ends.extend((min..=run).map(|count| start + count));
        }
        ends
    }

    fn class(&mut self) -> Class {
        if self.next() != '[' {
            let c = self.character();
            return Class { is_negated: false, ranges: vec![[c, c]] };
        }
        self.pattern = &self.pattern[1..];
        let is_negated = self.next() == '^';
        if is_negated {
            self.pattern = &self.pattern[1..];
        }
        let mut ranges = Vec::new();
        while self.next() != ']' {
            let first = self.character();
            let mut last = first;
            if self.next() == '-' {
                self.pattern = &self.pattern[1..];
                last = self.character();
            }
            ranges.push([first, last]);
        }
        self.pattern = &self.pattern[1..];
        Class { is_negated, ranges }
    }

    /// Reads a character, which may be escaped as `\\` or `\x1F`.
    fn character(&mut self) -> char {
        let (c, length) = match self.pattern {
            ['\\', 'x', high, low, ..] => {
                let code = u32::from_str_radix(&format!("{high}{low}"), 16).unwrap();
                (char::from_u32(code).unwrap(), 4)
            }
            ['\\', c, ..] => (*c, 2),
            [c, ..] => (*c, 1),
            [] => panic!("the pattern ends early"),
        };
        self.pattern = &self.pattern[length..];
        c
    }

    /// Reads a count such as `{4}` or `{1,9}`. The default is 1.
    fn count(&mut self) -> (usize, usize) {
        if self.pattern.first() != Some(&'{') {
            return (1, 1);
        }
        let end = self.pattern.iter().position(|c| *c == '}').unwrap();
        let count: String = self.pattern[1..end].iter().collect();
        self.pattern = &self.pattern[end + 1..];
        let (min, max) = count.split_once(',').unwrap_or((&count, &count));
        (min.parse().unwrap(), max.parse().unwrap())
    }

    fn next(&self) -> char {
        self.pattern[0]
    }
}

/// A set of characters.
struct Class {
    is_negated: bool,
    /// First and last character of each range.
    ranges: Vec<[char; 2]>,
}

impl Class {
    fn has(&self, c: char) -> bool {
        self.ranges.iter().any(|[first, last]| (*first..=*last).contains(&c)) != self.is_negated
    }
}
