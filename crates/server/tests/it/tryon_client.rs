//! A client of TryonAPI, as tests use it.

use std::path::Path;
use std::time::Duration;

use atelier_domain::{AllowedNetworks, KeyKind, KeyName, KeySecret, Picture, ProjectId, Timestamp};
use atelier_store::{Act, NewKey};
use image::{ImageFormat, RgbaImage};
use reqwest::multipart::{Form, Part};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use crate::conformance;
use crate::support::{PATIENCE, Studio, pixel};

/// A server with a key to it.
pub(crate) struct Tryon {
    pub(crate) studio: Studio,
    pub(crate) secret: KeySecret,
}

impl Tryon {
    /// With a key of the studio's own account.
    pub(crate) async fn of(studio: Studio) -> Self {
        let project = studio.app.storage.store.projects().await.unwrap()[0].id;
        let secret = key(&studio, project).await;
        Self { studio, secret }
    }

    pub(crate) fn post(&self, form: Form) -> RequestBuilder {
        let request = self.studio.http.post(self.studio.at("/api/v1/tryon"));
        request.bearer_auth(self.secret.expose()).multipart(form)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.studio.http.get(self.studio.at(path)).bearer_auth(self.secret.expose())
    }

    /// Submits two pictures; gives the id of the job.
    pub(crate) async fn submit(&self, person: Vec<u8>, garment: Vec<u8>) -> String {
        let (status, reply) = answer(self.post(pictures(person, garment))).await;
        conformance::check_call(&self.studio, ("post", "/api/v1/tryon"), status, &reply).await;
        assert_eq!(status, 202, "{reply}");
        reply["jobId"].as_str().unwrap().to_owned()
    }

    /// Submits two pixels.
    pub(crate) async fn submit_pixels(&self) -> String {
        self.submit(pixel(), pixel()).await
    }

    pub(crate) async fn status(&self, job: &str) -> Value {
        let (status, reply) = answer(self.get(&format!("/api/v1/tryon/status/{job}"))).await;
        let call = ("get", "/api/v1/tryon/status/{jobId}");
        conformance::check_call(&self.studio, call, status, &reply).await;
        assert_eq!(status, 200, "{reply}");
        reply
    }

    /// The status once it is no longer `processing`.
    pub(crate) async fn end_of(&self, job: &str) -> Value {
        let mut last = Value::Null;
        let ended = async {
            loop {
                last = self.status(job).await;
                if last["status"] != "processing" {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, ended).await.is_ok();
        assert!(in_time, "never ended: {last:#}");
        last
    }

    /// Waits until the message of a job tells a stage.
    pub(crate) async fn until_message(&self, job: &str, stage: &str) {
        let told = async {
            while !self.status(job).await["message"].as_str().unwrap_or_default().contains(stage) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, told).await.unwrap_or_else(|_| panic!("never {stage}"));
    }
}

/// A fresh key of a project.
pub(crate) async fn key(studio: &Studio, project: ProjectId) -> KeySecret {
    let secret = KeySecret::random();
    let new = NewKey {
        project,
        kind: KeyKind::Tryon,
        name: KeyName::parse("test").unwrap(),
        secret: secret.clone(),
        expires: None,
        allowed_networks: AllowedNetworks::default(),
    };
    studio.app.storage.store.create_key(new, &Act::operator(Timestamp::now())).await.unwrap();
    secret
}

pub(crate) fn file(bytes: Vec<u8>) -> Part {
    Part::bytes(bytes).file_name("picture.png")
}

/// A form with both pictures.
pub(crate) fn pictures(person: Vec<u8>, garment: Vec<u8>) -> Form {
    Form::new().part("person_images", file(person)).part("garment_images", file(garment))
}

/// The status and the reply.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    read(request.send().await.unwrap()).await
}

pub(crate) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON ({status}): {text}")))
}

/// One of the sample inputs.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name)).unwrap()
}

pub(crate) fn person() -> Vec<u8> {
    sample("wiro-virtual-try-on-input-1-1.jpg")
}

pub(crate) fn garment() -> Vec<u8> {
    sample("wiro-virtual-try-on-input-1-2.jpg")
}

/// A picture painted pixel by pixel, as a PNG.
pub(crate) fn painted(width: u32, height: u32, paint: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let image = RgbaImage::from_fn(width, height, |x, y| {
        let [r, g, b] = paint(x, y);
        image::Rgba([r, g, b, 255])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

/// Hills under a sky, and nobody there.
pub(crate) fn landscape() -> Vec<u8> {
    painted(900, 600, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let ridge = 330.0 + 40.0 * (x / 90.0).sin() + 25.0 * (x / 37.0).cos();
        let grain = ((x * 12.9898 + y * 78.233).sin() * 43758.547).fract() * 18.0;
        let [r, g, b] = if y < ridge {
            [120.0 + y / 5.0, 170.0 + y / 8.0, 235.0]
        } else {
            [70.0 + (y - ridge) / 8.0, 120.0 + (y - ridge) / 10.0, 60.0]
        };
        [r + grain, g + grain, b + grain].map(|channel| channel.clamp(0.0, 255.0) as u8)
    })
}

/// Nothing but paper.
pub(crate) fn blank() -> Vec<u8> {
    painted(600, 600, |_, _| [240, 238, 236])
}

/// A GIF of two frames.
pub(crate) fn animation() -> Vec<u8> {
    let mut gif = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
    for shade in [10, 200] {
        let frame = RgbaImage::from_pixel(300, 300, image::Rgba([shade, 90, 90, 255]));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    gif
}

/// A picture of one colour, as runners hold it.
pub(crate) fn plain_picture() -> Picture {
    Picture::from_rgba(1, 1, vec![9, 9, 9, 255]).unwrap()
}
