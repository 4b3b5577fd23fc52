//! What a hub offers of a model: the files that are wanted, with size and checksum, and the licence.

use std::collections::HashSet;

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::hub::shown;
use crate::{Checksum, FilePath, Hub, Model, RequestError, UnsafePath};

/// Which version is taken: the newest, and from then on the commit that it was.
const REVISION: &str = "main";
/// The listing comes in pages.
const MOST_PAGES: usize = 50;

/// One version of a model's files.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The commit, in hexadecimal.
    pub commit: String,
    /// The address of the repository.
    pub url: String,
    /// The licence by the hub's metadata, or the known one where it says nothing.
    pub licence: String,
    /// Whether an operator has to agree to it before anything is pulled.
    pub needs_consent: bool,
    /// The wanted files.
    pub files: Vec<RemoteFile>,
}

/// One file of a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// Where it belongs.
    pub path: FilePath,
    /// Its bytes.
    pub size: u64,
    /// Its hash.
    pub checksum: Checksum,
}

/// Why an offer cannot be taken. Whoever runs the hub or publishes the model must act.
#[derive(Debug, Error)]
pub enum OfferError {
    /// The hub does not say what it has.
    #[error("the hub does not say what it has of {repo}")]
    Request {
        /// The repository.
        repo: &'static str,
        /// Why.
        source: RequestError,
    },
    /// A name that would lead elsewhere.
    #[error("the hub cannot be trusted")]
    Path(#[from] UnsafePath),
    /// A name twice.
    #[error("the hub lists the file {0} twice, if upper and lower case are the same")]
    Twice(FilePath),
    /// Something is not there.
    #[error("the hub has no {missing} in {repo}{}", if *.pickle { ", only a pickle, which is never loaded" } else { "" })]
    Incomplete {
        /// The repository.
        repo: &'static str,
        /// What is not there.
        missing: String,
        /// Whether it is there in a form that is not read.
        pickle: bool,
    },
}

#[derive(Deserialize)]
struct Revision {
    sha: String,
    #[serde(rename = "cardData")]
    card: Option<Card>,
}

#[derive(Deserialize)]
struct Card {
    license: Option<String>,
    license_name: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    oid: String,
    size: u64,
    lfs: Option<Large>,
}

#[derive(Deserialize)]
struct Large {
    oid: String,
    size: u64,
}

impl Hub {
    /// Asks what the hub has of a model.
    pub async fn offer(&self, model: &Model) -> Result<Offer, OfferError> {
        let failed = |source| OfferError::Request { repo: model.repo, source };
        let (owner, name) = model.repo.split_once('/').unwrap_or(("", model.repo));
        let url = self.url(["api", "models", owner, name, "revision", REVISION]);
        let (_, answer) = self.ask(&url).await.map_err(failed)?;
        let revision: Revision = parsed(&url, &answer).map_err(failed)?;
        if revision.sha.len() != 40 || !revision.sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(failed(strange(&url, format!("{:?} is not a commit", revision.sha))));
        }
        let mut tree = self.url(["api", "models", owner, name, "tree", &revision.sha]);
        tree.set_query(Some("recursive=true"));
        let entries = self.pages(tree.clone()).await.map_err(failed)?;
        let files = wanted(model, &entries, |reason| failed(strange(&tree, reason)))?;
        // A licence of the publisher's own is called "other" and has its name beside it.
        let named = revision.card.and_then(|card| match card.license {
            Some(licence) if licence == "other" => card.license_name.or(Some(licence)),
            licence => licence,
        });
        let changed = named.as_ref().is_some_and(|named| !named.eq_ignore_ascii_case(model.licence.name));
        Ok(Offer {
            url: shown(&self.url([owner, name])),
            commit: revision.sha,
            licence: named.filter(|_| changed).unwrap_or_else(|| model.licence.name.to_owned()),
            needs_consent: model.licence.limits_use || changed,
            files,
        })
    }

    /// Where a file of an offer lies.
    pub(crate) fn address(&self, model: &Model, offer: &Offer, file: &FilePath) -> Url {
        let parts = model.repo.split('/').chain(["resolve", &offer.commit]);
        self.url(parts.chain(file.parts()))
    }

    async fn pages(&self, first: Url) -> Result<Vec<Entry>, RequestError> {
        let (mut entries, mut url) = (Vec::new(), first.clone());
        for _ in 0..MOST_PAGES {
            let (headers, answer) = self.ask(&url).await?;
            entries.extend(parsed::<Vec<Entry>>(&url, &answer)?);
            match next(&headers, &url) {
                None => return Ok(entries),
                Some(next) if next.origin() == first.origin() => url = next,
                Some(next) => return Err(strange(&first, format!("it goes on at {}", shown(&next)))),
            }
        }
        Err(strange(&first, format!("it goes on for more than {MOST_PAGES} pages")))
    }
}

impl Offer {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }
}

/// The files of a listing that the model needs; all names are checked.
fn wanted(
    model: &Model,
    entries: &[Entry],
    strange: impl Fn(String) -> OfferError,
) -> Result<Vec<RemoteFile>, OfferError> {
    let (mut seen, mut files, mut pickles) = (HashSet::new(), Vec::new(), Vec::new());
    for entry in entries.iter().filter(|entry| entry.kind == "file") {
        let path = FilePath::parse(&entry.path)?;
        if !model.wants(&path) {
            pickles.push(path);
            continue;
        }
        if !seen.insert(path.as_str().to_lowercase()) {
            return Err(OfferError::Twice(path));
        }
        let (text, size) = match &entry.lfs {
            Some(large) => (format!("sha256:{}", large.oid), large.size),
            None => (format!("git:{}", entry.oid), entry.size),
        };
        let checksum = Checksum::parse(&text).map_err(|error| strange(format!("{path}: {error}")))?;
        files.push(RemoteFile { path, size, checksum });
    }
    pickles.retain(|path| matches!(path.extension().as_str(), "bin" | "pt" | "pth" | "ckpt" | "pkl"));
    let incomplete = |missing: String, pickle| OfferError::Incomplete { repo: model.repo, missing, pickle };
    for config in model.configs {
        if !files.iter().any(|file| file.path.as_str() == *config) {
            return Err(incomplete((*config).to_owned(), false));
        }
    }
    for folder in model.weights {
        let here = |path: &FilePath| path.parts().next() == Some(folder);
        if !files.iter().any(|file| here(&file.path) && file.path.extension() == "safetensors") {
            return Err(incomplete(format!("{folder}/*.safetensors"), pickles.iter().any(here)));
        }
    }
    Ok(files)
}

/// The next page of a listing, as in `<https://...>; rel="next"`.
fn next(headers: &HeaderMap, base: &Url) -> Option<Url> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let link = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    base.join(link.split_once('<')?.1.split_once('>')?.0).ok()
}

fn parsed<T: DeserializeOwned>(url: &Url, answer: &[u8]) -> Result<T, RequestError> {
    serde_json::from_slice(answer).map_err(|error| strange(url, error.to_string()))
}

fn strange(url: &Url, reason: String) -> RequestError {
    RequestError::Answer { url: shown(url), reason }
}
