//! Settings of the service. The environment overrides the file, and flags override both.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::compute::Compute;
use super::exit::Failure;
use super::opened::Opened;
use crate::api::ServiceConfig;
use crate::error::{ErrorKind, io_kind};
use crate::telemetry::LogFormat;
use crate::wire::Priors;

/// Settings from flags and the environment, and the path of the file.
#[derive(Args)]
pub(super) struct Given {
    /// TOML file of settings; environment and flags override it
    #[arg(long, value_name = "FILE", env = "KINDRED_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    layer: Layer,
}

/// Settings of one layer, each optional.
#[derive(Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Layer {
    /// Folder of the gallery
    #[arg(long, env = "KINDRED_GALLERY")]
    gallery: Option<PathBuf>,
    /// Folder of the API keys, the audit trail and the jobs; default the gallery's folder
    #[arg(long, value_name = "DIR", env = "KINDRED_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Folder of the model bundle, if it has moved since the gallery was created
    #[arg(long, value_name = "BUNDLE", env = "KINDRED_MODEL")]
    model: Option<PathBuf>,
    /// Device: cpu, cuda:N, or auto for a GPU if available; default auto
    #[arg(long, env = "KINDRED_DEVICE")]
    device: Option<String>,
    /// Number format: f32, and on a GPU bf16 or f16; default f32
    #[arg(long, env = "KINDRED_PRECISION")]
    precision: Option<String>,
    /// Store embeddings in memory as 16-bit floats, instead of mapping files of up to twice the size
    #[arg(long, value_name = "BOOL", env = "KINDRED_HALF_PRECISION", num_args = 0..=1, default_missing_value = "true")]
    half_precision: Option<bool>,
    /// Address and port; port 0 takes any free port; default 127.0.0.1:8080
    #[arg(long, env = "KINDRED_LISTEN")]
    listen: Option<SocketAddr>,
    /// Store a thumbnail of each enrolled photo
    #[arg(long, value_name = "BOOL", env = "KINDRED_KEEP_PHOTOS", num_args = 0..=1, default_missing_value = "true")]
    keep_photos: Option<bool>,
    /// Folder from which jobs may read photos; default none
    #[arg(long, value_name = "DIR", env = "KINDRED_PHOTO_ROOT")]
    photo_root: Option<PathBuf>,
    /// Maximum duration of a request in seconds; default 60
    #[arg(long, value_name = "SECONDS", env = "KINDRED_REQUEST_SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    request_seconds: Option<u32>,
    /// Maximum number of requests a second of each API key; default no limit
    #[arg(long, value_name = "N", env = "KINDRED_REQUESTS_PER_SECOND")]
    requests_per_second: Option<NonZeroU32>,
    /// Origins of other sites, such as https://archive.example; their pages may send requests with a key; default none
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', env = "KINDRED_ALLOWED_ORIGINS")]
    allowed_origins: Option<Vec<String>>,
    /// Days for which the audit trail of searches, enrollments and deletions is retained; default 365
    #[arg(long, value_name = "DAYS", env = "KINDRED_AUDIT_DAYS")]
    audit_days: Option<u32>,
    /// Expected number of relatives of a probe in the gallery; default 1, 0 for evidence without a prior
    #[arg(long, value_name = "N", env = "KINDRED_EXPECTED_RELATIVES")]
    expected_relatives: Option<f64>,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1; default 0.1
    #[arg(long, value_name = "RATE", env = "KINDRED_MAX_FALSE_POSITIVE_RATE")]
    max_false_positive_rate: Option<f64>,
    /// Log format: text or json; default text
    #[arg(long, value_name = "FORMAT", env = "KINDRED_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

/// The effective settings.
#[derive(Serialize)]
pub(super) struct Settings {
    gallery: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<PathBuf>,
    device: String,
    precision: String,
    half_precision: bool,
    pub(super) listen: SocketAddr,
    keep_photos: bool,
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

impl Given {
    /// Returns the effective settings.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let file = self.config.as_ref().map(read).transpose()?.unwrap_or_default();
        let layer = self.layer.clone().over(file);
        let usual = ServiceConfig::default();
        let gallery = layer.gallery.ok_or_else(|| {
            let detail = "name the gallery with --gallery, KINDRED_GALLERY or `gallery` in a file";
            Failure::new(ErrorKind::InvalidInput, detail)
        })?;
        let priors = Priors {
            expected_relatives: layer.expected_relatives.unwrap_or(usual.priors.expected_relatives),
            max_false_positive_rate: layer
                .max_false_positive_rate
                .unwrap_or(usual.priors.max_false_positive_rate),
        };
        priors.check()?;
        Ok(Settings {
            gallery,
            data_dir: layer.data_dir,
            model: layer.model,
            device: layer.device.unwrap_or_else(|| "auto".into()),
            precision: layer.precision.unwrap_or_else(|| "f32".into()),
            half_precision: layer.half_precision.unwrap_or_default(),
            listen: layer.listen.unwrap_or_else(|| ([127, 0, 0, 1], 8080).into()),
            keep_photos: layer.keep_photos.unwrap_or(usual.keep_photos),
            photo_root: layer.photo_root,
            request_seconds: layer.request_seconds.unwrap_or(usual.request_time.as_secs() as u32),
            requests_per_second: layer.requests_per_second,
            allowed_origins: layer.allowed_origins.unwrap_or_default(),
            audit_days: layer.audit_days.unwrap_or(usual.audit_days),
            expected_relatives: priors.expected_relatives,
            max_false_positive_rate: priors.max_false_positive_rate,
            log_format: layer.log_format.unwrap_or_default(),
        })
    }
}

fn read(path: &PathBuf) -> Result<Layer, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::new(io_kind(&error), format!("cannot read {}: {error}", path.display()))
    })?;
    toml::from_str(&text).map_err(|error| {
        Failure::new(ErrorKind::InvalidInput, format!("{}: {error}", path.display()))
    })
}

impl Layer {
    /// Returns the settings of this layer, with those of `below` where this layer has none.
    fn over(self, below: Self) -> Self {
        Self {
            gallery: self.gallery.or(below.gallery),
            data_dir: self.data_dir.or(below.data_dir),
            model: self.model.or(below.model),
            device: self.device.or(below.device),
            precision: self.precision.or(below.precision),
            half_precision: self.half_precision.or(below.half_precision),
            listen: self.listen.or(below.listen),
            keep_photos: self.keep_photos.or(below.keep_photos),
            photo_root: self.photo_root.or(below.photo_root),
            request_seconds: self.request_seconds.or(below.request_seconds),
            requests_per_second: self.requests_per_second.or(below.requests_per_second),
            allowed_origins: self.allowed_origins.or(below.allowed_origins),
            audit_days: self.audit_days.or(below.audit_days),
            expected_relatives: self.expected_relatives.or(below.expected_relatives),
            max_false_positive_rate: self.max_false_positive_rate.or(below.max_false_positive_rate),
            log_format: self.log_format.or(below.log_format),
        }
    }
}

impl Settings {
    /// Returns the options that open the gallery.
    pub(super) fn opened(&self) -> Result<Opened, Failure> {
        let wrong = |reason: String| Failure::new(ErrorKind::InvalidInput, reason);
        let device = self.device.parse().map_err(wrong)?;
        let precision = self.precision.parse().map_err(wrong)?;
        Ok(Opened {
            gallery: self.gallery.clone(),
            model: self.model.clone(),
            half_precision: self.half_precision,
            compute: Compute { device, precision },
        })
    }

    /// Returns the configuration of the service.
    pub(super) fn service_config(&self) -> ServiceConfig {
        ServiceConfig {
            data_dir: self.data_dir.clone(),
            keep_photos: self.keep_photos,
            photo_root: self.photo_root.clone(),
            request_time: Duration::from_secs(self.request_seconds.into()),
            requests_per_second: self.requests_per_second,
            allowed_origins: self.allowed_origins.clone(),
            audit_days: self.audit_days,
            priors: Priors {
                expected_relatives: self.expected_relatives,
                max_false_positive_rate: self.max_false_positive_rate,
            },
        }
    }
}
