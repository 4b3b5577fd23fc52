//! Which certificates are taken.

use std::error::Error;
use std::path::Path;

use atelier_provenance::{Certificate, CertificateError, Marker};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

/// A mistake in a certificate.
type Spoil = fn(&mut CertificateParams);

/// Writes a chain whose leaf a test may spoil, and its key.
fn issue(
    folder: &Path,
    algorithm: &'static rcgen::SignatureAlgorithm,
    spoil: impl Fn(&mut CertificateParams),
) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Test root");
    let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
    let mut leaf = CertificateParams::default();
    leaf.distinguished_name.push(DnType::OrganizationName, "Studio One");
    leaf.distinguished_name.push(DnType::CommonName, "Studio One, signing");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    spoil(&mut leaf);
    let key = KeyPair::generate_for(algorithm).unwrap();
    std::fs::write(folder.join("chain.pem"), leaf.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

fn open(folder: &Path) -> Result<Marker, CertificateError> {
    Marker::new(&Certificate::load(&folder.join("chain.pem"), &folder.join("key.pem"))?)
}

/// An error with its causes in one line.
fn words(error: &CertificateError) -> String {
    let first: &dyn Error = error;
    let causes = std::iter::successors(Some(first), |error: &&dyn Error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn an_operators_certificate_of_each_common_kind_is_taken() {
    let folder = TempDir::new().unwrap();
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        issue(folder.path(), algorithm, |_| ());
        open(folder.path()).unwrap_or_else(|error| panic!("{algorithm:?}: {}", words(&error)));
    }
}

#[test]
fn a_certificate_that_is_not_for_signing_content_is_refused_at_once() {
    let folder = TempDir::new().unwrap();
    let spoils: [(Spoil, &str); 7] = [
        (|leaf| leaf.extended_key_usages.clear(), "extended key usage"),
        (|leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth], "extended key usage"),
        (|leaf| leaf.key_usages.clear(), "key usage must include digitalSignature"),
        (|leaf| leaf.not_after = rcgen::date_time_ymd(2020, 1, 1), "not valid today"),
        (|leaf| leaf.distinguished_name = rcgen::DistinguishedName::new(), "no organisation"),
        (
            |leaf| leaf.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
            "the signer's must come first",
        ),
        (|leaf| leaf.use_authority_key_identifier_extension = false, "authority key identifier"),
    ];
    for (spoil, reason) in spoils {
        issue(folder.path(), &rcgen::PKCS_ECDSA_P256_SHA256, spoil);
        let Err(error) = open(folder.path()) else { panic!("taken in spite of: {reason}") };
        let words = words(&error);
        assert!(words.contains("chain.pem") && words.contains(reason), "{words}");
    }
}

#[test]
fn files_that_do_not_belong_together_are_named() {
    let folder = TempDir::new().unwrap();
    issue(folder.path(), &rcgen::PKCS_ECDSA_P256_SHA256, |_| ());
    std::fs::write(folder.path().join("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(words(&open(folder.path()).err().unwrap()).contains("is the key its own?"));
    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    let unreadable = words(&open(folder.path()).err().unwrap());
    assert!(unreadable.contains("chain.pem and its key cannot sign"), "{unreadable}");
    std::fs::write(folder.path().join("chain.pem"), "no certificate").unwrap();
    assert!(words(&open(folder.path()).err().unwrap()).contains("PEM"));
    std::fs::remove_file(folder.path().join("chain.pem")).unwrap();
    assert!(words(&open(folder.path()).err().unwrap()).contains("cannot read"));
}

#[test]
fn a_self_made_certificate_is_made_once_and_its_key_is_its_owners() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("data/provenance");
    let made: Vec<_> = std::thread::scope(|scope| {
        let load = || Certificate::load_or_create(&place).map(drop);
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    let chain = std::fs::read(place.join("certificate.pem")).unwrap();
    Marker::new(&Certificate::load_or_create(&place).unwrap()).unwrap();
    assert_eq!(std::fs::read(place.join("certificate.pem")).unwrap(), chain);
    assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "no drafts stay behind");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.join("key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
