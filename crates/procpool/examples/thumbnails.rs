//! Thumbnails of a folder of images, of 128 pixels: first in one process, then by the pool, in the order of the
//! files.
//!
//! A file that is no image is an error of its own. Without a folder, the example paints 200 images.
//!
//! ```text
//! cargo run --release --example thumbnails [FOLDER | HOW_MANY]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::{Rgb, RgbImage};
use procpool::{Pool, Task, TaskError};

/// Writes the thumbnail of an image into another folder; returns its name and size.
struct Thumbnail;
impl Task for Thumbnail {
    const NAME: &'static str = "thumbnail";
    type Input = (PathBuf, PathBuf);
    type Output = (String, u32, u32);

    fn run((file, folder): (PathBuf, PathBuf)) -> Result<Self::Output, TaskError> {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let image = image::open(&file)?;
        let small = image.thumbnail(128, 128).into_rgb8();
        small.save(folder.join(format!("{name}.png")))?;
        Ok((name, small.width(), small.height()))
    }
}
/// Paints an image that depends on the number.
struct Paint;
impl Task for Paint {
    const NAME: &'static str = "paint";
    type Input = (PathBuf, u32);
    type Output = ();

    fn run((folder, number): (PathBuf, u32)) -> Result<(), TaskError> {
        let pixel = |x: u32, y: u32| Rgb([(x + number) as u8, (y * 2) as u8, (x * y / (number + 9)) as u8]);
        let image = RgbImage::from_fn(640 + number % 7 * 16, 480, pixel);
        image.save(folder.join(format!("image-{number:03}.jpg"))).map_err(TaskError::from)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Thumbnail::ENTRY, Paint::ENTRY]);
    let pool = Pool::builder().build()?;
    let [painted, first, second] = [tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?];
    let argument = std::env::args().nth(1).unwrap_or("200".into());
    let folder = match argument.parse::<u32>() {
        Ok(many) => {
            pool.map::<Paint>((0..many).map(|number| (painted.path().into(), number)))?;
            painted.path()
        }
        Err(_) => Path::new(&argument),
    };
    let files = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = files.collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    let jobs = |out: &Path| files.iter().map(|file| (file.clone(), out.to_owned())).collect::<Vec<_>>();
    let start = Instant::now();
    let alone: Vec<_> = jobs(first.path()).into_iter().map(Thumbnail::run).collect();
    let sequential = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let pooled: Vec<_> = pool.imap::<Thumbnail>(jobs(second.path())).collect();
    let parallel = start.elapsed().as_secs_f64();
    for (file, result) in files.iter().zip(&pooled) {
        match result {
            Ok((name, width, height)) if files.len() <= 12 => println!("  {name}  {width} x {height}"),
            Ok(_) => {}
            Err(why) => println!("  {}: {why}", file.display()),
        }
    }
    assert!(alone.iter().zip(&pooled).all(|(one, other)| one.as_ref().ok() == other.as_ref().ok()));
    println!("{} images, both times the same results in the order of the files", files.len());
    println!("one process {sequential:.2} s, pool of {} {parallel:.2} s", pool.stats().workers);
    println!("{:.2} times as fast", sequential / parallel);
    Ok(())
}
