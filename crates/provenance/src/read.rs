//! Reading back: what a file says of its making, who signed that, and whether it still holds.
//!
//! Files of any maker are read. Nothing is fetched: credentials that lie elsewhere are named and not followed.

use std::io::Cursor;

use c2pa::assertions::{Action, Actions};
use c2pa::{Context, Manifest, Reader, ValidationState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use thiserror::Error;

use crate::origin::RUN_LABEL;

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether it is to be believed.
    pub state: State,
    /// Who signed it.
    pub signer: Option<Signer>,
    /// The program that made the claim, with its version.
    pub generator: Option<String>,
    /// How the content came about: a term of a published vocabulary, as its address.
    pub digital_source_type: Option<String>,
    /// When it was made, in RFC 3339.
    pub made: Option<String>,
    /// What Atelier adds about a run of its own.
    pub run: Option<Run>,
    /// What is wrong, one sentence or code each.
    pub problems: Vec<String>,
}

/// Whether what a file says is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It says nothing.
    Unmarked,
    /// It was changed after it was signed, or was never signed properly.
    Invalid,
    /// It is as it was signed. Whether its signer is who it says was not or could not be checked.
    Valid,
    /// It is as it was signed, by somebody under one of the given authorities.
    Trusted,
}

/// Who signed a file, by the certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// The certificate's name.
    pub name: Option<String>,
    /// The organisation in it.
    pub organisation: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
}

/// What Atelier says of a run of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The tool that was run.
    pub tool: String,
    /// What ran it.
    pub runner: String,
    /// Whether the result is a draft: made without a trained model.
    pub draft: bool,
    /// The number that fixed the random choices.
    pub seed: String,
}

/// Why a file cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Files of this kind carry no credentials, or none that we know.
    #[error("this is no file that can carry content credentials, as jpeg, png, webp and mp4 can")]
    Unsupported,
    /// The trusted certificates cannot be used.
    #[error("the trusted certificates are not in PEM")]
    Anchors(#[source] Box<c2pa::Error>),
}

/// Reads a file. `extension` helps where its content does not tell its kind; signers under one of the authorities
/// in `anchors`, certificates in PEM, are trusted.
pub fn read(file: &[u8], extension: &str, anchors: Option<&str>) -> Result<Report, ReadError> {
    let settings =
        json!({ "trust": { "user_anchors": anchors }, "verify": { "verify_trust": anchors.is_some() } });
    let context =
        Context::new().with_settings(settings).map_err(|error| ReadError::Anchors(Box::new(error)))?;
    match Reader::from_context(context).with_stream(extension, Cursor::new(file)) {
        Ok(reader) => Ok(report(&reader)),
        Err(c2pa::Error::UnsupportedType) => Err(ReadError::Unsupported),
        Err(c2pa::Error::JumbfNotFound | c2pa::Error::ProvenanceMissing) => {
            Ok(Report::empty(State::Unmarked, Vec::new()))
        }
        Err(c2pa::Error::RemoteManifestUrl(address)) => {
            let elsewhere = format!("its credentials lie at {address}; they are not fetched");
            Ok(Report::empty(State::Unmarked, vec![elsewhere]))
        }
        Err(error) => Ok(Report::empty(State::Invalid, vec![error.to_string()])),
    }
}

impl Report {
    fn empty(state: State, problems: Vec<String>) -> Self {
        Self {
            state,
            signer: None,
            generator: None,
            digital_source_type: None,
            made: None,
            run: None,
            problems,
        }
    }
}

fn report(reader: &Reader) -> Report {
    let state = match reader.validation_state() {
        ValidationState::Invalid => State::Invalid,
        ValidationState::Valid => State::Valid,
        ValidationState::Trusted => State::Trusted,
    };
    let problems = reader.validation_status().unwrap_or_default().iter().map(|status| {
        let words = status.explanation().map(|words| format!(": {words}"));
        status.code().to_owned() + &words.unwrap_or_default()
    });
    let mut report = Report::empty(state, problems.collect());
    let Some(manifest) = reader.active_manifest() else { return report };
    let actions = actions(manifest);
    let made = actions.iter().find_map(|action| action.when().map(str::to_owned));
    report.signer = manifest.signature_info().map(|info| Signer {
        name: info.common_name.clone(),
        organisation: info.issuer.clone(),
        serial: info.cert_serial_number.clone(),
    });
    report.generator = generator(manifest);
    report.digital_source_type = actions.iter().find_map(source_type);
    // A time stamp is better evidence than the maker's word.
    report.made = manifest.time().or(made);
    report.run = manifest.find_assertion(RUN_LABEL).ok();
    report
}

/// What was done, in order; the first tells how the content began.
fn actions(manifest: &Manifest) -> Vec<Action> {
    let found = |label| manifest.find_assertion::<Actions>(label).ok();
    let actions = found("c2pa.actions.v2").or_else(|| found("c2pa.actions"));
    actions.map(|actions| actions.actions().to_vec()).unwrap_or_default()
}

fn source_type(action: &Action) -> Option<String> {
    let term = serde_json::to_value(action.source_type()?).ok()?;
    term.as_str().map(str::to_owned)
}

fn generator(manifest: &Manifest) -> Option<String> {
    match manifest.claim_generator_info.as_deref() {
        Some([info, ..]) => {
            let version = info.version.as_deref().map(|version| format!(" {version}"));
            Some(info.name.clone() + &version.unwrap_or_default())
        }
        _ => manifest.claim_generator().map(str::to_owned),
    }
}
