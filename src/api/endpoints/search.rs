//! `POST /v1/search`: people of the gallery with their evidence of kinship to a probe.

use std::time::Instant;

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};

use crate::api::audit_log::AuditEvent;
use crate::api::blocking::blocking;
use crate::api::extract::probe::RequestProbe;
use crate::api::extract::search_form::SearchForm;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::search::{SearchContext, search};
use crate::wire::{Context, ModelVersion, SearchRequest, SearchResponse, TimingsMs};

#[utoipa::path(
    post,
    path = "/v1/search",
    operation_id = "search",
    tag = "search",
    summary = "Search for relatives",
    description = "Returns the people of the gallery with the most evidence of kinship to a probe. A \
                   probe has one or more photos of one person. Photos of the same person are listed \
                   separately. Photos come in a form or in JSON. JSON may also name photos of the \
                   gallery, or contain embeddings.",
    request_body(
        content((SearchForm = "multipart/form-data"), (SearchRequest = "application/json")),
        description = "The photos and the options",
    ),
    responses((status = 200, description = "The people found", body = SearchResponse), Problems),
)]
pub(in crate::api) async fn post_form(
    state: web::Data<State>,
    form: MultipartForm<SearchForm>,
) -> Result<HttpResponse, Problem> {
    answer(state, form.into_inner().request()?).await
}

pub(in crate::api) async fn post_json(
    state: web::Data<State>,
    request: web::Json<SearchRequest>,
) -> Result<HttpResponse, Problem> {
    answer(state, request.into_inner()).await
}

async fn answer(state: web::Data<State>, request: SearchRequest) -> Result<HttpResponse, Problem> {
    let SearchRequest { image, other_parent, options } = request;
    let mut plan = options.plan(image.len(), other_parent.len(), state.config.priors)?;
    let mut timings = TimingsMs::default();

    let started = Instant::now();
    let person = RequestProbe::read(&state, "image", image).await?;
    let other = RequestProbe::read(&state, "other_parent", other_parent).await?;
    let faces = [person.faces.as_slice(), &other.faces].concat();
    timings.decode = TimingsMs::since(started);

    let started = Instant::now();
    let person = person.embed(&state).await?;
    let other = other.embed(&state).await?;
    plan.exclude_files(&person, &other);
    timings.embed = TimingsMs::since(started);

    let started = Instant::now();
    let (event, response) = blocking(move || {
        let view = state.gallery.view_for(state.model.space())?;
        plan.check_enrolled(&*view)?;
        let query = plan.query(&*view, &person, &other)?;
        let ensemble = state.model.ensemble();
        let context = SearchContext::new(&view, ensemble, &state.references)?;
        let answer = search(&context, &query, &plan.options)?;
        timings.search = TimingsMs::since(started);
        for (stage, duration_ms) in timings.stages() {
            state.metrics.record_stage(stage, duration_ms / 1e3);
        }
        let found = answer.same_person.iter().chain(&answer.people).map(|found| found.person);
        let event = AuditEvent::new("search", found);
        let context = Context {
            faces,
            timings,
            model: ModelVersion::new(state.model.bundle()),
            gallery_version: state.gallery.version()?,
            explained_by: ensemble.filter(|_| options.explain),
        };
        Ok::<_, Problem>((event, SearchResponse::new(&answer, context)))
    })
    .await??;
    Ok(event.attach_to(HttpResponse::Ok().json(response)))
}
