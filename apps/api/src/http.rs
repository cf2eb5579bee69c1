//! The front door: routes, and what holds for every request.

pub mod access;
pub mod accounts;
pub mod admin;
pub mod auth;
pub mod bookings;
pub mod cors;
pub mod docs;
pub mod door;
pub mod envelope;
pub mod events;
pub mod health;
pub mod holds;
pub mod invites;
pub mod json;
pub mod mail;
pub mod missing;
pub mod money;
pub mod once;
pub mod openapi;
pub mod organisations;
pub mod organisers;
pub mod pages;
pub mod paging;
pub mod problem;
pub mod request_id;
pub mod routes;
pub mod server;
pub mod ticket_types;
pub mod tickets;
pub mod webhooks;

pub use access::{Admin, Maybe, User};
pub use json::Json;
pub use once::Once;
pub use paging::{PageView, Paging};
pub use problem::Problem;
pub use server::{Server, start};
