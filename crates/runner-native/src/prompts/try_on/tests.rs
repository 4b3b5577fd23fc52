use std::collections::HashSet;

use atelier_domain::{Pose, Shot, Style};

use super::instruction;

const STYLES: [Style; 4] = [Style::KeepScene, Style::Studio, Style::Indoor, Style::Outdoor];
const POSES: [Pose; 4] = [Pose::Auto, Pose::Sitting, Pose::Standing, Pose::SideProfile];
const SHOTS: [Shot; 4] = [Shot::Auto, Shot::Headshot, Shot::Medium, Shot::Wide];

#[test]
fn every_combination_has_an_instruction_of_its_own() {
    let mut seen = HashSet::new();
    for style in STYLES {
        for pose in POSES {
            for shot in SHOTS {
                for garments in [1, 2] {
                    let text = instruction(garments, style, pose, shot);
                    // Some 4 letters make an id, and 512 ids are what the model reads.
                    assert!(text.len() < 1700, "{}", text.len());
                    assert_eq!(text.contains("image 3"), garments == 2);
                    assert!(seen.insert(text));
                }
            }
        }
    }
}

#[test]
fn a_headshot_ignores_footwear_and_a_medium_shot_what_is_below_the_waist() {
    let text = |shot| instruction(2, Style::KeepScene, Pose::Auto, shot);
    assert!(text(Shot::Headshot).contains("footwear, ignore it"));
    assert!(!text(Shot::Headshot).contains("trousers"));
    assert!(text(Shot::Medium).contains("trousers, a skirt or footwear, ignore it"));
    for shot in [Shot::Auto, Shot::Wide] {
        assert!(!text(shot).contains("ignore"));
    }
    assert!(text(Shot::Wide).contains("to the shoes"));
}

#[test]
fn what_is_to_be_kept_is_only_said_where_it_is_kept() {
    let text = |style, pose, shot| instruction(1, style, pose, shot);
    assert!(
        text(Style::KeepScene, Pose::Auto, Shot::Auto)
            .contains("background, the light and the camera of image 1")
    );
    assert!(!text(Style::KeepScene, Pose::Auto, Shot::Wide).contains("camera of image 1"));
    assert!(!text(Style::Studio, Pose::Auto, Shot::Auto).contains("of image 1 unchanged"));
    assert!(!text(Style::Studio, Pose::Sitting, Shot::Auto).contains("pose of image 1"));
    assert!(!text(Style::Studio, Pose::Auto, Shot::Medium).contains("framing of image 1"));
}
