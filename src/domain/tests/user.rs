//! Accounts' rules.

use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::domain::user::{
    ProfileChange, RefreshFacts, RefreshVerdict, Role, check_reason, check_registration,
    check_roles, is_email, is_locale,
};

#[test]
fn addresses() {
    for good in ["ada@example.com", "a.b+c@sub.example.co", "o'neil@x-y.ie", "root@localhost"] {
        assert!(is_email(good), "{good}");
    }
    let long = format!("{}@example.com", "a".repeat(65));
    for bad in [
        "", "@", "a@", "@b.ie", "a@b", "a@b..ie", "a b@c.ie", "a@b@c.ie", "a\r@b.ie", "ä@b.ie",
        "a@b_c.ie", "<a@b.ie>", &long,
    ] {
        assert!(!is_email(bad), "{bad}");
    }
}

#[test]
fn passwords_have_ten_to_128_characters_of_any_kind() {
    let check = |password: &str| check_registration("ada@example.com", password, "Ada").is_ok();
    assert!(!check(&"x".repeat(9)) && check(&"x".repeat(10)));
    assert!(check(&"x".repeat(128)) && !check(&"x".repeat(129)));
    assert!(check("пароль пароль") && check(&"🔑".repeat(10)) && !check(&"🔑".repeat(9)));
    assert!(!check("ten chars\0 and a nul"));
}

#[test]
fn roles_have_names() {
    for role in [Role::Tenant, Role::Landlord, Role::Admin] {
        assert_eq!(Role::of_name(role.name()), Some(role));
    }
    assert_eq!(Role::of_name("emperor"), None);
}

#[test]
fn a_refresh_token_is_good_once_and_ten_seconds_more() {
    use RefreshVerdict::{Over, Repeat, Rotate, Stolen};
    let now: Timestamp = "2026-12-01T12:00:00Z".parse().unwrap();
    let ago = |seconds: i64| Some(now - seconds.seconds());
    let (later, past) = (now + 1.hour(), now - 1.hour());
    for (used_at, successor_used, expires_at, revoked, verdict) in [
        (None, false, later, false, Rotate),
        (None, false, later, true, Over),
        (None, false, now, false, Over),
        (ago(0), false, later, false, Repeat),
        (ago(10), false, later, false, Repeat),
        (ago(11), false, later, false, Stolen),
        (ago(5), true, later, false, Stolen),
        (ago(5), false, later, true, Over),
        (ago(5), false, past, false, Over),
        (ago(11), false, later, true, Stolen),
    ] {
        let facts = RefreshFacts { used_at, successor_used, expires_at, revoked };
        assert_eq!(facts.judge(now), verdict, "{facts:?}");
    }
}

#[test]
fn locales_are_language_tags() {
    for good in ["en", "pt-BR", "zh-Hant-TW", "gsw", "de-1996"] {
        assert!(is_locale(good), "{good}");
    }
    for bad in ["", "e", "english", "EN", "en_GB", "en-", "en--GB", "en-\u{e9}t", "e\0"] {
        assert!(!is_locale(bad), "{bad}");
    }
    assert!(!is_locale(&format!("en{}", "-abcdefgh".repeat(4))));
}

#[test]
fn a_profile_names_every_field_that_is_wrong() {
    assert_eq!(ProfileChange::default().check(), Ok(()));
    let text = |text: &str| Some(text.to_owned());
    let wrong = ProfileChange { name: text(""), locale: text("x"), zone: text("Etc/Unknown") };
    let refusal = format!("{:?}", wrong.check().unwrap_err());
    assert!(["/name", "/locale", "/zone"].iter().all(|field| refusal.contains(field)), "{refusal}");
}

#[test]
fn reasons_are_one_to_500_characters() {
    assert!(check_reason("x").is_ok() && check_reason(&"x".repeat(500)).is_ok());
    assert!(check_reason(" ").is_err() && check_reason(&"x".repeat(501)).is_err());
}

#[test]
fn everybody_is_a_tenant_and_no_admin_takes_their_own_role_away() {
    let (one, other) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
    let all = [Role::Tenant, Role::Landlord, Role::Admin];
    assert!(check_roles(one, one, &all).is_ok());
    assert!(check_roles(one, other, &[Role::Tenant]).is_ok());
    assert!(check_roles(one, one, &[Role::Tenant]).is_err());
    assert!(check_roles(one, other, &[]).is_err());
    assert!(check_roles(one, other, &[Role::Admin]).is_err());
    assert!(check_roles(one, other, &[Role::Tenant, Role::Tenant]).is_err());
}
