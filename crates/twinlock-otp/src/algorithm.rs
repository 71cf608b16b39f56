use std::fmt;
use std::str::FromStr;

/// The hash function under a one-time code (RFC 6238 §1.2).
///
/// SHA-1 is the default because many apps silently ignore the `algorithm` parameter and always use it; HMAC-SHA-1 is not weakened by the
/// known collisions of SHA-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    /// HMAC-SHA-1, which every app knows.
    #[default]
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name used in `otpauth://` links and in the API: `SHA1`, `SHA256` or `SHA512`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    /// Reads `SHA1`, `SHA256` or `SHA512`, in any case and with or without the dash of `SHA-1`.
    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        [Self::Sha1, Self::Sha256, Self::Sha512]
            .into_iter()
            .find(|algorithm| {
                let known = algorithm.as_str();
                name.eq_ignore_ascii_case(known) || is_dashed(name, known)
            })
            .ok_or(UnknownAlgorithm)
    }
}

/// Whether `name` is `known` with a dash after its first three letters.
fn is_dashed(name: &str, known: &str) -> bool {
    match (name.split_once('-'), known.split_at_checked(3)) {
        (Some((family, size)), Some((known_family, known_size))) => {
            family.eq_ignore_ascii_case(known_family) && size == known_size
        }
        _ => false,
    }
}

/// The name of a hash function that one-time codes are not made with here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the algorithm must be SHA1, SHA256 or SHA512")]
pub struct UnknownAlgorithm;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_they_are_written() {
        for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        }
    }

    #[test]
    fn a_person_may_write_the_dash_and_lower_case() {
        assert_eq!("sha-256".parse(), Ok(Algorithm::Sha256));
        assert_eq!("Sha512".parse(), Ok(Algorithm::Sha512));
    }

    #[test]
    fn other_hashes_are_refused() {
        for name in [
            "", "MD5", "SHA", "SHA-", "-1", "SHA2-56", "SHA224", "SHA1 ", "SHÄ1",
        ] {
            assert_eq!(name.parse::<Algorithm>(), Err(UnknownAlgorithm), "{name}");
        }
    }
}
