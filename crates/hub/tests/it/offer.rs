//! What a hub says that it has.

use atelier_hub::{Hub, Offer, OfferError};
use serde_json::{Value, json};

use crate::fake_hub::{COMMIT, FakeHub, klein};
use crate::{HASTY, chain, model};

async fn offer(hub: &FakeHub) -> Result<Offer, OfferError> {
    Hub::new(&hub.base, None, HASTY).unwrap().offer(model()).await
}

#[tokio::test]
async fn an_offer_has_the_wanted_files_of_one_commit_with_their_size() {
    let hub = FakeHub::honest(klein());
    let offer = offer(&hub).await.unwrap();
    assert_eq!(offer.commit, COMMIT);
    let wanted = klein().into_iter().filter(|(path, _)| path != "README.md" && !path.starts_with("flux"));
    let wanted: Vec<_> = wanted.map(|(path, bytes)| (path, bytes.len() as u64)).collect();
    let offered: Vec<_> = offer.files.iter().map(|file| (file.path.to_string(), file.size)).collect();
    assert_eq!(offered, wanted);
    assert_eq!(offer.bytes(), wanted.iter().map(|(_, size)| size).sum::<u64>());
    assert_eq!((offer.licence.as_str(), offer.needs_consent), ("Apache-2.0", false));
}

#[tokio::test]
async fn a_licence_that_is_not_the_known_one_needs_consent() {
    let hub = FakeHub::honest(klein());
    let card = json!({"license": "other", "license_name": "flux-non-commercial-license"});
    hub.say("revision/main", "", json!({"sha": COMMIT, "cardData": card}));
    let offer = offer(&hub).await.unwrap();
    assert_eq!((offer.licence.as_str(), offer.needs_consent), ("flux-non-commercial-license", true));
}

#[tokio::test]
async fn a_listing_in_pages_is_read_to_its_end_and_only_at_the_same_hub() {
    let hub = FakeHub::honest(klein());
    let mut listing = hub.listing();
    let rest = listing.split_off(5);
    let tree = format!("tree/{COMMIT}?recursive=true");
    let link =
        |base: &str| format!("Link: <{base}/api/models/{}/{tree}&cursor=2>; rel=\"next\"\r\n", model().repo);
    hub.say(&tree, &link(&hub.base), listing.clone().into());
    hub.say(&format!("{tree}&cursor=2"), "", rest.into());
    assert_eq!(offer(&hub).await.unwrap().files.len(), klein().len() - 2);
    hub.say(&tree, &link("http://127.0.0.1:1"), listing.into());
    let error = chain(&offer(&hub).await.unwrap_err());
    assert!(error.contains("it goes on at http://127.0.0.1:1/"), "{error}");
}

#[tokio::test]
async fn hostile_file_names_are_refused_before_anything_is_pulled() {
    for path in [
        "../../.ssh/authorized_keys",
        "vae/../../x.json",
        "/etc/cron.d/x",
        "vae\\x.json",
        "C:\\x.json",
        "vae/\u{0}.json",
    ] {
        let hub = FakeHub::honest(klein());
        let mut listing = hub.listing();
        listing.push(json!({"type": "file", "path": path, "size": 1, "oid": "0".repeat(40)}));
        hub.list(listing);
        let error = offer(&hub).await.unwrap_err();
        assert!(matches!(error, OfferError::Path(_)), "{path}: {error}");
    }
    let hub = FakeHub::honest(klein());
    let mut listing = hub.listing();
    listing.push(json!({"type": "file", "path": "vae/Config.json", "size": 1, "oid": "0".repeat(40)}));
    hub.list(listing);
    assert!(matches!(offer(&hub).await, Err(OfferError::Twice(_))));
}

#[tokio::test]
async fn a_hub_that_has_only_a_pickle_or_not_everything_is_told_apart() {
    let hub = FakeHub::honest(klein());
    let renamed = |mut entry: Value| {
        let path = entry["path"].as_str().unwrap().replace(
            "transformer/diffusion_pytorch_model.safetensors",
            "transformer/diffusion_pytorch_model.bin",
        );
        entry["path"] = path.into();
        entry
    };
    hub.list(hub.listing().into_iter().map(renamed).collect());
    let error = offer(&hub).await.unwrap_err().to_string();
    assert!(error.contains("transformer/*.safetensors") && error.contains("pickle"), "{error}");
    let without = |entry: &Value| entry["path"] != "vae/config.json";
    hub.list(hub.listing().into_iter().filter(without).collect());
    let error = offer(&hub).await.unwrap_err().to_string();
    assert!(error.contains("no vae/config.json in black-forest-labs"), "{error}");
}

#[tokio::test]
async fn answers_that_are_not_a_hubs_are_refused_by_address() {
    let hub = FakeHub::honest(klein());
    for (sha, listing) in [
        (json!("main/../x"), json!([])),
        (json!(COMMIT), json!({"error": "no"})),
        (json!(COMMIT), json!([{"type": "file", "path": "vae/config.json", "size": 1, "oid": "xyz"}])),
    ] {
        hub.say("revision/main", "", json!({"sha": sha}));
        hub.say(&format!("tree/{COMMIT}?recursive=true"), "", listing);
        let error = chain(&offer(&hub).await.unwrap_err());
        assert!(error.contains("did not answer as a hub does") && error.contains(&hub.base), "{error}");
    }
}
