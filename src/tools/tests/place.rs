use crate::tools::place::{Place, Survey};

fn surveyed(rows: &[&str]) -> Place {
    let mut survey = Survey::default();
    rows.iter().for_each(|row| survey.count(row));
    survey.place()
}

fn place(city: Option<&str>, country: Option<&str>) -> Place {
    Place { city: city.map(str::to_owned), country: country.map(str::to_owned) }
}

#[test]
fn a_city_that_most_hosts_name_stands_for_the_file() {
    let rows =
        ["Ballymore, Ireland", "Ballymore 8, County Fenwick, Ireland", "Oldtown, Ireland", ""];
    assert_eq!(surveyed(&rows), place(Some("Ballymore"), Some("IE")));
}

#[test]
fn where_hosts_do_not_agree_each_row_keeps_its_own_city() {
    let rows = ["Ardmore, Ireland", "Bantry, Ireland", "Clare, Ireland", "County Kerry, Ireland"];
    let place = surveyed(&rows);
    assert_eq!(place, self::place(None, Some("IE")));
    let address = place.address("Bantry, County Cork, Ireland", "West Cork", "").unwrap();
    assert_eq!((address.city.as_str(), address.region.as_deref()), ("Bantry", Some("West Cork")));
    let address = place.address("", "West Cork", "Munster").unwrap();
    assert_eq!((address.city.as_str(), address.region.as_deref()), ("West Cork", Some("Munster")));
    assert!(place.address("", "", "").unwrap_err().contains("--city"));
}

#[test]
fn a_heading_is_no_place() {
    assert_eq!(surveyed(&["Neighborhood highlights", "Neighborhood highlights"]), Place::default());
    let address =
        place(Some("Ballymore"), Some("IE")).address("Neighborhood highlights", "Docks", "");
    assert_eq!(address.unwrap().region.as_deref(), Some("Docks"));
    assert!(place(Some("Ballymore"), None).address("", "", "").unwrap_err().contains("--country"));
}

#[test]
fn the_local_name_is_the_region_unless_it_is_the_city() {
    let place = place(Some("Ballymore"), Some("IE"));
    let region = |neighbourhood| place.address(neighbourhood, "Fenwick North", "").unwrap().region;
    assert_eq!(region("Oldtown, County Fenwick, Ireland").as_deref(), Some("Oldtown"));
    assert_eq!(region("Ballymore 8, County Fenwick, Ireland").as_deref(), Some("Ballymore 8"));
    assert_eq!(region("ballymore, Ireland").as_deref(), Some("Fenwick North"));
    assert_eq!(region("County Fenwick, Ireland").as_deref(), Some("Fenwick North"));
}
