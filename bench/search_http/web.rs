//! Those who use the server over HTTP: who searches, who lets homes, who books them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::Date;
use rentezy::clock;
use rentezy::tools::demo::people::LOGINS;
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde_json::{Value, json};

use super::questions::Question;
use super::support::Result;

/// How long the server may take to be there with all listings.
const START: Duration = Duration::from_secs(1800);

/// Landlords' browsers: a change takes a few milliseconds, and none waits for another.
const DESKS: u32 = 8;

/// One change of so many is looked for, so that looking is no load of its own.
const LOOKED_FOR: u32 = 10;

/// A client of the server.
pub(crate) struct Web {
    client: reqwest::Client,
    url: String,
}

/// A home that its landlord changes.
struct Own {
    id: String,
    version: u64,
}

impl Web {
    /// A client of the server at an address.
    pub(crate) fn new(url: String) -> Self {
        Self { client: reqwest::Client::new(), url }
    }

    /// Waits until searches are answered, which they are once the index is whole; how many
    /// listings there are.
    ///
    /// # Errors
    /// When that takes for ever.
    pub(crate) async fn until_found(&self) -> Result<u64> {
        let began = clock::monotonic();
        while began.elapsed() < START {
            let found = self.client.get(self.at("search?limit=1")).send().await;
            if let Ok(answer) = found
                && answer.status() == StatusCode::OK
            {
                let answer: Value = answer.json().await?;
                return Ok(answer["total"].as_u64().ok_or("no total")?);
            }
            clock::pause(Duration::from_millis(100)).await;
        }
        Err("the listings cannot be found".into())
    }

    /// The original's example, with all facets; the whole answer is read.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn example(&self, asked: &Question) -> Result<()> {
        let [word, _] = &asked.words;
        let (centre, nights) = (asked.centre, asked.nights);
        let query = [
            ("q", word.clone()),
            ("near", format!("{},{}", centre.lat, centre.lon)),
            ("radius_km", "5".to_owned()),
            ("price_min", asked.price.0.to_string()),
            ("price_max", asked.price.1.to_string()),
            ("currency", asked.currency.code().to_owned()),
            ("amenities", asked.amenities.join(",")),
            ("check_in", nights.check_in().to_string()),
            ("check_out", nights.check_out().to_string()),
            ("facets", "true".to_owned()),
        ];
        let answer = good(self.client.get(self.search(&query)?)).await?;
        answer.bytes().await?;
        Ok(())
    }

    /// A landlord's homes get other titles, so many a second for a while; how long those that
    /// are looked for took to be found, in milliseconds, and how many changed.
    ///
    /// # Errors
    /// When something is refused.
    pub(crate) async fn change(&self, a_second: u32, span: Duration) -> Result<(Vec<f64>, f64)> {
        let [_, landlord] = LOGINS;
        let token = self.sign_in(landlord.email, landlord.password).await?;
        let homes = self.homes(&token).await?;
        let (began, next, seen) = (clock::monotonic(), AtomicU32::new(0), Mutex::new(Vec::new()));
        let mut shares: Vec<Vec<Own>> = (0..DESKS).map(|_| Vec::new()).collect();
        for (home, place) in homes.into_iter().zip((0..shares.len()).cycle()) {
            shares.get_mut(place).ok_or("no desk")?.push(home);
        }
        let desks = shares.into_iter().map(async |mut homes| {
            for turn in 0.. {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let due = Duration::from_secs(1) / a_second * number;
                if due >= span {
                    break;
                }
                clock::pause(due.saturating_sub(began.elapsed())).await;
                let place = turn % homes.len().max(1);
                let home = homes.get_mut(place).ok_or("a landlord without homes")?;
                let position = self.retitle(home, number, &token).await?;
                if number.is_multiple_of(LOOKED_FOR) {
                    let took = self.until_known(&position, clock::monotonic()).await?;
                    seen.lock().map_err(|_| "a desk broke")?.push(took);
                }
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
        futures_util::future::try_join_all(desks).await?;
        let made = next.into_inner().saturating_sub(DESKS);
        Ok((seen.into_inner().map_err(|_| "a desk broke")?, made.into()))
    }

    /// A tenant books homes, one after the other; how long after each answer no search offers
    /// the nights any more, in milliseconds.
    ///
    /// # Errors
    /// When something is refused.
    pub(crate) async fn book(&self, count: usize, today: Date) -> Result<Vec<f64>> {
        let [tenant, landlord] = LOGINS;
        let token = self.sign_in(landlord.email, landlord.password).await?;
        let homes = self.homes(&token).await?;
        let token = self.sign_in(tenant.email, tenant.password).await?;
        let mut gone = Vec::new();
        for home in homes.iter().cycle().take(count * 4) {
            if gone.len() == count {
                break;
            }
            let ahead = 300 + i64::try_from(gone.len())? * 3;
            let from = today.saturating_add(ahead.days());
            let stay = json!({
                "property_id": home.id, "guests": 1,
                "check_in": from, "check_out": from.saturating_add(2.days()),
            });
            let key = uuid::Uuid::new_v4().to_string();
            let hold = self.client.post(self.at("bookings")).bearer_auth(&token);
            let answer = hold.header("Idempotency-Key", key).json(&stay).send().await?;
            // A home may be let by the month, or have rules of its own.
            if answer.status() == StatusCode::CREATED {
                let answered = clock::monotonic();
                gone.push(self.until_known(&position(&answer)?, answered).await?);
            }
        }
        if gone.is_empty() { Err("no home can be booked".into()) } else { Ok(gone) }
    }

    /// Waits until searches know of what happened at a position; how long after `since`.
    async fn until_known(&self, position: &str, since: Instant) -> Result<f64> {
        let query = [("limit", "1".to_owned()), ("min_position", position.to_owned())];
        let answer = good(self.client.get(self.search(&query)?)).await?;
        answer.bytes().await?;
        Ok(since.elapsed().as_secs_f64() * 1000.0)
    }

    /// Where the change of a title stands in the log.
    async fn retitle(&self, home: &mut Own, number: u32, token: &str) -> Result<String> {
        let patch = self.client.patch(self.at(&format!("properties/{}", home.id)));
        let patch = patch.bearer_auth(token).header("If-Match", format!("\"{}\"", home.version));
        let title = json!({ "title": format!("A home that changed {number} times") });
        let answer = good(patch.json(&title)).await?;
        let position = position(&answer)?;
        let changed: Value = answer.json().await?;
        home.version = changed["version"].as_u64().ok_or("a home without a version")?;
        Ok(position)
    }

    async fn homes(&self, token: &str) -> Result<Vec<Own>> {
        let list = self.client.get(self.at("properties?owner=me&limit=100")).bearer_auth(token);
        let homes: Value = good(list).await?.json().await?;
        let homes = homes["data"].as_array().ok_or("no list of homes")?;
        let own = |home: &Value| {
            let id = home["id"].as_str()?.to_owned();
            Some(Own { id, version: home["version"].as_u64()? })
        };
        let live = homes.iter().filter(|home| home["status"] == "live");
        Ok(live.filter_map(own).collect())
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<String> {
        let account = json!({ "email": email, "password": password });
        let login = self.client.post(self.at("auth/login")).json(&account);
        let session: Value = good(login).await?.json().await?;
        Ok(session["access_token"].as_str().ok_or("no token")?.to_owned())
    }

    fn search(&self, query: &[(&str, String)]) -> Result<Url> {
        Ok(Url::parse_with_params(&self.at("search"), query)?)
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.url)
    }
}

/// The answer, if it is a good one.
async fn good(request: RequestBuilder) -> Result<Response> {
    let answer = request.send().await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (status, url) = (answer.status(), answer.url().clone());
    Err(format!("{status} {url}: {}", answer.text().await?).into())
}

/// Where what was done stands in the log of events.
fn position(answer: &Response) -> Result<String> {
    let position = answer.headers().get("event-position").ok_or("no Event-Position")?;
    Ok(position.to_str()?.to_owned())
}
