//! Rewrites the arguments of the process to today's spelling, before clap parses them.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};

use clap::Command;

use super::deprecated::Replacement::{Flag as To, LabeledPhotos, Value, VectorDtype};
use super::deprecated::{
    FLAGS, Flag, NEW_VARIABLE, OLD_VARIABLE, OldFlag, POSITIONALS, Replacement, SETTINGS,
    rename_note,
};

/// Arguments in today's spelling.
pub(crate) struct Rewritten {
    pub(crate) arguments: Vec<OsString>,
    /// One note for each old spelling.
    pub(crate) notes: BTreeSet<String>,
}

/// Rewrites the arguments of the process. The first is its name.
pub(crate) fn rewrite(arguments: Vec<OsString>, cli: &Command) -> Rewritten {
    let mut command = cli;
    let mut path: Vec<&str> = Vec::new();
    for argument in arguments.iter().skip(1) {
        let Some(next) = command.find_subcommand(argument) else { break };
        path.push(next.get_name());
        command = next;
    }
    let (head, tail) = arguments.split_at(arguments.len().min(1 + path.len()));
    let mut rewriter = Rewriter::new(command, &path.join(" "), tail);
    rewriter.rewrite_all();
    rewriter.add_environment();
    Rewritten { arguments: [head, &rewriter.arguments].concat(), notes: rewriter.notes }
}

/// State of the arguments of one command.
struct Rewriter<'a> {
    command: &'a Command,
    path: String,
    tail: &'a [OsString],
    /// Flags that are left of the old positional arguments.
    positionals: Vec<&'static str>,
    arguments: Vec<OsString>,
    notes: BTreeSet<String>,
}

impl<'a> Rewriter<'a> {
    fn new(command: &'a Command, path: &str, tail: &'a [OsString]) -> Self {
        let mut rewriter = Self {
            command,
            path: path.to_owned(),
            tail,
            positionals: Vec::new(),
            arguments: Vec::new(),
            notes: BTreeSet::new(),
        };
        let old = POSITIONALS.iter().find(|old| old.commands.contains(&path));
        for flag in old.map_or(&[][..], |old| old.flags).iter().rev() {
            if !rewriter.is_set(flag) {
                rewriter.positionals.push(flag.name);
            }
        }
        rewriter
    }

    /// Returns whether a flag has a value, so that no positional argument is meant for it.
    ///
    /// The environment counts only if the command has positional arguments today, too.
    fn is_set(&self, flag: &Flag) -> bool {
        let has_positionals = self.command.get_positionals().next().is_some();
        let is_given = self.tail.iter().any(|token| name_of(token) == Some(flag.name));
        is_given || (has_positionals && env::var_os(flag.variable).is_some())
    }

    fn rewrite_all(&mut self) {
        let tail = self.tail;
        if self.command.has_subcommands() && tail.first().is_some_and(|token| token == "help") {
            return self.arguments.extend_from_slice(tail);
        }
        let mut tokens = tail.iter().peekable();
        while let Some(token) = tokens.next() {
            if token == "--" {
                return self.push_escaped(tokens);
            }
            let Some(name) = name_of(token) else {
                match is_short_flag(token) {
                    true => self.arguments.push(token.clone()),
                    false => self.push_positional(token),
                }
                continue;
            };
            match FLAGS.iter().find(|old| old.old == name && old.commands.contains(&&*self.path)) {
                Some(old) => {
                    let inline = value_of(token).map(OsString::from);
                    let value =
                        inline.or_else(|| tokens.next_if(|next| has_value(old.new, next)).cloned());
                    self.push_renamed(old, value);
                }
                None => {
                    self.arguments.push(token.clone());
                    if self.takes_value(name) && value_of(token).is_none() {
                        let value = tokens.next_if(|next| name_of(next).is_none());
                        self.arguments.extend(value.cloned());
                    }
                }
            }
        }
    }

    /// Rewrites the arguments after `--`, all positional.
    fn push_escaped<'b>(&mut self, tokens: impl Iterator<Item = &'b OsString>) {
        let mut is_escaped = false;
        for token in tokens {
            if self.positionals.is_empty() && !is_escaped {
                self.arguments.push("--".into());
                is_escaped = true;
            }
            self.push_positional(token);
        }
    }

    fn push_positional(&mut self, token: &OsStr) {
        let Some(flag) = self.positionals.pop() else {
            return self.arguments.push(token.to_owned());
        };
        self.arguments.push(joined(flag, token));
        let command = &self.path;
        self.notes
            .insert(rename_note(&format!("{command} PATH"), &format!("{command} {flag} PATH")));
    }

    fn push_renamed(&mut self, old: &OldFlag, value: Option<OsString>) {
        let new = match old.new {
            To(new) => {
                self.arguments.push(match value {
                    Some(value) => joined(new, &value),
                    None => new.into(),
                });
                new.to_owned()
            }
            Value(new, implied) => {
                self.arguments.push(joined(new, implied.as_ref()));
                format!("{new} {implied}")
            }
            VectorDtype => {
                self.arguments.push(vector_dtype(value.as_deref()));
                "--vector-dtype f16".to_owned()
            }
            LabeledPhotos => {
                self.push_labeled_photos(value.unwrap_or_default());
                "--photos DIR --landmarks CSV".to_owned()
            }
        };
        self.notes.insert(rename_note(old.old, &new));
    }

    /// Pushes `DIR=CSV` as two flags. Several folders get names.
    fn push_labeled_photos(&mut self, value: OsString) {
        let text = value.to_string_lossy();
        let Some((folder, list)) = text.split_once('=') else {
            return self.arguments.push(joined("--photos", &value));
        };
        let count = self.tail.iter().filter(|token| name_of(token) == Some("--faces")).count();
        let number = self.arguments.len();
        let name = if count > 1 { format!("source-{number}=") } else { String::new() };
        self.arguments.push(format!("--photos={name}{folder}").into());
        self.arguments.push(format!("--landmarks={name}{list}").into());
    }

    /// Adds a setting that the environment has under its old name, unless it has the new one.
    fn add_environment(&mut self) {
        let Some(value) = env::var_os(OLD_VARIABLE) else { return };
        let is_given = self.arguments.iter().any(|token| name_of(token) == Some("--vector-dtype"));
        if !SETTINGS.contains(&&*self.path) || is_given || env::var_os(NEW_VARIABLE).is_some() {
            return;
        }
        self.arguments.push(vector_dtype(Some(&value)));
        self.notes.insert(rename_note(OLD_VARIABLE, NEW_VARIABLE));
    }

    fn takes_value(&self, name: &str) -> bool {
        let mut flags = self.command.get_arguments();
        let flag = flags.find(|flag| flag.get_long() == name.strip_prefix("--"));
        flag.is_some_and(|flag| flag.get_action().takes_values())
    }
}

/// Returns whether the old flag takes the next argument as its value.
fn has_value(new: Replacement, next: &OsStr) -> bool {
    match new {
        To(_) | LabeledPhotos => name_of(next).is_none(),
        VectorDtype => next == "true" || next == "false",
        Value(..) => false,
    }
}

/// Returns the name of a flag: `--out` of `--out` and `--out=FILE`.
fn name_of(token: &OsStr) -> Option<&str> {
    let flag = token.to_str()?.split('=').next()?;
    flag.starts_with("--").then_some(flag)
}

fn is_short_flag(token: &OsStr) -> bool {
    let bytes = token.as_encoded_bytes();
    bytes.len() > 1 && bytes.starts_with(b"-")
}

/// Returns the value of `--flag=value`.
fn value_of(token: &OsStr) -> Option<&str> {
    token.to_str()?.split_once('=').map(|(_, value)| value)
}

fn joined(flag: &str, value: &OsStr) -> OsString {
    let mut joined = OsString::from(flag);
    joined.push("=");
    joined.push(value);
    joined
}

/// Returns the flag for an old boolean. Without a value it was true. Clap refuses other values.
fn vector_dtype(value: Option<&OsStr>) -> OsString {
    match value.map(OsStr::to_str) {
        None | Some(Some("true")) => "--vector-dtype=f16".into(),
        Some(Some("false")) => "--vector-dtype=f32".into(),
        Some(_) => joined("--vector-dtype", value.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::rewrite;
    use crate::cli::commands::Cli;

    #[track_caller]
    fn assert_rewritten(old: &str, new: &str) {
        let arguments = old.split(' ').map(Into::into).collect();
        let rewritten = rewrite(arguments, &Cli::command());
        let text: Vec<_> =
            rewritten.arguments.iter().map(|token| token.to_string_lossy()).collect();
        assert_eq!(text.join(" "), new);
        assert_eq!(rewritten.notes.is_empty(), old == new);
    }

    #[test]
    fn flags_are_renamed_by_command() {
        assert_rewritten(
            "kindred search a.jpg --only F0001 --without=F0002 --json",
            "kindred search a.jpg --include=F0001 --exclude=F0002 --format=json",
        );
        assert_rewritten(
            "kindred evaluate verification --root p --without out.txt --json m.json",
            "kindred evaluate verification --photos=p --exclude-families=out.txt --report=m.json",
        );
        assert_rewritten(
            "kindred serve --half-precision false",
            "kindred serve --vector-dtype=f32",
        );
    }

    #[test]
    fn positional_arguments_become_flags() {
        assert_rewritten("kindred ingest --device cpu p", "kindred ingest --device cpu --photos=p");
        assert_rewritten(
            "kindred gallery export g -- --odd.zip",
            "kindred gallery export --gallery=g --out=--odd.zip",
        );
        assert_rewritten(
            "kindred gallery delete g F0001",
            "kindred gallery delete --gallery=g F0001",
        );
    }

    #[test]
    fn face_lists_become_two_flags() {
        assert_rewritten(
            "kindred train landmarks --faces p=l.csv",
            "kindred train landmarks --photos=p --landmarks=l.csv",
        );
        assert_rewritten(
            "kindred train landmarks --faces p=a --faces q=b",
            "kindred train landmarks --photos=source-0=p --landmarks=source-0=a \
             --photos=source-2=q --landmarks=source-2=b",
        );
    }

    #[test]
    fn new_spellings_are_unchanged() {
        for arguments in [
            "kindred",
            "kindred gallery delete F0001 --gallery g",
            "kindred train landmarks --photos p --landmarks l.csv",
            "kindred search -- --only",
            "kindred ingest -h",
            "kindred dataset help synthesize",
        ] {
            assert_rewritten(arguments, arguments);
        }
    }
}
