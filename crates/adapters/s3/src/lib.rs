//! Objects in a bucket, of Amazon or of anybody who speaks S3.
//!
//! Calls go through the vendor's SDK; links are signed here without asking anybody, so that a page of five hundred
//! pictures costs no call. What an operator has to put right is said in words ([`ObjectError::Broken`]), and
//! [`S3::probe`], [`S3::exposures`] and [`S3::cors_lacks`] look for it before members do.

mod cors;
mod fault;
mod multipart;
mod place;
mod probe;
mod settings;
mod sign;
mod store;
mod stream;
mod versions;
mod wire;

pub use cors::{CorsLack, CorsNeed, wanted_cors};
pub use kernel::ObjectError;
pub use probe::{Exposure, Probed};
pub use settings::{Settings, Unusable};

use aws_sdk_s3::Client;
use place::Place;
use sign::Signer;
use wire::Wire;

/// A bucket that objects are kept in.
#[derive(Debug)]
pub struct S3 {
    client: Client,
    /// For asking as a stranger or a browser would.
    wire: Wire,
    bucket: String,
    place: Place,
    signer: Signer,
}

impl S3 {
    /// For this bucket; nobody is asked yet.
    ///
    /// # Errors
    /// [`Unusable`], when no address can be made of the settings.
    pub fn new(settings: &Settings) -> Result<Self, Unusable> {
        let wire = Wire::new()?;
        let place = Place::new(settings)?;
        Ok(Self {
            client: settings::client(settings, &place, wire.clone()),
            wire,
            bucket: settings.bucket.clone(),
            place,
            signer: Signer::new(settings),
        })
    }
}
