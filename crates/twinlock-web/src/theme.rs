//! The accent colour from the settings, made readable in the light and in the dark look.

use axum::body::Body;
use axum::response::Response;

use crate::assets::{hashed_url, immutable_response};

/// The stylesheet with the accent colour, made once at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    css: String,
    url: String,
    accent: String,
    on_accent: String,
}

impl Theme {
    /// Makes the theme for an accent such as `#0b57d0`.
    ///
    /// # Errors
    /// The reason in words, as [`theme_css`].
    pub fn new(accent: &str) -> Result<Theme, String> {
        let css = theme_css(accent)?;
        let (light, _) = readable(accent)?;
        Ok(Theme {
            url: hashed_url("theme.css", css.as_bytes()),
            css,
            accent: light.hex(),
            on_accent: light.text_on_top().hex(),
        })
    }

    /// The accent and the colour of words on it, as `#rrggbb`; for where no stylesheet reaches, such as a button in a mail.
    #[must_use]
    pub fn accent(&self) -> (&str, &str) {
        (&self.accent, &self.on_accent)
    }

    /// Where the stylesheet is served: `/assets/theme.<hash>.css`; goes into
    /// [`Shell::accent_css_url`](crate::Shell).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The stylesheet as an answer, if `name` (the path or its last part) is its own.
    #[must_use]
    pub fn serve(&self, name: &str) -> Option<Response> {
        let own =
            self.url == name || self.url.strip_prefix(crate::assets::ASSET_ROOT) == Some(name);
        own.then(|| immutable_response("text/css; charset=utf-8", Body::from(self.css.clone())))
    }
}

/// The rules that set the accent in both looks, from `#rgb` or `#rrggbb`.
///
/// Links and buttons need 4.5:1 against both backgrounds (WCAG 2.2, 1.4.3). A colour that falls short is
/// darkened for the light look and lightened for the dark one.
///
/// # Errors
/// Says so if the text is not a colour, or if reaching 4.5:1 would change it beyond recognition.
pub fn theme_css(accent: &str) -> Result<String, String> {
    let (light, dark) = readable(accent)?;
    let (light, on_light) = (light.hex(), light.text_on_top().hex());
    let (dark, on_dark) = (dark.hex(), dark.text_on_top().hex());
    Ok(format!(
        ":root{{--accent-light:{light};--on-accent-light:{on_light};\
         --accent-dark:{dark};--on-accent-dark:{on_dark}}}\n"
    ))
}

/// The accent as it can be read in the light look and in the dark one.
fn readable(accent: &str) -> Result<(Colour, Colour), String> {
    let colour = Colour::parse(accent)
        .ok_or_else(|| format!("branding.accent {accent:?} is not a colour such as #0b57d0"))?;
    let light = colour
        .until_readable(LIGHT_GROUND, BLACK)
        .ok_or_else(|| refusal(accent, colour, LIGHT_GROUND, "too light for the light look"))?;
    let dark = colour
        .until_readable(DARK_GROUND, WHITE)
        .ok_or_else(|| refusal(accent, colour, DARK_GROUND, "too dark for the dark look"))?;
    Ok((light, dark))
}

/// The least favourable grounds accent-coloured text stands on; the same values as in `app.css`.
const LIGHT_GROUND: Colour = Colour(0xf4, 0xf6, 0xf9);
const DARK_GROUND: Colour = Colour(0x1c, 0x21, 0x29);
const BLACK: Colour = Colour(0, 0, 0);
const WHITE: Colour = Colour(255, 255, 255);
const ENOUGH_CONTRAST: f64 = 4.5;
/// Beyond this share of black or white, in percent, the colour is no longer theirs.
const MOST_CHANGE: u16 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Colour(u8, u8, u8);

impl Colour {
    fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#')?;
        let nibbles: Vec<u8> = digits
            .chars()
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        match nibbles.as_slice() {
            [r, g, b] => Some(Colour(r * 17, g * 17, b * 17)),
            [r1, r2, g1, g2, b1, b2] => Some(Colour(r1 * 16 + r2, g1 * 16 + g2, b1 * 16 + b2)),
            _ => None,
        }
    }

    fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    fn until_readable(self, ground: Colour, towards: Colour) -> Option<Colour> {
        (0..=MOST_CHANGE)
            .map(|percent| self.mixed(towards, percent))
            .find(|colour| colour.contrast(ground) >= ENOUGH_CONTRAST)
    }

    fn mixed(self, other: Colour, percent: u16) -> Colour {
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - percent) + u16::from(other) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Colour(
            mix(self.0, other.0),
            mix(self.1, other.1),
            mix(self.2, other.2),
        )
    }

    fn text_on_top(self) -> Colour {
        if self.contrast(WHITE) >= ENOUGH_CONTRAST {
            WHITE
        } else {
            BLACK
        }
    }

    /// WCAG 2.2 contrast ratio, 1 to 21.
    fn contrast(self, other: Colour) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

fn refusal(accent: &str, colour: Colour, ground: Colour, why: &str) -> String {
    format!(
        "branding.accent {accent:?} is {why}: its contrast is {:.1}:1 and text needs 4.5:1; choose a colour \
         of middle lightness",
        colour.contrast(ground)
    )
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;
