//! Options of a search: fields of the JSON, texts of the form, flags of `kindred search`.

use clap::{Args, ValueEnum};
use serde::Deserialize;
use utoipa::ToSchema;

use super::planned_search::PlannedSearch;
use super::request_error::{Priors, RequestError, check_range};
use super::search_target::SearchTarget;
use crate::domain::{EntityId, IdentityError};
use crate::gallery::{Filter, Selection};
use crate::search::{Grouping, Options};

/// Target, limits, filter and prior of a search.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct SearchOptions {
    /// Target of the search; default relatives, or children if there is another parent.
    #[arg(long)]
    pub mode: Option<SearchTarget>,
    /// Unit that the limit counts; default people.
    #[arg(long, value_name = "UNIT")]
    pub group_by: Option<GroupBy>,
    /// Maximum number of people, photos or families to return, 1 to 1000; default 10.
    #[arg(long, value_name = "N")]
    #[schema(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// Number of nearest photos to score, 1 to 10000; default 200.
    #[arg(long, value_name = "N")]
    #[schema(minimum = 1, maximum = 10000)]
    pub candidates: Option<usize>,
    /// Size of the candidate list during the search of a graph, 1 to 100000.
    #[arg(long, value_name = "N", conflicts_with = "exact")]
    #[schema(minimum = 1, maximum = 100000)]
    pub ef: Option<usize>,
    /// Compare every photo, without the search graph.
    #[arg(long)]
    #[serde(default)]
    pub exact: bool,
    /// Minimum probability of kinship, for the stated prior, of the people to return, 0 to 1.
    #[arg(long, value_name = "P")]
    #[schema(minimum = 0, maximum = 1)]
    pub min_probability: Option<f64>,
    /// Expected number of relatives among the people searched; default 1. 0 gives evidence without a prior.
    #[arg(long, value_name = "N")]
    #[schema(minimum = 0, maximum = 1000)]
    pub expected_relatives: Option<f64>,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1; default 0.1.
    #[arg(long, value_name = "RATE")]
    #[schema(minimum = 0, maximum = 1)]
    pub max_false_positive_rate: Option<f64>,
    /// Enrolled people in the photos. They are excluded from the search for relatives.
    #[arg(long = "as", value_name = "PERSON")]
    #[serde(default, rename = "as")]
    pub known_as: Vec<String>,
    /// Families, people or photos to search; default all.
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    pub include: Vec<String>,
    /// Families, people or photos to leave out.
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Families to search; default all.
    #[arg(skip)]
    #[serde(default)]
    pub family_ids: Vec<String>,
    /// Families to leave out.
    #[arg(skip)]
    #[serde(default)]
    pub exclude_family_ids: Vec<String>,
    /// Explain the decision.
    #[arg(long)]
    #[serde(default)]
    pub explain: bool,
}

/// Unit that a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum GroupBy {
    /// People, each with all photos.
    Person,
    /// Photos of any person.
    Photo,
    /// Families, each with all people.
    Family,
}

impl SearchOptions {
    /// Checks the options of a search by `photos` photos of a person and `other_photos` of the other
    /// parent.
    ///
    /// ```
    /// use kindred::wire::{Priors, SearchOptions, SearchTarget};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let options: SearchOptions = serde_json::from_str(r#"{ "limit": 5, "include": ["F0001"] }"#)?;
    /// let plan = options.plan(1, 0, Priors::default())?;
    /// assert_eq!(plan.target, SearchTarget::Relatives);
    /// assert_eq!(plan.options.limit, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`RequestError::NoPhoto`] or [`RequestError::OtherParent`] if the photos do not fit the target.
    /// - [`RequestError::OutOfRange`] if a number is out of its range.
    /// - [`RequestError::Identity`] if an id is malformed.
    pub fn plan(
        &self,
        photos: usize,
        other_photos: usize,
        priors: Priors,
    ) -> Result<PlannedSearch, RequestError> {
        if photos == 0 {
            return Err(RequestError::NoPhoto);
        }
        let has_other = other_photos > 0;
        let default = if has_other { SearchTarget::Children } else { SearchTarget::Relatives };
        let target = self.mode.unwrap_or(default);
        if (target == SearchTarget::Children) != has_other {
            return Err(RequestError::OtherParent);
        }
        let known_as = self.known_as.iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
        let included = entities(&self.include, &self.family_ids)?;
        let excluded = entities(&self.exclude, &self.exclude_family_ids)?;
        let filter = Filter {
            only: (!included.is_empty()).then(|| Selection::from_entities(&included)),
            without: Selection::from_entities(&excluded),
        };
        let options = self.options(filter, priors)?;
        Ok(PlannedSearch { target, options, known_as, included })
    }

    fn options(&self, filter: Filter, priors: Priors) -> Result<Options, RequestError> {
        let default = Options::default();
        let priors = Priors {
            expected_relatives: self.expected_relatives.unwrap_or(priors.expected_relatives),
            max_false_positive_rate: self
                .max_false_positive_rate
                .unwrap_or(priors.max_false_positive_rate),
        };
        let options = Options {
            limit: self.limit.unwrap_or(default.limit),
            group_by: self.group_by.map_or(default.group_by, Grouping::from),
            candidates: self.candidates.unwrap_or(default.candidates),
            ef: self.ef,
            exact: self.exact,
            min_probability: self.min_probability,
            expected_relatives: priors.expected_relatives,
            max_false_positive_rate: priors.max_false_positive_rate,
            filter,
        };
        check_range("limit", options.limit, 1..=Options::MAX_LIMIT)?;
        check_range("candidates", options.candidates, 1..=Options::MAX_CANDIDATES)?;
        check_range("ef", options.ef.unwrap_or(1), 1..=Options::MAX_EF)?;
        check_range("min_probability", options.min_probability.unwrap_or(0.0), 0.0..=1.0)?;
        priors.check()?;
        Ok(options)
    }
}

/// Parses ids, the second list of families only.
fn entities(ids: &[String], families: &[String]) -> Result<Vec<EntityId>, IdentityError> {
    let mut entities = Vec::with_capacity(ids.len() + families.len());
    for id in ids {
        entities.push(id.parse()?);
    }
    for id in families {
        entities.push(EntityId::Family(id.parse()?));
    }
    Ok(entities)
}

impl From<GroupBy> for Grouping {
    fn from(group_by: GroupBy) -> Self {
        match group_by {
            GroupBy::Person => Self::Person,
            GroupBy::Photo => Self::Photo,
            GroupBy::Family => Self::Family,
        }
    }
}
