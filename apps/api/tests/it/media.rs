//! Pictures and music on the built program: killed at its work, on a bucket instead of a disk, beside another, and full.

mod beside;
mod bucket;
mod flat;
mod hostile;
mod house;
mod killed;
mod processes;

use house::House;
