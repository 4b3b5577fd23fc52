//! Debian's Chromium without a window, driven over `WebDriver`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// How long the browser is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A window size in pixels.
pub(crate) type Size = (u32, u32);

/// A browser with one tab and no memory.
pub(crate) struct Browser {
    client: Client,
    driver: Child,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It takes its browsers with it.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=WARNING"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("Debian's chromium-driver is installed; ./test does it");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                line.unwrap().split_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("the driver tells its port");
        // Nobody reads what it says later, and it must not wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-prefers-reduced-motion",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ];
        let options = json!({"goog:chromeOptions": {"args": arguments}});
        let wanted: Capabilities = serde_json::from_value(options).unwrap();
        let address = format!("http://127.0.0.1:{port}");
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let client = ClientBuilder::new(connector).capabilities(wanted).connect(&address).await.unwrap();
        Self { client, driver }
    }

    /// Ends it in good order.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
    }

    pub(crate) async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    pub(crate) async fn address(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    /// The first element of a selector, as soon as there is one.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let waiting = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match waiting {
            Ok(element) => element,
            Err(error) => {
                panic!("no {css} ({error}) on {}:\n{}", self.address().await, self.text("body").await)
            }
        }
    }

    /// Clicks on an element; again if the page put another in its place meanwhile.
    pub(crate) async fn click(&self, css: &str) {
        loop {
            match self.find(css).await.click().await {
                Err(error) if error.is_stale_element_reference() => {}
                done => return done.unwrap(),
            }
        }
    }

    pub(crate) async fn write(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// What a reader sees of an element. One that a new page takes away while it is read is not there.
    pub(crate) async fn text(&self, css: &str) -> String {
        let seen = async { self.client.find(Locator::Css(css)).await?.text().await };
        seen.await.unwrap_or_else(|error| format!("no {css}: {error}"))
    }

    /// Waits until an element's text has a part.
    pub(crate) async fn says(&self, css: &str, part: &str) {
        let said = async {
            while !self.text(css).await.contains(part) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, said).await.is_ok();
        let (there, page) =
            if in_time { Default::default() } else { (self.text(css).await, self.text("body").await) };
        assert!(in_time, "{css} never says {part:?} but: {there}\n{page}");
    }

    /// Runs a script and gives what it returns; a promise is waited for.
    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; (async (...args) => {{ {script} }})(...arguments)
               .then(done, (error) => done({{ error: String(error) }}));"
        );
        self.client.execute_async(&script, arguments).await.unwrap()
    }

    /// Follows a system that prefers dark or light, in a window of a size.
    pub(crate) async fn look(&self, dark: bool, (width, height): Size) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.command("Emulation.setEmulatedMedia", json!({"features": features})).await;
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.command("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    #[cfg_attr(test, expect(dead_code, reason = "for the pictures of pages"))]
    /// A picture of the page from top to bottom, as PNG, no taller than `most` pixels.
    pub(crate) async fn picture(&self, most: u32) -> Vec<u8> {
        let tall = self.run("return Math.ceil(document.documentElement.scrollHeight);", vec![]).await;
        let wide = self.run("return innerWidth;", vec![]).await;
        let clip = json!({
            "x": 0, "y": 0, "width": wide, "height": tall.as_u64().unwrap().min(most.into()), "scale": 1,
        });
        let shot = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let answer = self.command("Page.captureScreenshot", shot).await;
        let data = answer["data"].as_str().unwrap();
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).unwrap()
    }

    /// Asks Chromium's own protocol.
    async fn command(&self, name: &str, parameters: Value) -> Value {
        self.client.issue_cmd(DevTools { name: name.to_owned(), parameters }).await.unwrap()
    }
}

/// A command of Chromium's own protocol, which its driver passes on.
#[derive(Debug)]
struct DevTools {
    name: String,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({"cmd": self.name, "params": self.parameters});
        (Method::POST, Some(body.to_string()))
    }
}
