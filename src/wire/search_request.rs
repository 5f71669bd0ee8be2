//! Search request: the body of `POST /v1/search`, the parts of its form, the flags of `search`.

use std::collections::BTreeSet;
use std::fmt;

use clap::{Args, ValueEnum};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{EntityId, IdentityError, PersonId};
use crate::error::{Classify, ErrorKind};
use crate::gallery::{Filter, Selection, Snapshot};
use crate::search::{Grouping, Options, Probe, Query};

/// Photos of a probe, and the options of the search.
///
/// As JSON, the fields of the options stand next to the photos.
pub struct SearchRequest {
    /// The photos, all of one person.
    pub image: Vec<ProbePhoto>,
    /// Photos of the other parent, to search for the children of two people.
    pub other_parent: Vec<ProbePhoto>,
    /// Target, limits, filter and prior.
    pub options: SearchOptions,
}

/// One photo of a probe.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = Sample)]
pub enum ProbePhoto {
    /// A photo's file.
    #[serde(skip)]
    #[schema(value_type = String)]
    File(Vec<u8>),
    /// A photo's file in base64.
    Base64(String),
    /// The id of a photo in the gallery.
    Photo(String),
    /// One vector per backbone of the bundle.
    Embeddings(Vec<Vec<f32>>),
}

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
    /// People of the gallery in the photos. They are excluded from the search for relatives.
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

/// Target of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[schema(as = SearchMode)]
pub enum SearchTarget {
    /// Relatives of the person.
    Relatives,
    /// The person alone.
    SamePerson,
    /// Children of the person and the other parent.
    #[serde(alias = "child_of")]
    Children,
    /// Two possible parents of the person.
    #[serde(alias = "parents_of")]
    Parents,
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

/// Assumptions of a search if the request states none.
#[derive(Clone, Copy, Debug)]
pub struct Priors {
    /// Expected number of relatives of the probe among the people searched.
    pub expected_relatives: f64,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1.
    pub max_false_positive_rate: f64,
}

/// A checked request: its target, its options and the people known to be in the photos.
#[derive(Clone, Debug)]
pub struct PlannedSearch {
    /// Target of the search.
    pub target: SearchTarget,
    /// Limits, filter and prior.
    pub options: Options,
    /// People of the gallery in the photos.
    pub known_as: BTreeSet<PersonId>,
    /// Families, people and photos that the request names as searched.
    included: Vec<EntityId>,
}

/// Why a request is invalid.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The request has no photo of the person.
    #[error("'image' is empty; give a photo at least")]
    NoPhoto,
    /// Target and photos contradict each other.
    #[error("children are searched for with photos in 'other_parent', and nothing else is")]
    OtherParent,
    /// A number is out of its range.
    #[error("{name} is {value}; it goes from {min} to {max}")]
    OutOfRange {
        /// Field of the request.
        name: &'static str,
        /// Its value.
        value: String,
        /// Smallest allowed value.
        min: String,
        /// Largest allowed value.
        max: String,
    },
    /// An id is malformed.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A named family, person or photo is not in the gallery.
    #[error("{0} is not in the gallery")]
    NotEnrolled(EntityId),
}

impl Classify for RequestError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotEnrolled(_) => ErrorKind::NotFound,
            Self::NoPhoto | Self::OtherParent | Self::OutOfRange { .. } | Self::Identity(_) => {
                ErrorKind::InvalidInput
            }
        }
    }
}

impl Default for Priors {
    fn default() -> Self {
        Self {
            expected_relatives: Options::DEFAULT_EXPECTED_RELATIVES,
            max_false_positive_rate: Options::DEFAULT_FALSE_POSITIVE_RATE,
        }
    }
}

impl Priors {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`RequestError::OutOfRange`] if a value is out of its range.
    pub fn check(&self) -> Result<(), RequestError> {
        let relatives = 0.0..=Options::MAX_EXPECTED_RELATIVES;
        check_range("expected_relatives", self.expected_relatives, relatives)?;
        check_range("max_false_positive_rate", self.max_false_positive_rate, 0.0..=1.0)
    }
}

impl<'de> Deserialize<'de> for SearchRequest {
    /// The photos are taken out of the object. The options refuse all other fields.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let image = fields.remove("image").ok_or_else(|| D::Error::missing_field("image"))?;
        let other_parent = fields.remove("other_parent").unwrap_or_else(|| Value::Array(vec![]));
        Ok(Self {
            image: from_value(image)?,
            other_parent: from_value(other_parent)?,
            options: from_value(Value::Object(fields))?,
        })
    }
}

impl PartialSchema for SearchRequest {
    fn schema() -> RefOr<Schema> {
        search_schema(Ref::from_schema_name(ProbePhoto::name()).into())
    }
}

impl ToSchema for SearchRequest {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ProbePhoto::name().into_owned(), ProbePhoto::schema()));
        SearchOptions::schemas(schemas);
    }
}

/// Returns the schema of the options with the photos of a request next to them.
pub(crate) fn search_schema(photo: RefOr<Schema>) -> RefOr<Schema> {
    let mut schema = SearchOptions::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        let descriptions = [
            ("image", "The photos, all of one person."),
            (
                "other_parent",
                "Photos of the other parent, to search for the children of two people.",
            ),
        ];
        for (name, description) in descriptions {
            let photos = ArrayBuilder::new().items(photo.clone()).description(Some(description));
            object.properties.insert(name.into(), photos.into());
        }
        object.required.push("image".into());
    }
    schema
}

fn from_value<T: DeserializeOwned, E: Error>(value: Value) -> Result<T, E> {
    serde_json::from_value(value).map_err(E::custom)
}

impl SearchOptions {
    /// Checks the options of a search by `photos` photos of a person and `other_photos` of the other
    /// parent.
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
            only: (!included.is_empty()).then(|| Selection::of(&included)),
            without: Selection::of(&excluded),
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

fn check_range<T: PartialOrd + fmt::Display>(
    name: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), RequestError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (min, max) = range.into_inner();
    let [value, min, max] = [value, min, max].map(|number| number.to_string());
    Err(RequestError::OutOfRange { name, value, min, max })
}

impl PlannedSearch {
    /// Checks that the named families, people and photos are in the gallery.
    ///
    /// A misspelled name would leave no one to search.
    ///
    /// # Errors
    /// [`RequestError::NotEnrolled`] if one is not.
    pub fn check_enrolled(&self, snapshot: &Snapshot) -> Result<(), RequestError> {
        let known = self.known_as.iter().map(|&person| EntityId::Person(person));
        match self.included.iter().cloned().chain(known).find(|entity| !snapshot.has(entity)) {
            Some(missing) => Err(RequestError::NotEnrolled(missing)),
            None => Ok(()),
        }
    }

    /// Returns the query for the probe.
    pub fn query<'a>(&self, probe: Probe<'a>, other_parent: Probe<'a>) -> Query<'a> {
        match self.target {
            SearchTarget::Relatives => Query::Relatives(probe),
            SearchTarget::SamePerson => Query::SamePerson(probe),
            SearchTarget::Children => Query::Children([probe, other_parent]),
            SearchTarget::Parents => Query::Parents(probe),
        }
    }
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
