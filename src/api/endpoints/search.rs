//! `POST /v1/search`: people of the gallery with their evidence of kinship to a probe.

use std::time::Instant;

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_multipart::form::text::Text;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::families::not_enrolled;
use crate::api::audit_log::AuditEvent;
use crate::api::extract::probe::{Sample, Samples};
use crate::api::extract::upload::{PhotoFile, blocking};
use crate::api::problem::{Problem, Problems};
use crate::api::server::{Priors, State};
use crate::domain::{EntityId, PersonId};
use crate::gallery::{Filter, GalleryView, Selection};
use crate::search::{Grouping, Options, Probe, Query, SearchContext, search};
use crate::wire::{Context, ModelVersion, SearchResponse, TimingsMs};

/// Search request, as a form.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[schema(as = SearchForm)]
pub(in crate::api) struct Form {
    /// The photos' files, all of one person.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = Vec<PhotoFile>)]
    image: Vec<Bytes>,
    /// Photos of the other parent, to search for the children of two people.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = Vec<PhotoFile>, required = false)]
    other_parent: Vec<Bytes>,
    #[schema(value_type = Mode, required = false)]
    mode: Option<Text<Mode>>,
    #[schema(value_type = GroupBy, required = false)]
    group_by: Option<Text<GroupBy>>,
    /// Maximum number of people, photos or families to return; default 10.
    #[schema(value_type = usize, required = false, minimum = 1, maximum = 1000)]
    limit: Option<Text<usize>>,
    /// Number of nearest photos to score; default 200.
    #[schema(value_type = usize, required = false, minimum = 1, maximum = 10000)]
    candidates: Option<Text<usize>>,
    /// Size of the candidate list during the search of a graph.
    #[schema(value_type = usize, required = false, minimum = 1, maximum = 100000)]
    ef: Option<Text<usize>>,
    /// `true` to compare every photo.
    #[schema(value_type = bool, required = false)]
    exact: Option<Text<bool>>,
    /// Minimum probability of kinship, for the stated prior, of the people to return.
    #[schema(value_type = f64, required = false, minimum = 0, maximum = 1)]
    min_probability: Option<Text<f64>>,
    /// Expected number of relatives among the people searched; default 1. 0 gives evidence without a prior.
    #[schema(value_type = f64, required = false, minimum = 0, maximum = 1000)]
    expected_relatives: Option<Text<f64>>,
    /// Share of probes without a relative for which a person may be marked as kin; default 0.1.
    #[schema(value_type = f64, required = false, minimum = 0, maximum = 1)]
    max_false_positive_rate: Option<Text<f64>>,
    /// Enrolled people in the photos. They are excluded from the search for relatives.
    #[multipart(rename = "as")]
    #[schema(value_type = Vec<String>, required = false, rename = "as")]
    known_as: Vec<Text<String>>,
    /// Families to search; default all.
    #[schema(value_type = Vec<String>, required = false)]
    family_ids: Vec<Text<String>>,
    /// Families to leave out.
    #[schema(value_type = Vec<String>, required = false)]
    exclude_family_ids: Vec<Text<String>>,
    /// `true` to explain the decision.
    #[schema(value_type = bool, required = false)]
    explain: Option<Text<bool>>,
}

/// Search request, as JSON.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SearchRequest)]
pub(in crate::api) struct Asked {
    /// The photos, all of one person.
    image: Vec<Sample>,
    /// Photos of the other parent, to search for the children of two people.
    #[serde(default)]
    other_parent: Vec<Sample>,
    /// Search mode. The default is relatives, or children if the request has another parent.
    mode: Option<Mode>,
    /// Unit that `limit` counts; default people.
    group_by: Option<GroupBy>,
    /// Maximum number of people, photos or families to return, 1 to 1000; default 10.
    #[schema(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Number of nearest photos to score, 1 to 10000; default 200.
    #[schema(minimum = 1, maximum = 10000)]
    candidates: Option<usize>,
    /// Size of the candidate list during the search of a graph, 1 to 100000.
    #[schema(minimum = 1, maximum = 100000)]
    ef: Option<usize>,
    /// `true` to compare every photo.
    #[serde(default)]
    exact: bool,
    /// Minimum probability of kinship, for the stated prior, of the people to return, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    min_probability: Option<f64>,
    /// Expected number of relatives among the people searched; default 1. 0 gives evidence without a prior.
    #[schema(minimum = 0, maximum = 1000)]
    expected_relatives: Option<f64>,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1; default 0.1.
    #[schema(minimum = 0, maximum = 1)]
    max_false_positive_rate: Option<f64>,
    /// Enrolled people in the photos. They are excluded from the search for relatives.
    #[serde(default, rename = "as")]
    known_as: Vec<String>,
    /// Families to search; default all.
    #[serde(default)]
    family_ids: Vec<String>,
    /// Families to leave out.
    #[serde(default)]
    exclude_family_ids: Vec<String>,
    /// `true` to explain the decision.
    #[serde(default)]
    explain: bool,
}

/// Target of a search.
#[derive(Clone, Copy, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SearchMode)]
enum Mode {
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
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum GroupBy {
    Person,
    Photo,
    Family,
}

#[utoipa::path(
    post,
    path = "/v1/search",
    operation_id = "search",
    tag = "search",
    summary = "Search for relatives",
    description = "The people of the gallery with the most evidence of kinship to a probe, by one or more photos of a face. Photos of the same person are listed apart. Photos come in a form, or in JSON, which also takes enrolled photos and embeddings.",
    request_body(
        content((Form = "multipart/form-data"), (Asked = "application/json")),
        description = "The photos and the options",
    ),
    responses((status = 200, description = "The people found", body = SearchResponse), Problems),
)]
pub(in crate::api) async fn post_form(
    state: web::Data<State>,
    form: MultipartForm<Form>,
) -> Result<HttpResponse, Problem> {
    if form.image.is_empty() {
        return Err(Problem::no_image());
    }
    answer(state, form.into_inner().into()).await
}

pub(in crate::api) async fn post_json(
    state: web::Data<State>,
    asked: web::Json<Asked>,
) -> Result<HttpResponse, Problem> {
    answer(state, asked.into_inner()).await
}

async fn answer(state: web::Data<State>, asked: Asked) -> Result<HttpResponse, Problem> {
    let mode = asked.mode()?;
    let mut options = asked.options(state.priors)?;
    let explain = asked.explain;
    let known_as = members(&asked.known_as)?;
    let mut timings = TimingsMs::default();

    let started = Instant::now();
    let person = Samples::read(&state, "image", asked.image).await?;
    let other = Samples::read(&state, "other_parent", asked.other_parent).await?;
    let files = [person.files.clone(), other.files.clone()];
    options.filter.without.files = files.concat();
    let faces = [person.seen.as_slice(), &other.seen].concat();
    timings.decode = milliseconds(started);

    let started = Instant::now();
    let person = person.embedded(&state).await?;
    let other = other.embedded(&state).await?;
    timings.embed = milliseconds(started);

    let started = Instant::now();
    let (deed, response) = blocking(move || {
        let view = state.gallery.view_for(state.model.space())?;
        check_enrolled(&*view, &known_as, &options)?;
        let [own_files, other_files] = files;
        let mut known = view.people_of_files(&own_files)?;
        known.extend(known_as);
        let person = Probe { photos: &person, known };
        let other = Probe { photos: &other, known: view.people_of_files(&other_files)? };
        let query = match mode {
            Mode::Relatives => Query::Relatives(person),
            Mode::SamePerson => Query::SamePerson(person),
            Mode::Children => Query::Children([person, other]),
            Mode::Parents => Query::Parents(person),
        };
        let ensemble = state.model.ensemble();
        let context = SearchContext::new(&view, ensemble, &state.references)?;
        let answer = search(&context, &query, &options)?;
        timings.search = milliseconds(started);
        for (stage, took) in timings.stages() {
            state.metrics.took(stage, took / 1e3);
        }
        let found = answer.same_person.iter().chain(&answer.people).map(|found| found.person);
        let deed = AuditEvent::new("search", found);
        let context = Context {
            faces,
            timings,
            model: ModelVersion::of(state.model.bundle()),
            gallery_version: state.gallery.version()?,
            explained_by: ensemble.filter(|_| explain),
        };
        Ok::<_, Problem>((deed, SearchResponse::new(&answer, context)))
    })
    .await??;
    Ok(deed.told_by(HttpResponse::Ok().json(response)))
}

/// Checks that the people and families of a request are in the gallery.
/// A misspelled name would leave no one to search.
fn check_enrolled(
    view: &dyn GalleryView,
    known_as: &[PersonId],
    options: &Options,
) -> Result<(), Problem> {
    let families = options.filter.only.iter().flat_map(|only| &only.families);
    let people = known_as.iter().map(|&person| EntityId::Person(person));
    for entity in families.map(|&family| EntityId::Family(family)).chain(people) {
        if !view.contains(&entity)? {
            return Err(not_enrolled(entity));
        }
    }
    Ok(())
}

impl Asked {
    fn mode(&self) -> Result<Mode, Problem> {
        if self.image.is_empty() {
            return Err(Problem::invalid("'image' is empty; give a photo at least"));
        }
        let has_other = !self.other_parent.is_empty();
        let usual = if has_other { Mode::Children } else { Mode::Relatives };
        let mode = self.mode.unwrap_or(usual);
        if (mode == Mode::Children) != has_other {
            return Err(Problem::invalid(
                "children are searched for with photos in 'other_parent', and nothing else is",
            ));
        }
        Ok(mode)
    }

    fn options(&self, priors: Priors) -> Result<Options, Problem> {
        let default = Options::default();
        let only = families(&self.family_ids)?;
        let only = (!self.family_ids.is_empty()).then_some(only);
        let options = Options {
            limit: self.limit.unwrap_or(default.limit),
            group_by: self.group_by.map_or(default.group_by, Grouping::from),
            candidates: self.candidates.unwrap_or(default.candidates),
            ef: self.ef,
            exact: self.exact,
            min_probability: self.min_probability,
            expected_relatives: self.expected_relatives.unwrap_or(priors.expected_relatives),
            max_false_positive_rate: self
                .max_false_positive_rate
                .unwrap_or(priors.max_false_positive_rate),
            filter: Filter { only, without: families(&self.exclude_family_ids)? },
        };
        for (name, value, most) in [
            ("limit", options.limit, Options::MAX_LIMIT),
            ("candidates", options.candidates, Options::MAX_CANDIDATES),
            ("ef", options.ef.unwrap_or(1), Options::MAX_EF),
        ] {
            Problem::check_range(name, value, 1..=most)?;
        }
        for (name, value, most) in [
            ("min_probability", options.min_probability.unwrap_or_default(), 1.0),
            ("expected_relatives", options.expected_relatives, Options::MAX_EXPECTED_RELATIVES),
            ("max_false_positive_rate", options.max_false_positive_rate, 1.0),
        ] {
            Problem::check_range(name, value, 0.0..=most)?;
        }
        Ok(options)
    }
}

impl From<Form> for Asked {
    fn from(form: Form) -> Self {
        let files = |parts: Vec<Bytes>| {
            parts.into_iter().map(|part| Sample::File(part.data)).collect::<Vec<_>>()
        };
        let texts = |parts: Vec<Text<String>>| parts.into_iter().map(|part| part.0).collect();
        let is_set = |part: Option<Text<bool>>| part.is_some_and(|part| part.0);
        Self {
            image: files(form.image),
            other_parent: files(form.other_parent),
            mode: form.mode.map(|part| part.0),
            group_by: form.group_by.map(|part| part.0),
            limit: form.limit.map(|part| part.0),
            candidates: form.candidates.map(|part| part.0),
            ef: form.ef.map(|part| part.0),
            exact: is_set(form.exact),
            min_probability: form.min_probability.map(|part| part.0),
            expected_relatives: form.expected_relatives.map(|part| part.0),
            max_false_positive_rate: form.max_false_positive_rate.map(|part| part.0),
            known_as: texts(form.known_as),
            family_ids: texts(form.family_ids),
            exclude_family_ids: texts(form.exclude_family_ids),
            explain: is_set(form.explain),
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

fn members(ids: &[String]) -> Result<Vec<PersonId>, Problem> {
    ids.iter().map(|id| id.parse().map_err(Problem::invalid)).collect()
}

fn families(ids: &[String]) -> Result<Selection, Problem> {
    let parsed = ids.iter().map(|id| id.parse()).collect::<Result<_, _>>();
    let families = parsed.map_err(Problem::invalid)?;
    Ok(Selection { families, ..Selection::default() })
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
