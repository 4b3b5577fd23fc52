//! The same call as code in four languages, ready to be pasted: it submits, waits, and prints where the results lie.
//!
//! The programs are texts in `snippets/` with `<<places>>`, filled in here by each language's own rules of quoting:
//! what people typed into a form goes into code and a shell. The tests of the playground run them.

use std::fmt::Write as _;

use atelier_domain::ToolSlug;
use atelier_store::AuthMode;

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snippet {
    /// The language.
    pub(super) language: Language,
    /// Its text.
    pub(super) code: String,
}

/// A language of programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// A shell with curl; `openssl` signs.
    Curl,
    /// With `requests`.
    Python,
    /// Node, without packages.
    JavaScript,
    /// With `reqwest`.
    Rust,
}

impl Language {
    /// All of them, in the order in which pages show them.
    pub(super) const ALL: [Self; 4] = [Self::Curl, Self::Python, Self::JavaScript, Self::Rust];

    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Rust => "Rust",
        }
    }

    /// Its name in addresses and ids.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Rust => "rust",
        }
    }

    /// A text as this language writes one.
    fn quote(self, text: &str) -> String {
        match self {
            Self::Curl => format!("'{}'", text.replace('\'', r"'\''")),
            // JSON's strings are strings of both.
            Self::Python | Self::JavaScript => serde_json::json!(text).to_string(),
            Self::Rust => format!("{text:?}"),
        }
    }
}

/// How a program proves whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    /// By a key alone.
    Key(&'a str),
    /// By a key and a signature.
    Signature {
        /// The key.
        key: &'a str,
        /// What signs.
        secret: &'a str,
    },
}

impl Credential<'static> {
    /// Where the key is not known: words to be replaced.
    pub(super) fn placeholder(auth: AuthMode) -> Self {
        match auth {
            AuthMode::Key => Self::Key("YOUR_API_KEY"),
            AuthMode::Signature => Self::Signature { key: "YOUR_API_KEY", secret: "YOUR_API_SECRET" },
        }
    }
}

/// What stands in for a bearer key that is not known.
pub(super) const BEARER: &str = "YOUR_TRYON_KEY";

/// A field of the call. A name may stand there several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// The parameter.
    pub(super) name: String,
    /// What is sent for it.
    pub(super) value: ArgumentValue,
}

/// What is sent for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ArgumentValue {
    /// A text, a number, the name of a sample or an address.
    Text(String),
    /// A file beside the program, by its name.
    File(String),
}

/// Programs that run a tool on the server with the public address `base`.
pub(super) fn run(
    base: &str,
    tool: &ToolSlug,
    fields: &[Argument],
    credential: Credential<'_>,
) -> Vec<Snippet> {
    let snippet = |language: Language| {
        let fill = |place: &str| match place {
            "run" => language.quote(&format!("{base}/v1/Run/{tool}")),
            "detail" => language.quote(&format!("{base}/v1/Task/Detail")),
            "credentials" => credentials(language, credential),
            "headers" => shell_headers(credential),
            "fields" => fields_of(language, fields),
            "crates" if matches!(credential, Credential::Signature { .. }) => {
                r#", hex = "0.4", hmac = "0.12", sha2 = "0.10""#.to_owned()
            }
            "uses" => rust_uses(fields, credential),
            _ => String::new(),
        };
        let template = match language {
            Language::Curl => include_str!("snippets/run.sh"),
            Language::Python => include_str!("snippets/run.py"),
            Language::JavaScript => include_str!("snippets/run.mjs"),
            Language::Rust => include_str!("snippets/run.rs"),
        };
        let template = if has_files(fields) { template.to_owned() } else { without_reading(template) };
        Snippet { language, code: filled(&template, fill) }
    };
    Language::ALL.map(snippet).into()
}

/// Programs that make a try-on by TryonAPI on the server with the public address `base`; `key` may be [`BEARER`].
pub(super) fn tryon(base: &str, key: &str, person: &str, garment: &str) -> Vec<Snippet> {
    let snippet = |language: Language| {
        let fill = |place: &str| match (place, language) {
            ("person", Language::Curl) => curl_file(person),
            ("garment", Language::Curl) => curl_file(garment),
            ("person", _) => language.quote(person),
            ("garment", _) => language.quote(garment),
            ("key", _) => language.quote(key),
            ("base", _) => language.quote(base),
            ("submit", _) => language.quote(&format!("{base}/api/v1/tryon")),
            _ => String::new(),
        };
        let template = match language {
            Language::Curl => include_str!("snippets/tryon.sh"),
            Language::Python => include_str!("snippets/tryon.py"),
            Language::JavaScript => include_str!("snippets/tryon.mjs"),
            Language::Rust => include_str!("snippets/tryon.rs"),
        };
        Snippet { language, code: filled(template, fill) }
    };
    Language::ALL.map(snippet).into()
}

/// A template with its places filled. Split once, since what is filled in may look like a place.
fn filled(template: &str, fill: impl Fn(&str) -> String) -> String {
    let mut pieces = template.split("<<");
    let mut code = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (place, text) = piece.split_once(">>").unwrap_or_default();
        code += &fill(place);
        code += text;
    }
    code
}

fn has_files(fields: &[Argument]) -> bool {
    fields.iter().any(|field| matches!(field.value, ArgumentValue::File(_)))
}

/// A program that reads no file imports nothing for it.
fn without_reading(template: &str) -> String {
    template
        .lines()
        .filter(|line| !line.contains("readFile"))
        .fold(String::new(), |code, line| code + line + "\n")
}

/// The lines that name the credential, and those that sign.
fn credentials(language: Language, credential: Credential<'_>) -> String {
    let quoted = |text| language.quote(text);
    match (language, credential) {
        (Language::Curl, Credential::Key(key)) => format!("KEY={}\n", quoted(key)),
        (Language::Curl, Credential::Signature { key, secret }) => format!(
            "KEY={}\nSECRET={}\nNONCE=$(date +%s)\n\
             SIGNATURE=$(printf '%s' \"$SECRET$NONCE\" | openssl dgst -sha256 -hmac \"$KEY\")\n",
            quoted(key),
            quoted(secret)
        ),
        (Language::Python, Credential::Key(key)) => format!("\nheaders = {{\"x-api-key\": {}}}", quoted(key)),
        (Language::Python, Credential::Signature { key, secret }) => format!(
            "import hashlib\nimport hmac\n\nkey, secret = {}, {}\nnonce = str(int(time.time()))\n\
             signature = hmac.new(key.encode(), (secret + nonce).encode(), hashlib.sha256).hexdigest()\n\
             headers = {{\"x-api-key\": key, \"x-nonce\": nonce, \"x-signature\": signature}}",
            quoted(key),
            quoted(secret)
        ),
        (Language::JavaScript, Credential::Key(key)) => {
            format!("\nconst headers = {{ \"x-api-key\": {} }};", quoted(key))
        }
        (Language::JavaScript, Credential::Signature { key, secret }) => format!(
            "import {{ createHmac }} from \"node:crypto\";\n\nconst [key, secret] = [{}, {}];\n\
             const nonce = String(Math.floor(Date.now() / 1000));\n\
             const signature = createHmac(\"sha256\", key).update(secret + nonce).digest(\"hex\");\n\
             const headers = {{ \"x-api-key\": key, \"x-nonce\": nonce, \"x-signature\": signature }};",
            quoted(key),
            quoted(secret)
        ),
        (Language::Rust, credential) => rust_credentials(credential),
    }
}

fn rust_credentials(credential: Credential<'_>) -> String {
    let client = "    let client = reqwest::Client::new();\n";
    match credential {
        Credential::Key(key) => format!(
            "{client}    let signed = |request: RequestBuilder| request.header(\"x-api-key\", {key:?});\n"
        ),
        Credential::Signature { key, secret } => format!(
            "{client}    let (key, secret) = ({key:?}, {secret:?});\n    \
             let nonce = UNIX_EPOCH.elapsed()?.as_secs().to_string();\n    \
             let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())?;\n    \
             let mac = mac.chain_update(secret).chain_update(&nonce);\n    \
             let signature = hex::encode(mac.finalize().into_bytes());\n    \
             let signed = |request: RequestBuilder| {{\n        \
             request.header(\"x-api-key\", key).header(\"x-nonce\", &nonce).header(\"x-signature\", &signature)\n    \
             }};\n"
        ),
    }
}

fn rust_uses(fields: &[Argument], credential: Credential<'_>) -> String {
    let signs = matches!(credential, Credential::Signature { .. });
    let files = has_files(fields);
    let read = if files { ", fs" } else { "" };
    let time = if signs { "time::{Duration, UNIX_EPOCH}" } else { "time::Duration" };
    let mac = if signs { "use hmac::{Hmac, Mac};\n" } else { "" };
    let hash = if signs { "use sha2::Sha256;\n" } else { "" };
    let part = if files { "multipart::{Form, Part}" } else { "multipart::Form" };
    format!(
        "use std::{{error::Error{read}, {time}}};\n\n{mac}use reqwest::{{RequestBuilder, {part}}};\n\
         use serde_json::{{Value, json}};\n{hash}use tokio::time::sleep;\n"
    )
}

fn shell_headers(credential: Credential<'_>) -> String {
    let mut lines = "  -H \"x-api-key: $KEY\" \\\n".to_owned();
    if let Credential::Signature { .. } = credential {
        lines += "  -H \"x-nonce: $NONCE\" \\\n  -H \"x-signature: $SIGNATURE\" \\\n";
    }
    lines
}

fn fields_of(language: Language, fields: &[Argument]) -> String {
    let mut lines = String::new();
    for (index, Argument { name, value }) in fields.iter().enumerate() {
        let last = index + 1 == fields.len();
        let quoted = |text: &str| language.quote(text);
        // Writing to a string cannot fail.
        let _ = match (language, value) {
            (Language::Curl, ArgumentValue::Text(text)) => {
                let end = if last { "" } else { " \\\n" };
                write!(lines, "  --form-string {}{end}", quoted(&format!("{name}={text}")))
            }
            (Language::Curl, ArgumentValue::File(file)) => {
                let end = if last { "" } else { " \\\n" };
                write!(lines, "  -F {name}=@{}{end}", curl_file(file))
            }
            (Language::Python, ArgumentValue::Text(text)) => {
                writeln!(lines, "    ({}, (None, {})),", quoted(name), quoted(text))
            }
            (Language::Python, ArgumentValue::File(file)) => {
                writeln!(lines, "    ({}, open({}, \"rb\")),", quoted(name), quoted(file))
            }
            (Language::JavaScript, ArgumentValue::Text(text)) => {
                writeln!(lines, "form.append({}, {});", quoted(name), quoted(text))
            }
            (Language::JavaScript, ArgumentValue::File(file)) => {
                let (name, file) = (quoted(name), quoted(file));
                writeln!(lines, "form.append({name}, new Blob([await readFile({file})]), {file});")
            }
            (Language::Rust, ArgumentValue::Text(text)) => {
                let end = if last { ";" } else { "" };
                writeln!(lines, "        .text({name:?}, {text:?}){end}")
            }
            (Language::Rust, ArgumentValue::File(file)) => {
                let end = if last { ";" } else { "" };
                writeln!(
                    lines,
                    "        .part({name:?}, Part::bytes(fs::read({file:?})?).file_name({file:?})){end}"
                )
            }
        };
    }
    lines
}

/// The name of a file for `-F name=@`: curl's own quotes, since a comma or semicolon would end the name, inside the
/// shell's.
fn curl_file(name: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | '/');
    if name.chars().all(plain) {
        return name.to_owned();
    }
    Language::Curl.quote(&format!("\"{}\"", name.replace('\\', r"\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(name: &str, value: ArgumentValue) -> Argument {
        Argument { name: name.into(), value }
    }

    fn programs(text: &str, file: &str) -> Vec<Snippet> {
        let (text, file) = (ArgumentValue::Text(text.into()), ArgumentValue::File(file.into()));
        let fields = [argument("inputImage", file), argument("prompt", text)];
        let credential = Credential::placeholder(AuthMode::Key);
        run("http://atelier.test", &ToolSlug::new("wiro", "instant-id"), &fields, credential)
    }

    #[test]
    fn what_was_typed_stays_within_its_quotes() {
        let line = |language: Language| {
            let code = programs("it's \"<<run>>\" $(date)\n", "a;b,c \"d\".jpg");
            let code = code.into_iter().find(|snippet| snippet.language == language).unwrap().code;
            code.lines()
                .filter(|line| line.contains("date)") || line.contains("a;b"))
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(
            line(Language::Curl),
            r#"  -F inputImage=@'"a;b,c \"d\".jpg"' \|  --form-string 'prompt=it'\''s "<<run>>" $(date)"#
        );
        assert_eq!(
            line(Language::Python),
            r#"    ("inputImage", open("a;b,c \"d\".jpg", "rb")),|    ("prompt", (None, "it's \"<<run>>\" $(date)\n")),"#
        );
        assert_eq!(
            line(Language::Rust),
            r#"        .part("inputImage", Part::bytes(fs::read("a;b,c \"d\".jpg")?).file_name("a;b,c \"d\".jpg"))|        .text("prompt", "it's \"<<run>>\" $(date)\n");"#
        );
    }

    #[test]
    fn every_place_of_every_program_is_filled() {
        let slug = ToolSlug::new("wiro", "instant-id");
        for auth in [AuthMode::Key, AuthMode::Signature] {
            let fields = [argument("prompt", ArgumentValue::Text("a".into()))];
            for field in [&fields[..], &[]] {
                for snippet in run("http://atelier.test", &slug, field, Credential::placeholder(auth)) {
                    assert!(!snippet.code.contains("<<") && snippet.code.contains("KEY"), "{}", snippet.code);
                    assert!(!snippet.code.contains("readFile"), "it reads no file");
                }
            }
        }
        for snippet in tryon("http://atelier.test", BEARER, "person.jpg", "garment.jpg") {
            assert!(!snippet.code.contains("<<") && snippet.code.contains(BEARER), "{}", snippet.code);
        }
    }
}
