//! The pool that hashes passwords: as many at once as there are cores, a short queue, and an honest "come back" beyond it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::{Draw, Fault, Meters, Stop};

/// Memory in KiB, passes and lanes: fixed, never tuned by the machine.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes that may wait for a core.
const QUEUE: usize = 64;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Hasher {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    /// A hash nobody's password has, checked where an account has none.
    dummy: Arc<str>,
    cores: usize,
    meters: Meters,
    done: Arc<AtomicU64>,
    memory: Memory,
}

/// A place in the queue of the pool.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Hasher {
    /// A pool for `cores` hashes at once.
    ///
    /// # Errors
    /// When the parameters are refused by the library.
    pub fn new(cores: usize, meters: Meters, draw: &mut Draw) -> Result<Self, Fault> {
        let dummy = hash(
            &Zeroizing::new(data_encoding::HEXLOWER.encode(&draw.bytes::<16>())),
            &draw.bytes(),
            &mut Blocks::new(),
        )?;
        Ok(Self {
            running: Arc::new(Semaphore::new(cores.max(1))),
            admitted: Arc::new(Semaphore::new(cores.max(1) + QUEUE)),
            dummy: dummy.into(),
            cores: cores.max(1),
            meters,
            done: Arc::default(),
            memory: Memory::default(),
        })
    }

    /// Passwords being hashed now, and passwords waiting for a core.
    #[must_use]
    pub fn busy(&self) -> (usize, usize) {
        let running = self.cores.saturating_sub(self.running.available_permits());
        let admitted = (self.cores + QUEUE).saturating_sub(self.admitted.available_permits());
        (running, admitted.saturating_sub(running))
    }

    /// Passwords hashed since the start, the dummy included: what an address costs is the same whether anybody has it.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The hash of a new password, as a PHC string.
    ///
    /// # Errors
    /// [`Fault::Overloaded`] when the queue is full.
    pub async fn hash(&self, password: Zeroizing<String>, salt: [u8; 16]) -> Result<String, Stop> {
        let place = self.reserve()?;
        Ok(self
            .run(place, move |blocks| hash(&password, &salt, blocks))
            .await??)
    }

    /// A place in the queue, to be taken before a try is counted: a try that is counted is hashed.
    ///
    /// # Errors
    /// [`Fault::Overloaded`] when the queue is full.
    pub fn reserve(&self) -> Result<Place, Stop> {
        let permit = Arc::clone(&self.admitted).try_acquire_owned();
        let permit = permit.map_err(|_| {
            self.meters.hash_refused();
            Fault::Overloaded("password hashing")
        })?;
        Ok(Place { _permit: permit })
    }

    /// Whether a password has this hash. Without a hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// [`Fault::Internal`] when the pool stopped.
    pub async fn check(
        &self,
        place: Place,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, Stop> {
        let real = stored.is_some();
        let against = stored.unwrap_or_else(|| self.dummy.to_string());
        Ok(self
            .run(place, move |blocks| matches(&password, &against, blocks))
            .await?
            && real)
    }

    /// Runs on a thread that may block. Its places go with the work, not with the request: somebody who hangs up does not make room while
    /// the core is still busy with what they asked.
    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&mut Blocks) -> T + Send + 'static,
    ) -> Result<T, Stop> {
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| Fault::Overloaded("password hashing"))?;
        self.done.fetch_add(1, Ordering::Relaxed);
        let memory = self.memory.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _places = (place, running);
            memory.lend(work)
        });
        done.await
            .map_err(|_| Fault::Internal(String::from("password hashing stopped")).into())
    }
}

/// What one hash is computed in.
type Blocks = Vec<Block>;

/// The memory of the hashes that run, kept between them: as much as is in use at once, never more. Asking the system for it anew costs
/// a third of a hash in page faults, and the allocator keeps a copy for every thread that ever hashed.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<Blocks>>>);

impl Memory {
    fn lend<T>(&self, work: impl FnOnce(&mut Blocks) -> T) -> T {
        let kept = self.0.lock().ok().and_then(|mut kept| kept.pop());
        let mut blocks = kept.unwrap_or_default();
        let done = work(&mut blocks);
        if let Ok(mut kept) = self.0.lock() {
            kept.push(blocks);
        }
        done
    }
}

fn params() -> Result<Params, Fault> {
    Params::new(MEMORY, PASSES, LANES, None).map_err(|error| Fault::Internal(error.to_string()))
}

fn hash(password: &str, salt: &[u8; 16], blocks: &mut Blocks) -> Result<String, Fault> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params()?);
    let computed = Salt::new(salt)
        .ok()
        .and_then(|salt| Some((salt, compute(&argon2, password, &salt, blocks)?)));
    let (salt, output) = computed.ok_or_else(|| Fault::Internal(String::from("hash")))?;
    let params = ParamsString::try_from(argon2.params());
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params.map_err(|error| Fault::Internal(error.to_string()))?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Whether a password has a stored hash, with the algorithm and cost written in it.
fn matches(password: &str, stored: &str, blocks: &mut Blocks) -> bool {
    let against = PasswordHash::new(stored).ok().and_then(|parsed| {
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).ok()?;
        let version = Version::try_from(parsed.version?).ok()?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&parsed).ok()?);
        Some((argon2, parsed.salt?, parsed.hash?))
    });
    let Some((argon2, salt, hash)) = against else {
        return false;
    };
    compute(&argon2, password, &salt, blocks)
        .is_some_and(|computed| bool::from(computed.as_bytes().ct_eq(hash.as_bytes())))
}

fn compute(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    blocks: &mut Blocks,
) -> Option<Output> {
    let params = argon2.params();
    if blocks.len() < params.block_count() {
        blocks.resize(params.block_count(), Block::default());
    }
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN))?;
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, output, blocks)
        .ok()?;
    Output::new(output).ok()
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    #[test]
    fn a_password_has_its_own_hash_and_no_other_in_memory_used_before() {
        let memory = Memory::default();
        let one = memory.lend(|blocks| hash("otters juggle pebbles", &[1; 16], blocks).unwrap());
        let two = memory.lend(|blocks| hash("pebbles juggle otters", &[2; 16], blocks).unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        for (password, stored, is_it) in [
            ("otters juggle pebbles", &one, true),
            ("pebbles juggle otters", &two, true),
            ("pebbles juggle otters", &one, false),
            ("", &one, false),
        ] {
            assert_eq!(
                memory.lend(|blocks| matches(password, stored, blocks)),
                is_it,
                "{password}"
            );
        }
        // The same as the library by itself, also with another cost than ours.
        let own = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(32_768, 1, 2, None).unwrap(),
        );
        let theirs = own
            .hash_password_with_salt(b"secret of before", &[3; 16])
            .unwrap()
            .to_string();
        assert!(memory.lend(|blocks| matches("secret of before", &theirs, blocks)));
        assert!(
            own.verify_password(b"secret of before", theirs.as_str())
                .is_ok()
        );
        assert!(
            Argon2::default()
                .verify_password(b"otters juggle pebbles", one.as_str())
                .is_ok()
        );
        assert_eq!(memory.0.lock().unwrap().len(), 1);
        for odd in ["", "x", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ"] {
            assert!(!memory.lend(|blocks| matches("x", odd, blocks)), "{odd}");
        }
    }
}
