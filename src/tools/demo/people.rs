//! The people of the demo.

use fastrand::Rng;

/// What a person does in the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Lets homes.
    Landlord,
    /// Books stays.
    Tenant,
}

/// A person of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    /// The name.
    pub name: &'static str,
    /// The account's email, under `example.com`, where no mail arrives.
    pub email: String,
    /// What they do.
    pub role: Role,
    /// The password; nobody can log in to an account without one.
    pub password: Option<&'static str>,
}

/// Landlords, the one with a password first.
pub const LANDLORDS: usize = 6;

/// Tenants, the one with a password first.
pub const TENANTS: usize = 8;

/// The landlord with a password owns one listing of so many.
const FIRST_OWNS_EVERY: usize = 12;

/// The landlord whom people trying the demo log in as.
const LANDLORD: (&str, &str) = ("landlord@example.com", "let-me-let-homes");

/// The tenant whom people trying the demo log in as.
const TENANT: (&str, &str) = ("tenant@example.com", "let-me-book-homes");

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
            email: known.map_or_else(|| email(name), |(email, _)| email.to_owned()),
            role: role(number),
            password: known.map(|(_, password)| password),
        }
    };
    names.into_iter().take(LANDLORDS + TENANTS).enumerate().map(person).collect()
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

/// The lines that say how to log in.
#[must_use]
pub fn logins(people: &[DemoPerson]) -> Vec<String> {
    let line = |person: &DemoPerson| {
        let role = match person.role {
            Role::Landlord => "landlord",
            Role::Tenant => "tenant",
        };
        person.password.map(|password| format!("{role}: {} / {password}", person.email))
    };
    let mut lines: Vec<_> = people.iter().filter_map(line).collect();
    lines.sort_by(|a, b| b.cmp(a));
    lines
}
