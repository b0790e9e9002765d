/// A name that belongs to no value of an enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} `{name}`")]
#[non_exhaustive]
pub struct UnknownName {
    /// What the name should stand for.
    pub kind: &'static str,
    /// The name.
    pub name: String,
}

impl UnknownName {
    /// The value among `all` that has this name.
    pub(crate) fn find<T: Copy>(
        kind: &'static str,
        all: &[T],
        name_of: fn(T) -> &'static str,
        name: &str,
    ) -> Result<T, Self> {
        let found = all.iter().copied().find(|&value| name_of(value) == name);
        found.ok_or_else(|| Self { kind, name: name.to_owned() })
    }
}
