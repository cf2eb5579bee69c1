//! Pictures that are as they should be, and such as are not.

mod corpus;
mod golden;
mod hostile;
mod large;
mod photo;
mod samples;
mod turned_heic;
mod workshop;
