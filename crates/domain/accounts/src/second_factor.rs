//! What somebody proves beside their password: a code that a device shows for half a minute (TOTP, RFC 6238), or one
//! of a few that are kept for when the device is lost.

mod key;

pub use key::{FactorKey, RECOVERY_CODES, RecoveryCode, RecoveryHash, TotpSecret};

use chrono::TimeDelta;
use kernel::{AccountId, FactorId, Timestamp};
use key::Typed;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a secret that was shown waits for the first code.
const WAITS: TimeDelta = TimeDelta::hours(1);
/// So many wrong codes of a device since a right one, and no further one is looked at until [`WINDOW`] is over, which the
/// first of them began in its hour. Whoever has the password and tries for a year has then had one chance in four; the owner
/// was told after the first ten.
const MOST_WRONG: u32 = 10;
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// The second factor of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Whose.
    pub account: AccountId,
    /// What the device's secret is derived from; another one with each enrolment.
    pub id: FactorId,
    /// When the secret was shown.
    pub created_at: Timestamp,
    /// When the first code came. Before that nobody is asked for one.
    pub confirmed_at: Option<Timestamp>,
    /// The newest time step of which a code was used.
    pub last_step: Option<u64>,
    /// The recovery codes that were not used.
    pub recovery: Vec<RecoveryHash>,
    /// How many codes were wrong since a right one, or since it was so many that for a while none was looked at.
    pub wrong: u32,
    /// When the first of the last [`WINDOW`] came.
    pub wrong_since: Option<Timestamp>,
}

/// With what somebody proved to have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// What the device shows.
    Device,
    /// One of the recovery codes, which is used up by it.
    Recovery,
}

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// It is another, is no longer shown, or was used.
    #[error("the code is wrong")]
    Wrong {
        /// Whether it was the last that is looked at for now.
        last: bool,
    },
    /// Too many were wrong.
    #[error("too many codes were wrong")]
    Blocked {
        /// How long no code of the device is looked at.
        wait: Duration,
    },
}

impl SecondFactor {
    /// One that waits for its first code.
    #[must_use]
    pub fn begin(account: AccountId, now: Timestamp) -> Self {
        Self {
            account,
            id: FactorId::generate(now),
            created_at: now,
            confirmed_at: None,
            last_step: None,
            recovery: Vec::new(),
            wrong: 0,
            wrong_since: None,
        }
    }

    /// Whether it is asked for.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Until when its first code is waited for.
    #[must_use]
    pub fn waits_until(&self) -> Timestamp {
        self.created_at + WAITS
    }

    /// Takes a code: each of a device once, and none older than the one before; each recovery code once.
    ///
    /// # Errors
    /// A [`CodeRefusal`]. What it changes all the same, the count of wrong codes, has to be saved.
    pub fn prove(&mut self, typed: &str, key: &FactorKey, now: Timestamp) -> Result<Proof, CodeRefusal> {
        match Typed::read(typed) {
            Typed::Shown(digits) => self.prove_by_device(&digits, key, now).map(|()| Proof::Device),
            Typed::Kept(code) => {
                // Nobody guesses one of these, so that wrong ones lock nobody out.
                let hash = key.recovery_hash(self.id, &code);
                let place = self.recovery.iter().position(|kept| *kept == hash);
                let place = place.ok_or(CodeRefusal::Wrong { last: false })?;
                self.recovery.remove(place);
                Ok(Proof::Recovery)
            }
        }
    }

    /// Takes the first code of the device, and gives the recovery codes.
    ///
    /// # Errors
    /// A [`CodeRefusal`], as of [`Self::prove`].
    pub fn confirm(
        &mut self,
        typed: &str,
        key: &FactorKey,
        now: Timestamp,
    ) -> Result<Vec<RecoveryCode>, CodeRefusal> {
        let Typed::Shown(digits) = Typed::read(typed) else {
            return Err(CodeRefusal::Wrong { last: false });
        };
        self.prove_by_device(&digits, key, now)?;
        self.confirmed_at = Some(now);
        Ok(self.replace_recovery_codes(key, now))
    }

    /// Gives new recovery codes; those before are worth nothing.
    #[must_use]
    pub fn replace_recovery_codes(&mut self, key: &FactorKey, now: Timestamp) -> Vec<RecoveryCode> {
        let codes = key.recovery_codes(now);
        self.recovery = codes.iter().map(|code| key.recovery_hash(self.id, code.expose())).collect();
        codes
    }

    fn prove_by_device(&mut self, digits: &str, key: &FactorKey, now: Timestamp) -> Result<(), CodeRefusal> {
        if let Some(wait) = self.blocked_for(now) {
            return Err(CodeRefusal::Blocked { wait });
        }
        let step = key.step(self.id, digits, now);
        let Some(step) = step.filter(|step| self.last_step.is_none_or(|last| *step > last)) else {
            self.count_wrong(now);
            return Err(CodeRefusal::Wrong { last: self.blocked_for(now).is_some() });
        };
        self.last_step = Some(step);
        self.wrong = 0;
        self.wrong_since = None;
        Ok(())
    }

    fn blocked_for(&self, now: Timestamp) -> Option<Duration> {
        let until = self.wrong_since.filter(|_| self.wrong >= MOST_WRONG)? + WINDOW;
        (until - now).to_std().ok().filter(|wait| !wait.is_zero())
    }

    /// They count until a right one comes: who tried nine an hour would otherwise try for ever, and no owner be told. What
    /// ends with the hour is that none is looked at.
    fn count_wrong(&mut self, now: Timestamp) {
        let over = self.wrong_since.is_none_or(|since| now >= since + WINDOW);
        if over && self.wrong >= MOST_WRONG {
            self.wrong = 0;
        }
        if over {
            self.wrong_since = Some(now);
        }
        self.wrong = self.wrong.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE32_NOPAD;
    use proptest::prelude::*;
    use totp_rs::{Builder, Secret};

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn key() -> FactorKey {
        FactorKey::new([7; 32])
    }

    /// What the device shows, from the secret as it was given.
    fn shown(factor: &SecondFactor, now: Timestamp) -> String {
        let secret = BASE32_NOPAD.decode(key().secret(factor.id).base32().as_bytes()).unwrap();
        let secret = Secret::new_stack(secret.try_into().unwrap());
        let totp = Builder::new().with_secret(secret).build_noncompliant();
        totp.generate(u64::try_from(now.timestamp()).unwrap()).to_string()
    }

    fn wrong(factor: &SecondFactor, now: Timestamp) -> String {
        let near: Vec<_> = (-1..=1).map(|step| shown(factor, now + TimeDelta::seconds(30 * step))).collect();
        ["000000", "111111", "222222", "333333"]
            .map(str::to_owned)
            .into_iter()
            .find(|one| !near.contains(one))
            .unwrap()
    }

    /// Always the same one, so that no codes are alike by chance on some days only.
    fn begun() -> SecondFactor {
        let id = FactorId::from(uuid::Uuid::nil());
        SecondFactor { id, ..SecondFactor::begin(AccountId::generate(noon()), noon()) }
    }

    fn confirmed() -> (SecondFactor, Vec<RecoveryCode>) {
        let mut factor = begun();
        let first = shown(&factor, noon());
        let codes = factor.confirm(&first, &key(), noon()).unwrap();
        (factor, codes)
    }

    #[test]
    fn it_is_asked_for_from_the_first_code_on() {
        let mut factor = begun();
        assert_eq!((factor.is_confirmed(), factor.waits_until()), (false, noon() + TimeDelta::hours(1)));
        for nonsense in [wrong(&factor, noon()).as_str(), "", "ABCD-EFGH-IJKL-MNOP"] {
            let refused = factor.confirm(nonsense, &key(), noon());
            assert_eq!(refused, Err(CodeRefusal::Wrong { last: false }), "{nonsense}");
        }
        assert!(!factor.is_confirmed() && factor.recovery.is_empty());
        let first = shown(&factor, noon());
        assert_eq!(factor.confirm(&first, &key(), noon()).unwrap().len(), usize::from(RECOVERY_CODES));
        assert!(factor.is_confirmed());
    }

    #[test]
    fn a_code_is_used_once_and_none_before_it() {
        let (mut factor, _) = confirmed();
        let late = noon() + TimeDelta::minutes(5);
        let (before, code) = (shown(&factor, late - TimeDelta::seconds(30)), shown(&factor, late));
        assert_eq!(factor.prove(&code, &key(), late), Ok(Proof::Device));
        for spent in [&code, &before] {
            let refused = factor.prove(spent, &key(), late + TimeDelta::seconds(10));
            assert_eq!(refused, Err(CodeRefusal::Wrong { last: false }));
        }
        let next = shown(&factor, late + TimeDelta::seconds(30));
        assert_eq!(factor.prove(&next, &key(), late + TimeDelta::seconds(30)), Ok(Proof::Device));
    }

    #[test]
    fn the_code_that_confirmed_logs_nobody_in() {
        let (mut factor, _) = confirmed();
        let first = shown(&factor, noon());
        assert_eq!(factor.prove(&first, &key(), noon()), Err(CodeRefusal::Wrong { last: false }));
    }

    #[test]
    fn each_recovery_code_works_once_and_new_ones_void_the_old() {
        let (mut factor, codes) = confirmed();
        let [first, second] = [codes[0].expose(), codes[1].expose()];
        assert_eq!(factor.prove(&first.to_lowercase(), &key(), noon()), Ok(Proof::Recovery));
        assert_eq!(factor.recovery.len(), 9);
        assert_eq!(factor.prove(first, &key(), noon()), Err(CodeRefusal::Wrong { last: false }));
        let new = factor.replace_recovery_codes(&key(), noon());
        assert_eq!(factor.prove(second, &key(), noon()), Err(CodeRefusal::Wrong { last: false }));
        assert_eq!(factor.prove(new[9].expose(), &key(), noon()), Ok(Proof::Recovery));
    }

    #[test]
    fn after_ten_wrong_codes_none_is_looked_at_for_the_rest_of_the_hour() {
        let (mut factor, codes) = confirmed();
        for number in 1..=10 {
            let now = noon() + TimeDelta::minutes(number);
            let code = wrong(&factor, now);
            assert_eq!(factor.prove(&code, &key(), now), Err(CodeRefusal::Wrong { last: number == 10 }));
        }
        let now = noon() + TimeDelta::minutes(21);
        let right = shown(&factor, now);
        let blocked = Err(CodeRefusal::Blocked { wait: Duration::from_secs(40 * 60) });
        assert_eq!(factor.prove(&right, &key(), now), blocked);
        let before = factor.clone();
        assert_eq!(factor.prove("nonsense", &key(), now), Err(CodeRefusal::Wrong { last: false }));
        assert_eq!(factor, before, "what nobody guesses is not counted");
        assert_eq!(factor.prove(codes[0].expose(), &key(), now), Ok(Proof::Recovery), "the owner gets in");
        let over = noon() + TimeDelta::minutes(61);
        let right = shown(&factor, over);
        assert_eq!(factor.prove(&right, &key(), over), Ok(Proof::Device));
        assert_eq!((factor.wrong, factor.wrong_since), (0, None));
    }

    #[test]
    fn wrong_codes_of_other_hours_count_until_a_right_one_comes() {
        let (mut factor, _) = confirmed();
        let try_wrong = |factor: &mut SecondFactor, now: Timestamp| {
            let code = wrong(factor, now);
            factor.prove(&code, &key(), now)
        };
        // Nine in an hour, and one a day later.
        for number in 0..9 {
            let refused = try_wrong(&mut factor, noon() + TimeDelta::minutes(6 * number));
            assert_eq!(refused, Err(CodeRefusal::Wrong { last: false }), "{number}");
        }
        let day = noon() + TimeDelta::days(1);
        assert_eq!(try_wrong(&mut factor, day), Err(CodeRefusal::Wrong { last: true }), "the owner is told");
        let blocked = Err(CodeRefusal::Blocked { wait: Duration::from_secs(30 * 60) });
        assert_eq!(try_wrong(&mut factor, day + TimeDelta::minutes(30)), blocked);
        // The hour over, ten more, and told again.
        let later = day + TimeDelta::hours(1);
        for number in 1..=10 {
            let refused = try_wrong(&mut factor, later + TimeDelta::hours(2 * number));
            assert_eq!(refused, Err(CodeRefusal::Wrong { last: number == 10 }), "{number}");
        }
        // What the owner mistyped is forgotten with the next right one.
        let over = later + TimeDelta::days(2);
        let right = shown(&factor, over);
        assert_eq!(factor.prove(&right, &key(), over), Ok(Proof::Device));
        for number in 1..=9 {
            let refused = try_wrong(&mut factor, over + TimeDelta::hours(number));
            assert_eq!(refused, Err(CodeRefusal::Wrong { last: false }), "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_code_works_twice_whatever_is_tried(tries in prop::collection::vec((0..10_i64, -2..=2_i64), 0..40)) {
            let (mut factor, _) = confirmed();
            let (mut now, mut used) = (noon(), vec![noon().timestamp() / 30]);
            for (later, off) in tries {
                now += TimeDelta::seconds(later * 10);
                let of = now + TimeDelta::seconds(30 * off);
                let step = of.timestamp() / 30;
                let taken = factor.prove(&shown(&factor, of), &key(), now).is_ok();
                prop_assert!(!taken || used.iter().all(|one| step > *one));
                if taken {
                    used.push(step);
                }
            }
        }

        #[test]
        fn nonsense_is_no_code(text in ".{0,60}") {
            let (mut factor, _) = confirmed();
            let (now, before) = (noon(), factor.recovery.clone());
            prop_assert!(factor.prove(&text, &key(), now).is_err());
            prop_assert_eq!(factor.recovery, before);
        }
    }
}
