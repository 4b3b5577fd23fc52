//! The instruction for a professional headshot. Image 1 is the person.

use atelier_domain::Background;

use super::joined;

/// The whole instruction.
pub(crate) fn instruction(background: Background) -> String {
    joined(&[
        "Turn image 1 into a professional headshot of the same person.",
        "Keep the identity exactly: face shape, facial features, eye colour, skin tone, age, hair colour, hairstyle, \
         facial hair, glasses and marks of the skin are those of image 1.",
        "Frame the head and shoulders, upright and centred, with a little room above the head, the eyes in the upper \
         third, the body turned slightly and the face towards the camera.",
        "The expression is calm and friendly, the eyes look into the camera.",
        "The clothes are neat and suited to an office, in the style of image 1.",
        self::background(background),
        "Soft, even studio light from the front and the side, natural skin with its texture, both eyes sharp.",
        "A single photograph of one person, taken with a portrait lens; hands, text, logos and borders are outside the \
         frame.",
    ])
}

fn background(background: Background) -> &'static str {
    match background {
        Background::Neutral => {
            "Behind the person is a plain studio backdrop in a warm light grey that darkens gently to the edges."
        }
        Background::White => "Behind the person is a seamless, evenly lit, pure white studio backdrop.",
        Background::Black => {
            "Behind the person is a seamless black studio backdrop, and a narrow light from behind sets hair and \
             shoulders off from it."
        }
        Background::Gray => "Behind the person is a seamless, evenly lit studio backdrop in a mid grey.",
        Background::Office => {
            "Behind the person is a bright modern office with daylight, far out of focus and without other people."
        }
    }
}

#[cfg(test)]
mod tests;
