//! Configuration of an ensemble and of its members.

use serde::{Deserialize, Serialize};

use super::{Calibration, HeadConfig, KinshipError, OpenSetConfig};

/// Configuration of an ensemble, without its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleConfig {
    /// Calibration of the weighted score of all members to the log odds of kinship.
    pub calibration: Calibration,
    /// Minimum probability at which two people count as kin.
    pub kin_threshold: f64,
    /// Share of stranger pairs above the kin threshold.
    ///
    /// It is measured on families that no member was trained on.
    pub false_accept_rate: f64,
    /// Minimum cosine in the retrieval space at which two photos count as one person's.
    pub same_person_threshold: f64,
    /// The members.
    #[serde(rename = "member")]
    pub members: Vec<MemberConfig>,
    /// Model for searches among many people; `None` in bundles from before this model existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_set: Option<OpenSetConfig>,
}

/// Configuration of a member, without its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberConfig {
    /// Name of the member, unique in the ensemble.
    pub name: String,
    /// Name of the backbone of the embeddings that the member compares.
    pub backbone: String,
    /// Share in the ensemble's score; the shares sum up to 1.
    pub weight: f64,
    /// Calibration of the member's score to the log odds of kinship.
    pub calibration: Calibration,
    /// Configuration of the head.
    pub head: HeadConfig,
}

impl EnsembleConfig {
    /// Creates an ensemble without members. Its log odds equal its score.
    pub fn uncalibrated() -> Self {
        Self {
            calibration: Calibration { slope: 1.0, intercept: 0.0 },
            kin_threshold: 0.5,
            false_accept_rate: 0.0,
            same_person_threshold: 1.0,
            members: Vec::new(),
            open_set: None,
        }
    }

    /// Returns the names of the members, in their order.
    pub fn member_names(&self) -> Vec<String> {
        self.members.iter().map(|member| member.name.clone()).collect()
    }
}

impl MemberConfig {
    /// Returns the index of the member's backbone among backbones with these names and widths.
    pub(super) fn backbone_index(
        &self,
        backbones: &[(&str, usize)],
    ) -> Result<usize, KinshipError> {
        let index = backbones.iter().position(|(name, _)| *name == self.backbone);
        index.ok_or_else(|| KinshipError::NoBackbone {
            member: self.name.clone(),
            backbone: self.backbone.clone(),
        })
    }
}
