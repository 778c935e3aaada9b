//! MP4: the pictures go to the user's own `ffmpeg`, if there is one.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use super::film::Film;
use crate::files::{file_beside, persist};

/// Why no MP4 can be written.
const MISSING: &str = "no `ffmpeg` is on the search path; install it, or choose another format";
/// The name of an MP4's comment, and of what holds it.
const COMMENT: [&[u8]; 2] = [b"\xA9cmt", b"data"];

/// Why no MP4 can be written, if none can. Nothing is started for it.
pub(super) fn missing() -> Option<&'static str> {
    ffmpeg().is_none().then_some(MISSING)
}

/// Where the search path has an `ffmpeg`.
fn ffmpeg() -> Option<PathBuf> {
    let name = format!("ffmpeg{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// Writes a film.
pub(super) fn write(path: &Path, film: &mut Film) -> io::Result<()> {
    let ffmpeg = ffmpeg().ok_or_else(|| io::Error::other(MISSING))?;
    let out = file_beside(path)?;
    // A command line is too short for a large state's text.
    let mut metadata = tempfile::NamedTempFile::new()?;
    write!(metadata, ";FFMETADATA1\ncomment={}\n", escaped(&film.text(0)))?;
    metadata.flush()?;

    let (width, height) = (film.width, film.height);
    let mut command = Command::new(&ffmpeg);
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
    command.args(["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", &format!("{width}x{height}")]);
    command.args(["-framerate", &format!("100/{}", film.delay.hundredths()), "-i", "pipe:0"]);
    command.args([OsStr::new("-f"), OsStr::new("ffmetadata"), OsStr::new("-i"), metadata.path().as_os_str()]);
    command.args(["-map", "0:v", "-map_metadata", "1"]);
    // A drawn picture may have an odd side, which half-resolution colours cannot have.
    command.args(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]);
    command.args(["-colorspace", "bt709", "-color_range", "tv"]);
    if offers(&ffmpeg, "libx264") {
        command.args(["-c:v", "libx264", "-preset", "veryfast", "-crf", "12"]);
    } else {
        command.args(["-c:v", "mpeg4", "-q:v", "2"]);
    }
    command.args(["-movflags", "+faststart", "-f", "mp4"]).arg(out.path());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());

    let mut child = Running(command.spawn()?);
    let (Some(stdin), Some(mut stderr)) = (child.0.stdin.take(), child.0.stderr.take()) else {
        return Err(io::Error::other("ffmpeg cannot be spoken to"));
    };
    // Its complaints are read as they come, since a full pipe would stop it.
    let complaints = thread::spawn(move || {
        let mut text = Vec::new();
        // What cannot be read is not said.
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut stdin = BufWriter::new(stdin);
    let palette = film.palette;
    let colour = |&index: &u8| palette.get(usize::from(index)).copied().unwrap_or_default();
    let sent = film.play(|_, _, pixels| {
        let rgb: Vec<[u8; 3]> = pixels.iter().map(colour).collect();
        stdin.write_all(rgb.as_flattened())
    });
    let sent = sent.and_then(|()| stdin.flush());
    match sent {
        // A program that ends early says why itself.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
        _ => drop(stdin),
    }
    let status = child.0.wait()?;
    let complaints = complaints.join().unwrap_or_default();
    if !status.success() {
        let last = complaints.lines().rev().map(str::trim).find(|line| !line.is_empty());
        return Err(io::Error::other(format!("ffmpeg says: {}", last.unwrap_or("nothing, and fails"))));
    }
    persist(out, path)
}

/// The comment of an MP4.
pub(super) fn note(bytes: &[u8]) -> Option<String> {
    // Boxes: a length, a name, and the data; the comment's data lie in a box of their own, after eight bytes of kind.
    let [name, inner] = COMMENT;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.windows(name.len()).position(|window| window == name)? + name.len();
        let (length, rest) = bytes[at..].split_first_chunk::<4>()?;
        if let Some(data) = rest.strip_prefix(inner) {
            let length = (u32::from_be_bytes(*length) as usize).checked_sub(8)?;
            return String::from_utf8(data.get(..length)?.get(8..)?.to_vec()).ok();
        }
        from = at;
    }
}

/// Whether an encoder is built into a program.
fn offers(ffmpeg: &Path, encoder: &str) -> bool {
    let listing = Command::new(ffmpeg).args(["-hide_banner", "-encoders"]).stdin(Stdio::null()).output();
    listing.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).split_whitespace().any(|word| word == encoder))
}

/// Text as ffmpeg's metadata files want it.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| matches!(c, '=' | ';' | '#' | '\\' | '\n').then_some('\\').into_iter().chain([c]))
        .collect()
}

/// A program that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended already, which is what they are for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
