//! The certificate that outputs are signed with: the operator's own, or a self-made one for trying things out.
//!
//! The self-made one is a leaf under an authority whose key is forgotten at once, so nobody can make further
//! certificates in its name. Readers find its signatures whole, and its signer unknown, which is the truth.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use c2pa::SigningAlg;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_PKCS1_RSAENCRYPTION,
    OID_PKCS1_RSASSAPSS, OID_SIG_ED25519,
};
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;

/// File names in the folder of a self-made certificate.
const CHAIN: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// A chain of certificates, the signer's first, and its key; both as PEM.
pub struct Certificate {
    pub(crate) chain: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) algorithm: SigningAlg,
    pub(crate) path: PathBuf,
}

/// Why a certificate cannot be used. The operator must act.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("cannot {doing} {path}")]
    File {
        /// `read` or `write`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// The test certificate cannot be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// It is not what content credentials are signed with.
    #[error("the certificate in {path} cannot sign content credentials: {problem}")]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Signing with it does not work.
    #[error("the certificate in {path} and its key cannot sign content credentials")]
    Signing {
        /// Which file.
        path: PathBuf,
        /// The library's words.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Certificate {
    /// Reads the operator's certificate: a chain, the signer's certificate first, and its key in PKCS #8.
    pub fn load(chain: &Path, key: &Path) -> Result<Self, CertificateError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| CertificateError::File {
                doing: "read",
                path: path.into(),
                source,
            })
        };
        let (path, chain) = (chain.to_owned(), read(chain)?);
        let algorithm = algorithm(&chain)
            .map_err(|problem| CertificateError::Unfit { path: path.clone(), problem: problem.into() })?;
        Ok(Self { key: read(key)?, chain, algorithm, path })
    }

    /// The self-made certificate in a folder; makes it if it is not there. Of several processes that make it at
    /// once, one wins and all use its certificate.
    pub fn load_or_create(folder: &Path) -> Result<Self, CertificateError> {
        if !folder.exists() {
            let failed = |source| CertificateError::File { doing: "write", path: folder.to_owned(), source };
            let (chain, key) = self_made()?;
            create(folder, &chain, &key).map_err(failed)?;
        }
        Self::load(&folder.join(CHAIN), &folder.join(KEY))
    }
}

/// A leaf that signs and the authority above it. Both are good for as long as dates have two digits.
fn self_made() -> Result<(String, String), rcgen::Error> {
    let params = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Atelier");
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2049, 12, 31));
        params.use_authority_key_identifier_extension = true;
        params
    };
    let mut authority = params("Atelier self-made test authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let mut leaf = params("Atelier self-made test certificate");
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    let key = KeyPair::generate()?;
    let leaf = leaf.signed_by(&key, &Issuer::new(authority, authority_key))?;
    Ok((leaf.pem() + &authority_certificate.pem(), key.serialize_pem()))
}

/// Puts both files in place at once: a folder appears whole or not at all.
fn create(folder: &Path, chain: &str, key: &str) -> io::Result<()> {
    let around = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(around)?;
    // Its owner alone may look into a temporary folder, whatever the files in it allow.
    let draft = tempfile::Builder::new().prefix(".provenance").tempdir_in(around)?;
    fs::write(draft.path().join(CHAIN), chain)?;
    private(&draft.path().join(KEY))?.write_all(key.as_bytes())?;
    match fs::rename(draft.path(), folder) {
        // Another process was first.
        Err(_) if folder.join(KEY).exists() => Ok(()),
        result => result,
    }
}

/// A new file that its owner alone may read.
fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The algorithm that a chain's signer signs with, or why it cannot sign content credentials.
fn algorithm(chain: &[u8]) -> Result<SigningAlg, &'static str> {
    let first = Pem::iter_from_buffer(chain).next().and_then(Result::ok);
    let first = first.ok_or("it is not in PEM, which begins with -----BEGIN CERTIFICATE-----")?;
    let (_, signer) = X509Certificate::from_der(&first.contents).map_err(|_| "it is damaged")?;
    suits(&signer)?;
    let key = &signer.public_key().algorithm;
    let curve = || key.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
    if key.algorithm == OID_SIG_ED25519 {
        Ok(SigningAlg::Ed25519)
    } else if key.algorithm == OID_PKCS1_RSAENCRYPTION || key.algorithm == OID_PKCS1_RSASSAPSS {
        Ok(SigningAlg::Ps256)
    } else if key.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        match curve() {
            Some(curve) if curve == OID_EC_P256 => Ok(SigningAlg::Es256),
            Some(curve) if curve == OID_NIST_EC_P384 => Ok(SigningAlg::Es384),
            Some(curve) if curve == OID_NIST_EC_P521 => Ok(SigningAlg::Es512),
            _ => Err("its key is on none of the curves P-256, P-384 and P-521"),
        }
    } else {
        Err("its key is neither ECDSA nor Ed25519 nor RSA")
    }
}

/// Whether a certificate keeps the rules of C2PA, as far as operators get them wrong. The library refuses the
/// rest, in fewer words.
fn suits(signer: &X509Certificate<'_>) -> Result<(), &'static str> {
    let damaged = |_| "it is damaged";
    if signer.is_ca() {
        return Err("its first certificate is an authority's; the signer's must come first");
    }
    if !signer.validity().is_valid() {
        return Err("it is not valid today");
    }
    if signer.subject().iter_organization().next().is_none() {
        return Err("its subject names no organisation (O), which readers show as the signer");
    }
    let usage = signer.key_usage().map_err(damaged)?;
    if !usage.is_some_and(|usage| usage.value.digital_signature()) {
        return Err("its key usage must include digitalSignature");
    }
    let purposes = signer.extended_key_usage().map_err(damaged)?;
    let purposes = purposes.map(|purposes| purposes.value).filter(|purposes| !purposes.any);
    if !purposes.is_some_and(|purposes| purposes.email_protection || !purposes.other.is_empty()) {
        return Err("its extended key usage must be emailProtection, documentSigning or C2PA's own");
    }
    let key_identifier = |extension: &X509Extension<'_>| {
        matches!(extension.parsed_extension(), ParsedExtension::AuthorityKeyIdentifier(_))
    };
    if !signer.extensions().iter().any(key_identifier) {
        return Err("it names no authority key identifier");
    }
    Ok(())
}
