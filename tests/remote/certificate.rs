//! A certificate for `localhost`, made for one run of the tests.
#![allow(dead_code, reason = "the tests and the benchmark use a part of this each")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use graviola::signing::eddsa::Ed25519SigningKey;
use rcgen::{CertificateParams, PKCS_ED25519, PublicKeyData, SerialNumber, SigningKey};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The certificate as a file, and a configuration of a server that has it.
pub struct Certificate {
    pub file: PathBuf,
    pub server: Arc<rustls::ServerConfig>,
}

/// The key of graviola, which needs no C compiler, for rcgen, whose own keys need one.
struct Key {
    key: Ed25519SigningKey,
    public: [u8; 32],
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_ED25519
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.key.sign(message).to_vec())
    }
}

impl Certificate {
    /// Makes a certificate that signs itself, and writes it into `folder`.
    pub fn make(folder: &Path) -> Self {
        let key = Ed25519SigningKey::generate().unwrap();
        let public = key.public_key().as_bytes();
        let key = Key { key, public };
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(1));
        let der = params.self_signed(&key).unwrap().der().to_vec();
        let text = BASE64_STANDARD.encode(&der);
        let lines: Vec<_> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let file = folder.join("localhost.pem");
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
        std::fs::write(&file, pem).unwrap();
        let mut secret = [0; 128];
        let secret = key.key.to_pkcs8_der(&mut secret).unwrap().to_vec();
        let server =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![CertificateDer::from(der)],
                    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(secret)),
                )
                .unwrap();
        Certificate { file, server: Arc::new(server) }
    }
}
