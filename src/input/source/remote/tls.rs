//! Secure connections: who is trusted, and by which arithmetic.

use std::env;
use std::sync::{Arc, OnceLock};

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::fault::RemoteFault;

/// The configuration of all secure connections of this process.
///
/// The certificates are those of the system, or of the file and folder in `SSL_CERT_FILE` and `SSL_CERT_DIR`.
pub(super) fn config() -> Result<TlsConfig, RemoteFault> {
    static CONFIG: OnceLock<Result<TlsConfig, RemoteFault>> = OnceLock::new();
    CONFIG.get_or_init(build).clone()
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn build() -> Result<TlsConfig, RemoteFault> {
    if !is_supported() {
        return Err(RemoteFault::Insecure("this processor has no instructions for AES; use http".to_owned()));
    }
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let named = env::var_os("SSL_CERT_FILE").or_else(|| env::var_os("SSL_CERT_DIR"));
        return Err(RemoteFault::Insecure(match named {
            Some(named) => format!("there is no certificate in {}, which SSL_CERT_FILE or SSL_CERT_DIR names", named.display()),
            None => "this system has no certificates; install the package `ca-certificates`, or name a file of them in \
                     SSL_CERT_FILE"
                .to_owned(),
        }));
    }
    let roots: Vec<_> = found.certs.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls_graviola::default_provider()))
        .build())
}

/// What graviola needs of a processor. Without it, it panics.
#[cfg(target_arch = "x86_64")]
fn is_supported() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("aes")
        && has!("pclmulqdq")
        && has!("bmi1")
        && has!("bmi2")
        && has!("adx")
        && has!("avx")
        && has!("avx2")
}

#[cfg(target_arch = "aarch64")]
fn is_supported() -> bool {
    use std::arch::is_aarch64_feature_detected as has;
    has!("aes") && has!("sha2") && has!("pmull") && has!("neon")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn build() -> Result<TlsConfig, RemoteFault> {
    Err(RemoteFault::Insecure("this program was built for a processor without them; use http".to_owned()))
}
