//! Backups by the command line: made of both stores, into a folder and into a bucket, looked at, damaged and put back.

mod asked;
mod damaged;
mod house;
mod restored;
mod told;
