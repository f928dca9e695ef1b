use std::collections::BTreeMap;
use std::convert::Infallible;

use clap::Parser;

use super::inside_airbnb::fixture;
use crate::domain::ids::PropertyId;
use crate::tools::import::{ImportArgs, ImportError, ListingSink, Outcome, Report, run};
use crate::tools::listing::ListingDraft;
use crate::tools::progress::Progress;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: ImportArgs,
}

fn parsed(more: &[&str]) -> Result<ImportArgs, clap::Error> {
    let fixture = fixture();
    let mut words = vec!["import-listings", "--owner", "a@example.com", "--currency", "EUR"];
    words.extend(more);
    words.push(fixture.to_str().unwrap());
    Command::try_parse_from(words).map(|command| command.args)
}

pub(super) fn args() -> ImportArgs {
    parsed(&["--zone", "Europe/Dublin"]).unwrap()
}

/// A sink in memory that refuses one title and can fail after some batches.
#[derive(Default)]
struct Memory {
    kept: BTreeMap<PropertyId, ListingDraft>,
    refused: Option<&'static str>,
}

impl ListingSink for Memory {
    type Error = Infallible;

    async fn put(&mut self, batch: Vec<ListingDraft>) -> Result<Vec<Outcome>, Infallible> {
        let mut put = |draft: ListingDraft| {
            if self.refused == Some(draft.external_id.as_str()) {
                return Outcome::Refused("/title: too plain".to_owned());
            }
            match self.kept.insert(draft.property_id(), draft) {
                None => Outcome::Created,
                Some(_) => Outcome::Unchanged,
            }
        };
        Ok(batch.into_iter().map(&mut put).collect())
    }
}

async fn import(sink: &mut Memory) -> Report {
    run(&args(), sink, Progress::silent()).await.unwrap()
}

#[tokio::test]
async fn the_second_run_changes_nothing() {
    let mut sink = Memory::default();
    let first = import(&mut sink).await;
    assert_eq!((first.rows, first.created, first.drafts), (32, 22, 2));
    assert_eq!((first.unchanged, first.bad), (0, 10));
    assert_eq!(first.named.len(), 10);
    assert_eq!(first.named[9].to_string(), "row 32, id 1001: the same id as row 1");
    assert_eq!((first.adjusted.titles_replaced, first.adjusted.texts_cut), (1, 1));
    assert_eq!((first.adjusted.amenities_cut, first.adjusted.rooms_assumed), (2, 3));
    let kept = sink.kept.clone();
    let second = import(&mut sink).await;
    assert_eq!((second.created, second.drafts, second.unchanged, second.bad), (0, 0, 22, 10));
    assert_eq!(sink.kept, kept);
}

#[tokio::test]
async fn a_listing_that_the_rules_refuse_is_a_named_bad_row() {
    let mut sink = Memory { refused: Some("1004"), ..Memory::default() };
    let report = import(&mut sink).await;
    assert_eq!((report.created, report.bad), (21, 11));
    assert_eq!(report.named[0].to_string(), "row 4, id 1004: /title: too plain");
    let text = report.to_string();
    assert!(
        text.contains("\n    row 4, id 1004: /title: too plain\n    row 23, id none"),
        "{text}"
    );
    assert!(text.contains("1  titles too short, replaced"), "{text}");
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is gone")]
struct Gone;

struct Failing;

impl ListingSink for Failing {
    type Error = Gone;

    async fn put(&mut self, _: Vec<ListingDraft>) -> Result<Vec<Outcome>, Gone> {
        Err(Gone)
    }
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_import() {
    let ended = run(&args(), &mut Failing, Progress::silent()).await;
    assert!(matches!(ended, Err(ImportError::Sink(_))));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let args = ImportArgs { file: "/no/such/file.csv".into(), ..args() };
    let error = run(&args, &mut Memory::default(), Progress::silent()).await.unwrap_err();
    assert!(error.to_string().starts_with("/no/such/file.csv: reading the file failed"), "{error}");
}

#[test]
fn wrong_options_say_what_is_allowed() {
    let error = |more: &[&str]| parsed(more).unwrap_err().to_string();
    assert!(error(&["--zone", "Europe/Atlantis"]).contains("IANA name, such as Europe/Dublin"));
    assert!(error(&["--zone", "Europe/Dublin", "--country", "ie"]).contains("two capital letters"));
    let euro = ["import-listings", "--owner", "a", "--currency", "euro", "--zone", "UTC", "f"];
    let euro = Command::try_parse_from(euro).err().unwrap().to_string();
    assert!(euro.contains("ISO 4217"), "{euro}");
}
