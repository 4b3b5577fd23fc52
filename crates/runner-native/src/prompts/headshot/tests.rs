use std::collections::HashSet;

use atelier_domain::Background;

use super::instruction;

const ALL: [Background; 5] =
    [Background::Neutral, Background::White, Background::Black, Background::Gray, Background::Office];

#[test]
fn every_background_has_an_instruction_of_its_own() {
    let instructions: HashSet<_> = ALL.into_iter().map(instruction).collect();
    assert_eq!(instructions.len(), ALL.len());
    assert!(instruction(Background::White).contains("pure white"));
    assert!(instruction(Background::Office).contains("office with daylight"));
}

#[test]
fn identity_comes_before_everything_that_may_change() {
    for background in ALL {
        let text = instruction(background);
        assert!(text.find("identity") < text.find("Behind the person"));
        // Some 4 letters make an id, and 512 ids are what the model reads.
        assert!(text.len() < 1600, "{}", text.len());
    }
}

#[test]
fn a_headshot_shows_nothing_below_the_shoulders() {
    for background in ALL {
        let text = instruction(background).to_lowercase();
        for word in ["shoes", "footwear", "trousers", "legs", "full body"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}
