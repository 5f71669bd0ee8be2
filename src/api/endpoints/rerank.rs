//! `POST /v1/rerank`: enrolled photos with their evidence of kinship to a probe.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::extract::probe::{Sample, Samples};
use crate::api::extract::upload::answer;
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::domain::PhotoId;
use crate::search::{Options, Probe, SearchContext, rerank};
use crate::wire::RerankResponse;

/// Rerank request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RerankRequest)]
pub(in crate::api) struct Asked {
    /// The photos, all of one person.
    image: Vec<Sample>,
    /// Ids of enrolled photos, 1 to 10000.
    photos: Vec<String>,
}

#[utoipa::path(
    post,
    path = "/v1/rerank",
    operation_id = "rerank",
    tag = "search",
    summary = "Rerank enrolled photos by their evidence of kinship to a probe",
    request_body = Asked,
    responses((status = 200, description = "The photos, those with the most evidence first", body = RerankResponse), Problems),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    asked: web::Json<Asked>,
) -> Result<HttpResponse, Problem> {
    let Asked { image, photos } = asked.into_inner();
    if image.is_empty() {
        return Err(Problem::invalid("'image' is empty; give a photo at least"));
    }
    Problem::check_range("the number of photos", photos.len(), 1..=Options::MAX_CANDIDATES)?;
    let ids: Vec<PhotoId> =
        photos.iter().map(|id| id.parse().map_err(Problem::invalid)).collect::<Result<_, _>>()?;
    let person = Samples::read(&state, "image", image).await?;
    let files = person.files.clone();
    let person = person.embedded(&state).await?;
    answer(move || {
        let view = state.gallery.view_for(state.model.space())?;
        let probe = Probe { photos: &person, known: view.people_of_files(&files)? };
        let context = SearchContext::new(&view, state.model.ensemble(), &state.references)?;
        let found = rerank(&context, &probe, &ids)?;
        Ok(RerankResponse::new(&ids, &found))
    })
    .await
}
