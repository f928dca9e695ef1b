use crate::domain::preference::{Category, Channel, Preferences};

#[test]
fn everything_is_told_until_somebody_says_otherwise() {
    let nothing_said = Preferences::default();
    let off = Preferences::without(vec![(Category::Bookings, Channel::Email)]);
    for category in Category::ALL {
        for channel in Channel::ALL {
            assert!(nothing_said.wants(category, channel));
            let left_out = (category, channel) == (Category::Bookings, Channel::Email);
            assert_eq!(off.wants(category, channel), !left_out);
        }
    }
}

#[test]
fn what_guards_an_account_cannot_be_left_out() {
    let off = Preferences::without(vec![
        (Category::Security, Channel::Email),
        (Category::Hosting, Channel::InApp),
        (Category::Hosting, Channel::InApp),
    ]);
    assert!(off.wants(Category::Security, Channel::Email));
    assert_eq!(off.off(), [(Category::Hosting, Channel::InApp)]);
}

#[test]
fn names_are_those_of_the_written_form() {
    for category in Category::ALL {
        assert_eq!(serde_json::to_value(category).unwrap(), category.name());
    }
    for channel in Channel::ALL {
        assert_eq!(serde_json::to_value(channel).unwrap(), channel.name());
    }
}
