//! From the fields of a request to what a tool can check: every spelling of a file parameter, and the scalars.
//!
//! A file parameter `x` may arrive as `x`, `x[]`, `x[0]` or `xUrl` (and, where the tool itself calls it `xUrl`,
//! as `x`), as text, list, comma-joined list, JSON inside text, `data:` URI, sample name, address or file part,
//! mixed and repeated. Which spelling was used makes no difference.

use std::io;

use atelier_domain::catalogue::{Parameter, Tool};
use atelier_domain::{AccessKey, Given, InputFile, Scalar};
use base64::Engine as _;
use serde_json::Value;
use url::Url;

use super::body::{Fields, Sent};
use super::envelope::WiroError;
use crate::multipart::SpooledFile;
use crate::{files, samples};

/// The longest address of an input: every reply about its task repeats it.
const ADDRESS_BYTES: usize = 8192;

/// What a request gives to a tool.
pub(crate) struct Collected {
    /// To be checked against the tool.
    pub(crate) given: Given,
    /// Files that came with the request, in the order of arrival.
    pub(crate) uploads: Vec<ReceivedFile>,
    /// The scalars as they were sent, by parameter name, for the echo.
    pub(crate) sent_scalars: Vec<(String, Value)>,
}

/// A file that came with the request and is not stored yet.
pub(crate) struct ReceivedFile {
    /// For which parameter.
    pub(crate) parameter: String,
    /// The key it will be stored under.
    pub(crate) key: AccessKey,
    source: Source,
}

enum Source {
    Part(SpooledFile),
    Inline(Vec<u8>),
}

impl ReceivedFile {
    /// All bytes. Blocks.
    pub(crate) fn read(self) -> io::Result<Vec<u8>> {
        match self.source {
            Source::Part(file) => file.read(),
            Source::Inline(bytes) => Ok(bytes),
        }
    }
}

/// Sorts the fields of a request by the parameters of a tool. Fields the tool does not know are ignored.
/// `base` is this server's public address, without a trailing slash.
pub(crate) fn collect(tool: &Tool, fields: Fields, base: &str) -> Result<Collected, WiroError> {
    let mut collected = Collected { given: Given::default(), uploads: Vec::new(), sent_scalars: Vec::new() };
    let (direct, alias): (Vec<_>, Vec<_>) = fields
        .0
        .into_iter()
        .filter_map(|(name, sent)| find(tool, &name).map(|(parameter, alias)| (parameter, alias, sent)))
        .partition(|(_, alias, _)| !alias);
    // The parameter's own name comes first, its aliases after it, each in the order of arrival.
    for (parameter, _, sent) in direct.into_iter().chain(alias) {
        if parameter.holds_pictures() {
            collected.add_pictures(parameter, sent, base)?;
        } else {
            collected.set_scalar(parameter, sent)?;
        }
    }
    Ok(collected)
}

/// The parameter that a field name means, and whether it is meant by its alias.
fn find<'a>(tool: &'a Tool, field: &str) -> Option<(&'a Parameter, bool)> {
    let name = field.split_once('[').filter(|(_, rest)| rest.ends_with(']')).map_or(field, |(name, _)| name);
    if let Some(parameter) = tool.parameter(name) {
        return Some((parameter, false));
    }
    let with_url = format!("{name}Url");
    let other = name.strip_suffix("Url").unwrap_or(&with_url);
    tool.parameter(other).filter(|parameter| parameter.holds_pictures()).map(|parameter| (parameter, true))
}

impl Collected {
    fn set_scalar(&mut self, parameter: &Parameter, sent: Sent) -> Result<(), WiroError> {
        let Sent::Value(value) = sent else { return Err(WiroError::BadBody) };
        let scalar = match &value {
            Value::Null => return Ok(()),
            Value::String(text) if text.trim().is_empty() => return Ok(()),
            Value::String(text) => Scalar::Text(text.clone()),
            Value::Number(number) => Scalar::Number(number.clone()),
            Value::Bool(flag) => Scalar::Bool(*flag),
            Value::Array(_) | Value::Object(_) => return Err(WiroError::BadBody),
        };
        self.given.scalars.insert(parameter.name.clone(), scalar);
        self.sent_scalars.retain(|(name, _)| *name != parameter.name);
        self.sent_scalars.push((parameter.name.clone(), value));
        Ok(())
    }

    fn add_pictures(&mut self, parameter: &Parameter, sent: Sent, base: &str) -> Result<(), WiroError> {
        match sent {
            // A browser's form sends a file field that nobody filled in as a file without a byte.
            // What a form sends where no file was chosen; a file that is empty is refused as one.
            Sent::File(file) if file.size == 0 && file.name.is_empty() => {
                self.add_text(parameter, "", base)?;
            }
            Sent::File(file) => self.add_upload(parameter, Source::Part(file)),
            Sent::Value(value) => self.add_value(parameter, &value, base)?,
        }
        Ok(())
    }

    fn add_value(&mut self, parameter: &Parameter, value: &Value, base: &str) -> Result<(), WiroError> {
        match value {
            Value::Null => Ok(()),
            Value::String(text) => self.add_text(parameter, text, base),
            Value::Array(items) => items.iter().try_for_each(|item| match item {
                Value::Array(_) => Err(WiroError::BadBody),
                item => self.add_value(parameter, item, base),
            }),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(WiroError::BadBody),
        }
    }

    fn add_text(&mut self, parameter: &Parameter, text: &str, base: &str) -> Result<(), WiroError> {
        // Sent empty is not the same as absent: it asks for the documented default.
        self.given.files.entry(parameter.name.clone()).or_default();
        for reference in split_references(text) {
            if reference.starts_with("data:") {
                let bytes = decode_data_uri(&reference)
                    .ok_or_else(|| refused(parameter, "holds a data: URI that cannot be decoded"))?;
                self.add_upload(parameter, Source::Inline(bytes));
            } else {
                let file = resolve(&reference, base).map_err(|problem| refused(parameter, &problem))?;
                self.given.files.entry(parameter.name.clone()).or_default().push(file);
            }
        }
        Ok(())
    }

    fn add_upload(&mut self, parameter: &Parameter, source: Source) {
        let key = AccessKey::random();
        self.given.files.entry(parameter.name.clone()).or_default().push(InputFile::Stored(key.clone()));
        self.uploads.push(ReceivedFile { parameter: parameter.name.clone(), key, source });
    }
}

fn refused(parameter: &Parameter, problem: &str) -> WiroError {
    WiroError::File(parameter.name.clone(), problem.to_owned())
}

/// One text may hold several references: a JSON list, or a comma-joined list. Addresses may contain commas, so
/// a comma separates only before the start of another address, or where nothing looks like an address.
fn split_references(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.starts_with('[')
        && let Ok(list) = serde_json::from_str::<Vec<String>>(text)
    {
        return list.iter().flat_map(|item| split_references(item)).collect();
    }
    let starts_reference = |rest: &str| {
        let rest = rest.trim_start();
        ["http://", "https://", "data:"].iter().any(|start| rest.starts_with(start))
    };
    let names_only = !text.contains("://") && !text.starts_with("data:");
    let mut references = vec![String::new()];
    let mut rest = text;
    while let Some(comma) = rest.find(',') {
        let (before, after) = (&rest[..comma], &rest[comma + 1..]);
        if let Some(last) = references.last_mut() {
            last.push_str(before);
            if names_only || starts_reference(after) {
                references.push(String::new());
            } else {
                last.push(',');
            }
        }
        rest = after;
    }
    if let Some(last) = references.last_mut() {
        last.push_str(rest);
    }
    references.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// What a reference that is no `data:` URI points at. Addresses of our own are not fetched over the network.
fn resolve(reference: &str, base: &str) -> Result<InputFile, String> {
    if reference.len() > ADDRESS_BYTES {
        return Err(format!("must be addresses of at most {ADDRESS_BYTES} bytes"));
    }
    if let Some(path) = files::own_path(base, reference) {
        if let Some(name) = path.strip_prefix(samples::PATH).and_then(|rest| rest.strip_prefix('/')) {
            return sample(name);
        }
        if let Some(key) = files::upload_key(&path) {
            return Ok(InputFile::Stored(key));
        }
    }
    match Url::parse(reference) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(InputFile::Url(reference.to_owned())),
        _ if reference.contains("://") => Err("must be files or http or https addresses".into()),
        _ => sample(reference),
    }
}

fn sample(name: &str) -> Result<InputFile, String> {
    if samples::exists(name) {
        return Ok(InputFile::Sample(name.to_owned()));
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    Err(format!("names no sample input: {shown}"))
}

fn decode_data_uri(uri: &str) -> Option<Vec<u8>> {
    let (header, data) = uri.strip_prefix("data:")?.split_once(',')?;
    if header.split(';').any(|part| part.trim().eq_ignore_ascii_case("base64")) {
        // Senders mix up the two alphabets, so both are read as the first.
        let standard = |byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        let bytes = percent_encoding::percent_decode_str(data).map(standard);
        let data: Vec<u8> = bytes.filter(|byte| !byte.is_ascii_whitespace()).collect();
        let lenient = base64::engine::GeneralPurpose::new(
            &base64::alphabet::STANDARD,
            base64::engine::GeneralPurposeConfig::new()
                .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
        );
        return lenient.decode(data).ok();
    }
    Some(percent_encoding::percent_decode_str(data).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use atelier_domain::ToolSlug;
    use atelier_domain::catalogue::Catalogue;
    use serde_json::json;

    const BASE: &str = "http://atelier.test";
    const PERSON: &str = "wiro-virtual-try-on-input-1-1.jpg";
    const SHIRT: &str = "wiro-virtual-try-on-input-1-2.jpg";

    fn collect_json(model: &str, fields: &[(&str, Value)]) -> Result<Collected, WiroError> {
        let catalogue = Catalogue::builtin().unwrap();
        let tool = catalogue.find(&ToolSlug::new("wiro", model)).unwrap();
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Sent::Value(value.clone())));
        collect(tool, Fields(fields.collect()), BASE)
    }

    fn files(model: &str, parameter: &str, fields: &[(&str, Value)]) -> Vec<InputFile> {
        collect_json(model, fields).unwrap().given.files.remove(parameter).unwrap()
    }

    #[test]
    fn every_spelling_of_a_file_parameter_gives_the_same_pictures() {
        let expected = [InputFile::Sample(PERSON.into()), InputFile::Sample(SHIRT.into())];
        let joined = format!("{PERSON},{SHIRT}");
        let address = |name: &str| format!("{BASE}/uploads/sampleinputs/{name}");
        for fields in [
            vec![("inputImageClothes", json!([PERSON, SHIRT]))],
            vec![("inputImageClothes", json!(joined))],
            vec![("inputImageClothes", json!(json!([PERSON, SHIRT]).to_string()))],
            vec![("inputImageClothes", json!(PERSON)), ("inputImageClothes", json!(SHIRT))],
            vec![("inputImageClothes[]", json!(PERSON)), ("inputImageClothes[]", json!(SHIRT))],
            vec![("inputImageClothes[0]", json!(PERSON)), ("inputImageClothes[1]", json!(SHIRT))],
            vec![("inputImageClothesUrl", json!(joined)), ("inputImageClothes", json!(""))],
            vec![("inputImageClothesUrl", json!(SHIRT)), ("inputImageClothes", json!(PERSON))],
            vec![("inputImageClothes", json!(format!("{}, {}", address(PERSON), address(SHIRT))))],
        ] {
            assert_eq!(files("virtual-try-on", "inputImageClothes", &fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn an_address_may_contain_commas() {
        let text = "https://h/a,b.jpg,https://h/c?x=1,2,data:,xyz";
        assert_eq!(split_references(text), ["https://h/a,b.jpg", "https://h/c?x=1,2", "data:,xyz"]);
        assert_eq!(split_references("a.jpg, b.jpg ,"), ["a.jpg", "b.jpg"]);
        assert_eq!(split_references("data:image/png;base64,AAAA"), ["data:image/png;base64,AAAA"]);
    }

    #[test]
    fn a_tool_that_names_its_picture_as_an_address_takes_it_by_the_plain_name_too() {
        let sent = [("inputImage", json!("https://h/x.jpg"))];
        let expected = [InputFile::Url("https://h/x.jpg".into())];
        assert_eq!(files("professional-headshot", "inputImageUrl", &sent), expected);
    }

    #[test]
    fn sent_empty_is_told_from_absent() {
        assert_eq!(files("virtual-try-on", "inputImageHuman", &[("inputImageHuman", json!(""))]), []);
        let absent = collect_json("virtual-try-on", &[("inputImageHuman", Value::Null)]).unwrap();
        assert_eq!(absent.given.files.get("inputImageHuman"), None);
    }

    #[test]
    fn a9_names_and_schemes_that_lead_elsewhere_are_refused() {
        for bad in ["../Cargo.toml", "..\\x", "/etc/passwd", "file:///etc/passwd", "nothing.jpg", "README.md"]
        {
            let refused = collect_json("virtual-try-on", &[("inputImageHuman", json!(bad))]);
            assert!(matches!(refused, Err(WiroError::File(name, _)) if name == "inputImageHuman"), "{bad}");
        }
        assert!(collect_json("virtual-try-on", &[("inputImageHuman", json!({"a": 1}))]).is_err());
    }

    #[test]
    fn an_address_has_a_length_that_replies_can_carry() {
        let address = |bytes: usize| json!(format!("https://h/{}", "x".repeat(bytes - 10)));
        assert!(collect_json("virtual-try-on", &[("inputImageHuman", address(8192))]).is_ok());
        let refused = collect_json("virtual-try-on", &[("inputImageHuman", address(8193))]);
        assert!(
            matches!(refused, Err(WiroError::File(_, problem)) if problem.contains("at most 8192 bytes"))
        );
    }

    #[test]
    fn a_data_uri_may_be_written_in_either_base64_alphabet() {
        for text in
            ["data:;base64,+/+/", "data:;base64,-_-_", "data:;base64,%2b%2F%2B/", "data:;base64,+/\n+/"]
        {
            assert_eq!(decode_data_uri(text).as_deref(), Some(&[0xfb, 0xff, 0xbf][..]), "{text}");
        }
    }

    #[test]
    fn data_uris_become_uploads() {
        let sent = [("inputImageHuman", json!("data:image/png;base64,aGk"))];
        let collected = collect_json("virtual-try-on", &sent).unwrap();
        let [upload] = <[_; 1]>::try_from(collected.uploads).map_err(|_| "one upload").unwrap();
        assert_eq!(collected.given.files["inputImageHuman"], [InputFile::Stored(upload.key.clone())]);
        assert_eq!(upload.read().unwrap(), b"hi");
    }

    #[test]
    fn scalars_keep_what_was_sent_and_empty_ones_are_absent() {
        let sent = [
            ("steps", json!("")),
            ("scale", json!("5.0")),
            ("samples", json!(2)),
            ("outputType", json!("x")),
        ];
        let collected = collect_json("instant-id", &sent).unwrap();
        let kept = [("scale".to_owned(), json!("5.0")), ("samples".to_owned(), json!(2))];
        assert_eq!(collected.sent_scalars, kept);
        assert_eq!(collected.given.scalars.len(), 2);
    }

    /// One way of sending some references under one field.
    #[derive(Debug, Clone, Copy)]
    enum Spelling {
        Repeated,
        List,
        Joined,
        JsonInText,
        Bracketed,
    }

    fn fields_of(name: &str, references: &[String], spelling: Spelling) -> Vec<(String, Value)> {
        let text = |name: &str, value: &String| (name.to_owned(), json!(value));
        match spelling {
            Spelling::Repeated => references.iter().map(|value| text(name, value)).collect(),
            Spelling::Bracketed => {
                let numbered = references.iter().enumerate();
                numbered.map(|(index, value)| text(&format!("{name}[{index}]"), value)).collect()
            }
            Spelling::List => vec![(name.to_owned(), json!(references))],
            Spelling::Joined => vec![(name.to_owned(), json!(references.join(", ")))],
            Spelling::JsonInText => vec![(name.to_owned(), json!(json!(references).to_string()))],
        }
    }

    proptest::proptest! {
        #[test]
        fn any_mix_of_spellings_gives_the_same_pictures(
            chunks in proptest::collection::vec(
                (proptest::collection::vec("https://h/[a-z,]{1,6}[a-z]", 1..4), 0..5usize, proptest::bool::ANY),
                1..5,
            ),
        ) {
            let spellings =
                [Spelling::Repeated, Spelling::List, Spelling::Joined, Spelling::JsonInText, Spelling::Bracketed];
            let named = |alias: bool| if alias { "inputImageClothesUrl" } else { "inputImageClothes" };
            let fields: Vec<(String, Value)> = chunks
                .iter()
                .flat_map(|(references, spelling, alias)| fields_of(named(*alias), references, spellings[*spelling]))
                .collect();
            let direct = chunks.iter().filter(|(_, _, alias)| !alias);
            let aliases = chunks.iter().filter(|(_, _, alias)| *alias);
            let expected: Vec<InputFile> = direct
                .chain(aliases)
                .flat_map(|(references, _, _)| references.iter().cloned().map(InputFile::Url))
                .collect();
            let fields: Vec<(&str, Value)> = fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            proptest::prop_assert_eq!(files("virtual-try-on", "inputImageClothes", &fields), expected);
        }
    }
}
