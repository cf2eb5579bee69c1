//! The corpus that the reader of pictures is held against, sent in forms.

#[path = "../../../../../../crates/adapters/imaging/tests/it/corpus/corpus.rs"]
mod corpus;
#[path = "../../../../../../crates/adapters/imaging/tests/it/samples.rs"]
#[allow(dead_code, reason = "it offers what any test of pictures may need")]
mod samples;

use super::{House, Sound};
use crate::harness::shop::Store;
use crate::harness::{answer, form};
use crate::media::house::text;
use corpus::{Ends, Hostile, corpus};
use gallery::Refusal;
use reqwest::Method;
use serde_json::{Value, json};

/// Files of a form.
const TOGETHER: usize = 40;
/// Sends files in one form; what was said of each.
async fn sent(house: &House, album: &str, files: &[&[u8]]) -> Vec<Value> {
    let names: Vec<_> = (0..files.len()).map(|number| format!("{number:03}")).collect();
    let named: Vec<_> = names.iter().map(String::as_str).zip(files.iter().copied()).collect();
    let request = house.admin().await.request(Method::POST, &format!("/admin/albums/{album}/images"));
    let sent = request.header("content-type", form::KIND).body(form::whole(&named));
    let said = answer(sent).await.expect(201);
    let items = said["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), files.len(), "{said}");
    items
}

/// What is wrong with what became of it.
fn fault(hostile: &Hostile, refusal: Option<&str>) -> Option<String> {
    let among = |reasons: &[Refusal], code: &str| reasons.iter().any(|reason| reason.as_str() == code);
    let as_it_should = match (refusal, hostile.ends) {
        (None, Ends::Picture | Ends::Any | Ends::Either) => true,
        (Some("empty"), Ends::Refused(_)) => hostile.bytes.is_empty(),
        (Some(code), Ends::Refused(reasons)) => among(reasons, code),
        // By a fault of the file.
        (Some(code), Ends::Either) => among(&Refusal::ALL, code) && !["missing", "internal"].contains(&code),
        (None, Ends::Refused(_)) | (Some(_), Ends::Picture | Ends::Any) => false,
    };
    (!as_it_should).then(|| format!("{}: {:?}, and came to {refusal:?}", hostile.name, hostile.ends))
}

#[tokio::test]
async fn pictures_that_are_meant_badly_end_with_a_reason_and_leave_the_program_as_it_was() {
    let all = corpus();
    assert!(all.len() >= 60, "{}", all.len());
    let sound = Sound::of(House::open(Store::Local).await).await;
    let album = json!({"title": "The night"});
    let album = sound.house.admin().await.post("/admin/albums", &album).await.expect(201);
    let album = text(&album, "id");

    let (mut taken, mut good, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for some in all.chunks(TOGETHER) {
        let middle = some.len() / 2;
        let mut files: Vec<&[u8]> = some.iter().map(|hostile| hostile.bytes.as_slice()).collect();
        files.insert(middle, &sound.picture);
        let mut items = sent(&sound.house, &album, &files).await;
        good.push(text(&items.remove(middle)["image"], "id"));
        for (hostile, item) in some.iter().zip(items) {
            match item["image"]["id"].as_str() {
                Some(id) => taken.push((hostile, id.to_owned())),
                None => faults.extend(fault(hostile, Some(text(&item["error"], "code").as_str()))),
            }
        }
    }
    assert!(taken.len() >= 60, "most of them look as pictures do: {}", taken.len());
    for (hostile, id) in &taken {
        let refusal = sound.refusal(&format!("/admin/images/{id}")).await;
        faults.extend(fault(hostile, refusal.as_deref()));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    for id in good {
        let shown = sound.over(&format!("/admin/images/{id}")).await;
        assert_eq!(
            (shown["status"].as_str(), shown["width"].as_u64()),
            (Some("ready"), Some(1600)),
            "{shown}"
        );
    }
    sound.is_as_it_was().await;
}
