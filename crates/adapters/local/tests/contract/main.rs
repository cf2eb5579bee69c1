//! What the embedded default promises: the contracts of every port, in memory and on disk, and that nothing which
//! was answered is ever lost.

mod absorbers;
mod crash;
mod file;
mod mail_box;
mod stores;
