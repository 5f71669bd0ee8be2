//! Listed kinship between two people.

use std::fmt;
use std::str::FromStr;

use super::identity::{IdentityError, PersonId};

/// A relation between two people, by the codes of Recognizing Families In the Wild (RFIW).
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

/// Sex of a person, as implied by a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// The role of a person in a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The person's sex, if the relation implies it.
    pub sex: Option<Sex>,
    /// Generations below the other person: 1 for a child, 0 for a sibling, -1 for a parent.
    pub generations_below: i8,
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

    /// The roles of the first and of the second person of a [`Relationship`].
    pub fn role_pair(self) -> [Role; 2] {
        use Sex::{Female, Male};
        match self {
            Self::Brothers => roles([Some(Male); 2], 0),
            Self::Sisters => roles([Some(Female); 2], 0),
            Self::Siblings => roles([None; 2], 0),
            Self::FatherDaughter => roles([Some(Male), Some(Female)], 1),
            Self::FatherSon => roles([Some(Male); 2], 1),
            Self::MotherDaughter => roles([Some(Female); 2], 1),
            Self::MotherSon => roles([Some(Female), Some(Male)], 1),
            Self::GrandfatherGranddaughter => roles([Some(Male), Some(Female)], 2),
            Self::GrandfatherGrandson => roles([Some(Male); 2], 2),
            Self::GrandmotherGranddaughter => roles([Some(Female); 2], 2),
            Self::GrandmotherGrandson => roles([Some(Female), Some(Male)], 2),
        }
    }

    /// Role names of the first and of the second person of a [`Relationship`].
    pub fn roles(self) -> [&'static str; 2] {
        match self {
            Self::Brothers => ["brother", "brother"],
            Self::Sisters => ["sister", "sister"],
            // Lists do not specify which of the two is the sister.
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

/// Returns the roles of two people of these sexes. The second is `generations` younger.
fn roles([first, second]: [Option<Sex>; 2], generations: i8) -> [Role; 2] {
    [
        Role { sex: first, generations_below: -generations },
        Role { sex: second, generations_below: generations },
    ]
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
///
/// ```
/// use kindred::domain::{Relation, Relationship, RelationshipError};
///
/// let father = "F0001/MID1".parse()?;
/// let son = "F0001/MID2".parse()?;
/// let pair = Relationship::new(father, son, Some(Relation::FatherSon))?;
/// assert_eq!(pair.relative_of(father), Some(son));
/// # Ok::<(), RelationshipError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relationship {
    first: PersonId,
    second: PersonId,
    relation: Option<Relation>,
}

/// Reason why two people cannot be listed as kin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelationshipError {
    /// Both sides name the same person.
    #[error("{0} cannot be their own relative")]
    SamePerson(PersonId),
    /// The code is not one of RFIW's.
    #[error("'{0}' is not a relation; known are bb ss sibs fd fs md ms gfgd gfgs gmgd gmgs")]
    UnknownRelation(String),
    /// The id of a person is malformed.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl Relationship {
    /// Lists `first` and `second` as kin. `relation` is `None` if it is not known.
    ///
    /// # Errors
    /// [`RelationshipError::SamePerson`] if both are the same person.
    pub fn new(
        first: PersonId,
        second: PersonId,
        relation: Option<Relation>,
    ) -> Result<Self, RelationshipError> {
        if first == second {
            return Err(RelationshipError::SamePerson(first));
        }
        Ok(Self { first, second, relation })
    }

    /// The two people. The elder is first, if the relation has one.
    pub fn people(&self) -> [PersonId; 2] {
        [self.first, self.second]
    }

    /// Returns the other of the two. Returns `None` if `person` is neither.
    pub fn relative_of(&self, person: PersonId) -> Option<PersonId> {
        match [self.first, self.second] {
            [first, second] if first == person => Some(second),
            [first, second] if second == person => Some(first),
            _ => None,
        }
    }

    /// Returns the role of `person`. Returns `None` if `person` is neither, or the relation is not
    /// known.
    pub fn role_of(&self, person: PersonId) -> Option<Role> {
        let [first, second] = self.relation?.role_pair();
        match [self.first, self.second].map(|id| id == person) {
            [true, _] => Some(first),
            [_, true] => Some(second),
            _ => None,
        }
    }

    /// The relation, if it is known.
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
    fn roles_follow_the_relation() {
        let [father, daughter]: [PersonId; 2] =
            ["F0001/MID1", "F0001/MID2"].map(|person| person.parse().unwrap());
        let pair = Relationship::new(father, daughter, Some(Relation::FatherDaughter)).unwrap();
        let expected = Role { sex: Some(Sex::Female), generations_below: 1 };
        assert_eq!(pair.role_of(daughter), Some(expected));
        assert_eq!(pair.role_of(father).unwrap().generations_below, -1);
        assert_eq!(pair.relative_of(father), Some(daughter));
        assert_eq!(pair.role_of("F0001/MID3".parse().unwrap()), None);
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
