//! Jobs from checked parameters.

use atelier_domain::catalogue::PlanError;
use atelier_domain::{Given, InputFile, InputRole, Job, JobKind, Pose, Shot, Style, TryOn, Value, Values};

use crate::{builtin, files, sample, text};

fn try_on(given: &Given) -> Job<InputFile> {
    let tool = builtin("wiro/virtual-try-on");
    tool.plan(&tool.check(given).unwrap()).unwrap()
}

#[test]
fn a_try_on_gets_its_pictures_in_order_and_the_words_of_the_job() {
    let mut given =
        files(&[("inputImageHuman", &["ann.jpg"]), ("inputImageClothes", &["coat.jpg", "hat.jpg"])]);
    let expected = TryOn {
        person: sample("ann.jpg"),
        garments: vec![sample("coat.jpg"), sample("hat.jpg")],
        style: Style::KeepScene,
        pose: Pose::Auto,
        shot: Shot::Auto,
    };
    assert_eq!(try_on(&given), Job::TryOn(expected.clone()));

    for (name, value) in [("style", "outdoor"), ("pose", "side-profile"), ("plan", "medium-shot")] {
        given.scalars.insert(name.to_owned(), text(value));
    }
    let asked = TryOn { style: Style::Outdoor, pose: Pose::SideProfile, shot: Shot::Medium, ..expected };
    assert_eq!(try_on(&given), Job::TryOn(asked));
}

#[test]
fn every_option_of_the_try_on_page_makes_a_job() {
    let tool = builtin("wiro/virtual-try-on");
    for name in ["style", "pose", "plan"] {
        for option in tool.parameter(name).unwrap().options() {
            let mut given = files(&[("inputImageHuman", &["a.jpg"]), ("inputImageClothes", &["b.jpg"])]);
            given.scalars.insert(name.to_owned(), text(&option.value));
            try_on(&given);
        }
    }
}

#[test]
fn a_message_about_a_picture_can_name_its_parameter() {
    let tool = builtin("wiro/virtual-try-on");
    assert_eq!(tool.parameter_of(InputRole::Person), "inputImageHuman");
    assert_eq!(tool.parameter_of(InputRole::Garment(1)), "inputImageClothes");
    assert_eq!(builtin("wiro/wan2-2-effects-extra").parameter_of(InputRole::Person), "inputImage");
}

#[test]
fn a_tool_without_a_seed_runs_with_seed_zero() {
    let tool = builtin("wiro/virtual-try-on");
    let given = files(&[("inputImageHuman", &[]), ("inputImageClothes", &[])]);
    assert_eq!(tool.seed(&tool.check(&given).unwrap()), 0);
}

#[test]
fn jobs_that_have_no_type_yet_are_refused_by_kind() {
    for (slug, parameter, kind) in [
        ("wiro/professional-headshot", "inputImageUrl", JobKind::Headshot),
        ("wiro/instant-id", "inputImageUrl", JobKind::IdentityPortrait),
        ("wiro/wan2-2-effects-extra", "inputImage", JobKind::VideoEffect),
    ] {
        let tool = builtin(slug);
        let values = tool.check(&files(&[(parameter, &["a.jpg"])])).unwrap();
        assert_eq!(tool.plan(&values), Err(PlanError::NotYet(kind)));
    }
}

#[test]
fn values_of_an_older_catalogue_are_refused_and_not_guessed() {
    let tool = builtin("wiro/virtual-try-on");
    let given = files(&[("inputImageHuman", &[]), ("inputImageClothes", &[])]);
    let values = tool.check(&given).unwrap();
    let outdated = [
        ("inputImageHuman", Value::Files(vec![])),
        ("inputImageClothes", Value::Text("coat.jpg".to_owned())),
        ("style", Value::Text("beach".to_owned())),
        ("pose", Value::Integer(1)),
    ];
    for (name, value) in outdated {
        let mut values = values.clone();
        values.0.insert(name.to_owned(), value);
        assert_eq!(tool.plan(&values), Err(PlanError::Unfit { parameter: name.to_owned() }));
    }
    assert!(matches!(tool.plan(&Values::default()), Err(PlanError::Unfit { .. })));
}
