//! Recording of audit events.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web;

use crate::api::audit_log::{AuditEvent, AuditLine};
use crate::api::state::State;

/// Middleware that records the audit event of a response, if it has one.
///
/// A trail that cannot be written is an error in the log. The recorded action is not undone.
pub(in crate::api) async fn record(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let event = response.response().extensions().get::<AuditEvent>().cloned();
    if let Some(event) = event {
        let line = AuditLine::new(event, response.request());
        let result = web::block(move || state.audit_log.append(&line)).await;
        if !matches!(result, Ok(Ok(()))) {
            tracing::error!("the audit trail cannot be written");
        }
    }
    Ok(response)
}
