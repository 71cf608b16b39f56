//! M01: somebody who is paid for texts has them sent, ten thousand times over a day, by every way we know, while people sign in. Every ceiling
//! of `text_messages/rules` holds, and people whose numbers begin otherwise get their codes until the day's money is spent.

use std::collections::{BTreeMap, BTreeSet};

use twinlock::app::{AccountId, Client, Moment, Refusal, Stop, Tally, Timestamp};
use twinlock::authenticators::sms::flow::read_number;
use twinlock::text_messages::flow::{entered, spend};
use twinlock::text_messages::rules::{
    ACCOUNT, ACCOUNT_UNKNOWN, BLOCK, Ceiling, NETWORK, NUMBER, NUMBER_UNKNOWN,
};
use twinlock::text_messages::store::prefixes;
use twinlock::text_messages::{Number, rules};

use crate::support::texts::with_texts;
use crate::support::{Place, TestApp};

on_both_engines!(m01_ten_thousand_attempts_to_have_texts_sent_stay_within_every_ceiling);

const CAP: u32 = 500;
/// Attempts before the last ones, which come from everywhere at once.
const WAVES: u32 = 9_300;
const ALL: u32 = 10_000;
/// Somebody signs in after so many attempts.
const PEOPLE_EVERY: u32 = 40;
const PEOPLE: u32 = 80;
const COUNTRIES: [&str; 20] = [
    "+33 612345678",
    "+34 612345678",
    "+39 3123456789",
    "+31 612345678",
    "+48 512345678",
    "+43 664123456",
    "+41 781234567",
    "+46 701234567",
    "+47 40612345",
    "+45 20123456",
    "+358 412345678",
    "+353 850123456",
    "+351 912345678",
    "+30 6912345678",
    "+90 5012345678",
    "+7 9123456789",
    "+380 501234567",
    "+91 8123456789",
    "+62 812345678",
    "+234 8021234567",
];
const AREAS: [u32; 40] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225,
    228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 276,
    281, 301,
];

/// How German mobile numbers begin, in each of which the attacker has a block of a hundred.
const BEGINNINGS: [u32; 12] = [
    1511, 1512, 1514, 1515, 1517, 1521, 1522, 1523, 1525, 1526, 1573, 1590,
];

/// One attempt: whose, from where, to which number.
struct Attempt {
    way: &'static str,
    account: u32,
    network: u32,
    phone: String,
}

/// A number of the United States; no two near each other begin alike.
fn american(n: u32) -> String {
    let area = AREAS[(n % 40) as usize];
    format!("+1 {area} {}45 {:04}", 2 + (n / 40) % 8, (n * 137) % 10_000)
}

/// The attacker's `n`th attempt. Accounts and networks are new each time, unless they are what is tried.
fn attempt(n: u32) -> Attempt {
    let to = |way, phone| Attempt {
        way,
        account: 100_000 + n,
        network: 100_000 + n,
        phone,
    };
    if n >= WAVES {
        return to("from everywhere at once", american(n));
    }
    match n % 24 {
        0..5 => to("premium numbers", format!("+49 900 1{:06}", n % 1_000_000)),
        5..10 => to("landlines", format!("+49 30 9{:05}", n % 100_000)),
        10..15 => to(
            "20 other countries",
            COUNTRIES[(n / 3 % 20) as usize].to_owned(),
        ),
        15..18 => {
            let at = (n / 24 % 12) as usize;
            let neighbour = n / 288 * 3 + n % 3;
            let phone = format!("+49 {} 12345{neighbour:02}", BEGINNINGS[at]);
            to("adjacent numbers", phone)
        }
        18..21 => to(
            "a bought beginning",
            format!("+44 7400 {:06}", 100_000 + n * 97 % 900_000),
        ),
        21 => to("one number", String::from("+44 7700 123456")),
        22 => Attempt {
            network: 1,
            ..to("from one network", american(n))
        },
        _ => Attempt {
            account: 1,
            ..to("for one account", american(n))
        },
    }
}

/// The `n`th sign-in of people, each at home and with a phone of their own.
fn sign_in(n: u32) -> Attempt {
    let person = n % PEOPLE;
    let beginning = [1516, 1520, 1570][(person % 3) as usize];
    Attempt {
        way: "people",
        account: 10 + person,
        network: 10 + person,
        phone: format!("+49 {beginning} {:07}", 1_000_000 + person * 317),
    }
}

/// A text that went out.
struct Sent {
    at: Timestamp,
    account: u32,
    network: u32,
    number: Number,
    entered: bool,
}

#[derive(Default)]
struct Books {
    /// How often each way came to each end.
    ends: BTreeMap<(&'static str, String), u32>,
    sent: Vec<Sent>,
}

impl Books {
    fn of(&self, way: &str) -> BTreeMap<&str, u32> {
        let of_way = self.ends.iter().filter(|((one, _), _)| *one == way);
        of_way
            .map(|((_, end), count)| (end.as_str(), *count))
            .collect()
    }

    fn count(&self, way: &str, end: &str) -> u32 {
        self.of(way).get(end).copied().unwrap_or(0)
    }

    fn print(&self) {
        let ways: BTreeSet<&str> = self.ends.keys().map(|(way, _)| *way).collect();
        println!(
            "{:<24} {:>8} {:>6} {:>8}  refused by",
            "way", "attempts", "sent", "entered"
        );
        for way in ways {
            let ends = self.of(way);
            let attempts: u32 = ends.values().sum::<u32>() - self.count(way, "entered");
            let refused: Vec<String> = (ends.iter())
                .filter(|(end, _)| !matches!(**end, "sent" | "entered"))
                .map(|(end, count)| format!("{end} {count}"))
                .collect();
            let (sent, back) = (self.count(way, "sent"), self.count(way, "entered"));
            println!(
                "{way:<24} {attempts:>8} {sent:>6} {back:>8}  {}",
                refused.join(", ")
            );
        }
    }

    /// The most texts that went out for one of what `of` tells apart, in one window of a ceiling.
    fn most<K: Ord>(&self, ceiling: Ceiling, of: impl Fn(&Sent) -> K) -> u32 {
        let length = i64::try_from(ceiling.length.as_millis()).unwrap();
        let mut counts: BTreeMap<(K, i64), u32> = BTreeMap::new();
        for sent in &self.sent {
            let window = sent.at.as_millis().div_euclid(length);
            *counts.entry((of(sent), window)).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    }
}

fn moment_of(app: &TestApp, network: u32) -> Moment {
    app.app.moment().unwrap().of_client(Client {
        network: network.to_be_bytes().to_vec(),
        ..Client::local()
    })
}

fn account(n: u32) -> AccountId {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    AccountId(id)
}

/// What stopped texts so far, by its name.
fn stopped(app: &TestApp) -> BTreeMap<&'static str, u64> {
    let tallies = app.app.meters.tallies().into_iter();
    let limits = tallies.filter_map(|(tally, count)| match tally {
        Tally::TextStopped(limit) => Some((limit, count)),
        _ => None,
    });
    limits.collect()
}

/// Tries it, and types the code where `types` says so.
async fn tries(app: &TestApp, books: &mut Books, attempt: Attempt, types: bool) {
    let moment = moment_of(app, attempt.network);
    let mut note = |end: &str| *books.ends.entry((attempt.way, end.to_owned())).or_default() += 1;
    let number = match read_number(&moment, &attempt.phone, None) {
        Ok(number) => number,
        Err(Stop::Refused(Refusal::Field { code, .. })) => return note(code),
        Err(stop) => panic!("{stop:?}"),
    };
    let before = stopped(app);
    match spend(&moment, account(attempt.account), &number, false).await {
        Ok(()) => note("sent"),
        Err(Stop::Refused(Refusal::TextLimit { retry_after })) => {
            assert_eq!(retry_after, 3600, "the same for every limit");
            let after = stopped(app);
            let limit = after
                .iter()
                .find(|(name, count)| before.get(*name) != Some(count));
            return note(limit.unwrap().0);
        }
        Err(stop) => panic!("{stop:?}"),
    }
    if types {
        note("entered");
        let (number, at) = (number.clone(), moment.now);
        let account = account(attempt.account);
        app.work(move |w| entered(w, account, &number, at, false))
            .await
            .unwrap();
    }
    books.sent.push(Sent {
        at: moment.now,
        account: attempt.account,
        network: attempt.network,
        number,
        entered: types,
    });
}

async fn m01_ten_thousand_attempts_to_have_texts_sent_stay_within_every_ceiling(place: &Place) {
    let app = place
        .app_with(|settings| {
            with_texts(settings);
            settings.sms.daily_cap = CAP;
        })
        .await;
    let mut books = Books::default();
    for n in 0..ALL {
        if n == WAVES {
            // Until here people got every code they asked for, whatever was tried beside them.
            let people = books.of("people");
            assert_eq!(
                people.keys().copied().collect::<Vec<_>>(),
                ["entered", "sent"]
            );
            assert_eq!(people["sent"], WAVES.div_ceil(PEOPLE_EVERY));
        }
        tries(&app, &mut books, attempt(n), false).await;
        if n.is_multiple_of(PEOPLE_EVERY) {
            let turn = n / PEOPLE_EVERY;
            tries(&app, &mut books, sign_in(turn), !turn.is_multiple_of(7)).await;
        }
        app.forward(5);
    }
    books.print();
    every_ceiling_held(&books);
    each_way_ended_as_it_should(&books);
    what_the_operator_sees(&app, &books).await;
}

fn every_ceiling_held(books: &Books) {
    for ceiling in [NUMBER, NUMBER_UNKNOWN].concat() {
        assert!(books.most(ceiling, |one| one.number.e164().to_owned()) <= ceiling.most);
    }
    for ceiling in [ACCOUNT, ACCOUNT_UNKNOWN].concat() {
        assert!(books.most(ceiling, |one| one.account) <= ceiling.most);
    }
    for ceiling in NETWORK {
        assert!(books.most(ceiling, |one| one.network) <= ceiling.most);
    }
    // The day's money, to the last text: what was refused elsewhere cost nothing of it.
    assert_eq!(books.most(rules::instance(CAP), |_| ()), CAP);
    let mut neighbours: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for sent in &books.sent {
        let block = neighbours.entry(sent.number.block()).or_default();
        block.insert(sent.number.e164());
    }
    let most = neighbours.values().map(BTreeSet::len).max().unwrap();
    assert_eq!(most, BLOCK.most as usize);
    // No beginning of numbers got a twenty-first text of which none came back.
    let mut beginnings: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for sent in &books.sent {
        let (all, back) = beginnings.entry(sent.number.prefix()).or_default();
        *all += 1;
        *back += u32::from(sent.entered);
    }
    assert!(
        beginnings
            .values()
            .all(|(all, back)| *all <= 20 || *back > 0)
    );
}

fn each_way_ended_as_it_should(books: &Books) {
    for way in ["premium numbers", "landlines", "20 other countries"] {
        assert_eq!(books.count(way, "sent"), 0, "{way}");
    }
    let premium = books.of("premium numbers");
    assert_eq!(premium.into_keys().collect::<Vec<_>>(), ["not_mobile"]);
    let abroad = books.of("20 other countries");
    assert_eq!(
        abroad.into_keys().collect::<Vec<_>>(),
        ["country_not_allowed"]
    );
    assert_eq!(books.count("adjacent numbers", "sent"), 4 * 12);
    assert_eq!(books.count("a bought beginning", "sent"), 20);
    // Each account that sets the number up counts as one more neighbour.
    assert_eq!(books.count("one number", "sent"), BLOCK.most);
    assert_eq!(books.count("from one network", "sent"), NETWORK[1].most);
    let of_account = books.count("for one account", "sent");
    assert_eq!(of_account, ACCOUNT_UNKNOWN[1].most);
    // When the day's money is spent nobody gets a text any more, people neither: that is what the ceiling is for.
    assert!(books.count("people", "text_instance_day") > 0);
}

async fn what_the_operator_sees(app: &TestApp, books: &Books) {
    let since = app.now().minus(std::time::Duration::from_secs(24 * 3600));
    let seen = app
        .work(move |w| prefixes::prefixes(w, since))
        .await
        .unwrap();
    let bought = seen.iter().find(|one| one.prefix == "+447400").unwrap();
    assert_eq!((bought.sent, bought.entered), (20, 0));
    assert!(bought.stopped_until.is_some());
    let refused = books.count("a bought beginning", "text_prefix");
    assert_eq!(bought.stopped, i64::from(refused));
    let others = seen.iter().filter(|one| one.stopped_until.is_some());
    assert_eq!(others.count(), 1, "{seen:?}");
}
