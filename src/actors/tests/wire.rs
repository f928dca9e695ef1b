//! What nodes say to each other has one form for ever, and what is not understood is answered.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::date;
use serde::Serialize;
use uuid::Uuid;

use crate::actors::cluster::wire::{
    self, BYTES_MAX, Envelope, Notice, Reply, VERSION, decode, decode_notice, encode, encode_notice,
};
use crate::domain::booking;
use crate::domain::calendar::Nights;
use crate::domain::entity::{EntityKind, EntityRef, Shard, Stream};
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::{Actor, Position};
use crate::domain::ids::{BookingId, RequestId, UserId};
use crate::domain::membership::Incarnation;
use crate::domain::refusal::Refusal;
use crate::domain::stay::{Command, Outcome};

fn envelope() -> Envelope {
    let id = |number: u128| Uuid::from_u128(0x0197_c5e8_0000_7000_8000_0000_0000_0000 + number);
    Envelope {
        version: VERSION,
        entity: EntityRef { kind: EntityKind::Property, id: id(1) },
        shard_epoch: 7,
        deadline: "2026-11-29T12:00:05Z".parse::<Timestamp>().unwrap(),
        hops: 1,
        payload: Request {
            id: RequestId::from(id(2)),
            fingerprint: [7; 16],
            actor: Actor::System,
            command: Command::Booking(booking::Command::Hold {
                by: UserId::from(id(3)),
                booking_id: BookingId::from(id(4)),
                unit_id: None,
                nights: Nights::new(date(2026, 12, 1), date(2026, 12, 4)).unwrap(),
                guests: 2,
                slot: Some(1),
                offer: None,
            }),
        },
    }
}

fn replies() -> Vec<(&'static str, Reply)> {
    let done = Answer::Done { outcome: Outcome::Done, replayed: true, position: None };
    vec![
        ("done", Reply::Ok(Box::new(done))),
        ("refused", Reply::Ok(Box::new(Answer::Refused(Refusal::NotFound)))),
        ("not-owner", Reply::NotOwner { owner: Some(Incarnation(3)), epoch: 8 }),
        ("busy", Reply::Busy { retry_after_ms: 1_000 }),
        ("expired", Reply::Expired),
        ("unsupported", Reply::Unsupported { version: 1 }),
        ("decode", Reply::Decode),
        ("unknown", Reply::Unknown),
        ("failed", Reply::Failed { code: "too-large".to_owned() }),
    ]
}

fn notices() -> Vec<(&'static str, Notice)> {
    vec![
        ("moved", Notice::Moved(vec![(Shard(4), Incarnation(2), 9)])),
        ("grown", Notice::Grown(vec![Position { stream: Stream(4), seq: 77 }])),
        ("look", Notice::Look("mail".to_owned(), Stream(261))),
        ("replays", Notice::Replays),
        ("members", Notice::Members),
    ]
}

/// The sample of a message of this version; made when it is not there.
fn golden(name: &str, today: &[u8]) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/wire");
    let file = folder.join(format!("{name}.v{VERSION}.json"));
    let Ok(kept) = std::fs::read(&file) else {
        std::fs::write(&file, today).unwrap();
        panic!("{} was made: look at it, and commit it", file.display());
    };
    kept
}

#[test]
fn yesterdays_messages_are_understood_and_todays_have_the_same_form() {
    let today = encode(&envelope()).unwrap();
    let kept = golden("envelope", &today);
    assert_eq!(decode(&kept), Ok(envelope()));
    assert_eq!(text(&kept), text(&today));
    for (name, reply) in replies() {
        let today = encode(&reply).unwrap();
        let kept = golden(&format!("reply.{name}"), &today);
        assert_eq!(serde_json::from_slice::<Reply>(&kept).unwrap(), reply);
        assert_eq!(text(&kept), text(&today));
    }
    for (name, notice) in notices() {
        let today = encode_notice(notice.clone()).unwrap();
        let kept = golden(&format!("notice.{name}"), &today);
        assert_eq!(decode_notice(&kept), Some(notice));
        assert_eq!(text(&kept), text(&today));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_is_not_understood_is_answered() {
    let newer = Envelope { version: VERSION + 1, ..envelope() };
    let newer = encode(&newer).unwrap();
    assert_eq!(decode(&newer), Err(Reply::Unsupported { version: VERSION }));
    let in_another_form = format!("{{\"version\":{},\"letter\":1}}", VERSION + 1);
    let refused = Err(Reply::Unsupported { version: VERSION });
    assert_eq!(decode(in_another_form.as_bytes()), refused);
    for garbage in [&b""[..], b"\x00\xff", b"{}", b"{\"version\":1}", b"[1,2", b"{\"version\":-1}"]
    {
        assert_eq!(decode(garbage), Err(Reply::Decode));
        assert_eq!(decode_notice(garbage), None);
    }
    let added = text(&encode(&envelope()).unwrap()).replacen('{', "{\"trace\":\"00-1\",", 1);
    assert_eq!(decode(added.as_bytes()), Ok(envelope()), "fields may be added");
}

#[test]
fn what_is_too_large_is_not_sent() {
    #[derive(Serialize)]
    struct Large {
        text: String,
    }
    let large = Large { text: "x".repeat(BYTES_MAX) };
    assert_eq!(encode(&large), Err(Reply::Failed { code: "too-large".to_owned() }));
    assert_eq!(wire::millis(std::time::Duration::from_micros(2_500)), 2);
}
