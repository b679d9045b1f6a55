//! Which instructions a kernel uses. It is handed to every kernel; nothing here is global.

use std::fmt;

/// The instructions that a kernel runs on. The bits of every result are the same on all of them.
///
/// A value exists only for paths that this machine has, which is what makes calling the kernels safe.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Isa(pub(crate) Path);

/// The code paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Path {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// The definition of every number: what the compiler makes of the plain code, on any machine.
    pub const SCALAR: Isa = Isa(Path::Scalar);

    /// AVX2 with FMA, if the machine has them.
    pub fn avx2() -> Option<Isa> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            return Some(Isa(Path::Avx2));
        }
        None
    }

    /// AVX-512 (F, VL, DQ, BW), if the machine has it.
    pub fn avx512() -> Option<Isa> {
        #[cfg(target_arch = "x86_64")]
        if Isa::avx2().is_some()
            && std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512vl")
            && std::is_x86_feature_detected!("avx512dq")
            && std::is_x86_feature_detected!("avx512bw")
        {
            return Some(Isa(Path::Avx512));
        }
        None
    }

    /// The fastest path of this machine.
    pub fn detect() -> Isa {
        Isa::avx512().or_else(Isa::avx2).unwrap_or(Isa::SCALAR)
    }

    /// Every path of this machine, scalar first.
    pub fn available() -> Vec<Isa> {
        [Some(Isa::SCALAR), Isa::avx2(), Isa::avx512()].into_iter().flatten().collect()
    }

    /// `scalar`, `avx2` or `avx512`; an error says which this machine has.
    pub fn parse(name: &str) -> Result<Isa, UnknownIsa> {
        Isa::available().into_iter().find(|isa| isa.name() == name).ok_or_else(|| UnknownIsa(name.to_owned()))
    }

    /// As [`Isa::parse`] reads it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Path::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => "avx512",
        }
    }
}

impl fmt::Debug for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A path that this machine does not have, or nobody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownIsa(String);

impl fmt::Display for UnknownIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this machine has no `{}` path; it has", self.0)?;
        for (i, isa) in Isa::available().into_iter().enumerate() {
            write!(f, "{} {isa}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownIsa {}

/// Writes a kernel once, as always-inlined generic code, and compiles it for every path.
///
/// `fn name<T>(isa, arguments) -> R { body }`: the body may call other always-inlined functions, which are compiled with it.
macro_rules! kernel {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident $(<$t:ident>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => {$(
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name$(<$t: $crate::kernel::Real>)? (isa: $crate::kernel::Isa, $($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body$(<$t: $crate::kernel::Real>)? ($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2$(<$t: $crate::kernel::Real>)? ($($arg: $ty),*) $(-> $ret)? {
                body($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx512$(<$t: $crate::kernel::Real>)? ($($arg: $ty),*) $(-> $ret)? {
                body($($arg),*)
            }
            match isa.0 {
                $crate::kernel::isa::Path::Scalar => body($($arg),*),
                // SAFETY: an `Isa` of this path exists only where the machine has these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::isa::Path::Avx2 => unsafe { avx2($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::isa::Path::Avx512 => unsafe { avx512($($arg),*) },
            }
        }
    )*};
}
pub(crate) use kernel;
