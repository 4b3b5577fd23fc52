//! Debian's Chromium, told to play a clip and to report back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// What the page said about the clip.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Seconds that the file says it lasts.
    pub(crate) duration: f64,
    /// Seconds that were on show when playing ended.
    pub(crate) reached: f64,
}

const PAGE: &str = r#"<!doctype html><title>clip</title><video id="v" muted src="/clip.mp4"></video><script>
const say = words => fetch("/report", { method: "POST", body: words });
v.playbackRate = 4;
v.onended = () => say([v.videoWidth, v.videoHeight, v.duration, v.currentTime].join(" "));
v.onerror = () => say("error " + v.error.message);
v.play().catch(error => say("error " + error));
</script>"#;

/// Answers one request; gives the body of a report.
fn answer(stream: TcpStream, clip: &[u8]) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (kind, content): (&str, &[u8]) = match first.split(' ').nth(1)? {
        "/" => ("text/html", PAGE.as_bytes()),
        "/clip.mp4" => ("video/mp4", clip),
        _ => ("text/plain", b""),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    let stream = reader.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(content).ok()?;
    first.starts_with("POST /report").then(|| String::from_utf8(body).unwrap())
}

/// Plays a file to its end, or fails the test with what the browser said.
pub(crate) fn play(clip: &[u8]) -> Report {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--remote-debugging-port=0")
        .arg(format!("http://{address}/"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("chromium does not start (Debian's package `chromium`): {error}"));
    let (tell, told) = std::sync::mpsc::channel();
    let clip = clip.to_vec();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Some(report) = answer(stream, &clip) {
                return tell.send(report);
            }
        }
        Ok(())
    });
    let report = told.recv_timeout(Duration::from_mins(1));
    browser.kill().unwrap();
    browser.wait().unwrap();
    let report = report.unwrap_or_else(|_| panic!("the browser did not report within a minute"));
    let numbers: Vec<f64> = report.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [width, height, duration, reached] = numbers[..] else { panic!("the browser said: {report}") };
    Report { width: width as u32, height: height as u32, duration, reached }
}
