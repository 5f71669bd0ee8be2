//! `POST /v1/rerank`: photos of the gallery with their evidence of kinship to a probe.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::blocking::respond;
use crate::api::extract::probe::RequestProbe;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::domain::PhotoId;
use crate::search::{Options, SearchContext, rerank};
use crate::wire::{ProbePhoto, RerankResponse};

/// Rerank request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct RerankRequest {
    /// The photos, all of one person.
    image: Vec<ProbePhoto>,
    /// Ids of photos in the gallery, 1 to 10000.
    photos: Vec<String>,
}

#[utoipa::path(
    post,
    path = "/v1/rerank",
    operation_id = "rerank",
    tag = "search",
    summary = "Rerank photos of the gallery by their evidence of kinship to a probe",
    request_body = RerankRequest,
    responses(
        (
            status = 200,
            description = "The photos in descending order of evidence",
            body = RerankResponse,
        ),
        Problems,
    ),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    request: web::Json<RerankRequest>,
) -> Result<HttpResponse, Problem> {
    let RerankRequest { image, photos } = request.into_inner();
    if image.is_empty() {
        return Err(Problem::invalid("'image' is empty; give a photo at least"));
    }
    Problem::check_range("the number of photos", photos.len(), 1..=Options::MAX_CANDIDATES)?;
    let ids: Vec<PhotoId> =
        photos.iter().map(|id| id.parse().map_err(Problem::invalid)).collect::<Result<_, _>>()?;
    let person = RequestProbe::read(&state, "image", image).await?;
    let person = person.embed(&state).await?;
    respond(move || {
        let view = state.gallery.view_for(state.model.space())?;
        let probe = person.probe(&*view, BTreeSet::new())?;
        let context = SearchContext::new(&view, state.model.ensemble(), &state.references)?;
        let found = rerank(&context, &probe, &ids)?;
        Ok(RerankResponse::new(&ids, &found))
    })
    .await
}
