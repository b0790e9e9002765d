//! Picture as the content of a file.

/// A picture as the content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub bytes: Vec<u8>,
    /// Letters that neither the built-in font nor any font of the machine has, drawn as boxes. None in an SVG, which holds
    /// its text and is drawn with the fonts of its reader.
    pub missing: Vec<char>,
}
