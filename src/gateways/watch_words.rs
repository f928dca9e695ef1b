//! What letters about saved searches and favourites say.

use super::letter_words::{Words, date, one_line, said, title};
use super::mail::Draft;
use crate::domain::ids::PropertyId;
use crate::domain::letter::Matter;

/// The words of a letter in English.
pub(super) fn english(draft: &Draft) -> Words {
    let words = match &draft.matter {
        Matter::SearchMatched { name, property_id, .. } => said(
            &format!("New for \u{201c}{}\u{201d}: {}", one_line(name), title(draft)),
            ["A home has come to match a search that you saved. Be quick if you like it."],
        )
        .with_button("See the home", home(draft, *property_id)),
        Matter::SearchDigest { search_id, name, count, .. } => {
            let homes = if *count == 1 { "1 new home".to_owned() } else { homes(*count) };
            let heading = format!("{homes} for \u{201c}{}\u{201d}", one_line(name));
            said(&heading, ["These have come to match a search that you saved."])
                .with_button("See the matches", format!("{}/saved?search={search_id}", draft.site))
        }
        Matter::PriceDropped { property_id, old, new } => said(
            &format!("{} costs less now", title(draft)),
            ["One of your favourites has become cheaper."],
        )
        .with_fact("It cost", old.to_string())
        .with_fact("It costs", new.to_string())
        .with_button("See the home", home(draft, *property_id)),
        Matter::NightsFreed { property_id, nights } => said(
            &format!("{} is free on your dates", title(draft)),
            ["The nights that you keep an eye on one of your favourites for can be had again."],
        )
        .with_fact("Check-in", date(nights.check_in()))
        .with_fact("Check-out", date(nights.check_out()))
        .with_button(
            "See the home",
            format!(
                "{}?check_in={}&check_out={}",
                home(draft, *property_id),
                nights.check_in(),
                nights.check_out()
            ),
        ),
        _ => Words::default(),
    };
    let of = draft.home.as_ref().map(|home| format!("{}, {}", home.title, home.city));
    let label = match &draft.matter {
        Matter::SearchDigest { .. } => "The latest",
        _ => "Home",
    };
    words.with_fact(label, of.unwrap_or_default())
}

fn homes(count: u32) -> String {
    format!("{count} new homes")
}

fn home(draft: &Draft, id: PropertyId) -> String {
    format!("{}/listings/{id}", draft.site)
}
