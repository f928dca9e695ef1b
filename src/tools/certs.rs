//! `rentezy certs`: a small authority for clusters whose operators have none. It makes the
//! certificates by which servers know each other, and nothing that browsers see.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::actors::cluster::transport::SERVER_NAME;

/// The certificate of the authority, and its key, which no server needs.
const AUTHORITY: &str = "authority.pem";
const AUTHORITY_KEY: &str = "authority-key.pem";
/// How long the authority is good for, in years.
const AUTHORITY_YEARS: i64 = 10;

/// Which certificates are made.
#[derive(Debug, Args)]
pub struct CertsArgs {
    /// The folder of the certificates; made if it is not there. An authority that is in it is
    /// used again.
    folder: PathBuf,
    /// The names of the servers, as in cluster.name: each gets NAME.pem and NAME-key.pem.
    #[arg(required = true)]
    names: Vec<String>,
    /// How long they are good for.
    #[arg(long, default_value_t = 825, value_parser = clap::value_parser!(i64).range(1..=3650))]
    days: i64,
}

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum CertsError {
    /// A file cannot be read or written.
    #[error("{}: {why}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// A certificate is there, and is not written over.
    #[error("{} is there already: take it away first", .0.display())]
    Exists(PathBuf),
    /// A name cannot be one of a file.
    #[error("{0} is no name of a server: letters, digits, '-', '_' and '.'")]
    Name(String),
    /// A certificate cannot be made.
    #[error("certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// There is no such day.
    #[error("certificate cannot be made: {0}")]
    Day(#[from] jiff::Error),
}

/// Makes the certificates; lines that say what to set.
///
/// # Errors
/// [`CertsError`]; certificates made before it stay.
pub fn run(arguments: &CertsArgs, now: Timestamp) -> Result<String, CertsError> {
    let CertsArgs { folder, names, days } = arguments;
    if let Some(name) = names.iter().find(|name| !is_name(name)) {
        return Err(CertsError::Name(name.clone()));
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|why| CertsError::File { file: folder.clone(), why })?;
    let issuer = authority(folder, now)?;
    let mut lines = Vec::new();
    for name in names {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([SERVER_NAME.to_owned(), name.clone()])?;
        params.distinguished_name.push(DnType::CommonName, name.clone());
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        last(&mut params, now, *days)?;
        let certificate = params.signed_by(&key, &issuer)?;
        let (file, key_file) =
            (folder.join(format!("{name}.pem")), folder.join(format!("{name}-key.pem")));
        write(&key_file, &key.serialize_pem())?;
        write(&file, &certificate.pem())?;
        lines.push(format!(
            "{name}: cluster.certificate = {:?}, cluster.key = {:?}, cluster.authority = {:?}",
            file.display().to_string(),
            key_file.display().to_string(),
            folder.join(AUTHORITY).display().to_string(),
        ));
    }
    Ok(lines.join("\n"))
}

/// The authority of the folder, made when there is none.
fn authority(folder: &Path, now: Timestamp) -> Result<Issuer<'static, KeyPair>, CertsError> {
    let (file, key_file) = (folder.join(AUTHORITY), folder.join(AUTHORITY_KEY));
    let read = |file: &Path| match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(CertsError::File { file: file.to_owned(), why }),
    };
    if let (Some(certificate), Some(key)) = (read(&file)?, read(&key_file)?) {
        return Ok(Issuer::from_ca_cert_pem(&certificate, KeyPair::from_pem(&key)?)?);
    }
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::CommonName, "RentEzy cluster authority");
    // It signs servers, and no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    last(&mut params, now, AUTHORITY_YEARS * 365)?;
    write(&key_file, &key.serialize_pem())?;
    write(&file, &params.self_signed(&key)?.pem())?;
    Ok(Issuer::new(params, key))
}

/// Makes a certificate last so many days, from the day before on: clocks may be behind.
fn last(params: &mut CertificateParams, now: Timestamp, days: i64) -> Result<(), CertsError> {
    let day = |days: i64| -> Result<_, CertsError> {
        let date = now.to_zoned(TimeZone::UTC).date().checked_add(days.days())?;
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        Ok(date_time_ymd(date.year().into(), part(date.month()), part(date.day())))
    };
    (params.not_before, params.not_after) = (day(-1)?, day(days)?);
    Ok(())
}

/// Writes a new file that only its owner reads.
fn write(file: &Path, text: &str) -> Result<(), CertsError> {
    let failed = |why: std::io::Error| match why.kind() {
        ErrorKind::AlreadyExists => CertsError::Exists(file.to_owned()),
        _ => CertsError::File { file: file.to_owned(), why },
    };
    let mut open = OpenOptions::new();
    let mut made = open.write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    made.write_all(text.as_bytes()).and_then(|()| made.sync_all()).map_err(failed)
}

fn is_name(name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(part)
}
