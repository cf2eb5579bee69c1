//! What every object store promises.
