//! Forms that contain only photos.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes as FilePart;
use actix_web::web::Bytes;
use utoipa::ToSchema;

use crate::api::problem::Problem;

/// Bytes of a file, for the API documentation.
#[derive(ToSchema)]
#[schema(as = PhotoFile, value_type = String, format = Binary)]
pub(in crate::api) struct FileSchema(#[expect(dead_code, reason = "it stands for bytes")] Vec<u8>);

/// A form that contains only photos.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
#[schema(as = Images)]
pub(in crate::api) struct PhotosForm {
    /// The photos' files.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = Vec<FileSchema>)]
    image: Vec<FilePart>,
}

impl PhotosForm {
    /// Returns the photos' files, at least one.
    ///
    /// # Errors
    /// 400 if the form has no photo.
    pub(in crate::api) fn files(self) -> Result<Vec<Bytes>, Problem> {
        if self.image.is_empty() {
            return Err(Problem::no_image());
        }
        Ok(self.image.into_iter().map(|part| part.data).collect())
    }
}

/// A form that contains one photo.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
pub(in crate::api) struct PhotoForm {
    /// The photo's file.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = FileSchema)]
    image: FilePart,
}

impl PhotoForm {
    /// Returns the photo's file.
    pub(in crate::api) fn file(self) -> Bytes {
        self.image.data
    }
}
