//! Stop words: words of a text that are in no n-gram.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::record::UnknownName;

/// Words that are in no n-gram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopWords {
    /// The words.
    pub words: Vec<Vec<u8>>,
    /// What becomes of the words around them.
    pub rule: Stop,
}

/// What becomes of the words around a stop word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    /// They become neighbours: of `end of the world`, `end world` is a pair.
    #[default]
    Remove,
    /// No n-gram reaches from one to the other.
    Break,
}

impl Stop {
    /// All rules.
    pub const ALL: [Self; 2] = [Self::Remove, Self::Break];

    /// The name of the rule.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Break => "break",
        }
    }
}

impl FromStr for Stop {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("rule for stop words", &Self::ALL, Self::name, name)
    }
}
