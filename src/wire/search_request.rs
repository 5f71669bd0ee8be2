//! Search request as JSON: the body of `POST /v1/search`.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::search_options::SearchOptions;

/// Photos of a probe, and the options of the search.
///
/// As JSON, the fields of the options stand next to the photos.
pub struct SearchRequest {
    /// The photos, all of one person.
    pub image: Vec<ProbePhoto>,
    /// Photos of the other parent, to search for the children of two people.
    pub other_parent: Vec<ProbePhoto>,
    /// Target, limits, filter and prior.
    pub options: SearchOptions,
}

/// One photo of a probe.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = Sample)]
pub enum ProbePhoto {
    /// A photo's file.
    #[serde(skip)]
    #[schema(value_type = String)]
    File(Vec<u8>),
    /// A photo's file in base64.
    Base64(String),
    /// The id of a photo in the gallery.
    Photo(String),
    /// One vector per backbone of the bundle.
    Embeddings(Vec<Vec<f32>>),
}

impl<'de> Deserialize<'de> for SearchRequest {
    /// The photos are taken out of the object. The options refuse all other fields.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let image = fields.remove("image").ok_or_else(|| D::Error::missing_field("image"))?;
        let other_parent = fields.remove("other_parent").unwrap_or_else(|| Value::Array(vec![]));
        Ok(Self {
            image: from_value(image)?,
            other_parent: from_value(other_parent)?,
            options: from_value(Value::Object(fields))?,
        })
    }
}

impl PartialSchema for SearchRequest {
    fn schema() -> RefOr<Schema> {
        search_schema(Ref::from_schema_name(ProbePhoto::name()).into())
    }
}

impl ToSchema for SearchRequest {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ProbePhoto::name().into_owned(), ProbePhoto::schema()));
        SearchOptions::schemas(schemas);
    }
}

/// Returns the schema of the options with the photos of a request next to them.
pub(crate) fn search_schema(photo: RefOr<Schema>) -> RefOr<Schema> {
    let mut schema = SearchOptions::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        let descriptions = [
            ("image", "The photos, all of one person."),
            (
                "other_parent",
                "Photos of the other parent, to search for the children of two people.",
            ),
        ];
        for (name, description) in descriptions {
            let photos = ArrayBuilder::new().items(photo.clone()).description(Some(description));
            object.properties.insert(name.into(), photos.into());
        }
        object.required.push("image".into());
    }
    schema
}

fn from_value<T: DeserializeOwned, E: Error>(value: Value) -> Result<T, E> {
    serde_json::from_value(value).map_err(E::custom)
}
