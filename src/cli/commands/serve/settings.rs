//! Settings of the service. The environment overrides the file, and flags override both.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Table;

use crate::api::ServiceConfig;
use crate::cli::args::{ComputeArgs, DeviceArgs, FloatDtype, GalleryArgs, GalleryFolderArgs};
use crate::cli::deprecated::note_half_precision;
use crate::cli::exit::Failure;
use crate::error::{ErrorKind, io_kind};
use crate::telemetry::LogFormat;
use crate::wire::Priors;

/// Settings from flags and the environment, and the path of the file.
#[derive(clap::Args)]
pub(crate) struct SettingsArgs {
    /// TOML file of settings; environment and flags override it
    #[arg(long, value_name = "FILE", env = "KINDRED_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: PartialSettings,
}

/// Settings of the file, or of flags and environment, each optional.
#[derive(Default, clap::Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PartialSettings {
    /// Folder of the gallery
    #[arg(long, value_name = "DIR", env = "KINDRED_GALLERY")]
    gallery: Option<PathBuf>,
    /// Folder of the model bundle; default the gallery's
    #[arg(long, value_name = "BUNDLE", env = "KINDRED_MODEL")]
    model: Option<PathBuf>,
    /// Device: cpu, cuda:N, or auto for a GPU if available; default auto
    #[arg(long, env = "KINDRED_DEVICE")]
    device: Option<String>,
    /// Number format: f32, and on a GPU bf16 or f16; default f32
    #[arg(long, env = "KINDRED_PRECISION", hide_short_help = true)]
    precision: Option<String>,
    /// Number format of the searched vectors in memory; default f32
    #[arg(long, env = "KINDRED_VECTOR_DTYPE", value_enum, hide_short_help = true)]
    vector_dtype: Option<FloatDtype>,
    /// The former name of `vector_dtype`.
    #[arg(skip)]
    #[serde(skip_serializing)]
    half_precision: Option<bool>,
    /// Address and port; port 0 takes any free port; default 127.0.0.1:8080
    #[arg(long, env = "KINDRED_LISTEN")]
    listen: Option<SocketAddr>,
    /// Store a thumbnail of each photo that is added
    #[arg(
        long,
        value_name = "BOOL",
        env = "KINDRED_KEEP_PHOTOS",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    keep_photos: Option<bool>,
    /// Folder of keys, audit trail and jobs; default the gallery's
    #[arg(long, value_name = "DIR", env = "KINDRED_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Folder from which jobs may read photos; default none
    #[arg(long, value_name = "DIR", env = "KINDRED_PHOTO_ROOT")]
    photo_root: Option<PathBuf>,
    /// Maximum duration of a request in seconds; default 60
    #[arg(
        long,
        value_name = "SECONDS",
        env = "KINDRED_REQUEST_SECONDS",
        value_parser = clap::value_parser!(u32).range(1..),
        hide_short_help = true
    )]
    request_seconds: Option<u32>,
    /// Maximum number of requests a second of each API key; default unlimited
    #[arg(long, value_name = "N", env = "KINDRED_REQUESTS_PER_SECOND")]
    requests_per_second: Option<NonZeroU32>,
    /// Other sites with pages that may send requests; default none
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', env = "KINDRED_ALLOWED_ORIGINS")]
    allowed_origins: Option<Vec<String>>,
    /// Days for which the audit log is retained; default 365
    #[arg(long, value_name = "DAYS", env = "KINDRED_AUDIT_DAYS")]
    audit_days: Option<u32>,
    /// Expected number of relatives of a probe in the gallery; default 1
    ///
    /// 0 gives evidence without a prior.
    #[arg(long, value_name = "N", env = "KINDRED_EXPECTED_RELATIVES", hide_short_help = true)]
    expected_relatives: Option<f64>,
    /// Share of probes without relatives that may mark a person; default 0.1
    #[arg(
        long,
        value_name = "RATE",
        env = "KINDRED_MAX_FALSE_POSITIVE_RATE",
        hide_short_help = true
    )]
    max_false_positive_rate: Option<f64>,
    /// Log format: text or json; default text
    #[arg(long, value_name = "FORMAT", env = "KINDRED_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

/// The effective settings.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ServiceSettings {
    gallery: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<PathBuf>,
    device: String,
    precision: String,
    vector_dtype: FloatDtype,
    pub(super) listen: SocketAddr,
    keep_photos: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_root: Option<PathBuf>,
    request_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_second: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_origins: Vec<String>,
    audit_days: u32,
    expected_relatives: f64,
    max_false_positive_rate: f64,
    pub(super) log_format: LogFormat,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        let config = ServiceConfig::default();
        Self {
            gallery: PathBuf::new(),
            model: None,
            device: "auto".into(),
            precision: "f32".into(),
            vector_dtype: FloatDtype::default(),
            listen: ([127, 0, 0, 1], 8080).into(),
            keep_photos: config.keep_photos,
            data_dir: None,
            photo_root: config.photo_root,
            request_seconds: config.request_time.as_secs() as u32,
            requests_per_second: config.requests_per_second,
            allowed_origins: config.allowed_origins,
            audit_days: config.audit_days,
            expected_relatives: config.priors.expected_relatives,
            max_false_positive_rate: config.priors.max_false_positive_rate,
            log_format: LogFormat::default(),
        }
    }
}

impl SettingsArgs {
    /// Returns the effective settings.
    pub(crate) fn effective(&self) -> Result<ServiceSettings, Failure> {
        let mut table = match &self.config {
            Some(file) => read(file)?.table()?,
            None => Table::new(),
        };
        table.extend(self.flags.table()?);
        if !table.contains_key("gallery") {
            let detail = "name the gallery with --gallery, KINDRED_GALLERY or `gallery` in a file";
            return Err(Failure::new(ErrorKind::InvalidInput, detail));
        }
        let settings: ServiceSettings =
            table.try_into().map_err(|error: toml::de::Error| invalid(error.message()))?;
        settings.priors().check()?;
        Ok(settings)
    }
}

fn read(file: &Path) -> Result<PartialSettings, Failure> {
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::new(io_kind(&error), format!("cannot read {}: {error}", file.display()))
    })?;
    let mut settings: PartialSettings =
        toml::from_str(&text).map_err(|error| invalid(&format!("{}: {error}", file.display())))?;
    if let Some(is_half) = settings.half_precision.take() {
        note_half_precision();
        let dtype = if is_half { FloatDtype::F16 } else { FloatDtype::F32 };
        settings.vector_dtype.get_or_insert(dtype);
    }
    Ok(settings)
}

fn invalid(reason: &str) -> Failure {
    Failure::new(ErrorKind::InvalidInput, reason)
}

impl PartialSettings {
    /// Returns the settings that this layer has.
    fn table(&self) -> Result<Table, Failure> {
        Table::try_from(self).map_err(|error| invalid(&format!("unsupported setting: {error}")))
    }
}

impl ServiceSettings {
    /// Returns the options that open the gallery.
    pub(super) fn gallery_args(&self) -> Result<GalleryArgs, Failure> {
        let device = self.device.parse().map_err(|reason: String| invalid(&reason))?;
        let precision = self.precision.parse().map_err(|reason: String| invalid(&reason))?;
        Ok(GalleryArgs {
            folder: GalleryFolderArgs { gallery: self.gallery.clone() },
            model: self.model.clone(),
            vector_dtype: self.vector_dtype,
            compute: ComputeArgs { device: DeviceArgs { device }, precision },
        })
    }

    /// Returns the folder of keys, audit trail and jobs: by default the gallery's.
    pub(super) fn data_dir(&self) -> &Path {
        self.data_dir.as_deref().unwrap_or(&self.gallery)
    }

    /// Returns the configuration of the service.
    pub(super) fn service_config(&self) -> ServiceConfig {
        ServiceConfig {
            keep_photos: self.keep_photos,
            photo_root: self.photo_root.clone(),
            request_time: Duration::from_secs(self.request_seconds.into()),
            requests_per_second: self.requests_per_second,
            allowed_origins: self.allowed_origins.clone(),
            audit_days: self.audit_days,
            priors: self.priors(),
        }
    }

    fn priors(&self) -> Priors {
        Priors {
            expected_relatives: self.expected_relatives,
            max_false_positive_rate: self.max_false_positive_rate,
        }
    }
}
