//! Detached signatures as Apple wants them: CMS (RFC 5652), with the certificates that lead to Apple's.

use crate::WalletError;
use crate::rsa::Key;
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use der::{Any, Decode, DecodePem, Encode, Tag};
use kernel::Timestamp;
use ring::digest::{SHA256, digest};
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A key with its certificate and the one above.
#[derive(Clone)]
pub(crate) struct Signer {
    key: Key,
    certificate: Certificate,
    above: Certificate,
}

fn certificate(what: &'static str, text: &str) -> Result<Certificate, WalletError> {
    // Apple's own download is DER, in which one cannot see where it begins: only text is taken.
    Certificate::from_pem(text.trim()).map_err(|why| WalletError::settings(what, why))
}

impl Signer {
    pub(crate) fn new(certificate_pem: &str, key: &str, above: &str) -> Result<Self, WalletError> {
        let key = Key::read("apple_key", key)?;
        let own = certificate("apple_certificate", certificate_pem)?;
        let above = certificate("apple_wwdr", above)?;
        let public = own.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes();
        if public != key.public() {
            return Err(WalletError::settings("apple_key", "it is not the key of apple_certificate"));
        }
        if own.tbs_certificate.issuer != above.tbs_certificate.subject {
            return Err(WalletError::settings("apple_wwdr", "it did not issue apple_certificate"));
        }
        Ok(Self { key, certificate: own, above })
    }

    /// Whether the certificate names this in an attribute of its subject.
    pub(crate) fn is_of(&self, attribute: ObjectIdentifier, name: &str) -> bool {
        let parts = self.certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
        parts.filter(|part| part.oid == attribute).any(|part| part.value.value() == name.as_bytes())
    }

    /// A signature over `message` that does not contain it.
    pub(crate) fn sign(&self, message: &[u8], now: Timestamp) -> Result<Vec<u8>, WalletError> {
        self.signed_data(message, now).map_err(WalletError::made)?.map_err(WalletError::made)
    }

    fn signed_data(
        &self,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Result<Vec<u8>, WalletError>, der::Error> {
        let sha256 = AlgorithmIdentifierOwned { oid: SHA_256, parameters: None };
        let signed_attrs = attributes(message, now)?;
        let signature = match self.key.sign(&signed_attrs.to_der()?) {
            Ok(signature) => signature,
            Err(error) => return Ok(Err(error)),
        };
        let own = &self.certificate.tbs_certificate;
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: own.issuer.clone(),
                serial_number: own.serial_number.clone(),
            }),
            digest_alg: sha256.clone(),
            signed_attrs: Some(signed_attrs),
            signature_algorithm: AlgorithmIdentifierOwned { oid: RSA, parameters: Some(Any::null()) },
            signature: OctetString::new(signature)?,
            unsigned_attrs: None,
        };
        let choices = [&self.certificate, &self.above].map(|it| CertificateChoices::Certificate(it.clone()));
        let data = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from(vec![sha256])?,
            encap_content_info: EncapsulatedContentInfo { econtent_type: DATA, econtent: None },
            certificates: Some(CertificateSet(SetOfVec::try_from(Vec::from(choices))?)),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from(vec![signer])?),
        };
        let content = Any::from_der(&data.to_der()?)?;
        ContentInfo { content_type: SIGNED_DATA, content }.to_der().map(Ok)
    }
}

/// What is signed: that it is data, its digest, and when.
fn attributes(message: &[u8], now: Timestamp) -> Result<SetOfVec<Attribute>, der::Error> {
    let one =
        |oid, value: Any| Ok::<_, der::Error>(Attribute { oid, values: SetOfVec::try_from(vec![value])? });
    let digested = OctetString::new(digest(&SHA256, message).as_ref())?;
    let seconds = Duration::from_secs(u64::try_from(now.timestamp()).unwrap_or(0));
    let at = Time::UtcTime(UtcTime::from_unix_duration(seconds)?);
    SetOfVec::try_from(vec![
        one(CONTENT_TYPE, Any::encode_from(&DATA)?)?,
        one(MESSAGE_DIGEST, Any::new(Tag::OctetString, digested.as_bytes())?)?,
        one(SIGNING_TIME, Any::from_der(&at.to_der()?)?)?,
    ])
}
