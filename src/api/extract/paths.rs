//! Ids of families, people and photos in the path of a request.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use crate::api::problem::Problem;
use crate::domain::{FamilyId, IdentityError, PersonId, PhotoId};

/// Path with the segment `family`.
pub(in crate::api) struct FamilyPath(pub(in crate::api) FamilyId);

/// Path with the segments `family` and `member`.
pub(in crate::api) struct PersonPath(pub(in crate::api) PersonId);

/// Path with the segments `family`, `member` and `name`.
pub(in crate::api) struct PhotoPath(pub(in crate::api) PhotoId);

impl FromRequest for FamilyPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request).map(Self))
    }
}

impl FromRequest for PersonPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request).map(Self))
    }
}

impl FromRequest for PhotoPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request).map(Self))
    }
}

/// Parses the id that the path's segments form.
///
/// An id separates its levels by slashes, as a path does.
///
/// # Errors
/// 422 if the id is malformed.
fn parse<T: FromStr<Err = IdentityError>>(request: &HttpRequest) -> Result<T, Problem> {
    let segments: Vec<String> = request.match_info().load().map_err(Problem::invalid)?;
    segments.join("/").parse().map_err(Problem::invalid)
}

impl IntoParams for FamilyPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![family()]
    }
}

impl IntoParams for PersonPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![family(), member()]
    }
}

impl IntoParams for PhotoPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![family(), member(), name()]
    }
}

/// Documentation of a path segment.
struct PathSegment {
    name: &'static str,
    description: &'static str,
    pattern: &'static str,
    example: &'static str,
}

impl From<PathSegment> for Parameter {
    fn from(segment: PathSegment) -> Self {
        let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(segment.pattern));
        ParameterBuilder::new()
            .name(segment.name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(segment.description))
            .example(Some(segment.example.into()))
            .schema(Some(schema))
            .build()
    }
}

fn family() -> Parameter {
    PathSegment {
        name: "family",
        description: "A family, such as F0001",
        pattern: FamilyId::PATTERN,
        example: "F0001",
    }
    .into()
}

fn member() -> Parameter {
    PathSegment {
        name: "member",
        description: "A member of the family, such as MID1",
        pattern: PersonId::MEMBER_PATTERN,
        example: "MID1",
    }
    .into()
}

fn name() -> Parameter {
    PathSegment {
        name: "name",
        description: "The photo's name, such as P00001_face0",
        pattern: PhotoId::NAME_PATTERN,
        example: "P00001_face0",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(segments: &[(&'static str, &'static str)]) -> HttpRequest {
        let mut request = TestRequest::default();
        for (name, value) in segments {
            request = request.param(*name, *value);
        }
        request.to_http_request()
    }

    #[test]
    fn segments_become_ids() {
        let family = request(&[("family", "F12345")]);
        assert_eq!(parse::<FamilyId>(&family).unwrap(), FamilyId::new(12_345));
        let photo = [("family", "F0001"), ("member", "MID2"), ("name", "Gro%C3%9Fmutter%201932")];
        let photo: PhotoId = parse(&request(&photo)).unwrap();
        assert_eq!(photo.to_string(), "F0001/MID2/Großmutter 1932");
    }

    #[test]
    fn malformed_segment_is_a_problem() {
        let problem = parse::<FamilyId>(&request(&[("family", "Smith")])).unwrap_err();
        assert_eq!(problem.code(), "invalid_input");
        assert!(problem.to_string().contains("'Smith' is not a family such as F0001"));
        let slash = [("family", "F0001"), ("member", "MID1"), ("name", "..%2fa")];
        assert!(parse::<PhotoId>(&request(&slash)).is_err());
    }

    #[test]
    fn every_segment_is_documented() {
        let names = |params: Vec<Parameter>| -> Vec<String> {
            params.into_iter().map(|parameter| parameter.name).collect()
        };
        assert_eq!(names(FamilyPath::into_params(|| None)), ["family"]);
        assert_eq!(names(PersonPath::into_params(|| None)), ["family", "member"]);
        assert_eq!(names(PhotoPath::into_params(|| None)), ["family", "member", "name"]);
    }
}
