//! The instruction for a try-on. Image 1 is the person; image 2 and, with two garments, image 3 are the garments.

use atelier_domain::{Pose, Shot, Style};

use super::joined;

/// The whole instruction.
pub(crate) fn instruction(garments: usize, style: Style, pose: Pose, shot: Shot) -> String {
    let (what, which) = if garments > 1 {
        ("the garments or accessories shown in image 2 and image 3, both at once", "They replace")
    } else {
        ("the garment or accessory shown in image 2", "It replaces")
    };
    joined(&[
        &format!("Dress the person of image 1 in {what}."),
        "Reproduce cut, length, colour, fabric, pattern, prints, logos, buttons and seams exactly as shown, and let the \
         cloth fall, fold and take shadows as it would on this body.",
        &format!("{which} what the person wears at the same place; all other clothes stay."),
        "Keep the identity exactly: face, hair, skin tone, age, body shape and proportions are those of image 1.",
        "Nothing else of the pictures of clothes is taken over: no other person, hanger, mannequin, label or background.",
        self::pose(pose),
        self::shot(shot),
        scene(style, shot),
        "A single photograph of one person with correct hands and natural skin.",
    ])
}

fn pose(pose: Pose) -> &'static str {
    match pose {
        Pose::Auto => "Keep the pose of image 1.",
        Pose::Sitting => "The person sits, upright and relaxed, turned slightly to the camera.",
        Pose::Standing => "The person stands, relaxed, facing the camera, with the arms at ease.",
        Pose::SideProfile => {
            "The person is seen from the side, in profile, so that the cut shows from the side."
        }
    }
}

fn shot(shot: Shot) -> &'static str {
    match shot {
        Shot::Auto => "Keep the framing of image 1.",
        Shot::Headshot => {
            "Frame the head and shoulders only. What belongs below the chest is outside the frame: if one of the pictures \
             shows footwear, ignore it."
        }
        Shot::Medium => {
            "Frame the person from the waist up. What belongs below the waist is outside the frame: if one of the \
             pictures shows trousers, a skirt or footwear, ignore it."
        }
        Shot::Wide => {
            "Show the whole body from the top of the head to the shoes, with a little room above and below; what image 1 \
             does not show is added to match."
        }
    }
}

fn scene(style: Style, shot: Shot) -> &'static str {
    match (style, shot) {
        (Style::KeepScene, Shot::Auto) => {
            "Keep the background, the light and the camera of image 1 unchanged."
        }
        (Style::KeepScene, _) => "Keep the place and the light of image 1.",
        (Style::Studio, _) => {
            "The scene is a photo studio: a seamless light backdrop, soft light from the front and the side, a soft \
             shadow where the person meets the floor or the backdrop."
        }
        (Style::Indoor, _) => {
            "The scene is a bright lived-in interior with daylight from a window, softly out of focus behind the person."
        }
        (Style::Outdoor, _) => {
            "The scene is a quiet street or park in soft daylight, softly out of focus behind the person; the light on \
             the person is that of the place."
        }
    }
}

#[cfg(test)]
mod tests;
