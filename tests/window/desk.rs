//! A screen, the window on it, and the hands and eyes of whoever sits before it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bevy_egui::egui::{Pos2, Rect, pos2};
use primordia::spec::grid::Grid;
use serde_json::Value;

/// How long anything may take: drivers on the processor and other work make everything slow, but nothing this slow.
const PATIENCE: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(20);

/// A tool whose absence fails the test with a sentence.
fn tool(name: &str, package: &str, result: io::Result<Child>) -> Child {
    result.unwrap_or_else(|error| panic!("`{name}` cannot be run ({error}): install the package {package}"))
}

/// A screen that nobody else uses.
pub struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    pub fn open() -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let mut server = tool("Xvfb", "xvfb", command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn());
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb found no free display");
        Self { server, name: format!(":{}", number.trim()) }
    }

    /// What xdotool says.
    fn xdotool(&self, line: &str) -> String {
        let mut command = Command::new("xdotool");
        command.args(line.split(' ')).env("DISPLAY", &self.name).stdout(Stdio::piped()).stderr(Stdio::null());
        let output = tool("xdotool", "xdotool", command.spawn()).wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A control of the window.
pub struct Control {
    pub text: String,
    pub number: Option<f64>,
    pub rect: Rect,
}

/// What the window shows at one moment.
#[derive(Clone)]
pub struct Shown(Value);

impl Shown {
    /// A part of the state log's line, by its path: `/picture/step`.
    pub fn get(&self, path: &str) -> &Value {
        self.0.pointer(path).unwrap_or(&Value::Null)
    }

    pub fn is(&self, path: &str) -> bool {
        self.get(path) == true
    }

    pub fn number(&self, path: &str) -> u64 {
        self.get(path).as_u64().unwrap_or_else(|| panic!("no number at {path}"))
    }

    pub fn has_stage(&self) -> bool {
        !self.get("/picture").is_null()
    }

    pub fn stage(&self) -> Grid {
        let width = self.number("/picture/width") as usize;
        let cells = digits(self.get("/picture/cells"));
        Grid { height: cells.len() / width, width, cells }
    }

    pub fn controls(&self) -> Vec<Control> {
        let controls = self.get("/controls").as_array().unwrap();
        let control = |control: &Value| {
            let corner = |i: usize| pos2(side(control, i), side(control, i + 1));
            let text = control["text"].as_str().unwrap_or_default().to_owned();
            Control { text, number: control["number"].as_f64(), rect: Rect::from_min_max(corner(0), corner(2)) }
        };
        controls.iter().map(control).collect()
    }

    pub fn control(&self, text: &str) -> Option<Control> {
        self.controls().into_iter().find(|control| control.text == text)
    }

    /// The field for a number at the right of a setting's name.
    pub fn field(&self, name: &str) -> Option<Control> {
        let label = self.control(name)?;
        let beside =
            |control: &Control| control.number.is_some() && control.rect.y_range().contains(label.rect.center().y);
        self.controls().into_iter().filter(beside).max_by(|a, b| a.rect.left().total_cmp(&b.rect.left()))
    }

    /// The middle of a cell.
    pub fn cell(&self, (row, column): (usize, usize)) -> Pos2 {
        let [left, top, scale] = [0, 1, 2].map(|i| self.get("/view")[i].as_f64().unwrap() as f32);
        pos2(left + (column as f32 + 0.5) * scale, top + (row as f32 + 0.5) * scale)
    }
}

fn side(control: &Value, i: usize) -> f32 {
    control["at"][i].as_f64().unwrap() as f32
}

/// Cells as the log writes them.
pub fn digits(text: &Value) -> Vec<u8> {
    text.as_str().unwrap().chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect()
}

/// The program in its window.
pub struct Window<'a> {
    screen: &'a Screen,
    program: Child,
    states: PathBuf,
    frames: PathBuf,
    complaints: PathBuf,
    read: u64,
    /// All that was shown, the newest last.
    pub shown: Vec<Shown>,
}

impl<'a> Window<'a> {
    /// Starts the program in a folder and waits until its window is there.
    pub fn open(screen: &'a Screen, folder: &Path) -> Self {
        let logs = tempfile::Builder::new().prefix("logs-").tempdir_in(folder).unwrap().keep();
        let [states, frames, complaints] = ["states", "frames", "complaints"].map(|name| logs.join(name));
        let program = Command::new(env!("CARGO_BIN_EXE_primordia"))
            .current_dir(folder)
            .env("DISPLAY", &screen.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("WINIT_X11_SCALE_FACTOR", "1")
            // What a user has kept is none of the test's business.
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder.join("data"))
            .env("PRIMORDIA_STATE_LOG", &states)
            .env("PRIMORDIA_FRAME_LOG", &frames)
            .stderr(File::create(&complaints).unwrap())
            .spawn()
            .unwrap();
        let shown = vec![Shown(Value::Null)];
        let mut window = Self { screen, program, states, frames, complaints, read: 0, shown };
        window.until("the first picture", Shown::has_stage);
        screen.xdotool("search --onlyvisible --name ^Primordia$ windowfocus");
        window.frames(2);
        window
    }

    /// Takes in what the log has got since, and gives the newest of it.
    pub fn look(&mut self) -> &Shown {
        let mut text = String::new();
        if let Ok(mut file) = File::open(&self.states) {
            file.seek(SeekFrom::Start(self.read)).unwrap();
            file.read_to_string(&mut text).unwrap();
        }
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            self.read += line.len() as u64;
            self.shown.push(Shown(serde_json::from_str(line).unwrap()));
        }
        self.shown.last().unwrap()
    }

    /// Waits until something is shown.
    #[track_caller]
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Shown) -> bool) -> Shown {
        let begun = Instant::now();
        loop {
            let shown = self.look();
            if is_so(shown) {
                return shown.clone();
            }
            let ended = self.program.try_wait().unwrap();
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let complaints = fs::read_to_string(&self.complaints).unwrap();
                let texts: Vec<_> = match self.look().has_stage() {
                    true => self.look().controls().into_iter().map(|control| control.text).collect(),
                    false => Vec::new(),
                };
                let mut last = self.look().0.clone();
                last["controls"] = Value::Null;
                panic!("never came: {what} (ended: {ended:?})\n{last}\n{texts:?}\n{complaints}");
            }
            sleep(GLANCE);
        }
    }

    /// Waits until so many more frames are drawn.
    pub fn frames(&mut self, count: usize) {
        let drawn = |path: &Path| fs::read_to_string(path).unwrap_or_default().lines().count();
        let before = drawn(&self.frames);
        let frames = self.frames.clone();
        self.until("more frames", |_| drawn(&frames) >= before + count);
    }

    /// Presses a key, with others held down.
    pub fn press(&mut self, held: &[&str], key: &str) {
        self.held(held, |window| window.one(&format!("key {key}")));
    }

    pub fn key(&mut self, key: &str) {
        self.press(&[], key);
    }

    /// Types into the field that has the focus.
    pub fn write(&mut self, text: &str) {
        self.one(&format!("type {text}"));
    }

    /// Rests the mouse on a cell.
    pub fn point(&mut self, cell: (usize, usize)) {
        let at = self.look().cell(cell);
        self.go(at);
    }

    /// Drags from cell to cell; from one to itself is a click.
    pub fn drag(&mut self, from: (usize, usize), to: (usize, usize)) {
        self.point(from);
        self.one("mousedown 1");
        self.point(to);
        self.one("mouseup 1");
    }

    /// Turns the wheel towards a cell.
    pub fn wheel(&mut self, cell: (usize, usize)) {
        self.point(cell);
        self.one("click 4");
        // It turns smoothly.
        self.frames(8);
    }

    /// Rests the mouse where it points at nothing.
    pub fn away(&mut self) {
        self.go(Pos2::ZERO);
    }

    pub fn click(&mut self, control: &Control) {
        self.go(control.rect.center());
        self.one("click 1");
    }

    /// Closes the window and waits until the program has ended.
    pub fn close(mut self) -> ExitStatus {
        // No frame comes after it that could be waited for.
        self.one("keydown ctrl");
        self.screen.xdotool("key q");
        let begun = Instant::now();
        loop {
            if let Some(status) = self.program.try_wait().unwrap() {
                self.screen.xdotool("keyup ctrl");
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the window is closed and the program goes on");
            sleep(GLANCE);
        }
    }

    fn go(&mut self, at: Pos2) {
        self.one(&format!("mousemove {} {}", at.x.round(), at.y.round()));
    }

    /// One thing that hands do. The window's next frames have taken it in before anything else is done.
    fn one(&mut self, line: &str) {
        self.screen.xdotool(line);
        self.frames(2);
    }

    fn held(&mut self, keys: &[&str], act: impl FnOnce(&mut Self)) {
        for key in keys {
            self.one(&format!("keydown {key}"));
        }
        act(self);
        for key in keys {
            self.one(&format!("keyup {key}"));
        }
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
