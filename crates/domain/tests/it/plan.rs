//! Jobs from checked parameters.

use atelier_domain::catalogue::PlanError;
use atelier_domain::{
    AspectRatio, Background, Given, Headshot, InputFile, InputRole, Job, PictureFormat, Pose, Shot, Style,
    TryOn, Value, Values,
};

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

fn plan(slug: &str, picture: &str, scalars: &[(&str, &str)]) -> Job<InputFile> {
    let tool = builtin(slug);
    let mut given = files(&[(picture, &["ann.jpg"])]);
    given.scalars.extend(scalars.iter().map(|(name, value)| ((*name).to_owned(), text(value))));
    tool.plan(&tool.check(&given).unwrap()).unwrap()
}

#[test]
fn a_headshot_gets_background_shape_and_format() {
    let expected = Headshot {
        person: sample("ann.jpg"),
        background: Background::Neutral,
        aspect_ratio: AspectRatio::MatchInput,
        format: PictureFormat::Jpeg,
    };
    let slug = "wiro/professional-headshot";
    assert_eq!(plan(slug, "inputImageUrl", &[]), Job::Headshot(expected.clone()));
    let asked = [("background", "office"), ("aspectRatio", "21:9"), ("outputFormat", "png")];
    let expected = Headshot {
        background: Background::Office,
        aspect_ratio: AspectRatio::R21x9,
        format: PictureFormat::Png,
        ..expected
    };
    assert_eq!(plan(slug, "inputImageUrl", &asked), Job::Headshot(expected));
    let tool = builtin(slug);
    for option in tool.parameter("aspectRatio").unwrap().options() {
        let Job::Headshot(job) = plan(slug, "inputImageUrl", &[("aspectRatio", &option.value)]) else {
            panic!("not a headshot");
        };
        let ratio = job.aspect_ratio.ratio().map(|(width, height)| format!("{width}:{height}"));
        assert_eq!(ratio.unwrap_or_default(), option.value);
    }
}

#[test]
fn a_portrait_names_its_checkpoint_as_the_page_does() {
    let model = |value: &str| match plan("wiro/instant-id", "inputImageUrl", &[("selectedModel", value)]) {
        Job::IdentityPortrait(job) => job.model,
        other => panic!("{other:?}"),
    };
    assert_eq!(model("1049"), "Magenttta/Purple-XL-Anime");
    assert_eq!(model("79"), "79", "a value that the page does not list");
    let asked = [("samples", "3"), ("scale", "7.5"), ("steps", "0"), ("prompt", "at the beach")];
    let Job::IdentityPortrait(job) = plan("wiro/instant-id", "inputImageUrl", &asked) else {
        panic!("not a portrait");
    };
    assert_eq!((job.count, job.steps, job.prompt.as_str()), (3, 20, "at the beach"));
    assert!((job.guidance - 7.5).abs() < 1e-9 && (job.likeness - 0.8).abs() < 1e-9);
    assert_eq!(job.scheduler, "EulerAncestralDiscreteScheduler");
}

#[test]
fn every_effect_of_the_page_makes_a_job() {
    let tool = builtin("wiro/wan2-2-effects-extra");
    for option in tool.parameter("effectType").unwrap().options() {
        let job = plan("wiro/wan2-2-effects-extra", "inputImage", &[("effectType", &option.value)]);
        let Job::VideoEffect(job) = job else { panic!("not an effect") };
        assert_eq!(job.effect.word(), option.value);
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
