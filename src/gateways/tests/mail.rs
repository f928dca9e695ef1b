//! Letters as they leave the house.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::calendar::{self, Nights};
use crate::domain::event::StayFacts;
use crate::domain::letter::Matter;
use crate::gateways::mail::{Draft, Home, Mail, MailError, Unsubscribe};

pub(super) fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(number))
}

pub(super) fn stay() -> StayFacts {
    StayFacts {
        booking_id: id(1),
        property_id: id(2),
        unit_id: id(3),
        tenant_id: id(4),
        landlord_id: id(5),
        nights: Nights::new(date(2026, 6, 5), date(2026, 6, 8)).unwrap(),
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn draft(matter: Matter) -> Draft {
    let locked = matter.category().is_locked();
    Draft {
        id: id(9),
        to: "ada@example.org".into(),
        name: "Ada".into(),
        locale: "en-IE".into(),
        zone: calendar::zone("Asia/Tokyo").unwrap(),
        matter,
        written_at: at("2026-06-01T11:00:00Z"),
        home: Some(Home {
            title: "Quiet room".into(),
            city: "Dublin".into(),
            zone: calendar::zone("Europe/Dublin").unwrap(),
            units: vec![(id(3), "Flat".into())],
        }),
        booking: None,
        other: Some("Grace".into()),
        link: Some("https://rentezy.test/verify?token=abc".into()),
        unsubscribe: (!locked).then(|| Unsubscribe {
            page: "https://rentezy.test/unsubscribe?token=t".into(),
            post: "https://rentezy.test/api/v1/unsubscribe/t".into(),
        }),
        site: "https://rentezy.test".into(),
    }
}

fn held() -> Draft {
    draft(Matter::BookingHeld { stay: stay(), expires_at: at("2026-06-01T11:10:00Z") })
}

fn mail(changes: &[(&str, &str)]) -> Result<Mail, MailError> {
    let dir = tempfile::tempdir().unwrap();
    let changes = changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::load(None, changes).unwrap();
    Mail::new(&config.mail, dir.path())
}

/// The letter's headers and its two parts, decoded.
pub(super) fn sent(draft: &Draft) -> (String, Vec<String>) {
    let from = ("RENTEZY_MAIL_FROM", "RentEzy <post@rentezy.test>");
    let bytes = mail(&[from]).unwrap().message(draft).unwrap().formatted();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let boundary = head.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let boundary = format!("--{boundary}");
    let parts = body.split(&boundary).filter_map(|part| {
        let (head, body) = part.split_once("\r\n\r\n")?;
        Some(if head.contains("base64") {
            let plain = body.split_whitespace().collect::<String>();
            String::from_utf8(STANDARD.decode(plain).unwrap()).unwrap()
        } else if head.contains("quoted-printable") {
            quoted_printable(body)
        } else {
            body.to_owned()
        })
    });
    (head.to_owned(), parts.collect())
}

/// RFC 2045, 6.7, backwards.
fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'=' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// The values of a header, unfolded.
fn header(head: &str, name: &str) -> Vec<String> {
    head.replace("\r\n ", " ")
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.to_owned())
        .collect()
}

#[test]
fn a_letter_says_the_same_in_text_and_html() {
    let (head, parts) = sent(&held());
    assert_eq!(header(&head, "to"), ["Ada <ada@example.org>"]);
    assert_eq!(header(&head, "subject"), ["Quiet room is held for you"]);
    assert_eq!(header(&head, "auto-submitted"), ["auto-generated"]);
    assert_eq!(header(&head, "date"), ["Mon, 01 Jun 2026 11:00:00 +0000"]);
    assert!(head.contains("multipart/alternative"), "{head}");
    assert_eq!(parts.len(), 2);
    for part in &parts {
        for said in [
            "Hello Ada,",
            "Mon 1 June 2026, 12:10 (Europe/Dublin)",
            "Fri 5 June 2026",
            "Mon 8 June 2026",
            "3 nights",
            "Quiet room, Dublin",
            "https://rentezy.test/unsubscribe?token=t",
            "https://rentezy.test/bookings/bkg_00000000000000000000000000000001",
        ] {
            assert!(part.contains(said), "{said} in {part}");
        }
    }
    assert!(!parts[1].contains("<img") && !parts[1].contains("src="), "nothing is fetched");
}

#[test]
fn a_letter_has_one_message_id_however_often_it_is_sent() {
    let (one, _) = sent(&held());
    let (two, _) = sent(&held());
    assert_eq!(header(&one, "message-id"), header(&two, "message-id"));
    let id = format!("<{}@rentezy.test>", held().id);
    assert_eq!(header(&one, "message-id"), [id]);
}

#[test]
fn only_what_can_be_switched_off_says_how() {
    let (head, _) = sent(&held());
    let post = "<https://rentezy.test/api/v1/unsubscribe/t>";
    assert_eq!(header(&head, "list-unsubscribe"), [post]);
    assert_eq!(header(&head, "list-unsubscribe-post"), ["List-Unsubscribe=One-Click"]);
    let (head, parts) = sent(&draft(Matter::VerifyAddress { token_id: Uuid::nil() }));
    assert_eq!(header(&head, "list-unsubscribe"), Vec::<String>::new());
    assert!(parts.iter().all(|part| part.contains("https://rentezy.test/verify?token=abc")));
    assert!(parts.iter().all(|part| !part.contains("No more letters")));
}

#[test]
fn what_people_write_is_text_and_nothing_else() {
    let mut draft = held();
    draft.home.as_mut().unwrap().title = "<script>alert(1)</script>\" & co".into();
    draft.name = "<b>Ada</b>".into();
    let (_, parts) = sent(&draft);
    assert!(parts[0].contains("<script>alert(1)</script>\" & co"), "{}", parts[0]);
    assert!(!parts[1].contains("<script") && !parts[1].contains("<b>"), "{}", parts[1]);
    assert!(parts[1].contains("&#60;script&#62;alert(1)"), "{}", parts[1]);
}

#[test]
fn no_name_and_no_title_can_begin_a_header() {
    let mut draft = held();
    draft.name = "Ada\r\nBcc: thief@example.org\r\n\r\nbody".into();
    draft.home.as_mut().unwrap().title = "Room\r\nX-Evil: yes\nX-More: yes\u{2028}".into();
    let (head, _) = sent(&draft);
    let mut names: Vec<_> = head
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap().to_ascii_lowercase())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "auto-submitted",
            "content-type",
            "date",
            "from",
            "list-unsubscribe",
            "list-unsubscribe-post",
            "message-id",
            "mime-version",
            "subject",
            "to"
        ]
    );
    draft.to = "ada@example.org\r\nBcc: thief@example.org".into();
    let refused = mail(&[]).unwrap().message(&draft);
    assert!(matches!(refused, Err(MailError::Hopeless(_))), "{refused:?}");
}

#[tokio::test]
async fn a_mail_server_is_spoken_to_in_the_clear_on_this_machine_only() {
    let smtp = |url: &str| mail(&[("RENTEZY_MAIL_MODE", "smtp"), ("RENTEZY_MAIL_SMTP_URL", url)]);
    for url in [
        "smtp://127.0.0.1:2525",
        "smtp://[::1]:2525",
        "smtp://ada:p%40ss@mail.example.org",
        "smtps://ada:secret@mail.example.org:465",
    ] {
        assert!(smtp(url).is_ok(), "{url}");
    }
    for url in ["smtp://", "smtps://a%zz:b@mail.example.org"] {
        let refused = smtp(url).unwrap_err().to_string();
        assert!(!refused.contains("zz"), "a password is never told: {refused}");
    }
}
