//! From a catalogue file to a [`Tool`], or to all its mistakes at once.

mod parameter;
mod price;
mod reader;
mod recipe;

use toml::de::DeTable;

use crate::ToolSlug;

use super::tool::{Inspire, Tool};

use parameter::Parameters;
pub use reader::FileError;
use reader::{Item, Report, Table};

/// Reads a catalogue file. All mistakes are reported at once, in the order of the file.
pub fn parse_tool(text: &str) -> Result<Tool, Vec<FileError>> {
    let (document, broken) = DeTable::parse_recoverable(text);
    let report = Report::new(text);
    for error in &broken {
        report.add(error.span().map_or(0, |span| span.start), "", error.message());
    }
    // What was recovered from broken TOML would only give mistakes that are none.
    if !broken.is_empty() {
        return report.finish(None);
    }
    let document = document.into_inner();
    let tool = read_tool(Table::new(&report, &document, String::new(), 0));
    report.finish(tool)
}

/// Everything is read before anything can be missing, so that one missing part hides no mistake in another.
fn read_tool(root: Table<'_>) -> Option<Tool> {
    let id = root.require("id").and_then(|item| read_id(&item));
    let slug = read_name(&root, "slug");
    let title = read_name(&root, "title");
    let description = root.text("description");
    let cover = root.require("cover").and_then(|item| item.file_name());
    let categories = root.texts("categories");
    let tags = root.texts("tags");
    let parameters = parameter::read_all(&root);
    let inspires = root.items("inspires");
    let inspires = inspires.iter().filter_map(|item| read_inspire(item, &parameters)).collect();
    let job = recipe::read(&root, &parameters);
    let prices = price::read_all(&root, &parameters);
    root.finish();
    Some(Tool {
        id: id?,
        slug: slug?.1,
        title: title?.0,
        description,
        cover: cover?,
        categories,
        tags,
        parameters: parameters.read,
        inspires,
        job: job?,
        special_prices: prices.special,
        price: prices.always?,
    })
}

fn read_id(item: &Item<'_>) -> Option<String> {
    let id = item.text()?;
    // Written one way only, so that ids can be compared as text.
    let plain = id.parse::<u64>().is_ok_and(|number| number.to_string() == id);
    if !plain {
        item.mistake("must be a number in quotes, such as \"1700\"");
    }
    plain.then_some(id)
}

/// A text of the form `owner/name` and the address that it makes.
fn read_name(root: &Table<'_>, key: &'static str) -> Option<(String, ToolSlug)> {
    let item = root.require(key)?;
    let name = item.text()?;
    let slug = ToolSlug::parse(&name);
    if slug.is_none() {
        item.mistake("must have the form owner/name, with a letter or digit in both");
    }
    slug.map(|slug| (name, slug))
}

fn read_inspire(item: &Item<'_>, parameters: &Parameters) -> Option<Inspire> {
    let table = item.table()?;
    let mut given = Vec::new();
    for (name, value) in table.rest() {
        let Some((place, parameter)) = parameters.find(&value, name) else { continue };
        let values = if parameter.holds_pictures() {
            value.sample_names()
        } else {
            value.text().into_iter().collect()
        };
        given.push((place, name.to_owned(), values));
    }
    given.sort_by_key(|(place, ..)| *place);
    Some(Inspire(given.into_iter().map(|(_, name, values)| (name, values)).collect()))
}
