//! Rules for the use and the building of indexes.

use std::path::PathBuf;
use std::str::FromStr;

use crate::record::UnknownName;

/// Whether indexes are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexMode {
    /// An index that fits its file is used.
    #[default]
    Auto,
    /// No index is used.
    Off,
    /// A file without an index that fits is an error.
    Require,
}

impl IndexMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Off, Self::Require];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Off => "off",
            Self::Require => "require",
        }
    }
}

impl FromStr for IndexMode {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("use of indexes", &Self::ALL, Self::name, name)
    }
}

/// Rules for indexes: which are used, where they are, and whether missing ones are built.
///
/// ```
/// use ngramcount::input::{IndexMode, IndexRules};
/// let mut rules = IndexRules::default();
/// rules.mode = IndexMode::Require;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct IndexRules {
    /// Whether indexes are used.
    pub mode: IndexMode,
    /// The folder of the indexes; `None`: beside each file.
    pub folder: Option<PathBuf>,
    /// The distance between two seek points of the indexes that are built, in unpacked bytes; `None`: none is built.
    pub build: Option<u64>,
}

/// Distance between two seek points that suits most files, in unpacked bytes. A window of 32 KiB for each 4 MiB takes 1 % of a
/// packed file, and 4 MiB are unpacked in 3 ms.
pub const DEFAULT_SPACING: u64 = 4 << 20;
/// Largest distance between two seek points.
pub const MAX_SPACING: u64 = 254 << 20;
