// reqwest = { version = "0.13", features = ["json", "multipart"] }, serde_json = "1",
// tokio = { version = "1", features = ["full"] }
use std::{error::Error, fs, time::Duration};

use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = <<key>>;
    let client = reqwest::Client::new();
    let form = Form::new()
        .part("person_images", Part::bytes(fs::read(<<person>>)?).file_name(<<person>>))
        .part("garment_images", Part::bytes(fs::read(<<garment>>)?).file_name(<<garment>>));
    let submit = client.post(<<submit>>).bearer_auth(key).multipart(form);
    let reply: Value = submit.send().await?.json().await?;
    let Some(path) = reply["statusUrl"].as_str() else {
        return Err(reply["error"].to_string().into());
    };

    let address = format!("{}{path}", <<base>>);
    let job = loop {
        let status = client.get(&address).bearer_auth(key);
        let job: Value = status.send().await?.json().await?;
        if job["status"] != "processing" {
            break job;
        }
        sleep(Duration::from_secs(2)).await;
    };

    if job["status"] == "failed" {
        return Err(format!("{} ({})", job["error"], job["errorCode"]).into());
    }
    println!("{}", job["imageUrl"]);
    Ok(())
}
