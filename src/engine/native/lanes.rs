//! Numbers, and vectors of eight of them that are worked on alike: f32 as fast as the processor goes, f64 as the
//! reference. The mathematics of the engine is written once, over [`Lanes`].
//!
//! What runs over lanes is inlined into [`Lanes::run`], so that it is compiled for the instructions of those lanes: hence
//! `#[inline(always)]` on all of it, and no call of a closure that is not inlined.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// Lanes of [`Lanes`].
pub const LANES: usize = 8;
/// The most lanes of a vector.
pub const MOST: usize = 16;

/// f32 or f64.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
{
    /// The nearest.
    fn of(x: f64) -> Self;
    fn f64(self) -> f64;
    fn sqrt(self) -> Self;
    /// As [`Vector::exp`].
    fn exp(self) -> Self;
    /// As [`Vector::ln`].
    fn ln(self) -> Self;
    /// self·a + b
    fn mul_add(self, a: Self, b: Self) -> Self;
}

/// Numbers that are worked on alike, one a lane.
pub trait Vector:
    Copy
    + Default
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
{
    type Real: Real;
    /// Eight of the same.
    type Eight: Lanes<Real = Self::Real>;
    /// Lanes: eight or sixteen.
    const N: usize;
    fn splat(x: Self::Real) -> Self;
    fn of(x: f64) -> Self;
    /// self·a + b
    fn mul_add(self, a: Self, b: Self) -> Self;
    fn larger(self, other: Self) -> Self;
    fn smaller(self, other: Self) -> Self;
    /// `then` where self = other, elsewhere 0.
    fn equal(self, other: Self, then: Self) -> Self;
    /// Relative error below 2e-7; of what lies beyond −80 and 88 that of the bound: 0 and infinity are never returned,
    /// nor numbers so small that they cost a hundred cycles each.
    fn exp(self) -> Self;
    /// Of positive normal numbers.
    fn ln(self) -> Self;
    fn sqrt(self) -> Self;
    /// 1 over them, to a rounding or two.
    #[inline(always)]
    fn reciprocal(self) -> Self {
        Self::of(1.0) / self
    }
    fn sum(self) -> Self::Real;
    /// The number in a lane.
    fn at(self, lane: usize) -> Self::Real;
    /// A small number for each lane.
    fn small(of: impl Fn(usize) -> u8) -> Self;
    /// The first eight numbers of each lane's row, a vector each.
    fn columns<'a>(row: impl Fn(usize) -> &'a [Self::Real]) -> [Self; LANES];
    /// The reverse: gives each lane's eight numbers.
    fn rows(columns: [Self; LANES], each: impl FnMut(usize, Self::Eight));
}

/// Eight numbers.
pub trait Lanes: Vector<Eight = Self> {
    /// As many windows as f is evaluated at together, in the same numbers.
    type Windows: Vector<Real = Self::Real, Eight = Self>;
    /// Compiles what it is given for the instructions that these lanes, and those of the windows, are made of.
    fn run<T>(f: impl FnOnce() -> T) -> T;
    /// The first eight.
    fn load(from: &[Self::Real]) -> Self;
    fn store(self, to: &mut [Self::Real]);
    fn array(self) -> [Self::Real; LANES];
    /// `then` where self ≤ other, elsewhere 0.
    fn le(self, other: Self, then: Self) -> Self;
    /// `then` where self > other, elsewhere `or`.
    fn more(self, other: Self, then: Self, or: Self) -> Self;
    /// Truncated.
    fn ints(self) -> [i32; LANES];
    /// Of 23 bits each: (bits + ½)·2⁻²³.
    fn unit(bits: [u32; LANES]) -> Self;
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];
}

macro_rules! real {
    ($t:ident, $exp:expr, $ln:expr) => {
        impl Real for $t {
            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                $exp(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                $ln(self)
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                // Where there is no instruction for it, a library would round it once, slowly.
                if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
                    $t::mul_add(self, a, b)
                } else {
                    self * a + b
                }
            }
        }
    };
}
real!(f64, f64::exp, f64::ln);
real!(f32, exp, ln);

/// Coefficients of the polynomials by which Cephes (Moshier, 1989) has exp and ln in single precision.
pub const EXP: [f32; 6] = [1.987_569_2e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5];
#[expect(clippy::excessive_precision, reason = "as published")]
pub const LN: [f32; 9] = [
    7.037_683_6e-2,
    -1.151_461e-1,
    1.167_699_9e-1,
    -1.242_014_1e-1,
    1.424_932_3e-1,
    -1.666_805_8e-1,
    2.000_071_5e-1,
    -2.499_999_4e-1,
    3.333_333_1e-1,
];
/// ln 2 in two parts, of which the first has few bits.
#[expect(clippy::excessive_precision, reason = "as published")]
pub const LN_2: [f32; 2] = [0.693_359_375, -2.121_944_4e-4];
/// 1.5·2²³: adding it rounds to a whole number in the low bits.
pub const ROUND: f32 = 12_582_912.0;
/// The bits of √½.
pub const ROOT_HALF: u32 = 0x3f35_04f3;
/// Where exp is held.
pub const EXP_RANGE: [f32; 2] = [-80.0, 88.0];

/// As [`Vector::exp`].
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.clamp(EXP_RANGE[0], EXP_RANGE[1]);
    let t = Real::mul_add(x, std::f32::consts::LOG2_E, ROUND);
    let n = t - ROUND;
    let r = Real::mul_add(n, -LN_2[1], Real::mul_add(n, -LN_2[0], x));
    let mut p = EXP[0];
    for c in &EXP[1..] {
        p = Real::mul_add(p, r, *c);
    }
    let p = Real::mul_add(p, r * r, r + 1.0);
    f32::from_bits(p.to_bits().wrapping_add(t.to_bits() << 23))
}

/// As [`Vector::ln`].
#[inline(always)]
fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let e = (bits.wrapping_sub(ROOT_HALF) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((e << 23) as u32)) - 1.0;
    let e = e as f32;
    let z = m * m;
    let mut p = LN[0];
    for c in &LN[1..] {
        p = Real::mul_add(p, m, *c);
    }
    let y = Real::mul_add(e, LN_2[1], p * m * z);
    let y = Real::mul_add(z, -0.5, y);
    Real::mul_add(e, LN_2[0], m + y)
}

/// Lanes as a plain array: for f64, and for processors that have nothing better.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(32))]
pub struct Plain<R>([R; LANES]);

impl<R: Real> Plain<R> {
    #[inline(always)]
    fn map(self, f: impl Fn(R) -> R) -> Self {
        Self(self.0.map(f))
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(R, R) -> R) -> Self {
        Self(eight(|l| f(self.0[l], other.0[l])))
    }
}

macro_rules! lanewise {
    ($trait:ident, $name:ident, $op:tt) => {
        impl<R: Real> $trait for Plain<R> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                self.zip(other, |a, b| a $op b)
            }
        }
    };
}
lanewise!(Add, add, +);
lanewise!(Sub, sub, -);
lanewise!(Mul, mul, *);
lanewise!(Div, div, /);

impl<R: Real> AddAssign for Plain<R> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<R: Real> Vector for Plain<R> {
    type Real = R;
    type Eight = Self;
    const N: usize = LANES;

    #[inline(always)]
    fn splat(x: R) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    fn of(x: f64) -> Self {
        Self([R::of(x); LANES])
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(eight(|l| self.0[l].mul_add(a.0[l], b.0[l])))
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn equal(self, other: Self, then: Self) -> Self {
        Self(eight(|l| if self.0[l] == other.0[l] { then.0[l] } else { R::default() }))
    }
    #[inline(always)]
    fn exp(self) -> Self {
        self.map(R::exp)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.map(R::ln)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(R::sqrt)
    }
    #[inline(always)]
    fn sum(self) -> R {
        let a = self.0;
        ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))
    }
    #[inline(always)]
    fn small(of: impl Fn(usize) -> u8) -> Self {
        Self(eight(|l| R::of(f64::from(of(l)))))
    }
    #[inline(always)]
    fn at(self, lane: usize) -> Self::Real {
        self.array()[lane]
    }
    #[inline(always)]
    fn columns<'a>(row: impl Fn(usize) -> &'a [Self::Real]) -> [Self; LANES] {
        Self::transpose(eight(
            #[inline(always)]
            |l| Self::load(row(l)),
        ))
    }
    #[inline(always)]
    fn rows(columns: [Self; LANES], mut each: impl FnMut(usize, Self)) {
        for (l, row) in Self::transpose(columns).into_iter().enumerate() {
            each(l, row);
        }
    }
}

impl<R: Real> Lanes for Plain<R> {
    type Windows = Self;

    #[inline(always)]
    fn run<T>(f: impl FnOnce() -> T) -> T {
        f()
    }
    #[inline(always)]
    fn load(from: &[R]) -> Self {
        Self(eight(|l| from[l]))
    }
    #[inline(always)]
    fn store(self, to: &mut [R]) {
        to[..LANES].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn array(self) -> [R; LANES] {
        self.0
    }
    #[inline(always)]
    fn le(self, other: Self, then: Self) -> Self {
        Self(eight(|l| if self.0[l] <= other.0[l] { then.0[l] } else { R::default() }))
    }
    #[inline(always)]
    fn more(self, other: Self, then: Self, or: Self) -> Self {
        Self(eight(|l| if self.0[l] > other.0[l] { then.0[l] } else { or.0[l] }))
    }
    #[inline(always)]
    fn ints(self) -> [i32; LANES] {
        self.0.map(|x| x.f64() as i32)
    }
    #[inline(always)]
    fn unit(bits: [u32; LANES]) -> Self {
        Self(bits.map(|b| R::of((f64::from(b) + 0.5) / 8_388_608.0)))
    }
    #[inline(always)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        eight(|i| Self(eight(|j| rows[j].0[i])))
    }
}

/// As `std::array::from_fn`, but inlined whatever the processor's features.
#[inline(always)]
pub fn eight<T>(f: impl Fn(usize) -> T) -> [T; LANES] {
    [f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)]
}

/// gelu by tanh is x·σ(2y), y = √(2/π)(x + 0.044715x³); and its slope.
#[inline(always)]
pub fn gelu<L: Vector>(x: L) -> (L, L) {
    const TWICE: f64 = 1.595_769_121_605_730_7;
    const CUBE: f64 = 0.044_715;
    let xx = x * x;
    // The bound keeps σ, and what it is multiplied by, clear of denormals.
    let y = (x * L::of(-TWICE) * xx.mul_add(L::of(CUBE), L::of(1.0))).smaller(L::of(60.0));
    let s = (L::of(1.0) + y.exp()).reciprocal();
    let slope = xx.mul_add(L::of(3.0 * CUBE * TWICE), L::of(TWICE));
    let g = x * s;
    (g, (g * (L::of(1.0) - s)).mul_add(slope, s))
}

/// Sixteen numbers side by side: a critic's channels, or a pixel's ten logits, padded.
#[derive(Clone, Copy, Default)]
pub struct Wide<L>(pub [L; 2]);

/// Numbers of a [`Wide`].
pub const WIDE: usize = 2 * LANES;

impl<L: Lanes> Wide<L> {
    #[inline(always)]
    pub fn load(from: &[L::Real]) -> Self {
        Self([L::load(from), L::load(&from[LANES..])])
    }
    #[inline(always)]
    pub fn splat(x: L::Real) -> Self {
        Self([L::splat(x); 2])
    }
    #[inline(always)]
    pub fn plus(self, o: Self) -> Self {
        Self([self.0[0] + o.0[0], self.0[1] + o.0[1]])
    }
    #[inline(always)]
    pub fn times(self, o: Self) -> Self {
        Self([self.0[0] * o.0[0], self.0[1] * o.0[1]])
    }
    #[inline(always)]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        Self([self.0[0].mul_add(a.0[0], b.0[0]), self.0[1].mul_add(a.0[1], b.0[1])])
    }
    #[inline(always)]
    pub fn sum(self) -> L::Real {
        (self.0[0] + self.0[1]).sum()
    }
    /// Adds it to the first sixteen numbers.
    #[inline(always)]
    pub fn add_to(self, to: &mut [L::Real]) {
        let to = &mut to[..WIDE];
        (L::load(to) + self.0[0]).store(to);
        (L::load(&to[LANES..]) + self.0[1]).store(&mut to[LANES..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest error of eight numbers at a time over what they should be, in units of that.
    fn off<L: Lanes<Real = f32>>(xs: impl Iterator<Item = f32>, f: fn(L) -> L, want: fn(f64) -> f64) -> f64 {
        let xs: Vec<f32> = xs.collect();
        let mut most: f64 = 0.0;
        for xs in xs.as_chunks::<LANES>().0 {
            let got = L::run(|| f(L::load(xs)).array());
            for (&x, got) in xs.iter().zip(got) {
                let want = want(f64::from(x));
                most = most.max((f64::from(got) - want).abs() / want.abs().max(f64::from(f32::MIN_POSITIVE)));
            }
        }
        most
    }

    fn exp_and_ln_are_near<L: Lanes<Real = f32>>() {
        let range = || (0..1_680_000).map(|i| EXP_RANGE[0] + i as f32 * 1e-4);
        let exp = off::<L>(range(), L::exp, f64::exp);
        // Of all normal numbers, and of those about 1, where ln is small.
        let normal = || (0x0080_0000..0x7f80_0000_u32).step_by(997).map(f32::from_bits);
        let about_1 = || (0..1_000_000).map(|i| 0.5 + i as f32 * 2e-6);
        let ln = off::<L>(normal(), L::ln, f64::ln).max(off::<L>(about_1(), L::ln, f64::ln));
        println!("exp is off by {exp:.1e}, ln by {ln:.1e}");
        assert!(exp < 2e-7 && ln < 2e-7, "exp is off by {exp:e}, ln by {ln:e}");
        let at = |x: f32| L::run(|| L::splat(x).exp().array()[0]);
        for (beyond, bound) in [(-1e30, EXP_RANGE[0]), (1e30, EXP_RANGE[1])] {
            assert_eq!(at(beyond), at(bound));
        }
        assert!(at(-1e30) > 0.0 && at(1e30).is_finite());
        assert_eq!(L::run(|| L::splat(1.0).ln().array()), [0.0; LANES]);
    }

    #[test]
    fn exp_and_ln_are_near_with_any_instructions() {
        exp_and_ln_are_near::<Plain<f32>>();
        #[cfg(target_arch = "x86_64")]
        if super::super::avx::has_avx2() {
            exp_and_ln_are_near::<super::super::avx::F8>();
        }
        #[cfg(target_arch = "x86_64")]
        if super::super::avx::has_avx512() {
            exp_and_ln_are_near::<super::super::avx::V8>();
            let [one, e] = super::super::avx::V8::run(|| {
                let x = super::super::avx::F16::splat(1.0);
                [x.exp().ln().at(9), x.exp().at(3)].map(f64::from)
            });
            assert!((one - 1.0).abs() < 2e-7 && (e - std::f64::consts::E).abs() < 1e-6, "{one}, {e}");
        }
    }
}
