//! Id of a job in the path of a request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, SchemaFormat, Type};
use uuid::Uuid;

use crate::api::problem::Problem;

/// Path with the segment `id` of a job.
pub(in crate::api) struct JobId(pub(in crate::api) Uuid);

impl FromRequest for JobId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().query("id");
        ready(match id.parse() {
            Ok(id) => Ok(Self(id)),
            Err(_) => Err(Problem::invalid(format!("'{id}' is no job's id"))),
        })
    }
}

impl IntoParams for JobId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let format = SchemaFormat::Custom("uuid".into());
        let schema = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
        let parameter = ParameterBuilder::new()
            .name("id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The job's id"))
            .schema(Some(schema));
        vec![parameter.build()]
    }
}
