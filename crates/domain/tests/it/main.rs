//! What the domain promises to the crates above it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod adding_a_tool;
mod catalogue_file;
mod check;
mod plan;
mod price;

use atelier_domain::catalogue::parse_tool;
use atelier_domain::{Catalogue, Given, InputFile, Scalar, Tool, ToolSlug};

/// A tool that comes with Atelier.
fn builtin(slug: &str) -> Tool {
    Catalogue::builtin().unwrap().find(&ToolSlug::parse(slug).unwrap()).unwrap().clone()
}

/// The tool of a file that must be right.
fn tool(file: &str) -> Tool {
    parse_tool(file).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn sample(name: &str) -> InputFile {
    InputFile::Sample(name.to_owned())
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn number(json: &str) -> Scalar {
    Scalar::Number(serde_json::from_str(json).unwrap())
}

fn scalar(name: &str, value: Scalar) -> Given {
    Given { scalars: [(name.to_owned(), value)].into(), ..Given::default() }
}

fn files(given: &[(&str, &[&str])]) -> Given {
    let files = given
        .iter()
        .map(|(name, files)| ((*name).to_owned(), files.iter().map(|file| sample(file)).collect()));
    Given { files: files.collect(), ..Given::default() }
}

/// A tool without pictures in a try-on's way: any parameters, and a job that needs only `photo`.
fn with_parameters(parameters: &str) -> Tool {
    tool(&format!(
        r#"
id = "9000"
slug = "test/tool"
title = "test/Tool"
description = "A tool for tests."
cover = "cover.png"

[job]
kind = "headshot"
person = "photo"

[[parameters]]
name = "photo"
label = "Photo"
kind = "fileinput"
default = "photo.jpg"

{parameters}

[[prices]]
method = "cpr"
amount = "0.01"
"#
    ))
}
