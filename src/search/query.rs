//! What a search looks for, and where.

use std::collections::BTreeSet;

use crate::domain::{Embedding, MemberId};
use crate::gallery::Filter;

/// A person to search for.
#[derive(Clone)]
pub struct Probe<'a> {
    /// Per photo of the person its embeddings, one per backbone. There is one photo or more.
    pub photos: &'a [Vec<Embedding>],
    /// Who it is, as far as the gallery knows: people whose photos these are. They are never found among relatives.
    pub known: BTreeSet<MemberId>,
}

/// What is searched for.
pub enum Query<'a> {
    /// Relatives of one person.
    Relatives(Probe<'a>),
    /// Photos of one person, and nobody else.
    SamePerson(Probe<'a>),
    /// Children of two people, who are kin to both.
    Children([Probe<'a>; 2]),
    /// Couples who may be the parents of one person: two people of one family, who are not listed as kin of each other.
    Parents(Probe<'a>),
}

/// How much to look for, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most people to return, or photos, or families.
    pub limit: usize,
    /// Which of these.
    pub group_by: Grouping,
    /// Nearest photos whose people are judged; more are taken while they name fewer than `limit` people.
    pub candidates: usize,
    /// Nodes of a search graph that are kept in view, as [`Lookup::ef`](crate::gallery::Lookup::ef).
    pub ef: Option<usize>,
    /// Compare every photo, and leave the search graphs aside.
    pub exact: bool,
    /// Least probability of kinship of the people to return, 0 to 1; needs an ensemble.
    pub min_probability: Option<f64>,
    /// How many relatives of the probe are expected among the people who are searched; 0 for evidence without a prior.
    pub expected_relatives: f64,
    /// Share of probes without relative for which anyone may be marked as kin, 0 to 1.
    pub max_false_positive_rate: f64,
    /// Which photos count; leaves out the probe's own files, for instance.
    pub filter: Filter,
}

/// What the limit of a search counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// People, each with all photos.
    #[default]
    Person,
    /// Photos, whoever is on them.
    Photo,
    /// Families, each with all people.
    Family,
}

impl Options {
    /// Most people a search can be asked for.
    pub const MAX_LIMIT: usize = 1000;
    /// Most candidates a search can be asked for.
    pub const MAX_CANDIDATES: usize = 10_000;
    /// Most nodes that a search can be asked to keep in view.
    pub const MAX_EF: usize = 100_000;
    /// Most relatives that can be expected.
    pub const MAX_EXPECTED_RELATIVES: f64 = 1000.0;
    /// The prior, unless another one is stated: one relative.
    pub const DEFAULT_EXPECTED_RELATIVES: f64 = 1.0;
    /// The false positive identification rate that a decision holds, unless another one is stated.
    pub const DEFAULT_FALSE_POSITIVE_RATE: f64 = 0.1;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limit: 10,
            group_by: Grouping::default(),
            candidates: 200,
            ef: None,
            exact: false,
            min_probability: None,
            expected_relatives: Self::DEFAULT_EXPECTED_RELATIVES,
            max_false_positive_rate: Self::DEFAULT_FALSE_POSITIVE_RATE,
            filter: Filter::default(),
        }
    }
}
