//! `Tool/List`, `Tool/Detail` and `Tool/Explore`: public, complete enough to validate against, and safe to parse.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::{Echo, Studio, error, send};

async fn ask(studio: &Studio, call: &str, body: &Value) -> Value {
    let (status, reply) = send(studio.http.post(studio.at(&format!("/v1/Tool/{call}"))).json(body)).await;
    assert_eq!(status, 200, "{reply}");
    reply
}

async fn detail(studio: &Studio, slugproject: &str) -> Value {
    let body = json!({"slugowner": "wiro", "slugproject": slugproject, "summary": true});
    let mut reply = ask(studio, "Detail", &body).await;
    assert_eq!((&reply["result"], reply["tool"].as_array().unwrap().len()), (&json!(true), 1));
    reply["tool"][0].take()
}

fn item<'a>(model: &'a Value, id: &str) -> &'a Value {
    let items = model["parameters"][0]["items"].as_array().unwrap();
    items.iter().find(|item| item["id"] == id).unwrap_or(&Value::Null)
}

async fn listed(studio: &Studio, body: Value) -> (Vec<String>, u64) {
    let reply = ask(studio, "List", &body).await;
    let ids = reply["tool"].as_array().unwrap().iter().map(|tool| tool["id"].as_str().unwrap().to_owned());
    (ids.collect(), reply["total"].as_u64().unwrap_or_else(|| panic!("total is no number: {reply}")))
}

fn assert_no_null(value: &Value, path: &str) {
    match value {
        Value::Null => panic!("{path} is null"),
        Value::Array(items) => items.iter().for_each(|item| assert_no_null(item, path)),
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| assert_no_null(member, &format!("{path}.{name}")));
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_model_object_is_safe_for_every_client() {
    let studio = Studio::start(Echo).await;
    let reply = ask(&studio, "List", &json!({"start": "0", "limit": "20", "search": ""})).await;
    assert_eq!(reply["total"], json!(4));
    for model in reply["tool"].as_array().unwrap() {
        assert_no_null(model, model["title"].as_str().unwrap());
        for name in [
            "id",
            "title",
            "slugowner",
            "slugproject",
            "cleanslugowner",
            "cleanslugproject",
            "description",
            "seotitle",
            "seodescription",
            "image",
            "computingtime",
            "onlymembers",
            "averagepoint",
            "commentcount",
            "ratedusercount",
            "dynamicprice",
            "cps",
            "approximatelycost",
        ] {
            assert!(model[name].is_string(), "{name}: {}", model[name]);
        }
        for name in ["categories", "tags", "samples", "inspire", "parameters"] {
            assert!(model[name].is_array(), "{name}: {}", model[name]);
        }
        assert_eq!(model["marketplace"], json!(1));
        assert!(model["image"].as_str().unwrap().starts_with(&studio.at("/uploads/models/")));
        assert!(model["taskstat"]["runcount"].is_number() && model["taskstat"]["lastruntime"].is_string());
        assert!(model["parameters"].as_array().unwrap().iter().all(|group| group["items"].is_array()));
        let prices: Vec<Value> = serde_json::from_str(model["dynamicprice"].as_str().unwrap()).unwrap();
        for price in prices {
            assert!(price["price"].is_f64() && price["priceMethod"].is_string(), "{price}");
            assert!(price["inputs"].as_object().unwrap().values().all(Value::is_string), "{price}");
        }
    }
}

#[tokio::test]
async fn the_try_on_is_described_as_it_is_known() {
    let studio = Studio::start(Echo).await;
    for spelling in ["virtual-try-on", "Virtual Try-On", "VIRTUAL_TRY_ON"] {
        assert_eq!(detail(&studio, spelling).await["id"], "1611", "{spelling}");
    }
    let model = detail(&studio, "virtual-try-on").await;
    assert_eq!(
        (&model["slugproject"], &model["cleanslugproject"]),
        (&json!("Virtual Try-On"), &json!("virtual-try-on"))
    );
    assert_eq!(model["dynamicprice"], r#"[{"inputs":{},"price":0.09,"priceMethod":"cpr"}]"#);
    assert_eq!(model["approximatelycost"], "0.090000000000");
    assert!(model["readme"].as_str().unwrap().starts_with("<p>"));
    let clothes = item(&model, "inputImageClothes");
    assert_eq!((&clothes["type"], &clothes["required"]), (&json!("combinefileinput"), &json!(true)));
    assert_eq!(clothes["default"], "wiro-virtual-try-on-input-1-2.jpg,wiro-virtual-try-on-input-1-3.jpg");
    assert_eq!(item(&model, "style")["options"][0]["value"], "virtual-try-on");
    let address =
        |name: &str| studio.at(&format!("/uploads/sampleinputs/wiro-virtual-try-on-input-{name}.jpg"));
    assert_eq!(model["inspire"].as_array().unwrap().len(), 4);
    assert_eq!(
        model["inspire"][0],
        json!({"inputImageHuman": address("1-1"), "inputImageClothes": [address("1-2"), address("1-3")]})
    );
    assert_eq!(model["samples"], json!([address("1-1"), address("1-2"), address("1-3")]));
    let listed = ask(&studio, "List", &json!({})).await;
    assert!(listed["tool"][0].get("readme").is_none(), "the long text is for one tool at a time");
}

#[tokio::test]
async fn a_portrait_is_asked_for_as_file_or_address_and_neither_is_required() {
    let studio = Studio::start(Echo).await;
    for tool in ["professional-headshot", "instant-id"] {
        let model = detail(&studio, tool).await;
        let (file, address) = (item(&model, "inputImage"), item(&model, "inputImageUrl"));
        assert_eq!((&file["type"], &file["required"]), (&json!("fileinput"), &json!(false)), "{tool}");
        assert_eq!((&address["type"], &address["required"]), (&json!("text"), &json!(false)), "{tool}");
    }
}

#[tokio::test]
async fn limits_are_numbers_and_every_default_is_an_option() {
    let studio = Studio::start(Echo).await;
    let model = detail(&studio, "instant-id").await;
    let steps = item(&model, "steps");
    assert_eq!((&steps["min"], &steps["max"], &steps["step"]), (&json!(1), &json!(100), &json!(1)));
    let likeness = item(&model, "ip_adapter_scale");
    assert_eq!(
        (&likeness["default"], &likeness["max"], &likeness["step"]),
        (&json!("0.8"), &json!(1.5), &json!(0.05))
    );
    assert!(item(&model, "prompt").get("min").is_none());
    for tool in ["virtual-try-on", "professional-headshot", "instant-id", "wan2-2-effects-extra"] {
        let model = detail(&studio, tool).await;
        for item in model["parameters"][0]["items"].as_array().unwrap() {
            let Some(options) = item.get("options").filter(|_| item["default"] != "") else { continue };
            let values: HashSet<_> =
                options.as_array().unwrap().iter().map(|option| option["value"].as_str().unwrap()).collect();
            assert!(values.contains(item["default"].as_str().unwrap()), "{tool}: {item}");
        }
    }
    let choice = &item(&model, "selectedModel")["options"][1];
    assert_eq!((&choice["value"], &choice["triggerwords"]), (&json!("900"), &json!([])));
    assert_eq!(choice["description"], "RDXL SFW");
}

#[tokio::test]
async fn a_list_is_narrowed_sorted_and_read_in_parts() {
    let studio = Studio::start(Echo).await;
    let all = ["1611", "1612", "1613", "1614"];
    for (body, ids, total) in [
        (json!({}), &all[..], 4),
        (json!({"start": "1", "limit": "2"}), &all[1..3], 4),
        (json!({"start": 3, "limit": 20, "hideworkflows": true, "summary": true}), &all[3..], 4),
        (json!({"start": "9"}), &[], 4),
        (json!({"start": "x", "limit": "-1", "sort": "nonsense"}), &all, 4),
        (json!({"sort": "id", "order": "ASC"}), &all, 4),
        (json!({"sort": "id", "order": "DESC"}), &["1614", "1613", "1612", "1611"], 4),
        (json!({"sort": "time", "order": "DESC", "limit": "1"}), &["1614"], 4),
        (json!({"sort": "averagepoint"}), &all, 4),
        (json!({"search": "Try-On"}), &["1611"], 1),
        (json!({"search": "wiro HEADSHOT"}), &["1612"], 1),
        (json!({"search": "no such words"}), &[], 0),
        (json!({"search": "video"}), &["1614"], 1),
        (json!({"categories": ["image-to-video"]}), &["1614"], 1),
        (json!({"categories": ["image-to-video", "quick-showcase"]}), &["1611", "1614"], 2),
        (json!({"categories": []}), &all, 4),
        (json!({"tags": ["Image Editing"]}), &["1612"], 1),
        (json!({"slugowner": "WIRO"}), &all, 4),
        (json!({"slugowner": "nobody"}), &[], 0),
    ] {
        let found = listed(&studio, body.clone()).await;
        assert_eq!(found, (ids.iter().map(|id| (*id).to_owned()).collect(), total), "{body}");
    }
}

#[tokio::test]
async fn words_in_the_name_weigh_more_than_words_in_the_description() {
    let studio = Studio::start(Echo).await;
    let (ids, _) = listed(&studio, json!({"search": "image", "sort": "relevance"})).await;
    assert_eq!(ids.len(), 4);
    let (ids, total) = listed(&studio, json!({"search": "id"})).await;
    assert_eq!((ids[0].as_str(), total), ("1613", ids.len() as u64));
}

#[tokio::test]
async fn an_unknown_tool_is_not_described() {
    let studio = Studio::start(Echo).await;
    for body in [json!({"slugowner": "wiro", "slugproject": "nothing"}), json!({})] {
        assert_eq!(error(&ask(&studio, "Detail", &body).await), (1, "slug-owner-project-not-exist"));
    }
}

#[tokio::test]
async fn tools_are_explored_by_what_they_turn_into_what() {
    let studio = Studio::start(Echo).await;
    let reply = ask(&studio, "Explore", &json!({})).await;
    let sections = reply["explore"].as_array().unwrap();
    let short: Vec<_> =
        sections.iter().map(|section| (&section["id"], &section["title"], &section["total"])).collect();
    let expected = [
        (json!("image-to-image"), json!("Image to image"), json!(3)),
        (json!("image-to-video"), json!("Image to video"), json!(1)),
    ];
    assert_eq!(short, expected.iter().map(|(id, title, total)| (id, title, total)).collect::<Vec<_>>());
    for tool in sections.iter().flat_map(|section| section["tools"].as_array().unwrap()) {
        assert_no_null(tool, "explore");
        assert!(tool["categories"].is_array() && tool["image"].as_str().unwrap().starts_with("http://"));
    }
}

#[tokio::test]
async fn statistics_follow_the_tasks() {
    let studio = Studio::start(Echo).await;
    assert_eq!(
        detail(&studio, "virtual-try-on").await["taskstat"],
        json!({"runcount": 0, "successcount": "0", "errorcount": "0", "lastruntime": "0"})
    );
    let token = studio.submit().await;
    let task = studio.until(&token, "task_postprocess_end").await;
    let model = detail(&studio, "virtual-try-on").await;
    assert_eq!(
        model["taskstat"],
        json!({"runcount": 1, "successcount": "1", "errorcount": "0", "lastruntime": task["createtime"]})
    );
    assert_eq!(model["computingtime"], "1 seconds");
}

#[tokio::test]
async fn a25_the_catalogue_is_public_but_credentials_are_checked_when_present() {
    let studio = Studio::start(Echo).await;
    for call in ["List", "Detail", "Explore"] {
        let body = json!({"slugowner": "wiro", "slugproject": "instant-id"});
        let request = || studio.http.post(studio.at(&format!("/v1/Tool/{call}"))).json(&body);
        assert_eq!(send(request()).await.1["result"], json!(true), "{call}");
        let known = send(request().header("x-api-key", studio.key.as_str())).await;
        assert_eq!(known.1["result"], json!(true), "{call}");
        let (status, reply) = send(request().header("x-api-key", "unknown")).await;
        assert_eq!((status, error(&reply)), (401, (0, "Project authorization is not founded.")), "{call}");
        let (status, reply) = send(request().header("authorization", "Bearer x")).await;
        assert_eq!((status, error(&reply)), (401, (99, "Authorization bearer token is invalid.")), "{call}");
        assert_eq!(
            send(studio.http.post(studio.at(&format!("/v1/Tool/{call}")))).await.0,
            200,
            "an empty body"
        );
    }
}

#[tokio::test]
async fn every_tool_has_a_cover_of_the_type_that_its_name_says() {
    let studio = Studio::start(Echo).await;
    for tool in studio.app.catalogue.tools() {
        let described = detail(&studio, &tool.slug.model).await;
        let address = described["image"].as_str().unwrap();
        let response = studio.http.get(address).send().await.unwrap();
        assert_eq!(response.status(), 200, "{address}");
        let (content_type, magic, at) = match address.rsplit_once('.').unwrap().1 {
            "webp" => ("image/webp", &b"WEBP"[..], 8),
            "jpg" => ("image/jpeg", &b"\xff\xd8\xff"[..], 0),
            "png" => ("image/png", &b"PNG"[..], 1),
            "mp4" => ("video/mp4", &b"ftyp"[..], 4),
            other => panic!("a cover of type {other}"),
        };
        assert_eq!(response.headers()["content-type"], content_type, "{address}");
        let bytes = response.bytes().await.unwrap();
        assert!(
            bytes[at..].starts_with(magic) && bytes.len() < 1_500_000,
            "{address}: {} bytes",
            bytes.len()
        );
    }
}
