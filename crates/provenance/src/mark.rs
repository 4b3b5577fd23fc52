//! Signing: a finished file gets a manifest about its making.

use std::error::Error;
use std::io::Cursor;
use std::sync::Arc;

use atelier_domain::{JobKind, Method, Timestamp, ToolSlug};
use c2pa::{BoxedSigner, Builder, Context, SigningAlg, create_signer};
use thiserror::Error;

use crate::certificate::{Certificate, CertificateError};
use crate::origin::Origin;
use crate::read::{State, read};

/// A signature with what surrounds it, at most; the certificates come on top.
const SIGNATURE_BYTES: usize = 1024;

/// The smallest PNG: a certificate is tried on it before anything depends on it.
const TRIAL: &[u8] = include_bytes!("trial.png");

/// Signs files. Takes milliseconds of a processor: not for threads that must not block.
#[derive(Clone)]
pub struct Marker(Arc<BoxedSigner>);

/// Why a file could not be signed. The operator must look.
#[derive(Debug, Error)]
#[error("a result cannot be given its content credentials")]
pub struct MarkError(#[source] Box<dyn Error + Send + Sync>);

impl Marker {
    /// A marker that signs with a certificate, tried out: whatever is wrong with the certificate shows now.
    pub fn new(certificate: &Certificate) -> Result<Self, CertificateError> {
        let path = certificate.path.clone();
        let failed = |source| CertificateError::Signing { path: path.clone(), source };
        let Certificate { chain, key, algorithm, .. } = certificate;
        let signer = create_signer::from_keys(chain, key, *algorithm, None);
        let marker = Self(Arc::new(Box::new(Compact(signer.map_err(|error| failed(error.into()))?))));
        let origin = Origin {
            tool: ToolSlug { owner: "atelier".into(), model: "trial".into() },
            kind: JobKind::TryOn,
            runner: "trial".into(),
            method: Method::Draft,
            seed: 0,
            made: Timestamp::now(),
        };
        let marked = marker.mark(TRIAL, "image/png", &origin).map_err(|error| failed(error.0))?;
        let report = read(&marked, "png", None).map_err(|error| failed(error.into()))?;
        match report.state {
            State::Valid | State::Trusted => Ok(marker),
            State::Invalid | State::Unmarked => {
                let found = report.problems.join("; ");
                let problem =
                    format!("a signature made on trial does not hold; is the key its own? ({found})");
                Err(CertificateError::Unfit { path, problem })
            }
        }
    }

    /// The file with its content credentials. `content_type` is that of a JPEG, PNG, WebP or MP4 file.
    pub fn mark(&self, file: &[u8], content_type: &str, origin: &Origin) -> Result<Vec<u8>, MarkError> {
        let failed = |error: c2pa::Error| MarkError(error.into());
        let mut builder =
            Builder::from_context(Context::new()).with_definition(origin.manifest()).map_err(failed)?;
        let mut marked = Cursor::new(Vec::with_capacity(file.len() + (16 << 10)));
        builder.sign(&**self.0, content_type, &mut Cursor::new(file), &mut marked).map_err(failed)?;
        Ok(marked.into_inner())
    }
}

/// A signer that asks for no more room than it needs: the library's own leave 10 kB for a time stamp, which only
/// a service on the network could give.
struct Compact(BoxedSigner);

impl c2pa::Signer for Compact {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        self.0.sign(data)
    }

    fn alg(&self) -> SigningAlg {
        self.0.alg()
    }

    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        self.0.certs()
    }

    fn reserve_size(&self) -> usize {
        let certificates = self.0.certs().unwrap_or_default();
        SIGNATURE_BYTES + certificates.iter().map(|certificate| certificate.len() + 16).sum::<usize>()
    }
}
