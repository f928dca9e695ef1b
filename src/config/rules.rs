//! What one key says about another: what an empty value stands for, and what is refused
//! because it would be unsafe.

use std::net::SocketAddr;
use std::path::Path;

use super::load::{Config, ConfigError, Values};
use super::origin::Origin;
use super::retention::{MONEY_DAYS_MIN, Retention};
use super::sections::{Cluster, Mail, Oidc};
use super::value::{MailMode, PaymentsMode, Secret};

/// Puts a value where an empty one means that the program chooses.
pub(super) fn fill(values: &mut Values, folder: &Path) -> Result<(), ConfigError> {
    if values.text("server.data_dir").is_empty() {
        let is_root = rustix::process::geteuid().is_root();
        let dir = if is_root { "/var/lib/rentezy".into() } else { folder.join("data") };
        values.put("server.data_dir", &dir.to_string_lossy());
    }
    if values.text("payments.mode").is_empty() {
        let listen: SocketAddr = values.get("server.listen")?;
        let mode =
            if listen.ip().is_loopback() { PaymentsMode::Sandbox } else { PaymentsMode::Off };
        values.put("payments.mode", mode.as_str());
    }
    Ok(())
}

fn refuse(name: &'static str, value: &dyn std::fmt::Debug, why: &str) -> Result<(), ConfigError> {
    Err(ConfigError::Refused { name, value: format!("{value:?}"), why: why.to_owned() })
}

/// Refuses what is right key by key and unsafe together.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let payments = &config.payments;
    let on_loopback = config.server.listen.ip().is_loopback();
    let mode = payments.mode.as_str();
    match payments.mode {
        PaymentsMode::Sandbox => {
            if !on_loopback {
                let why = "sandbox is allowed only with server.listen on a loopback address";
                return refuse("payments.mode", &mode, why);
            }
            if payments.stripe_key.as_ref().is_some_and(is_real) {
                let why = "sandbox is allowed only without a real payments.stripe_key";
                return refuse("payments.mode", &mode, why);
            }
            if let Some(url) = &payments.sandbox_url
                && !url.is_loopback()
            {
                return refuse("payments.sandbox_url", &url.as_str(), "must be on loopback");
            }
        }
        PaymentsMode::Stripe => {
            if payments.stripe_key.is_none() || payments.stripe_webhook_secret.is_none() {
                let why = "stripe needs payments.stripe_key and payments.stripe_webhook_secret";
                return refuse("payments.mode", &mode, why);
            }
            let url = &payments.stripe_url;
            if !url.is_https() && !url.is_loopback() {
                let why = "must be https unless its host is on loopback";
                return refuse("payments.stripe_url", &url.as_str(), why);
            }
        }
        PaymentsMode::Off => {}
    }
    check_cluster(config)?;
    check_mail(&config.mail)?;
    check_oidc(&config.oidc)?;
    check_retention(&config.events.retention)?;
    if let Some(file) = &config.clock.file {
        if !on_loopback {
            let why = "is allowed only with server.listen on a loopback address";
            return refuse("clock.file", file, why);
        }
        if payments.mode == PaymentsMode::Stripe {
            return refuse("clock.file", file, "is not allowed with payments.mode stripe");
        }
    }
    let blobs = &config.blobs;
    if let Some(endpoint) = &blobs.endpoint
        && !endpoint.is_https()
        && !endpoint.is_loopback()
    {
        let why = "must be https unless its host is on loopback";
        return refuse("blobs.endpoint", &endpoint.as_str(), why);
    }
    if blobs.access_key.is_some() != blobs.secret_key.is_some() {
        let why = "blobs.access_key and blobs.secret_key come together".to_owned();
        return Err(ConfigError::WrongSecret { name: "blobs.secret_key", why });
    }
    if config.database.url.as_ref().is_some_and(|url| !is_postgres(url.expose())) {
        let why = "must begin with postgres:// or postgresql://, or be key=value pairs".to_owned();
        return Err(ConfigError::WrongSecret { name: "database.url", why });
    }
    Ok(())
}

/// A server that others join needs what they share.
fn check_cluster(config: &Config) -> Result<(), ConfigError> {
    let Cluster { listen, name, advertise, certificate, key, authority, .. } = &config.cluster;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return refuse("cluster.name", name, "must be of letters, digits, '-', '_' and '.'");
    }
    let Some(listen) = listen else { return Ok(()) };
    if config.database.url.is_none() {
        return refuse("cluster.listen", listen, "needs database.url: the others use it too");
    }
    if config.server.secret.is_none() {
        return refuse("cluster.listen", listen, "needs server.secret, the same at every server");
    }
    if config.blobs.url.is_none() && config.blobs.folder.is_none() {
        return refuse("blobs.folder", &"", "pictures need blobs.url or a folder that is shared");
    }
    for (name, file) in [
        ("cluster.certificate", certificate),
        ("cluster.key", key),
        ("cluster.authority", authority),
    ] {
        if file.is_none() {
            return refuse(name, &"", "must be set beside cluster.listen; see rentezy certs");
        }
    }
    if advertise.is_empty() && listen.ip().is_unspecified() {
        let why = "must be set when cluster.listen is on every address";
        return refuse("cluster.advertise", advertise, why);
    }
    let port = advertise.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if !advertise.is_empty() && port.is_none() {
        return refuse("cluster.advertise", advertise, "must be host:port");
    }
    Ok(())
}

fn check_oidc(oidc: &Oidc) -> Result<(), ConfigError> {
    if !oidc.is_on() {
        return Ok(());
    }
    if !is_safe_url(&oidc.issuer) {
        let why = "must be https unless its host is on loopback";
        return refuse("oidc.issuer", &oidc.issuer, why);
    }
    if oidc.client_id.is_empty() {
        return refuse("oidc.client_id", &oidc.client_id, "must be set beside oidc.issuer");
    }
    Ok(())
}

fn check_retention(retention: &Retention) -> Result<(), ConfigError> {
    if !retention.drops_money_early() {
        return Ok(());
    }
    let why = format!(
        "booking, payment, refund and deposit need {MONEY_DAYS_MIN} days at least, or 0 for ever"
    );
    refuse("events.retention", &retention.to_string(), &why)
}

fn check_mail(mail: &Mail) -> Result<(), ConfigError> {
    let wrong =
        |why: &str| Err(ConfigError::WrongSecret { name: "mail.smtp_url", why: why.to_owned() });
    match mail.smtp_url.as_ref().map(Secret::expose) {
        None if mail.mode == MailMode::Smtp => wrong("is needed with mail.mode smtp"),
        Some(url) if !url.starts_with("smtp://") && !url.starts_with("smtps://") => {
            wrong("must begin with smtps:// or smtp://")
        }
        _ => Ok(()),
    }
}

/// Whether a key moves real money.
fn is_real(key: &Secret) -> bool {
    key.expose().starts_with("sk_live") || key.expose().starts_with("rk_live")
}

fn is_postgres(url: &str) -> bool {
    let pairs = || !url.contains("://") && url.split_whitespace().all(|pair| pair.contains('='));
    url.starts_with("postgres://") || url.starts_with("postgresql://") || pairs()
}

/// Whether what is sent to a URL cannot be read or changed on its way.
fn is_safe_url(url: &str) -> bool {
    Origin::of_url(url).is_some_and(|origin| origin.is_https() || origin.is_loopback())
}
