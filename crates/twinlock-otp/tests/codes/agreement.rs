//! Agreement with two programs that share no code with this crate.

use std::process::Command;

use twinlock_otp::{Algorithm, Parameters, Secret};

use crate::Bytes;

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];

#[test]
fn thousands_of_random_codes_agree_with_totp_rs() {
    let mut bytes = Bytes(1);
    for round in 0..6_000_usize {
        let algorithm = ALGORITHMS[round % 3];
        let digits = 6 + u8::try_from(round / 3 % 3).unwrap();
        let period = 15 + u32::try_from(bytes.below(106)).unwrap();
        let moment = bytes.below(40_000_000_000);
        let secret = bytes.secret();

        let ours = Parameters::new(algorithm, digits, period).unwrap();
        let code = ours.code_at_step(&secret, ours.step_at(moment.cast_signed()));
        let theirs = totp_rs::Builder::new()
            .with_algorithm(totp_rs_algorithm(algorithm))
            .with_digits(digits)
            .with_step_duration(period.into())
            .with_secret(secret.as_bytes().to_vec())
            .build()
            .unwrap();
        assert_eq!(
            *code,
            theirs.generate(moment).to_string(),
            "{ours:?} at {moment}"
        );
    }
}

#[test]
fn thousands_of_random_codes_agree_with_oathtool() {
    if Command::new("oathtool").arg("--version").output().is_err() {
        println!("oathtool is not installed; only totp-rs was compared");
        return;
    }
    let mut bytes = Bytes(2);
    for round in 0..90_usize {
        let digits = 6 + u8::try_from(round / 3 % 3).unwrap();
        let period = 15 + u32::try_from(bytes.below(106)).unwrap();
        let parameters = Parameters::new(ALGORITHMS[round % 3], digits, period).unwrap();
        let moment = match round {
            0 => 0,
            1..=8 => (1 << 31) - 4 + round as u64,
            9..=17 => 20_000_000_000,
            _ => bytes.below(40_000_000_000),
        };
        let secret = bytes.secret();

        let first = parameters.step_at(moment.cast_signed());
        let ours: Vec<String> = (first..=first + 50)
            .map(|step| parameters.code_at_step(&secret, step).to_string())
            .collect();
        assert_eq!(
            ours,
            oathtool(&parameters, &secret, moment),
            "{parameters:?} at {moment}"
        );
    }
}

/// The codes of the step of a moment and of the fifty after it.
fn oathtool(parameters: &Parameters, secret: &Secret, moment: u64) -> Vec<String> {
    let output = Command::new("oathtool")
        .arg(format!(
            "--totp={}",
            parameters.algorithm.as_str().to_lowercase()
        ))
        .args(["-d", &parameters.digits.to_string()])
        .args(["-s", &format!("{}s", parameters.period)])
        .args(["-N", &format!("@{moment}")])
        .args(["-w", "50", "-b", &secret.to_base32()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn totp_rs_algorithm(algorithm: Algorithm) -> totp_rs::Algorithm {
    match algorithm {
        Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
        Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
        Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
    }
}
