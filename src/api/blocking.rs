//! Work that may block, apart from the threads that serve connections.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::problem::Problem;
use crate::error::ErrorKind;

/// Runs `work` on a thread that may block, and responds with its result as JSON.
pub(super) async fn respond<T: Serialize + Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(blocking(work).await??))
}

/// Runs `work` on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    web::block(work)
        .await
        .map_err(|_| Problem::new(ErrorKind::Internal, "the request's worker has stopped"))
}
