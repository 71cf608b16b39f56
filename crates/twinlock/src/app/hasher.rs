//! The pool that hashes passwords: as many at once as there are cores, a short queue, and an honest "come back" beyond it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
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
        )?;
        Ok(Self {
            running: Arc::new(Semaphore::new(cores.max(1))),
            admitted: Arc::new(Semaphore::new(cores.max(1) + QUEUE)),
            dummy: dummy.into(),
            cores: cores.max(1),
            meters,
            done: Arc::default(),
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
        Ok(self.run(place, move || hash(&password, &salt)).await??)
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
            .run(place, move || matches(&password, &against))
            .await?
            && real)
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stop> {
        let _place = place;
        let _running = self
            .running
            .acquire()
            .await
            .map_err(|_| Fault::Overloaded("password hashing"))?;
        self.done.fetch_add(1, Ordering::Relaxed);
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| Fault::Internal(String::from("password hashing stopped")).into())
    }
}

fn argon2() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(MEMORY, PASSES, LANES, None)
        .map_err(|error| Fault::Internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str, salt: &[u8; 16]) -> Result<String, Fault> {
    let hash = argon2()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| Fault::Internal(error.to_string()))?;
    Ok(hash.to_string())
}

fn matches(password: &str, stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else {
        return false;
    };
    argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &parsed).is_ok())
}
