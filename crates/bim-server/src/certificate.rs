//! The server's certificate: the one that is given, or one made for development and kept.

use std::path::Path;

use bim_transport::tls::ServerTls;

use crate::config::ServerConfig;
use crate::start_error::StartError;

/// Reads the certificate of the settings; without one, that of the data directory, which is made first when
/// it is missing.
pub(crate) fn load(config: &ServerConfig) -> Result<ServerTls, StartError> {
    match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => read(certificate, key),
        _ => development(&config.data_dir),
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerTls, StartError> {
    ServerTls::from_files(certificate, key).map_err(|error| refusal(certificate, error))
}

fn refusal(certificate: &Path, error: impl std::error::Error + Send + Sync + 'static) -> StartError {
    StartError::Certificate { certificate: certificate.to_owned(), source: Box::new(error) }
}

#[cfg(not(feature = "quic"))]
fn development(_data_dir: &Path) -> Result<ServerTls, StartError> {
    Err(StartError::NoCertificate)
}

#[cfg(feature = "quic")]
fn development(data_dir: &Path) -> Result<ServerTls, StartError> {
    let dir = data_dir.join("tls");
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    if !certificate.exists() {
        make(&dir, &certificate, &key)?;
    }
    read(&certificate, &key)
}

/// The certificate is written last, so that one that exists has its key.
#[cfg(feature = "quic")]
fn make(dir: &Path, certificate: &Path, key: &Path) -> Result<(), StartError> {
    use std::time::Duration;

    use crate::private_file;

    /// How long a development certificate is valid: ten years.
    const VALIDITY: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

    let made = bim_transport::tls::DevCertificate::generate(&[], VALIDITY)
        .map_err(|error| refusal(certificate, error))?;
    let unwritable = |source| StartError::DataDirUnwritable { data_dir: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(unwritable)?;
    private_file::write(key, made.key_pem.as_bytes()).map_err(unwritable)?;
    std::fs::write(dir.join("fingerprint.txt"), format!("{}\n", made.fingerprint)).map_err(unwritable)?;
    private_file::write(certificate, made.cert_pem.as_bytes()).map_err(unwritable)?;
    tracing::info!(certificate = %certificate.display(), "made a development certificate");
    Ok(())
}

#[cfg(all(test, feature = "quic"))]
mod tests {
    use super::*;

    #[test]
    fn a_development_certificate_is_made_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let config = ServerConfig { data_dir: dir.path().to_owned(), ..ServerConfig::default() };
        let first = load(&config).unwrap().fingerprint();
        assert_eq!(load(&config).unwrap().fingerprint(), first);
        let told = std::fs::read_to_string(dir.path().join("tls/fingerprint.txt")).unwrap();
        assert_eq!(told.trim(), first);
    }

    #[test]
    fn a_certificate_that_cannot_be_used_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = ServerConfig { data_dir: dir.path().to_owned(), ..ServerConfig::default() };
        let path = dir.path().join("mine.pem");
        std::fs::write(&path, "nothing").unwrap();
        config.tls.certificate = Some(path.clone());
        config.tls.key = Some(path);
        let error = load(&config).unwrap_err();
        assert!(matches!(&error, StartError::Certificate { .. }));
        assert!(error.to_string().contains("mine.pem"));
    }
}
