//! Pictures that are as they should be, and such as are not.

mod corpus;
mod golden;
mod heic;
mod hostile;
mod large;
mod photo;
mod samples;
mod workshop;
