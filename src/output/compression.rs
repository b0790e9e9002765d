//! Compression of an output, chosen by the ending of its name.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use structured_zstd::encoding::{CompressionLevel, StreamingEncoder};

/// The compression of an output.
///
/// ```
/// use std::path::Path;
/// use ngramcount::output::{Compression, Destination};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("words.tsv.gz");
/// let (packing, name) = Compression::of_name(&path);
/// assert_eq!((packing, name.file_name()), (Compression::Gzip, Some("words.tsv".as_ref())));
/// Destination::File(path.clone()).write(|out| packing.write(out, |out| out.write_all(b"the\t7\n")))?;
/// assert!(std::fs::read(path)?.starts_with(b"\x1f\x8b"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// The bytes as they are.
    #[default]
    None,
    /// One gzip member.
    Gzip,
    /// One zstd frame with a checksum.
    Zstd,
}

impl Compression {
    /// The compression that the last extension stands for, and the name of the file without that extension.
    pub fn of_name(path: &Path) -> (Self, &Path) {
        let compression = match path.extension().map(OsStr::to_ascii_lowercase) {
            Some(gzip) if gzip == "gz" => Self::Gzip,
            Some(zstd) if zstd == "zst" => Self::Zstd,
            _ => return (Self::None, path),
        };
        (compression, path.file_stem().map_or(path, Path::new))
    }

    /// Writes to `out` what `fill` writes, compressed. Nothing is buffered beyond one block of the format.
    ///
    /// # Errors
    /// The error of `fill` or of `out`. What was written until then is not complete, and any reader says so.
    pub fn write(
        self,
        out: &mut dyn Write,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            Self::None => fill(out),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Closable(Some(out)), flate2::Compression::default());
                if let Err(error) = fill(&mut encoder) {
                    encoder.get_mut().0 = None;
                    return Err(error);
                }
                encoder.finish().map(drop)
            }
            Self::Zstd => {
                let mut encoder = StreamingEncoder::new(out, CompressionLevel::Default);
                encoder.set_content_checksum(true)?;
                fill(&mut encoder)?;
                encoder.finish().map(drop)
            }
        }
    }
}

/// Writer that can be closed. `GzEncoder` writes the end of the member when it is dropped, also after an error, and a reader
/// of a pipe would take half an output for all of it.
struct Closable<'a>(Option<&'a mut dyn Write>);

impl Write for Closable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), |out| out.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_output_is_not_a_complete_file() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let mut written = Vec::new();
            let failed = compression.write(&mut written, |out| {
                out.write_all(&[b'a'; 1 << 20])?;
                Err(io::Error::other("no more"))
            });
            assert_eq!(failed.unwrap_err().to_string(), "no more");
            let mut text = Vec::new();
            let read = match compression {
                Compression::Gzip => {
                    io::copy(&mut flate2::read::MultiGzDecoder::new(&written[..]), &mut text)
                }
                _ => io::copy(&mut structured_zstd::decoding::StreamingDecoder::new(&written[..]), &mut text),
            };
            assert!(read.is_err(), "{compression:?} reads {} bytes", text.len());
        }
    }
}
