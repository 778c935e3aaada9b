//! The comparator of every device test, and its own negative controls.
//!
//! `got` passes where |got − want| ≤ atol + rtol·|want| holds; written so that a NaN on either side fails. Outputs are
//! filled with NaN before a kernel runs, and followed by guard words, so that what it leaves out or writes past shows.

/// Bits of a guard word: as a real .0012, so small that adding to it shows, which it would not on a NaN.
pub const GUARD: u32 = 0x3A9D_BEEF;
/// Guard words after each output.
pub const GUARDS: usize = 64;

/// A case of a table: what to call it when it fails, and its numbers.
#[derive(Debug, Clone, Copy)]
pub struct Case<T> {
    pub name: &'static str,
    pub of: T,
}

/// Runs a check on every case, and fails with all that failed.
pub fn check_cases<T: Copy>(cases: &[Case<T>], check: impl Fn(T) -> Result<(), String>) {
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| check(case.of).err().map(|failure| format!("{}: {failure}", case.name)))
        .collect();
    assert!(failures.is_empty(), "{} of {} cases failed:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// Panics unless every element is near enough.
#[track_caller]
pub fn check(name: &str, got: &[f32], want: &[f64], atol: f64, rtol: f64) {
    if let Err(failure) = compare(name, got, want, atol, rtol) {
        panic!("{failure}");
    }
}

/// What `check` panics with.
pub fn compare(name: &str, got: &[f32], want: &[f64], atol: f64, rtol: f64) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("{name}: {} elements, not {}", got.len(), want.len()));
    }
    if want.is_empty() {
        return Err(format!("{name}: nothing to compare"));
    }
    // How many times its tolerance an element is off; what is not a number is worst.
    let excess = |i: usize| {
        let bound = atol + rtol * want[i].abs();
        let diff = (f64::from(got[i]) - want[i]).abs();
        let pass = diff <= bound;
        (!pass).then(|| if diff.is_nan() { f64::INFINITY } else { diff / bound.max(f64::MIN_POSITIVE) })
    };
    let failed: Vec<(usize, f64)> = (0..got.len()).filter_map(|i| excess(i).map(|e| (i, e))).collect();
    let Some(&(worst, times)) = failed.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return Ok(()) };
    let (first, nans) = (failed[0].0, got.iter().filter(|g| g.is_nan()).count());
    Err(format!(
        "{name}: {} of {} elements differ ({nans} NaN), first at {first}, worst at {worst}: got {:e}, want {:e}, \
         {times:.3e} × its tolerance (atol {atol:e}, rtol {rtol:e})",
        failed.len(),
        got.len(),
        got[worst],
        want[worst],
    ))
}

/// Panics unless two buffers are the same, bit for bit.
#[track_caller]
pub fn check_bits<T: PartialEq + std::fmt::Debug>(name: &str, got: &[T], want: &[T]) {
    assert_eq!(got.len(), want.len(), "{name}: lengths differ");
    let differ = || got.iter().zip(want).enumerate().filter(|(_, (g, w))| g != w);
    if let Some((first, (got, want))) = differ().next() {
        panic!("{name}: {} elements differ, first at {first}: got {got:?}, want {want:?}", differ().count());
    }
}

/// What an output of `len` words holds before its kernel runs: NaN, then guards.
pub fn prefilled(len: usize) -> Vec<u32> {
    let mut words = vec![f32::NAN.to_bits(); len];
    words.resize(len + GUARDS, GUARD);
    words
}

/// The output without its guards; an error if a guard was written.
pub fn unguarded(name: &str, words: &[u32]) -> Result<Vec<f32>, String> {
    let len = words.len().checked_sub(GUARDS).ok_or_else(|| format!("{name}: shorter than its guards"))?;
    let written: Vec<usize> = (0..GUARDS).filter(|i| words[len + i] != GUARD).collect();
    match written.first() {
        None => Ok(words[..len].iter().copied().map(f32::from_bits).collect()),
        Some(first) => Err(format!("{name}: {} words past the end were written, first {first} past", written.len())),
    }
}

fn example() -> (Vec<f32>, Vec<f64>) {
    let want: Vec<f64> = (0..257).map(|i| f64::from(i * 37 % 101) / 7.0 - 5.0).collect();
    (want.iter().map(|w| *w as f32).collect(), want)
}

#[test]
fn near_enough_passes() {
    let (got, want) = example();
    check("example", &got, &want, 1e-6, 1e-6);
}

#[test]
fn one_corrupt_element_fails() {
    let (got, want) = example();
    for at in [0, 128, 256] {
        let mut corrupt = got.clone();
        corrupt[at] += 1e-3;
        let failure = compare("example", &corrupt, &want, 1e-5, 1e-5).expect_err("a corrupt element must fail");
        assert!(failure.contains(&format!("worst at {at}:")), "{failure}");
    }
}

#[test]
fn swapped_tensors_fail() {
    let (got, want) = example();
    let swapped: Vec<f32> = got[128..].iter().chain(&got[..128]).copied().collect();
    assert!(compare("example", &swapped, &want, 1e-5, 1e-5).is_err());
}

#[test]
fn what_is_not_a_number_fails() {
    let (got, want) = example();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut corrupt = got.clone();
        corrupt[200] = bad;
        let failure = compare("example", &corrupt, &want, 1.0, 1.0).expect_err("a NaN must fail");
        assert!(failure.contains("worst at 200"), "{failure}");
    }
    let mut wrong = want;
    wrong[7] = f64::NAN;
    assert!(compare("example", &got, &wrong, 1.0, 1.0).is_err());
}

#[test]
fn other_lengths_and_nothing_fail() {
    let (got, want) = example();
    assert!(compare("example", &got[1..], &want, 1.0, 1.0).is_err());
    assert!(compare("example", &[], &[], 1.0, 1.0).is_err());
}

#[test]
fn check_panics() {
    let caught = std::panic::catch_unwind(|| check("example", &[1.0], &[2.0], 1e-3, 1e-3));
    assert!(caught.is_err());
    let caught = std::panic::catch_unwind(|| check_bits("example", &[1, 2], &[1, 3]));
    assert!(caught.is_err());
    let cases = [Case { name: "good", of: true }, Case { name: "bad", of: false }];
    let caught = std::panic::catch_unwind(|| {
        check_cases(&cases, |good| if good { Ok(()) } else { Err("as it should".to_owned()) });
    });
    assert!(caught.is_err());
}

#[test]
fn an_output_left_out_or_overrun_fails() {
    let mut words = prefilled(8);
    let untouched = unguarded("example", &words).expect("no guard was written");
    assert!(compare("example", &untouched, &[0.0; 8], 1e9, 1e9).is_err());
    words[8] = 0;
    assert!(unguarded("example", &words).is_err());
    words[8] = f32::NAN.to_bits();
    assert!(unguarded("example", &words).is_err());
}
