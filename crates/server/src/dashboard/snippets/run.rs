// reqwest = { version = "0.13", features = ["json", "multipart"] }, serde_json = "1",
// tokio = { version = "1", features = ["full"] }<<crates>>
<<uses>>
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
<<credentials>>
    let form = Form::new()
<<fields>>    let run = client.post(<<run>>).multipart(form);
    let reply: Value = signed(run).send().await?.json().await?;
    if reply["result"] != true {
        return Err(reply["errors"][0]["message"].to_string().into());
    }

    let query = json!({ "tasktoken": reply["socketaccesstoken"] });
    let task = loop {
        let detail = client.post(<<detail>>).json(&query);
        let reply: Value = signed(detail).send().await?.json().await?;
        let task = reply["tasklist"][0].clone();
        if task["status"] == "task_postprocess_end" || task["status"] == "task_cancel" {
            break task;
        }
        sleep(Duration::from_secs(2)).await;
    };

    if task["pexit"] != "0" {
        return Err(task["debugerror"].to_string().into());
    }
    for output in task["outputs"].as_array().into_iter().flatten() {
        println!("{}", output["url"]);
    }
    Ok(())
}
