//! The form of a search: files of photos, and the options as text.

use std::future::Future;
use std::pin::Pin;

use actix_multipart::form::bytes::Bytes as FormPart;
use actix_multipart::form::{FieldReader, Limits, MultipartCollect, State as FormState};
use actix_multipart::{Field, MultipartError};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::photo_form::FileSchema;
use crate::api::problem::{Problem, bad_form};
use crate::wire::{ProbePhoto, SearchOptions, SearchRequest, search_schema};

/// Maximum size of the photos of a part, in bytes.
const MAX_PHOTOS_BYTES: usize = 64 << 20;
/// Maximum size of all texts of one name, in bytes.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// Key of the parts in the state of the extractor.
const PARTS: &str = "parts";

/// Parts of a search form, in their order, with their names.
///
/// The names of the texts are the fields of [`SearchOptions`].
pub(in crate::api) struct SearchForm(Vec<NamedPart>);

struct NamedPart {
    name: String,
    part: FormPart,
}

impl MultipartCollect for SearchForm {
    fn limit(field_name: &str) -> Option<usize> {
        Some(if is_photos(field_name) { MAX_PHOTOS_BYTES } else { MAX_TEXT_BYTES })
    }

    fn handle_field<'t>(
        request: &'t HttpRequest,
        field: Field,
        limits: &'t mut Limits,
        state: &'t mut FormState,
    ) -> Pin<Box<dyn Future<Output = Result<(), MultipartError>> + 't>> {
        Box::pin(async move {
            let name = field.name().unwrap_or_default().to_owned();
            let part = FormPart::read_field(request, field, limits).await?;
            let parts =
                state.entry(PARTS.into()).or_insert_with(|| Box::<Vec<NamedPart>>::default());
            if let Some(parts) = parts.downcast_mut::<Vec<NamedPart>>() {
                parts.push(NamedPart { name, part });
            }
            Ok(())
        })
    }

    fn from_state(mut state: FormState) -> Result<Self, MultipartError> {
        let parts = state.remove(PARTS).and_then(|parts| parts.downcast().ok());
        Ok(Self(parts.map(|parts| *parts).unwrap_or_default()))
    }
}

fn is_photos(field_name: &str) -> bool {
    matches!(field_name, "image" | "other_parent")
}

impl SearchForm {
    /// Returns the request.
    ///
    /// # Errors
    /// 400 if there is no photo, or a text is not of the documented form.
    pub(in crate::api) fn request(self) -> Result<SearchRequest, Problem> {
        let mut image = Vec::new();
        let mut other_parent = Vec::new();
        let mut texts = form_urlencoded::Serializer::new(String::new());
        for NamedPart { name, part } in self.0 {
            match name.as_str() {
                "image" => image.push(ProbePhoto::File(part.data.into())),
                "other_parent" => other_parent.push(ProbePhoto::File(part.data.into())),
                _ => drop(texts.append_pair(&name, &String::from_utf8_lossy(&part.data))),
            }
        }
        if image.is_empty() {
            return Err(Problem::no_image());
        }
        let options: SearchOptions = serde_html_form::from_str(&texts.finish())
            .map_err(|error| bad_form(StatusCode::BAD_REQUEST, &error))?;
        Ok(SearchRequest { image, other_parent, options })
    }
}

impl PartialSchema for SearchForm {
    fn schema() -> RefOr<Schema> {
        search_schema(Ref::from_schema_name(FileSchema::name()).into())
    }
}

impl ToSchema for SearchForm {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((FileSchema::name().into_owned(), FileSchema::schema()));
        SearchOptions::schemas(schemas);
    }
}
