//! What stays, for any history.

use super::*;
use proptest::prelude::*;

const RULE: Rule = Rule { daily: 7, weekly: 5, monthly: 12 };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn named(text: &str) -> BackupName {
    BackupName::generate(at(text))
}

/// One at three in the morning of each of these many days before the last one.
fn daily(days: i64, standing: Standing) -> Vec<(BackupName, Standing)> {
    let last = at("2026-06-30T03:00:00Z");
    (0..days).map(|back| (BackupName::generate(last - TimeDelta::days(back)), standing)).collect()
}

/// What goes of these, of which each has as many rows as the others.
fn gone(all: &[(BackupName, Standing)], rule: Rule, now: Timestamp) -> Vec<BackupName> {
    let alike = |(name, standing): &(BackupName, Standing)| Candidate {
        name: name.clone(),
        standing: *standing,
        rows: 100,
    };
    rule.removable(&all.iter().map(alike).collect::<Vec<_>>(), now)
}

fn left(all: &[(BackupName, Standing)], rule: Rule, now: Timestamp) -> Vec<(BackupName, Standing)> {
    let gone = gone(all, rule, now);
    all.iter().filter(|(name, _)| !gone.contains(name)).cloned().collect()
}

#[test]
fn of_a_year_of_daily_ones_the_last_days_weeks_and_months_stay() {
    let all = daily(400, Standing::Good(Depth::Restored));
    let now = at("2026-06-30T04:00:00Z");
    let left: Vec<_> =
        left(&all, RULE, now).iter().map(|(name, _)| name.made_at().format("%m-%d").to_string()).collect();
    let days = ["06-30", "06-29", "06-28", "06-27", "06-26", "06-25", "06-24"];
    // Sundays, of which 06-28 is a day, too; and the last days of months.
    let weeks = ["06-21", "06-14", "06-07"];
    let months =
        ["05-31", "04-30", "03-31", "02-28", "01-31", "12-31", "11-30", "10-31", "09-30", "08-31", "07-31"];
    assert_eq!(left, [&days[..], &weeks[..], &months[..]].concat());
}

#[test]
fn days_without_a_backup_do_not_count() {
    let rule = Rule { daily: 2, weekly: 0, monthly: 0 };
    let all =
        ["2026-06-01T03:00:00Z", "2026-03-01T03:00:00Z", "2026-01-01T03:00:00Z", "2026-01-01T02:00:00Z"]
            .map(|text| (named(text), Standing::Good(Depth::Sums)));
    assert_eq!(left(&all, rule, at("2026-07-01T00:00:00Z")), all[..2]);
}

#[test]
fn while_nothing_was_found_good_nothing_goes() {
    let now = at("2027-01-01T00:00:00Z");
    for standing in [Standing::Unchecked, Standing::Bad, Standing::Unfinished] {
        assert_eq!(gone(&daily(50, standing), RULE, now), [], "{standing:?}");
    }
}

#[test]
fn the_last_one_that_was_restored_is_not_given_away_for_newer_ones_that_were_not() {
    let mut all = daily(60, Standing::Good(Depth::Sums));
    all[55].1 = Standing::Good(Depth::Restored);
    all[57].1 = Standing::Good(Depth::Restored);
    let rule = Rule { daily: 3, weekly: 0, monthly: 0 };
    let left = left(&all, rule, at("2026-07-01T00:00:00Z"));
    assert_eq!(left, [&all[..3], &all[55..56]].concat());
}

#[test]
fn bad_ones_take_nobodys_place_and_go_after_a_week() {
    let mut all = daily(30, Standing::Good(Depth::Opened));
    for (_, standing) in &mut all[..10] {
        *standing = Standing::Bad;
    }
    let rule = Rule { daily: 2, weekly: 0, monthly: 0 };
    let left = left(&all, rule, at("2026-06-30T04:00:00Z"));
    assert_eq!(left, [&all[..7], &all[10..12]].concat(), "seven bad ones are young");
}

#[test]
fn what_nobody_has_looked_at_takes_the_place_of_no_good_one() {
    let rule = Rule { daily: 2, weekly: 0, monthly: 0 };
    let all = [
        (named("2026-06-30T15:00:00Z"), Standing::Unchecked),
        (named("2026-06-30T03:00:00Z"), Standing::Good(Depth::Restored)),
        (named("2026-06-29T15:00:00Z"), Standing::Unchecked),
        (named("2026-06-29T03:00:00Z"), Standing::Unchecked),
        (named("2026-06-28T03:00:00Z"), Standing::Good(Depth::Restored)),
    ];
    let left = left(&all, rule, at("2026-07-03T00:00:00Z"));
    assert_eq!(left, [all[1].clone(), all[2].clone()], "a day without a good one has its newest");
}

#[test]
fn one_of_which_nobody_can_read_what_was_found_takes_nobodys_place_and_stays() {
    let mut all = daily(5, Standing::Good(Depth::Sums));
    all[0].1 = Standing::Unread;
    all[4].1 = Standing::Unread;
    let rule = Rule { daily: 2, weekly: 0, monthly: 0 };
    let left = left(&all, rule, at("2026-12-01T00:00:00Z"));
    assert_eq!(left, [&all[..3], &all[4..]].concat());
    assert_eq!(gone(&daily(9, Standing::Unread), rule, at("2027-01-01T00:00:00Z")), []);
}

#[test]
fn what_is_being_written_is_left_alone() {
    let all = [
        (named("2026-06-30T03:00:00Z"), Standing::Unfinished),
        (named("2026-06-20T03:00:00Z"), Standing::Unfinished),
        (named("2026-06-19T03:00:00Z"), Standing::Good(Depth::Sums)),
    ];
    assert_eq!(gone(&all, RULE, at("2026-06-30T04:00:00Z")), [all[1].0.clone()]);
}

#[test]
fn young_ones_stay_whatever_is_made_after_them() {
    let rule = Rule { daily: 1, weekly: 0, monthly: 0 };
    let all = [
        (named("2026-06-30T04:00:00Z"), Standing::Good(Depth::Restored)),
        (named("2026-06-30T03:00:00Z"), Standing::Good(Depth::Restored)),
        (named("2026-06-30T02:00:00Z"), Standing::Unchecked),
        (named("2026-06-29T03:00:00Z"), Standing::Good(Depth::Restored)),
        (named("2026-06-28T04:00:00Z"), Standing::Good(Depth::Restored)),
    ];
    assert_eq!(left(&all, rule, at("2026-06-30T04:00:00Z")), all[..4], "two days are over");
    assert_eq!(left(&all, rule, at("2026-07-03T00:00:00Z")), all[..1]);
}

/// Good ones of these days of June at three in the morning, with so many rows.
fn counted(days: &[(u32, u64)]) -> Vec<Candidate> {
    let one = |&(day, rows): &(u32, u64)| Candidate {
        name: named(&format!("2026-06-{day:02}T03:00:00Z")),
        standing: Standing::Good(Depth::Restored),
        rows,
    };
    days.iter().map(one).collect()
}

/// The days of those that stay a year later, when of one day the newest is kept.
fn days_left(days: &[(u32, u64)]) -> Vec<u32> {
    let (rule, all) = (Rule { daily: 1, weekly: 0, monthly: 0 }, counted(days));
    let gone = rule.removable(&all, at("2027-06-30T00:00:00Z"));
    all.iter().filter(|it| !gone.contains(&it.name)).map(|it| it.name.made_at().day()).collect()
}

#[test]
fn those_of_a_store_that_began_anew_do_not_displace_the_last_one_of_before() {
    assert_eq!(days_left(&[(1, 740), (2, 762), (3, 11), (4, 12), (5, 13)]), [2, 5]);
    // It has as many again, and what was before is still something else.
    assert_eq!(days_left(&[(2, 762), (3, 11), (4, 380), (5, 381), (6, 900)]), [2, 4, 6]);
    assert_eq!(days_left(&[(2, 762), (3, 11), (4, 762), (5, 5)]), [4, 5], "of several the newest");
    assert_eq!(days_left(&[(2, 762), (3, 381), (4, 382)]), [4], "it has half as many");
    assert_eq!(days_left(&[(2, 11), (3, 762), (4, 800)]), [4], "it grew");
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::Unfinished),
        Just(Standing::Bad),
        Just(Standing::Unread),
        Just(Standing::Unchecked),
        Just(Standing::Good(Depth::Sums)),
        Just(Standing::Good(Depth::Opened)),
        Just(Standing::Good(Depth::Restored)),
    ]
}

proptest! {
    /// Whatever was made, and however it turned out: the newest that was found good so deep stays, for every depth, and the
    /// last one of before a store was lost; what is young stays; who applies the rule twice removes nothing more; and what was
    /// not to go the first time does not go because of others.
    #[test]
    fn the_last_good_one_never_goes_and_a_rule_is_done_when_it_was_applied(
        made in proptest::collection::vec((0_i64..24 * 800, standing(), 0_u64..300), 0..60),
        rule in (0_usize..9, 0_usize..6, 0_usize..14),
        later in 0_i64..24 * 40,
    ) {
        let begin = at("2024-01-01T00:00:00Z");
        let candidate = |(hour, standing, rows)| Candidate {
            name: BackupName::generate(begin + TimeDelta::hours(hour)),
            standing,
            rows,
        };
        let all: Vec<_> = made.into_iter().map(candidate).collect();
        let (daily, weekly, monthly) = rule;
        let rule = Rule { daily, weekly, monthly };
        let now = begin + TimeDelta::hours(24 * 800 + later);
        let gone = rule.removable(&all, now);
        let stays: Vec<_> = all.iter().filter(|it| !gone.contains(&it.name)).cloned().collect();
        for depth in Depth::ALL {
            let newest = |some: &[Candidate]| {
                some.iter()
                    .filter(|it| matches!(it.standing, Standing::Good(to) if to >= depth))
                    .map(|it| it.name.clone())
                    .max()
            };
            prop_assert_eq!(newest(&stays), newest(&all));
        }
        let lost = |some: &[Candidate]| {
            let followed = |before: &&Candidate| {
                let fewer = |it: &Candidate| it.is_good() && it.name > before.name && it.rows * 2 < before.rows;
                before.is_good() && some.iter().any(fewer)
            };
            some.iter().filter(followed).map(|it| (it.rows, it.name.clone())).max()
        };
        prop_assert_eq!(lost(&stays), lost(&all));
        prop_assert_eq!(rule.removable(&stays, now), Vec::<BackupName>::new());
        let whole = |it: &&Candidate| it.is_good() || it.standing == Standing::Unchecked;
        let old = |it: &&Candidate| now - it.name.made_at() >= YOUNG_STAYS;
        let anything_good = all.iter().any(Candidate::is_good);
        let most = daily + weekly + monthly + Depth::ALL.len() + 2;
        prop_assert!(!anything_good || stays.iter().filter(whole).filter(old).count() <= most);
        let young = |some: &[Candidate]| some.iter().filter(whole).filter(|it| !old(it)).count();
        prop_assert_eq!(young(&stays), young(&all));
        let mut backwards = all.clone();
        backwards.reverse();
        prop_assert_eq!(rule.removable(&backwards, now), gone);
    }
}
