//! `POST /v1/search`: photos in, the people who are most likely kin out.

use std::time::Instant;

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_multipart::form::text::Text;
use actix_web::{HttpResponse, web};

use super::problem::Problem;
use super::server::State;
use super::upload::{blocking, decode, embed};
use super::wire::{SearchResponse, TimingsMs};
use crate::error::ErrorKind;
use crate::gallery::{Filter, Selection};
use crate::search::{Options, Probe, Query, search};

/// The parts of the form.
#[derive(MultipartForm)]
#[multipart(duplicate_field = "deny")]
pub(super) struct Form {
    /// The photos' files, all of one person.
    #[multipart(limit = "64MiB")]
    image: Vec<Bytes>,
    /// Photos of the other parent, if children of two people are searched for.
    #[multipart(limit = "64MiB")]
    other_parent: Vec<Bytes>,
    /// `true` to search for two parents of the person.
    parents: Option<Text<bool>>,
    /// Most people to return, 1 to 1000; 10 when it is not given.
    limit: Option<Text<usize>>,
    /// Nearest photos to judge, 1 to 10000; 200 when it is not given.
    candidates: Option<Text<usize>>,
    /// Photos kept in view on a walk through a search graph, 1 to 100000.
    ef: Option<Text<usize>>,
    /// `true` to compare every photo.
    exact: Option<Text<bool>>,
    /// How likely kin somebody must be to be returned, 0 to 1.
    min_probability: Option<Text<f64>>,
    /// Families to search among; all where none is given.
    family_ids: Vec<Text<String>>,
    /// Families to leave out.
    exclude_family_ids: Vec<Text<String>>,
}

pub(super) async fn post(
    state: web::Data<State>,
    form: MultipartForm<Form>,
) -> Result<HttpResponse, Problem> {
    let Form { image, other_parent, parents, .. } = &form.0;
    let wants_parents = parents.as_ref().is_some_and(|parents| parents.0);
    let mut options = options(&form.0)?;
    if image.is_empty() {
        return Err(Problem::no_image());
    }
    if wants_parents && !other_parent.is_empty() {
        let detail =
            "leave 'parents' or 'other_parent' out: one searches for parents, one for children";
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let mut timings = TimingsMs::default();
    let Form { image, other_parent, .. } = form.into_inner();

    let started = Instant::now();
    let person = decode(&state, image).await?;
    let other = decode(&state, other_parent).await?;
    options.filter.without.files =
        person.iter().chain(&other).map(|upload| upload.content_hash).collect();
    timings.decode = milliseconds(started);

    let started = Instant::now();
    let person = embed(&state, person).await?;
    let other = embed(&state, other).await?;
    timings.embed = milliseconds(started);

    let started = Instant::now();
    let answer = blocking(move || {
        let person = Probe { photos: &person };
        let query = match other.as_slice() {
            [] if wants_parents => Query::Parents(person),
            [] => Query::Relatives(person),
            photos => Query::Children([person, Probe { photos }]),
        };
        let snapshot = state.gallery.snapshot()?;
        let answer = search((&snapshot, state.model.ensemble()), &query, &options);
        Ok::<_, Problem>(answer?)
    });
    let answer = answer.await??;
    timings.search = milliseconds(started);
    Ok(HttpResponse::Ok().json(SearchResponse::new(&answer, timings)))
}

fn options(form: &Form) -> Result<Options, Problem> {
    let default = Options::default();
    let number = |text: &Option<Text<usize>>| text.as_ref().map(|text| text.0);
    let only = families(&form.family_ids)?;
    let only = (!form.family_ids.is_empty()).then_some(only);
    let options = Options {
        limit: number(&form.limit).unwrap_or(default.limit),
        candidates: number(&form.candidates).unwrap_or(default.candidates),
        ef: number(&form.ef),
        exact: form.exact.as_ref().is_some_and(|exact| exact.0),
        min_probability: form.min_probability.as_ref().map(|text| text.0),
        filter: Filter { only, without: families(&form.exclude_family_ids)? },
    };
    for (name, value, most) in [
        ("limit", options.limit, Options::MAX_LIMIT),
        ("candidates", options.candidates, Options::MAX_CANDIDATES),
        ("ef", options.ef.unwrap_or(1), Options::MAX_EF),
    ] {
        Problem::check_range((name, value), 1..=most)?;
    }
    if let Some(least) = options.min_probability {
        Problem::check_range(("min_probability", least), 0.0..=1.0)?;
    }
    Ok(options)
}

fn families(ids: &[Text<String>]) -> Result<Selection, Problem> {
    let parsed = ids.iter().map(|id| id.0.parse()).collect::<Result<_, _>>();
    let families = parsed.map_err(Problem::invalid)?;
    Ok(Selection { families, ..Selection::default() })
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
