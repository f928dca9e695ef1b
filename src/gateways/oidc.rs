//! A provider of OpenID Connect: authorization code with PKCE (OpenID Connect Core 1.0, 3.1;
//! RFC 7636). What the provider says is read anew for every sign-in, so that its keys may
//! change at any time.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use reqwest::redirect;

use crate::config::{Oidc, Origin, Secret};

/// The longest answer of a provider that is read, in bytes.
const ANSWER_MAX: usize = 1_048_576;

/// Why somebody could not be identified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The settings make no sense.
    #[error("oidc settings make no sense: {0}")]
    Settings(String),
    /// The provider cannot be reached, or its answer is none.
    #[error("identity provider does not answer: {0}")]
    Unavailable(String),
    /// The provider, or our check of what it says, refused.
    #[error("identity is not proved: {0}")]
    Refused(String),
}

/// A sign-in that has begun: where the person goes, and what has to be kept until they are
/// back.
#[derive(Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The provider's page.
    pub url: String,
    /// Comes back with them.
    pub state: String,
    /// Comes back in the token.
    pub nonce: String,
    /// Proves that it is us who began (RFC 7636).
    pub verifier: String,
}

impl fmt::Debug for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beginning(..)")
    }
}

/// Who somebody is at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The provider.
    pub issuer: String,
    /// Its name for them, which it never gives to anybody else.
    pub subject: String,
    /// Their address, if the provider has checked it.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The way to a provider; clones share its connections.
#[derive(Debug, Clone)]
pub struct OidcClient {
    http: reqwest::Client,
    issuer: IssuerUrl,
    client_id: String,
    client_secret: Option<Secret>,
    scopes: Arc<[String]>,
    redirect: RedirectUrl,
}

impl OidcClient {
    /// Makes a client; connects on the first call. `redirect` is where the provider sends
    /// people back to.
    ///
    /// # Errors
    /// [`OidcError::Settings`].
    pub fn new(settings: &Oidc, redirect: String) -> Result<Self, OidcError> {
        let wrong = |error: &dyn std::error::Error| OidcError::Settings(chain(error));
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|error| wrong(&error))?;
        let redirect = RedirectUrl::new(redirect).map_err(|error| wrong(&error))?;
        let mut http = reqwest::Client::builder()
            .timeout(settings.timeout())
            .connect_timeout(settings.timeout().min(Duration::from_secs(5)))
            // A provider that points elsewhere would make us ask whomever it likes.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("rentezy/", env!("CARGO_PKG_VERSION")));
        if Origin::of_url(&settings.issuer).is_some_and(|origin| origin.is_loopback()) {
            http = http.no_proxy();
        }
        if settings.issuer.starts_with("http://") {
            // Without TLS no root certificates are needed: a bare machine may have none.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(|error| wrong(&error))?;
        Ok(Self {
            http,
            issuer,
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            scopes: settings.scopes.split_whitespace().map(str::to_owned).collect(),
            redirect,
        })
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`OidcError::Unavailable`].
    pub async fn begin(&self) -> Result<Beginning, OidcError> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        // The library asks for openid by itself.
        let scopes = self.scopes.iter().filter(|scope| *scope != "openid");
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Beginning {
            url: url.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Ends a sign-in: trades the code for a token and checks issuer, audience, times, nonce
    /// and signature of that.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn finish(
        &self,
        code: String,
        verifier: String,
        nonce: String,
        now: Timestamp,
    ) -> Result<Identified, OidcError> {
        let client = self.client().await?;
        let refused = |error: &dyn std::error::Error| OidcError::Refused(chain(error));
        let token = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Unavailable(chain(&error)))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&self.caller())
            .await
            .map_err(|error| refused(&error))?;
        let lacks = || OidcError::Refused("answer has no id_token".to_owned());
        let id_token = token.id_token().ok_or_else(lacks)?;
        // The crate speaks chrono; the time is ours.
        let now = chrono::DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default();
        let check = client.id_token_verifier().set_time_fn(move || now);
        let claims =
            id_token.claims(&check, &Nonce::new(nonce)).map_err(|error| refused(&error))?;
        let email = claims.email().filter(|_| claims.email_verified() == Some(true));
        let name = claims.name().and_then(|names| names.get(None));
        Ok(Identified {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email: email.map(|email| email.to_string()),
            name: name.map(|name| name.to_string()),
        })
    }

    async fn client(&self) -> Result<Client, OidcError> {
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.caller())
            .await
            .map_err(|error| OidcError::Unavailable(chain(&error)))?;
        let methods = metadata.token_endpoint_auth_methods_supported().cloned();
        let methods = methods.unwrap_or_default();
        let in_body = methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let secret = self.client_secret.as_ref().map(|secret| secret.expose().to_owned());
        let secret = secret.filter(|secret| !secret.is_empty()).map(ClientSecret::new);
        let id = ClientId::new(self.client_id.clone());
        let auth = if in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        Ok(CoreClient::from_provider_metadata(metadata, id, secret)
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(auth))
    }

    /// Makes the library's requests by our client.
    fn caller(&self) -> impl Fn(HttpRequest) -> Calling + Send + Sync + use<> {
        let http = self.http.clone();
        move |request| Box::pin(call(http.clone(), request))
    }
}

type Calling = Pin<Box<dyn Future<Output = Result<HttpResponse, OidcError>> + Send>>;

async fn call(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, OidcError> {
    let failed = |error: reqwest::Error| OidcError::Unavailable(chain(&error));
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let mut answer = http.execute(request).await.map_err(failed)?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if response.body().len() + chunk.len() > ANSWER_MAX {
            return Err(OidcError::Unavailable(format!("answer is over {ANSWER_MAX} bytes")));
        }
        response.body_mut().extend_from_slice(&chunk);
    }
    Ok(response)
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
