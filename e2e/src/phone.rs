//! The authenticator app on somebody's phone: reads the rendered QR code and shows codes.

use anyhow::{Context as _, Result, anyhow, bail};
use twinlock_otp::{Algorithm, Parameters, Secret};
use url::Url;

/// One account in an authenticator app.
pub struct Phone {
    /// What was scanned, or what typing the key by hand amounts to.
    pub uri: String,
    secret: Secret,
    parameters: Parameters,
}

impl Phone {
    /// Scans a picture (PNG) with a QR code in it.
    ///
    /// # Errors
    /// When there is not exactly one readable code, or it is no `otpauth` link.
    pub fn scan(picture: &[u8]) -> Result<Self> {
        Self::add(&read_qr(picture)?)
    }

    /// Adds the account of an `otpauth` link.
    ///
    /// # Errors
    /// When an authenticator app would not understand the link.
    pub fn add(uri: &str) -> Result<Self> {
        let link = Url::parse(uri)?;
        if link.scheme() != "otpauth" || link.host_str() != Some("totp") {
            bail!("not an otpauth link for time-based codes");
        }
        let value = |name: &str| {
            link.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let digits = value("digits").map_or(Ok(6), |digits| digits.parse())?;
        let period = value("period").map_or(Ok(30), |period| period.parse())?;
        if value("algorithm").is_some_and(|algorithm| algorithm != "SHA1") {
            bail!("many apps know SHA1 only");
        }
        Ok(Self {
            uri: uri.to_owned(),
            secret: Secret::from_base32(&value("secret").context("no secret in the link")?)?,
            parameters: Parameters::new(Algorithm::Sha1, digits, period)?,
        })
    }

    /// Adds the account by a key typed by hand.
    ///
    /// # Errors
    /// When it is no base 32.
    pub fn type_key(key: &str) -> Result<Self> {
        let key: String = key.split_whitespace().collect();
        Self::add(&format!("otpauth://totp/typed?secret={key}"))
    }

    /// The key, as the app would export it.
    #[must_use]
    pub fn key(&self) -> String {
        self.secret.to_base32().to_string()
    }

    /// The code shown at a moment (Unix seconds).
    #[must_use]
    pub fn code_at(&self, unix_seconds: i64) -> String {
        let step = self.parameters.step_at(unix_seconds);
        self.parameters.code_at_step(&self.secret, step).to_string()
    }
}

fn read_qr(picture: &[u8]) -> Result<String> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![
        0;
        reader
            .output_buffer_size()
            .context("a picture that large")?
    ];
    let frame = reader.next_frame(&mut pixels)?;
    let samples = frame.color_type.samples();
    let (width, height) = (frame.width as usize, frame.height as usize);
    let line = frame.line_size;
    let grey = |x: usize, y: usize| {
        let at = y * line + x * samples;
        let colours = pixels.get(at..at + samples.min(3)).unwrap_or(&[0]);
        let sum: usize = colours.iter().copied().map(usize::from).sum();
        u8::try_from(sum / colours.len()).unwrap_or(u8::MAX)
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    let [grid] = grids.as_slice() else {
        bail!("{} QR codes in the picture", grids.len());
    };
    let (_, text) = grid
        .decode()
        .map_err(|error| anyhow!("unreadable QR code: {error}"))?;
    Ok(text)
}
