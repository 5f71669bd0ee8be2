//! What limits an answer.

use std::fmt;

use crate::kinship::Ensemble;

/// Why an answer tells less than it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limitation {
    /// The bundle has no ensemble: the order is that of the cosine.
    NoEnsemble,
    /// The ensemble has no open-set model: its figures hold for two photos, and not for a search among many.
    NoOpenSetModel,
    /// The probe's face is unlike the faces of the training.
    UntypicalProbe,
}

impl Limitation {
    /// The limitations of an answer by this ensemble, for a probe of this typicality.
    pub(super) fn all(ensemble: Option<&Ensemble>, typicality: f64) -> Vec<Self> {
        let of_bundle = match ensemble {
            None => Some(Self::NoEnsemble),
            Some(ensemble) if ensemble.open_set().is_none() => Some(Self::NoOpenSetModel),
            Some(_) => None,
        };
        let of_probe = (typicality < 1.0).then_some(Self::UntypicalProbe);
        of_bundle.into_iter().chain(of_probe).collect()
    }

    /// Its name in responses.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoEnsemble => "no_ensemble",
            Self::NoOpenSetModel => "no_open_set_model",
            Self::UntypicalProbe => "untypical_probe",
        }
    }
}

impl fmt::Display for Limitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEnsemble => {
                "This bundle has no kinship ensemble. The order is that of the cosine similarity."
            }
            Self::NoOpenSetModel => {
                "This bundle has no open-set figures. Its evidence holds for one pair of photos, not for a search among \
                 many people; train it again for chance matches and a decision."
            }
            Self::UntypicalProbe => {
                "This face is unlike the faces that the model was trained on: a drawing, a painting, or a face that is \
                 blurred or very small. The evidence is reduced."
            }
        })
    }
}
