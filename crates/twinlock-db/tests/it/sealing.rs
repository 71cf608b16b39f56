//! Sealed values open where they were sealed, and nowhere else.

use std::collections::BTreeMap;

use crate::support::TestDatabase;
use twinlock_db::DbError;
use twinlock_db::sealed::{Keyring, MasterKey, Place, SealError, WrappedKey, hash_token};
use zeroize::Zeroizing;

const HERE: Place<'_> = Place {
    table: "totp",
    column: "secret",
    account: &[1; 16],
    row: &[7; 16],
};

fn keyring(active: u32) -> Keyring {
    let keys: BTreeMap<_, _> = (1..=2_u8)
        .map(|id| (u32::from(id), Zeroizing::new([id; 32])))
        .collect();
    Keyring::from_keys(keys, active).unwrap()
}

#[test]
fn z16_a_value_moved_between_rows_accounts_columns_or_tables_does_not_open() {
    let keys = keyring(1);
    let sealed = keys.seal(HERE, b"secret", &[3; 32]);
    assert_eq!(keys.open(HERE, &sealed).unwrap().as_slice(), b"secret");
    let elsewhere = [
        Place {
            table: "sms",
            ..HERE
        },
        Place {
            column: "name",
            ..HERE
        },
        Place {
            account: &[2; 16],
            ..HERE
        },
        Place {
            row: &[8; 16],
            ..HERE
        },
        // Cut elsewhere, the same letters are another place.
        Place {
            table: "totps",
            column: "ecret",
            ..HERE
        },
    ];
    for place in elsewhere {
        assert_eq!(
            keys.open(place, &sealed).unwrap_err(),
            SealError::DoesNotOpen
        );
    }
}

#[test]
fn a_value_with_any_bit_changed_does_not_open() {
    let keys = keyring(1);
    let sealed = keys.seal(HERE, b"secret", &[3; 32]);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(keys.open(HERE, &changed).is_err(), "byte {at}");
        assert!(keys.open(HERE, &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn z15_values_of_an_older_key_open_and_a_missing_key_is_an_error() {
    let sealed = keyring(1).seal(HERE, b"old", &[3; 32]);
    assert_eq!(Keyring::key_id_of(&sealed), Some(1));
    assert_eq!(
        Keyring::key_id_of(&keyring(2).seal(HERE, b"new", &[3; 32])),
        Some(2)
    );
    assert_eq!(keyring(2).open(HERE, &sealed).unwrap().as_slice(), b"old");
    let newer = keyring(2).seal(HERE, b"new", &[3; 32]);
    let only_first = Keyring::from_keys(BTreeMap::from([(1, Zeroizing::new([1; 32]))]), 1).unwrap();
    assert_eq!(
        only_first.open(HERE, &newer).unwrap_err(),
        SealError::UnknownKey(2)
    );
    assert_eq!(Keyring::key_id_of(b"plain text"), None);
}

#[test]
fn z17_one_seed_never_gives_one_nonce_to_two_values() {
    let keys = keyring(1);
    let nonce = |place, text: &[u8]| keys.seal(place, text, &[3; 32])[5..29].to_vec();
    assert_eq!(
        nonce(HERE, b"a"),
        nonce(HERE, b"a"),
        "a closure that runs twice seals the same"
    );
    assert_ne!(nonce(HERE, b"a"), nonce(HERE, b"b"));
    assert_ne!(
        nonce(HERE, b"a"),
        nonce(
            Place {
                row: b"other",
                ..HERE
            },
            b"a"
        )
    );
    assert_ne!(
        keys.seal(HERE, b"a", &[3; 32])[5..29],
        keys.seal(HERE, b"a", &[4; 32])[5..29]
    );
}

#[test]
fn identifiers_are_found_again_after_the_data_key_changed() {
    let (before, after) = (keyring(1), keyring(2));
    assert_eq!(
        before.lookup("email", b"ann@example.org"),
        after.lookup("email", b"ann@example.org")
    );
    assert_ne!(
        before.lookup("email", b"ann@example.org"),
        before.lookup("phone", b"ann@example.org")
    );
    assert_eq!(before.mac("backup", &[b"x"]), after.mac("backup", &[b"x"]));
    assert_ne!(
        before.mac("backup", &[b"ab", b"c"]),
        before.mac("backup", &[b"a", b"bc"])
    );
    assert_ne!(before.mac("backup", &[b"x"]), before.mac("sms", &[b"x"]));
}

#[test]
fn a_token_is_stored_as_its_sha_256() {
    // FIPS 180-2, appendix B.1.
    let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let shown: String = hash_token(b"abc")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(shown, wanted);
}

#[test]
fn a_key_file_is_made_once_for_its_owner_only_and_read_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let made = MasterKey::generate_file(&path, [9; 32]).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let wrapped = Keyring::wrap_new(&made, 1, "seal", [5; 56]);
    let read = MasterKey::from_file(&path).unwrap();
    assert_eq!(*Keyring::unwrap(&read, &wrapped, "seal").unwrap(), [5; 32]);
    let again = MasterKey::generate_file(&path, [8; 32]);
    assert!(
        matches!(again, Err(SealError::KeyFile(_))),
        "an existing key is never overwritten"
    );
    std::fs::write(&path, "not a key").unwrap();
    assert!(matches!(
        MasterKey::from_file(&path),
        Err(SealError::NotAKey)
    ));
}

#[test]
fn a_wrapped_key_opens_only_with_its_master_number_and_purpose() {
    let master = MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let other = MasterKey::from_hex(&"01".repeat(32)).unwrap();
    let wrapped = Keyring::wrap_new(&master, 1, "seal", [5; 56]);
    let refused = |master: &MasterKey, key: &WrappedKey, purpose| {
        Keyring::unwrap(master, key, purpose).unwrap_err()
    };
    assert_eq!(
        refused(&other, &wrapped, "seal"),
        SealError::WrongMasterKey(1)
    );
    assert_eq!(
        refused(&master, &wrapped, "mac"),
        SealError::WrongMasterKey(1)
    );
    let renumbered = WrappedKey::new(2, wrapped.bytes().to_vec());
    assert_eq!(
        refused(&master, &renumbered, "seal"),
        SealError::WrongMasterKey(2)
    );
    let cut = WrappedKey::new(1, wrapped.bytes()[..10].to_vec());
    assert_eq!(refused(&master, &cut, "seal"), SealError::Malformed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_that_start_at_once_share_the_first_data_key() {
    for database in TestDatabase::of_each_engine() {
        let (one, other) = (database.store().await, database.open().await);
        let master = MasterKey::from_bytes([1; 32]);
        let (a, b) = tokio::join!(
            Keyring::open_stored(&one, std::slice::from_ref(&master), [2; 56], 1),
            Keyring::open_stored(&other, std::slice::from_ref(&master), [3; 56], 1),
        );
        let (a, b) = (a.unwrap(), b.unwrap());
        let sealed = a.seal(HERE, b"secret", &[4; 32]);
        assert_eq!(b.open(HERE, &sealed).unwrap().as_slice(), b"secret");
        let later = Keyring::open_stored(&one, std::slice::from_ref(&master), [5; 56], 2)
            .await
            .unwrap();
        assert_eq!(later.open(HERE, &sealed).unwrap().as_slice(), b"secret");
    }
}

#[tokio::test]
async fn the_wrong_master_key_is_named_as_such() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let master = MasterKey::from_bytes([1; 32]);
        Keyring::open_stored(&store, std::slice::from_ref(&master), [2; 56], 1)
            .await
            .unwrap();
        let wrong = MasterKey::from_bytes([9; 32]);
        let refused = Keyring::open_stored(&store, std::slice::from_ref(&wrong), [2; 56], 1)
            .await
            .err()
            .unwrap();
        assert!(
            matches!(refused, DbError::Sealed(SealError::WrongMasterKey(1))),
            "{refused:?}"
        );
    }
}
