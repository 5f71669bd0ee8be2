//! Limitations of an answer.

use std::fmt;

use crate::kinship::Ensemble;

/// Reason why an answer is incomplete or less reliable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limitation {
    /// The bundle has no ensemble: the order is that of the cosine.
    NoEnsemble,
    /// The ensemble has no open-set model. Its values hold for two photos, and not for a search
    /// among many.
    NoOpenSetModel,
    /// The probe's face differs from the training faces.
    UntypicalProbe,
}

impl Limitation {
    /// Returns the limitations of an answer by this ensemble, for a probe of this typicality.
    pub(super) fn all(ensemble: Option<&Ensemble>, typicality: f64) -> Vec<Self> {
        let from_bundle = match ensemble {
            None => Some(Self::NoEnsemble),
            Some(ensemble) if ensemble.open_set().is_none() => Some(Self::NoOpenSetModel),
            Some(_) => None,
        };
        let from_probe = (typicality < 1.0).then_some(Self::UntypicalProbe);
        from_bundle.into_iter().chain(from_probe).collect()
    }

    /// Returns the code in responses.
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
                "This bundle has no open-set figures. Its evidence holds for one pair of photos, \
                 not for a search among many people; train it again for chance matches and a \
                 decision."
            }
            Self::UntypicalProbe => {
                "This face is unlike the faces that the model was trained on: a drawing, a \
                 painting, or a face that is blurred or very small. The evidence is reduced."
            }
        })
    }
}
