//! What tests share: servers of their own, fixtures, a clock that stands still, and one contract suite per port.

pub mod servers;
