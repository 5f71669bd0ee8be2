//! Listed kinship between two people.

use std::fmt;
use std::str::FromStr;

use super::MemberId;

/// How two people are related, in the codes of Recognizing Families In the Wild (RFIW).
///
/// In the parent and grandparent relations the elder is the first person of a [`Relationship`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Brother and brother, `bb`.
    Brothers,
    /// Sister and sister, `ss`.
    Sisters,
    /// Sister and brother, `sibs`.
    Siblings,
    /// Father and daughter, `fd`.
    FatherDaughter,
    /// Father and son, `fs`.
    FatherSon,
    /// Mother and daughter, `md`.
    MotherDaughter,
    /// Mother and son, `ms`.
    MotherSon,
    /// Grandfather and granddaughter, `gfgd`.
    GrandfatherGranddaughter,
    /// Grandfather and grandson, `gfgs`.
    GrandfatherGrandson,
    /// Grandmother and granddaughter, `gmgd`.
    GrandmotherGranddaughter,
    /// Grandmother and grandson, `gmgs`.
    GrandmotherGrandson,
}

impl Relation {
    /// Every relation, in the order of the RFIW tables.
    pub const ALL: [Self; 11] = [
        Self::Brothers,
        Self::Sisters,
        Self::Siblings,
        Self::FatherDaughter,
        Self::FatherSon,
        Self::MotherDaughter,
        Self::MotherSon,
        Self::GrandfatherGranddaughter,
        Self::GrandfatherGrandson,
        Self::GrandmotherGranddaughter,
        Self::GrandmotherGrandson,
    ];

    /// The RFIW code, such as `fd`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Brothers => "bb",
            Self::Sisters => "ss",
            Self::Siblings => "sibs",
            Self::FatherDaughter => "fd",
            Self::FatherSon => "fs",
            Self::MotherDaughter => "md",
            Self::MotherSon => "ms",
            Self::GrandfatherGranddaughter => "gfgd",
            Self::GrandfatherGrandson => "gfgs",
            Self::GrandmotherGranddaughter => "gmgd",
            Self::GrandmotherGrandson => "gmgs",
        }
    }

    /// What the first and the second person of a [`Relationship`] are to each other, in words.
    pub fn roles(self) -> [&'static str; 2] {
        match self {
            Self::Brothers => ["brother", "brother"],
            Self::Sisters => ["sister", "sister"],
            // Lists do not say which of the two is the sister.
            Self::Siblings => ["sibling", "sibling"],
            Self::FatherDaughter => ["father", "daughter"],
            Self::FatherSon => ["father", "son"],
            Self::MotherDaughter => ["mother", "daughter"],
            Self::MotherSon => ["mother", "son"],
            Self::GrandfatherGranddaughter => ["grandfather", "granddaughter"],
            Self::GrandfatherGrandson => ["grandfather", "grandson"],
            Self::GrandmotherGranddaughter => ["grandmother", "granddaughter"],
            Self::GrandmotherGrandson => ["grandmother", "grandson"],
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Relation {
    type Err = RelationshipError;

    fn from_str(text: &str) -> Result<Self, RelationshipError> {
        let found = Self::ALL.into_iter().find(|relation| relation.code() == text);
        found.ok_or_else(|| RelationshipError::UnknownRelation(text.to_owned()))
    }
}

/// Two people listed as blood relatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relationship {
    first: MemberId,
    second: MemberId,
    relation: Option<Relation>,
}

/// Why two people cannot be listed as kin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelationshipError {
    /// Both sides name the same person.
    #[error("{0} cannot be their own relative")]
    SamePerson(MemberId),
    /// The code is none of RFIW's.
    #[error("'{0}' is not a relation; known are bb ss sibs fd fs md ms gfgd gfgs gmgd gmgs")]
    UnknownRelation(String),
}

impl Relationship {
    /// Lists `first` and `second` as kin; `relation` is `None` where it is not known how.
    ///
    /// # Errors
    /// When both are the same person.
    pub fn new(
        first: MemberId,
        second: MemberId,
        relation: Option<Relation>,
    ) -> Result<Self, RelationshipError> {
        if first == second {
            return Err(RelationshipError::SamePerson(first));
        }
        Ok(Self { first, second, relation })
    }

    /// The two people; the elder first where the relation has one.
    pub fn people(&self) -> [MemberId; 2] {
        [self.first, self.second]
    }

    /// How they are related, where it is known.
    pub fn relation(&self) -> Option<Relation> {
        self.relation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_has_a_code_of_its_own_and_reads_it_back() {
        for relation in Relation::ALL {
            assert_eq!(relation.code().parse(), Ok(relation));
        }
        assert!("cousin".parse::<Relation>().is_err());
    }

    #[test]
    fn nobody_is_their_own_relative() {
        let person = "F0001/MID1".parse().unwrap();
        assert_eq!(
            Relationship::new(person, person, None),
            Err(RelationshipError::SamePerson(person))
        );
    }
}
