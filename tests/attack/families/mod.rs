//! Families of attacks.

mod agreement;
mod answers;
mod changes;
mod faults;
mod packed;
mod places;
mod poison;
mod resources;
mod signals;
mod work;

use anyhow::Result;

use crate::case::Case;

/// Cases of one kind.
pub struct Family {
    pub name: &'static str,
    pub attack: fn(&mut Case) -> Result<()>,
}

/// All families.
pub const FAMILIES: &[Family] = &[
    Family { name: "tables", attack: answers::tables },
    Family { name: "texts", attack: answers::texts },
    Family { name: "steps", attack: answers::steps },
    Family { name: "executors", attack: agreement::executors },
    Family { name: "gzip", attack: packed::gzip },
    Family { name: "zip", attack: packed::zip },
    Family { name: "zip-entries", attack: packed::zip_entries },
    Family { name: "worker-signals", attack: signals::workers },
    Family { name: "parent-signals", attack: signals::parent },
    Family { name: "chaos", attack: faults::chaos },
    Family { name: "poison", attack: poison::poison },
    Family { name: "changed-files", attack: changes::changed_files },
    Family { name: "outputs", attack: places::outputs },
    Family { name: "inputs-as-outputs", attack: places::inputs_as_outputs },
    Family { name: "closed-pipes", attack: places::closed_pipes },
    Family { name: "limits", attack: resources::limits },
];
