//! Unit tests of the rules, one file for each.

mod booking;
mod booking_table;
mod calendar;
mod change;
mod entity;
mod event;
mod fixture;
mod ids;
mod inventory;
mod key_rotation;
mod letter;
mod link_token;
mod listing_life;
mod money;
mod notification;
mod password;
mod payment;
mod photo;
mod picture;
mod picture_files;
mod policies;
mod preference;
mod property;
mod signature;
mod unit;
mod user;
