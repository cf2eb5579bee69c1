//! The front door: routes, and what holds for every request.

pub mod access;
pub mod accounts;
pub mod admin;
pub mod auth;
pub mod cors;
pub mod docs;
pub mod envelope;
pub mod health;
pub mod invites;
pub mod json;
pub mod missing;
pub mod once;
pub mod openapi;
pub mod paging;
pub mod problem;
pub mod request_id;
pub mod routes;
pub mod server;

pub use access::{Admin, Maybe, User};
pub use json::Json;
pub use once::Once;
pub use paging::{PageView, Paging};
pub use problem::Problem;
pub use server::{Server, start};
