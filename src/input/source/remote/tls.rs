//! Secure connections: who is trusted, and by which arithmetic.

use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

use super::fault::RemoteFault;

/// Adds what secure connections need: certificates of the system, or of the file and folder in `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`.
#[cfg(all(feature = "https", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn secure(builder: ConfigBuilder<AgentScope>) -> Result<ConfigBuilder<AgentScope>, RemoteFault> {
    use std::env;
    use std::sync::Arc;

    use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

    if !is_supported() {
        return Err(RemoteFault::Insecure("this processor has no instructions for AES; use http".to_owned()));
    }
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let named = env::var_os("SSL_CERT_FILE").or_else(|| env::var_os("SSL_CERT_DIR"));
        return Err(RemoteFault::Insecure(match named {
            Some(named) => format!(
                "there is no certificate in {}, which SSL_CERT_FILE or SSL_CERT_DIR names",
                named.display()
            ),
            None => "this system has no certificates; install the package `ca-certificates`, or name a file of them \
                     in SSL_CERT_FILE"
                .to_owned(),
        }));
    }
    let roots: Vec<_> = found.certs.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
    let config = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls_graviola::default_provider()));
    Ok(builder.tls_config(config.build()))
}

#[cfg(not(all(feature = "https", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(super) fn secure(_: ConfigBuilder<AgentScope>) -> Result<ConfigBuilder<AgentScope>, RemoteFault> {
    Err(RemoteFault::Insecure(match cfg!(feature = "https") {
        true => "there is none for this kind of processor; use http".to_owned(),
        false => "this program was built without https; build it with `--features https`".to_owned(),
    }))
}

/// What graviola needs of a processor. Without it, it panics.
#[cfg(all(feature = "https", target_arch = "x86_64"))]
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

#[cfg(all(feature = "https", target_arch = "aarch64"))]
fn is_supported() -> bool {
    use std::arch::is_aarch64_feature_detected as has;
    has!("aes") && has!("sha2") && has!("pmull") && has!("neon")
}
