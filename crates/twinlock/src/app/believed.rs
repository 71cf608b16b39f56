//! The time the service believes. It is the machine's, as long as that goes on where it was; a clock that jumps is doubted, and time
//! then runs on from what was believed before, by the count of what passed since the machine was started.
//!
//! So a clock that is years ahead for an hour ends no session, forgets no failure and spends no code of years to come, and one that
//! is set back brings nothing back to life. What is doubted is said (log, `/readyz`, `twinlock doctor`), and ends by itself or by an
//! operator's word. The rule is [`Belief::after`], and nothing else in the program knows of it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Timestamp;
use super::clock::{Clock, Doubt, Mark};

/// A jump up to this is followed: time servers make such.
const TOLERANCE: i64 = 5 * 60 * 1000;
/// A jump from here on is worth a line in the log.
const WORTH_A_WORD: i64 = 30 * 1000;
/// How long a service may have been off before its start.
const LONGEST_OFF: i64 = 31 * 24 * 3600 * 1000;
/// How long a virtual machine may have been paused without noticing,
const LONGEST_PAUSE: i64 = 24 * 3600 * 1000;
/// and for how long the clock has then to stay where it is until it is believed.
const STEADY_FOR: i64 = 10 * 60 * 1000;

/// Milliseconds that have passed since some fixed moment, whatever the clock is set to.
pub trait Steady: Send + Sync {
    /// The count now. It never goes back.
    fn millis(&self) -> i64;
}

/// The machine's count since it was started, sleep included.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemSteady;

impl Steady for SystemSteady {
    fn millis(&self) -> i64 {
        #[cfg(target_os = "linux")]
        let which = rustix::time::ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        let which = rustix::time::ClockId::Monotonic;
        let count = rustix::time::clock_gettime(which);
        count.tv_sec * 1000 + count.tv_nsec / 1_000_000
    }
}

/// What is believed: that it was `at` when the steady count stood at `counted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Belief {
    at: i64,
    counted: i64,
    /// Whether the machine's clock agreed since the start. Before that nobody knows for how long the service was off.
    agreed: bool,
    doubt: Option<Doubted>,
}

/// A jump that is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Doubted {
    /// How far the machine's clock is ahead; negative when it is behind.
    by: i64,
    /// Where the steady count stood when it was first seen there.
    since: i64,
}

impl Belief {
    fn first(at: i64, counted: i64) -> Self {
        Self {
            at,
            counted,
            agreed: false,
            doubt: None,
        }
    }

    fn following(at: i64, counted: i64) -> Self {
        Self {
            agreed: true,
            ..Self::first(at, counted)
        }
    }

    fn now(&self, counted: i64) -> i64 {
        self.at
            .saturating_add(counted.saturating_sub(self.counted).max(0))
    }

    /// What is believed after a look at the machine's clock.
    fn after(self, machine: i64, counted: i64) -> Self {
        let by = machine.saturating_sub(self.now(counted));
        let doubted = match self.doubt {
            Some(before) if by.saturating_sub(before.by).saturating_abs() <= TOLERANCE => before,
            _ => Doubted { by, since: counted },
        };
        let was_off = !self.agreed && (0..=LONGEST_OFF).contains(&by);
        let was_paused = (0..=LONGEST_PAUSE).contains(&by)
            && counted.saturating_sub(doubted.since) >= STEADY_FOR;
        if by.saturating_abs() <= TOLERANCE || was_off || was_paused {
            return Self::following(machine, counted);
        }
        Self {
            doubt: Some(doubted),
            ..self
        }
    }

    /// What is believed after hearing what all servers of this database believe, `accepted` by an operator just now or not.
    fn having_heard(self, seen: i64, accepted: bool, machine: i64, counted: i64) -> Self {
        let machine_agrees = machine.saturating_sub(seen).saturating_abs() <= TOLERANCE;
        let others_are_ahead = seen.saturating_sub(self.now(counted)) > TOLERANCE;
        match (accepted, others_are_ahead) {
            (true, _) | (_, true) if machine_agrees => Self::following(machine, counted),
            (true, _) => Self::first(seen, counted),
            _ => self,
        }
    }
}

#[derive(Default)]
struct State {
    belief: Option<Belief>,
    acceptances: u64,
}

/// See the module's text.
pub struct BelievedClock<C, S> {
    machine: C,
    steady: S,
    state: Mutex<State>,
}

impl<C: Clock, S: Steady> BelievedClock<C, S> {
    /// A clock that believes nothing yet: it takes the machine's time, unless it hears something first.
    pub fn new(machine: C, steady: S) -> Self {
        Self {
            machine,
            steady,
            state: Mutex::default(),
        }
    }

    /// Looks at the machine's clock, and what is believed now.
    fn look(&self) -> (Timestamp, Option<Doubt>, u64) {
        let (machine, counted) = (self.machine.now().as_millis(), self.steady.millis());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state
            .belief
            .unwrap_or_else(|| Belief::following(machine, counted));
        let after = before.after(machine, counted);
        state.belief = Some(after);
        let acceptances = state.acceptances;
        drop(state);
        tell(before, after, machine, counted);
        let now = Timestamp::from_millis(after.now(counted));
        let doubt = after.doubt.map(|_| Doubt {
            believed: now,
            machine: Timestamp::from_millis(machine),
        });
        (now, doubt, acceptances)
    }
}

impl<C: Clock, S: Steady> Clock for BelievedClock<C, S> {
    fn now(&self) -> Timestamp {
        self.look().0
    }

    fn doubt(&self) -> Option<Doubt> {
        self.look().1
    }

    fn mark(&self) -> Option<Mark> {
        let (seen, _, acceptances) = self.look();
        Some(Mark { acceptances, seen })
    }

    fn hear(&self, mark: Mark) {
        let (machine, counted) = (self.machine.now().as_millis(), self.steady.millis());
        let seen = mark.seen.as_millis();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let accepted = mark.acceptances > state.acceptances;
        state.belief = Some(match state.belief {
            None => Belief::first(seen, counted),
            Some(belief) => belief.having_heard(seen, accepted, machine, counted),
        });
        state.acceptances = state.acceptances.max(mark.acceptances);
    }
}

fn tell(before: Belief, after: Belief, machine: i64, counted: i64) {
    let believed = before.now(counted);
    let by = Duration::from_millis(machine.abs_diff(believed)).as_secs();
    let direction = if machine > believed {
        "ahead"
    } else {
        "behind"
    };
    match (before.doubt, after.doubt) {
        (None, Some(_)) => tracing::error!(
            seconds = by,
            direction,
            "the machine's clock jumped and is not followed; set it right, or say that it is right: twinlock doctor --accept-clock"
        ),
        (Some(_), None) => tracing::warn!("the machine's clock is followed again"),
        (None, None)
            if before.agreed && machine.abs_diff(believed) > WORTH_A_WORD.unsigned_abs() =>
        {
            tracing::warn!(seconds = by, direction, "the machine's clock was moved");
        }
        _ => {}
    }
}

/// Whether a clock of `machine` may be followed by a service that was off since `seen`, for `twinlock doctor`.
#[must_use]
pub fn may_follow(seen: Timestamp, machine: Timestamp) -> bool {
    let by = machine.as_millis().saturating_sub(seen.as_millis());
    (-TOLERANCE..=LONGEST_OFF).contains(&by)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600 * 1000;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    const START: i64 = 1_800_000_000_000;

    fn running() -> Belief {
        Belief::following(START, 0)
    }

    #[test]
    fn a_clock_that_goes_on_is_followed_and_so_is_a_small_step_either_way() {
        for step in [0, 29_000, -29_000, TOLERANCE, -TOLERANCE] {
            let after = running().after(START + HOUR + step, HOUR);
            assert_eq!(after, Belief::following(START + HOUR + step, HOUR));
        }
    }

    #[test]
    fn z08_z09_a_jump_of_a_running_machine_is_not_followed_and_time_runs_on() {
        for jump in [TOLERANCE + 1, 10 * YEAR, -TOLERANCE - 1, -DAY, -50 * YEAR] {
            let doubted = running().after(START + HOUR + jump, HOUR);
            assert_eq!(doubted.now(HOUR), START + HOUR, "{jump}");
            assert!(doubted.doubt.is_some());
            let later = doubted.after(START + 2 * HOUR + jump, 2 * HOUR);
            if !(0..=LONGEST_PAUSE).contains(&jump) {
                assert_eq!(later.now(2 * HOUR), START + 2 * HOUR, "{jump}");
                let right = later.after(START + 3 * HOUR, 3 * HOUR);
                assert_eq!(right, Belief::following(START + 3 * HOUR, 3 * HOUR));
            }
        }
    }

    #[test]
    fn z09_a_pause_is_believed_once_the_clock_has_stayed_where_it_is() {
        let jump = 3 * HOUR;
        let first = running().after(START + jump, 0);
        let soon = first.after(START + jump + STEADY_FOR - 1, STEADY_FOR - 1);
        assert!(soon.doubt.is_some());
        let moved_again = soon.after(START + 5 * HOUR, STEADY_FOR);
        assert_eq!(moved_again.doubt.unwrap().since, STEADY_FOR, "counted anew");
        let late = soon.after(START + jump + STEADY_FOR, STEADY_FOR);
        assert_eq!(
            late,
            Belief::following(START + jump + STEADY_FOR, STEADY_FOR)
        );
    }

    #[test]
    fn z09_a_start_after_weeks_is_believed_and_one_years_ahead_or_behind_is_not() {
        let stopped = Belief::first(START, 0);
        assert!(stopped.after(START + 30 * DAY, 0).doubt.is_none());
        assert!(stopped.after(START + 32 * DAY, 0).doubt.is_some());
        // A machine that lost its clock comes up in 1970 and is set right a moment later.
        let lost = stopped.after(0, 0);
        assert_eq!(lost.now(1000), START + 1000);
        assert!(lost.after(START + DAY, 2000).doubt.is_none());
    }

    #[test]
    fn an_operators_word_is_believed_where_the_machine_agrees_with_it() {
        let doubted = running().after(START + 10 * YEAR, 0);
        let word = START + 10 * YEAR;
        assert_eq!(
            doubted.having_heard(word, true, word + 60_000, 60_000),
            Belief::following(word + 60_000, 60_000)
        );
        let elsewhere = running().having_heard(word, true, START, 0);
        assert_eq!(
            elsewhere.now(0),
            word,
            "this machine is the one that is wrong"
        );
        assert!(elsewhere.after(START, 0).doubt.is_some());
        assert_eq!(doubted.having_heard(START, false, word, 0), doubted);
    }

    #[test]
    fn a_server_that_was_paused_believes_the_others_where_its_clock_agrees() {
        let paused = running().after(START + 2 * DAY, 0);
        assert!(paused.doubt.is_some());
        let heard = paused.having_heard(START + 2 * DAY - 60_000, false, START + 2 * DAY, 0);
        assert_eq!(heard, Belief::following(START + 2 * DAY, 0));
    }

    #[test]
    fn z10_no_time_a_clock_can_show_overflows() {
        for machine in [i64::MIN, -1, 0, i64::MAX] {
            for counted in [0, i64::MAX] {
                let _ = running().after(machine, counted).now(i64::MAX);
                let _ = running().having_heard(machine, true, i64::MIN, counted);
                let _ = Belief::first(machine, counted).after(i64::MIN, i64::MAX);
            }
        }
    }
}
