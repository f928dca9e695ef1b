//! The people of the demo.

use std::fmt;

use fastrand::Rng;
use uuid::Uuid;

use crate::domain::ids::{self, UserId};
use crate::domain::user::Role;

/// An account that everybody knows the password of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    /// What it shows, as the line says that tells of it.
    pub role: &'static str,
    /// Its address.
    pub email: &'static str,
    /// Its password.
    pub password: &'static str,
}

/// A person of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    /// The name.
    pub name: &'static str,
    /// The account's email, under `example.com`, where no mail arrives.
    pub email: String,
    /// Whether they let homes or book them.
    pub role: Role,
    /// The password; without one nobody is told it.
    pub password: Option<&'static str>,
}

/// Landlords, the one with a password first.
pub const LANDLORDS: usize = 6;

/// Tenants, the one with a password first.
pub const TENANTS: usize = 8;

/// How many listings each landlord of [`crowd`] owns.
pub const OWNED: usize = 500;

/// The landlord with a password owns one listing of so many.
const FIRST_OWNS_EVERY: usize = 12;

/// The landlord whom people trying the demo log in as.
const LANDLORD: Login =
    Login { role: "landlord", email: "landlord@example.com", password: "let-me-let-homes" };

/// The tenant whom people trying the demo log in as.
const TENANT: Login =
    Login { role: "tenant", email: "tenant@example.com", password: "let-me-book-homes" };

/// Whom people trying the demo can log in as.
pub const LOGINS: [Login; 2] = [TENANT, LANDLORD];

const NAMES: &[&str] = &[
    "Aoife Brennan",
    "Tomasz Zieliński",
    "Ines Carvalho",
    "Kwame Mensah",
    "Yuki Tanabe",
    "Marta Lindqvist",
    "Omar Haddad",
    "Priya Raman",
    "Jonas Weidmann",
    "Lucía Ferrer",
    "Niamh Doherty",
    "Emeka Obi",
    "Hana Novotná",
    "Mateo Rojas",
    "Sofie Vermeulen",
    "Arthur Pell",
    "Leila Karimi",
    "Dimitri Papadakis",
    "Grace Whitlock",
    "Jae-won Seo",
];

/// The people of a seed: [`LANDLORDS`] landlords, then [`TENANTS`] tenants.
#[must_use]
pub fn demo_people(seed: u64) -> Vec<DemoPerson> {
    let mut names = NAMES.to_vec();
    Rng::with_seed(seed ^ 0x7065_6f70_6c65).shuffle(&mut names);
    let role = |number| if number < LANDLORDS { Role::Landlord } else { Role::Tenant };
    let person = |(number, name): (usize, &'static str)| {
        let known = match number {
            0 => Some(LANDLORD),
            LANDLORDS => Some(TENANT),
            _ => None,
        };
        DemoPerson {
            name,
            email: known.map_or_else(|| email(name), |login| login.email.to_owned()),
            role: role(number),
            password: known.map(|login| login.password),
        }
    };
    names.into_iter().take(LANDLORDS + TENANTS).enumerate().map(person).collect()
}

/// Landlords who own what a small demo has not: [`OWNED`] listings each.
#[must_use]
pub fn crowd(listings: usize) -> Vec<DemoPerson> {
    let person = |number: usize| DemoPerson {
        name: NAMES.get(number % NAMES.len()).copied().unwrap_or("Robin Doe"),
        email: format!("landlord-{number}@example.com"),
        role: Role::Landlord,
        password: None,
    };
    (1..=listings.div_ceil(OWNED)).map(person).collect()
}

/// The place among the landlords of the one who owns the listing with this number.
#[must_use]
pub const fn owner_of(listing: usize) -> usize {
    if listing.is_multiple_of(FIRST_OWNS_EVERY) { 0 } else { 1 + listing % (LANDLORDS - 1) }
}

/// `aoife.brennan@example.com`: the name in the letters that addresses have.
fn email(name: &str) -> String {
    let plain = |letter: char| match letter.to_lowercase().next().unwrap_or(letter) {
        'á' | 'à' | 'ä' => 'a',
        'é' | 'è' => 'e',
        'í' => 'i',
        'ń' | 'ñ' => 'n',
        'ó' | 'ö' => 'o',
        'ú' | 'ü' => 'u',
        ' ' => '.',
        other => other,
    };
    let local: String = name
        .chars()
        .map(plain)
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '.')
        .collect();
    format!("{local}@example.com")
}

impl DemoPerson {
    /// The id of the account that the demo makes for the person.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        ids::derived(Uuid::nil(), &format!("demo-person {}", self.email)).into()
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} / {}", self.role, self.email, self.password)
    }
}
