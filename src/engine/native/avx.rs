//! f32 in registers of AVX2, and of AVX-512 where there is that too. Whoever makes one has asked whether it is there.
#![expect(unsafe_code, reason = "intrinsics of instructions that not every processor has")]

use std::arch::x86_64::*;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

use super::lanes::{EXP, EXP_RANGE, LANES, LN, LN_2, Lanes, ROOT_HALF, ROUND, Vector, eight};

/// Whether this processor has AVX2 and FMA.
pub fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Whether it has what [`V8`] and [`F16`] take of AVX-512 as well.
pub fn has_avx512() -> bool {
    has_avx2() && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq")
}

macro_rules! operators {
    ($name:ident, $add:ident, $sub:ident, $mul:ident, $div:ident) => {
        operators!($name, Add, add, $add);
        operators!($name, Sub, sub, $sub);
        operators!($name, Mul, mul, $mul);
        operators!($name, Div, div, $div);

        impl AddAssign for $name {
            #[inline(always)]
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
    };
    ($name:ident, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    };
}

/// What exp and ln do to the bits of f32.
trait Bits: Vector<Real = f32> {
    /// Times two to the whole number in the low bits of `by`, to which [`ROUND`] was added.
    fn scaled(self, by: Self) -> Self;
    /// The exponent of two, and what is left between √½ and √2.
    fn split(self) -> (Self, Self);
}

/// As [`Vector::exp`].
#[inline(always)]
fn exp<V: Bits>(x: V) -> V {
    let x = x.larger(V::splat(EXP_RANGE[0])).smaller(V::splat(EXP_RANGE[1]));
    let t = x.mul_add(V::splat(std::f32::consts::LOG2_E), V::splat(ROUND));
    let n = t - V::splat(ROUND);
    let r = n.mul_add(V::splat(-LN_2[1]), n.mul_add(V::splat(-LN_2[0]), x));
    let mut p = V::splat(EXP[0]);
    for c in &EXP[1..] {
        p = p.mul_add(r, V::splat(*c));
    }
    p.mul_add(r * r, r + V::splat(1.0)).scaled(t)
}

/// As [`Vector::ln`].
#[inline(always)]
fn ln<V: Bits>(x: V) -> V {
    let (e, m) = x.split();
    let m = m - V::splat(1.0);
    let z = m * m;
    let mut p = V::splat(LN[0]);
    for c in &LN[1..] {
        p = p.mul_add(m, V::splat(*c));
    }
    let y = z.mul_add(V::splat(-0.5), e.mul_add(V::splat(LN_2[1]), p * m * z));
    e.mul_add(V::splat(LN_2[0]), m + y)
}

macro_rules! eight_lanes {
    ($(#[$doc:meta])+ $name:ident, $windows:ident, $features:literal) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug)]
        #[repr(transparent)]
        pub struct $name(__m256);

        operators!($name, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_div_ps);

        impl Default for $name {
            #[inline(always)]
            fn default() -> Self {
                Self(unsafe { _mm256_setzero_ps() })
            }
        }

        impl Vector for $name {
            type Real = f32;
            type Eight = Self;
            const N: usize = LANES;

            #[inline(always)]
            fn splat(x: f32) -> Self {
                Self(unsafe { _mm256_set1_ps(x) })
            }
            #[inline(always)]
            fn of(x: f64) -> Self {
                Self::splat(x as f32)
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Self(unsafe { _mm256_fmadd_ps(self.0, a.0, b.0) })
            }
            #[inline(always)]
            fn larger(self, other: Self) -> Self {
                Self(unsafe { _mm256_max_ps(self.0, other.0) })
            }
            #[inline(always)]
            fn smaller(self, other: Self) -> Self {
                Self(unsafe { _mm256_min_ps(self.0, other.0) })
            }
            #[inline(always)]
            fn equal(self, other: Self, then: Self) -> Self {
                Self(unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0), then.0) })
            }
            #[inline(always)]
            fn exp(self) -> Self {
                exp(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                ln(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(unsafe { _mm256_sqrt_ps(self.0) })
            }
            #[inline(always)]
            fn sum(self) -> f32 {
                unsafe {
                    let a = _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
                    let a = _mm_add_ps(a, _mm_movehl_ps(a, a));
                    _mm_cvtss_f32(_mm_add_ss(a, _mm_shuffle_ps::<1>(a, a)))
                }
            }
            #[inline(always)]
            fn small(of: impl Fn(usize) -> u8) -> Self {
                let of = eight(of);
                Self(unsafe { _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(of.as_ptr().cast()))) })
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

        impl Bits for $name {
            #[inline(always)]
            fn scaled(self, by: Self) -> Self {
                unsafe {
                    let shift = _mm256_slli_epi32::<23>(_mm256_castps_si256(by.0));
                    Self(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self.0), shift)))
                }
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                unsafe {
                    let bits = _mm256_castps_si256(self.0);
                    let e = _mm256_srai_epi32::<23>(_mm256_sub_epi32(bits, _mm256_set1_epi32(ROOT_HALF as i32)));
                    let m = _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32::<23>(e)));
                    (Self(_mm256_cvtepi32_ps(e)), Self(m))
                }
            }
        }

        impl Lanes for $name {
            type Windows = $windows;

            #[inline(always)]
            fn run<T>(f: impl FnOnce() -> T) -> T {
                #[target_feature(enable = $features)]
                fn with<T>(f: impl FnOnce() -> T) -> T {
                    f()
                }
                unsafe { with(f) }
            }
            #[inline(always)]
            fn load(from: &[f32]) -> Self {
                Self(unsafe { _mm256_loadu_ps(from[..LANES].as_ptr()) })
            }
            #[inline(always)]
            fn store(self, to: &mut [f32]) {
                unsafe { _mm256_storeu_ps(to[..LANES].as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn array(self) -> [f32; LANES] {
                let mut out = [0.0; 8];
                self.store(&mut out);
                out
            }
            #[inline(always)]
            fn le(self, other: Self, then: Self) -> Self {
                Self(unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0), then.0) })
            }
            #[inline(always)]
            fn more(self, other: Self, then: Self, or: Self) -> Self {
                Self(unsafe { _mm256_blendv_ps(or.0, then.0, _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0)) })
            }
            #[inline(always)]
            fn ints(self) -> [i32; LANES] {
                let mut out = [0; 8];
                unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), _mm256_cvttps_epi32(self.0)) };
                out
            }
            #[inline(always)]
            fn unit(bits: [u32; LANES]) -> Self {
                let x = unsafe { _mm256_cvtepi32_ps(_mm256_loadu_si256(bits.as_ptr().cast())) };
                (Self(x) + Self::splat(0.5)) * Self::splat(1.0 / 8_388_608.0)
            }
            #[inline(always)]
            fn transpose(r: [Self; LANES]) -> [Self; LANES] {
                unsafe {
                    let pairs = |a: Self, b: Self| (_mm256_unpacklo_ps(a.0, b.0), _mm256_unpackhi_ps(a.0, b.0));
                    let fours = |a: __m256, b: __m256| (_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xEE>(a, b));
                    let ((a0, a1), (a2, a3)) = (pairs(r[0], r[1]), pairs(r[2], r[3]));
                    let ((a4, a5), (a6, a7)) = (pairs(r[4], r[5]), pairs(r[6], r[7]));
                    let ((b0, b1), (b2, b3)) = (fours(a0, a2), fours(a1, a3));
                    let ((b4, b5), (b6, b7)) = (fours(a4, a6), fours(a5, a7));
                    let low = |a, b| Self(_mm256_permute2f128_ps::<0x20>(a, b));
                    let high = |a, b| Self(_mm256_permute2f128_ps::<0x31>(a, b));
                    [low(b0, b4), low(b1, b5), low(b2, b6), low(b3, b7), high(b0, b4), high(b1, b5), high(b2, b6), high(b3, b7)]
                }
            }
        }
    };
}

eight_lanes!(
    /// Eight, of AVX2.
    F8,
    F8,
    "avx2,fma,bmi1,bmi2,lzcnt,popcnt"
);
eight_lanes!(
    /// Eight, where there are sixteen too.
    V8,
    F16,
    "avx2,fma,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512dq"
);

/// Sixteen, of AVX-512.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct F16(__m512);

operators!(F16, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_div_ps);

impl Default for F16 {
    #[inline(always)]
    fn default() -> Self {
        Self(unsafe { _mm512_setzero_ps() })
    }
}

impl F16 {
    #[inline(always)]
    fn halves(self) -> [V8; 2] {
        unsafe { [V8(_mm512_castps512_ps256(self.0)), V8(_mm512_extractf32x8_ps::<1>(self.0))] }
    }
}

impl Vector for F16 {
    type Real = f32;
    type Eight = V8;
    const N: usize = 2 * LANES;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    fn of(x: f64) -> Self {
        Self::splat(x as f32)
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(unsafe { _mm512_fmadd_ps(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn equal(self, other: Self, then: Self) -> Self {
        Self(unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0), then.0) })
    }
    #[inline(always)]
    fn exp(self) -> Self {
        exp(self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        ln(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }
    /// By a step of Newton's from fourteen bits: a division takes as long as sixteen products.
    #[inline(always)]
    fn reciprocal(self) -> Self {
        let near = Self(unsafe { _mm512_rcp14_ps(self.0) });
        near * Self(unsafe { _mm512_fnmadd_ps(self.0, near.0, Self::splat(2.0).0) })
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        let [low, high] = self.halves();
        (low + high).sum()
    }
    #[inline(always)]
    fn at(self, lane: usize) -> f32 {
        self.halves()[lane / LANES].at(lane % LANES)
    }
    #[inline(always)]
    fn small(of: impl Fn(usize) -> u8) -> Self {
        let mut bytes = [0; 2 * LANES];
        for (l, byte) in bytes.iter_mut().enumerate() {
            *byte = of(l);
        }
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(bytes.as_ptr().cast()))) })
    }
    #[inline(always)]
    fn columns<'a>(row: impl Fn(usize) -> &'a [f32]) -> [Self; LANES] {
        let low = V8::columns(
            #[inline(always)]
            |l| row(l),
        );
        let high = V8::columns(
            #[inline(always)]
            |l| row(LANES + l),
        );
        eight(
            #[inline(always)]
            |i| Self(unsafe { _mm512_insertf32x8::<1>(_mm512_castps256_ps512(low[i].0), high[i].0) }),
        )
    }
    #[inline(always)]
    fn rows(columns: [Self; LANES], mut each: impl FnMut(usize, V8)) {
        for half in 0..2 {
            let columns = eight(
                #[inline(always)]
                |i| columns[i].halves()[half],
            );
            for (l, row) in V8::transpose(columns).into_iter().enumerate() {
                each(half * LANES + l, row);
            }
        }
    }
}

impl Bits for F16 {
    #[inline(always)]
    fn scaled(self, by: Self) -> Self {
        unsafe {
            let shift = _mm512_slli_epi32::<23>(_mm512_castps_si512(by.0));
            Self(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self.0), shift)))
        }
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        unsafe {
            let bits = _mm512_castps_si512(self.0);
            let e = _mm512_srai_epi32::<23>(_mm512_sub_epi32(bits, _mm512_set1_epi32(ROOT_HALF as i32)));
            let m = _mm512_castsi512_ps(_mm512_sub_epi32(bits, _mm512_slli_epi32::<23>(e)));
            (Self(_mm512_cvtepi32_ps(e)), Self(m))
        }
    }
}
