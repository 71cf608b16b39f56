//! A security key in software: it does what a key and a browser do (WebAuthn Level 3, sections 5 and 6), and anything else it is told to.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "what a test gives it is well formed, or the test ends here"
)]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// User present, user verified, attested credential data.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// One key with one credential.
pub struct SoftKey {
    pair: EcdsaKeyPair,
    /// The id of its credential.
    pub id: Vec<u8>,
    /// How often it was used.
    pub counter: u32,
    /// Whether it counts its uses.
    pub counts: bool,
}

/// What is not as it should be.
#[derive(Clone)]
pub struct Twist {
    /// The origin the browser says it is at.
    pub origin: String,
    /// Another relying party than was asked for.
    pub rp_id: Option<&'static str>,
    /// Another type of client data.
    pub kind: Option<&'static str>,
    /// Another challenge.
    pub challenge: Option<String>,
    /// Whether it was touched.
    pub present: bool,
    /// Whether it knows who touched it.
    pub verified: bool,
    /// Whether the page was within one of another origin.
    pub cross_origin: bool,
    /// The COSE algorithm it says its public key is for, as one byte of CBOR.
    pub algorithm: u8,
    /// The user handle it answers with.
    pub user_handle: Option<Vec<u8>>,
}

impl Twist {
    /// Nothing: as a browser at this origin does it.
    #[must_use]
    pub fn none(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            rp_id: None,
            kind: None,
            challenge: None,
            present: true,
            verified: false,
            cross_origin: false,
            // -7: ECDSA with SHA-256.
            algorithm: 0x26,
            user_handle: None,
        }
    }
}

impl SoftKey {
    /// A new one; keys of different numbers have different ids.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: vec![number; 32],
            counter: 0,
            counts: true,
        }
    }

    /// A copy, as somebody makes who reads it out.
    #[must_use]
    pub fn copy(&self) -> Self {
        let stored = self.pair.to_pkcs8v1().unwrap();
        Self {
            pair: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, stored.as_ref())
                .unwrap(),
            id: self.id.clone(),
            counter: self.counter,
            counts: self.counts,
        }
    }

    /// Answers to being registered.
    pub fn create(&mut self, options: &Value, twist: &Twist) -> Value {
        let rp_id = twist.rp_id.unwrap_or(options["rp"]["id"].as_str().unwrap());
        let mut data = self.authenticator_data(rp_id, twist, ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose_key(twist));
        let mut object = vec![0xa3];
        object.extend(text("fmt"));
        object.extend(text("none"));
        object.extend(text("attStmt"));
        object.push(0xa0);
        object.extend(text("authData"));
        object.push(0x59);
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        let client = client_data(options, twist, "webauthn.create");
        self.answer(json!({
            "attestationObject": BASE64URL_NOPAD.encode(&object),
            "clientDataJSON": BASE64URL_NOPAD.encode(&client),
            "transports": ["usb"],
        }))
    }

    /// Answers to being asked.
    pub fn get(&mut self, options: &Value, twist: &Twist) -> Value {
        let rp_id = twist.rp_id.unwrap_or(options["rpId"].as_str().unwrap());
        let data = self.authenticator_data(rp_id, twist, 0);
        let client = client_data(options, twist, "webauthn.get");
        let mut signed = data.clone();
        signed.extend(Sha256::digest(&client));
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        let handle = twist.user_handle.as_ref();
        self.answer(json!({
            "authenticatorData": BASE64URL_NOPAD.encode(&data),
            "clientDataJSON": BASE64URL_NOPAD.encode(&client),
            "signature": BASE64URL_NOPAD.encode(signature.as_ref()),
            "userHandle": handle.map(|handle| BASE64URL_NOPAD.encode(handle)),
        }))
    }

    fn answer(&self, response: Value) -> Value {
        let id = BASE64URL_NOPAD.encode(&self.id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": response,
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
        })
    }

    fn authenticator_data(&mut self, rp_id: &str, twist: &Twist, flags: u8) -> Vec<u8> {
        if self.counts {
            self.counter += 1;
        }
        let mut flags = flags;
        if twist.present {
            flags |= PRESENT;
        }
        if twist.verified {
            flags |= VERIFIED;
        }
        let mut data = Sha256::digest(rp_id).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn cose_key(&self, twist: &Twist) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let mut key = vec![
            0xa5,
            0x01,
            0x02,
            0x03,
            twist.algorithm,
            0x20,
            0x01,
            0x21,
            0x58,
            0x20,
        ];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(&point[33..65]);
        key
    }
}

fn client_data(options: &Value, twist: &Twist, kind: &str) -> Vec<u8> {
    let challenge = options["challenge"].as_str().unwrap().to_owned();
    let data = json!({
        "type": twist.kind.unwrap_or(kind),
        "challenge": twist.challenge.clone().unwrap_or(challenge),
        "origin": twist.origin,
        "crossOrigin": twist.cross_origin,
    });
    serde_json::to_vec(&data).unwrap()
}

/// A short text in CBOR.
fn text(words: &str) -> Vec<u8> {
    let mut bytes = vec![0x60 | u8::try_from(words.len()).unwrap()];
    bytes.extend(words.as_bytes());
    bytes
}
