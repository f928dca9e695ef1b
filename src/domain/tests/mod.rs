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
mod link_token;
mod money;
mod notification;
mod password;
mod payment;
mod photo;
mod picture;
mod picture_files;
mod property;
mod signature;
mod user;
