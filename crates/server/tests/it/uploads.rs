//! `File/Upload` and `File/FolderCreate`: what is taken in, under which name, and what is refused.

use std::io::{Cursor, Write as _};

use image::{DynamicImage, ImageFormat};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{Echo, PIXEL, Studio, error, funded_project, objects, pixel, send};

const UPLOAD: &str = "/v1/File/Upload";
const SECRET: &[u8] = b"GPS-SECRET";

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(4, 2).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG of 4x2 pixels that lies on its side and says where it was taken.
fn photo() -> Vec<u8> {
    let plain = encoded(ImageFormat::Jpeg);
    // An APP1 segment: one IFD entry, orientation 6 (turn right), then what stands for coordinates.
    let tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0GPS-SECRET";
    let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
    let photo = [&plain[..2], &[0xff, 0xe1], &length, tiff, &plain[2..]].concat();
    assert!(holds(&photo, SECRET));
    photo
}

pub(crate) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn part(name: &str, bytes: impl Into<Vec<u8>>) -> Part {
    Part::bytes(bytes.into()).file_name(name.to_owned())
}

async fn upload(studio: &Studio, form: Form) -> (u16, Value) {
    send(studio.http.post(studio.at(UPLOAD)).header("x-api-key", studio.key.as_str()).multipart(form)).await
}

/// Uploads one file that must be accepted as one.
async fn upload_one(studio: &Studio, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    let (status, mut reply) = upload(studio, Form::new().part("file", part(name, bytes))).await;
    assert_eq!(
        (status, &reply["result"], &reply["errors"]),
        (200, &json!(true), &json!([])),
        "{name}: {reply}"
    );
    assert_eq!(reply["list"].as_array().unwrap().len(), 1);
    reply["list"][0].take()
}

async fn read(studio: &Studio, file: &Value) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let response = studio.http.get(file["url"].as_str().unwrap()).send().await.unwrap();
    let response = response.error_for_status().unwrap();
    (response.headers().clone(), response.bytes().await.unwrap().to_vec())
}

async fn assert_refused(studio: &Studio, form: Form, message: &str) {
    let (status, reply) = upload(studio, form).await;
    assert_eq!((status, error(&reply)), (200, (0, message)));
    assert_eq!(objects(studio).await, 0, "{message}: bytes were left behind");
}

#[tokio::test]
async fn a_picture_is_uploaded_and_has_every_member_of_the_contract() {
    let studio = Studio::start(Echo).await;
    let file = upload_one(&studio, "me.png", encoded(ImageFormat::Png)).await;
    for name in ["id", "name", "contenttype", "size", "parentid", "url", "addedtime", "accesskey"] {
        assert!(file[name].is_string(), "{name}: {}", file[name]);
    }
    assert_eq!(
        (&file["name"], &file["contenttype"], &file["parentid"]),
        (&json!("me.png"), &json!("image/png"), &json!("0"))
    );
    let key = file["accesskey"].as_str().unwrap();
    assert_eq!(file["url"], json!(studio.at(&format!("/v1/File/{key}/me.png"))));
    let (headers, bytes) = read(&studio, &file).await;
    assert_eq!(
        (&headers["content-type"], file["size"].as_str()),
        (&"image/png".parse().unwrap(), Some(bytes.len().to_string().as_str()))
    );
}

#[tokio::test]
async fn several_files_are_uploaded_in_order_under_every_spelling_of_the_field() {
    let studio = Studio::start(Echo).await;
    let form = Form::new()
        .part("file", part("b.txt", "one"))
        .text("note", "ignored")
        .part("file[]", part("a.txt", "two"))
        .part("file[2]", part("b.txt", "three"));
    let (_, reply) = upload(&studio, form).await;
    let list = reply["list"].as_array().unwrap();
    let mut found = Vec::new();
    for file in list {
        found.push((file["name"].as_str().unwrap(), String::from_utf8(read(&studio, file).await.1).unwrap()));
    }
    let expected = [("b.txt", "one"), ("a.txt", "two"), ("b.txt", "three")];
    assert_eq!(found, expected.map(|(name, text)| (name, text.to_owned())));
}

#[tokio::test]
async fn every_documented_type_is_accepted_and_told_by_its_content() {
    let studio = Studio::start(Echo).await;
    let zipped = zip_of(&[("word/document.xml", b"<w/>")]);
    let heic = b"\0\0\0\x10ftypheic\0\0\0\0";
    let mp4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.jpg", encoded(ImageFormat::Jpeg), "image/jpeg"),
        ("a.jpeg", encoded(ImageFormat::Jpeg), "image/jpeg"),
        ("a.gif", encoded(ImageFormat::Gif), "image/jpeg"),
        ("a.webp", encoded(ImageFormat::WebP), "image/jpeg"),
        ("picture", encoded(ImageFormat::Png), "image/png"),
        ("a.heic", heic.to_vec(), "image/heic"),
        ("a.mp4", mp4.to_vec(), "video/mp4"),
        ("a.webm", b"\x1aE\xdf\xa3....webm".to_vec(), "video/webm"),
        ("a.mov", b"\0\0\0\x10ftypqt  \0\0\0\0".to_vec(), "video/quicktime"),
        ("a.mp3", b"ID3\x04".to_vec(), "audio/mpeg"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ".to_vec(), "audio/wav"),
        ("a.m4a", b"\0\0\0\x10ftypM4A \0\0\0\0".to_vec(), "audio/mp4"),
        ("a.pdf", b"%PDF-1.7".to_vec(), "application/pdf"),
        ("a.csv", b"a,b\n".to_vec(), "text/csv"),
        ("a.txt", b"text".to_vec(), "text/plain"),
        ("a.md", b"# text".to_vec(), "text/markdown"),
        ("a.docx", zipped, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.epub", zip_of(&[("a.txt", b"x")]), "application/epub+zip"),
        ("a.unknown", b"anything".to_vec(), "application/octet-stream"),
    ];
    for (name, bytes, media_type) in cases {
        let file = upload_one(&studio, name, bytes).await;
        assert_eq!(file["contenttype"], media_type, "{name}");
        assert_eq!(read(&studio, &file).await.0["content-type"], media_type, "{name}");
    }
}

#[tokio::test]
async fn an_archive_becomes_the_files_in_it() {
    let studio = Studio::start(Echo).await;
    let photo = photo();
    let archive = zip_of(&[("photos/me.jpg", &photo), ("notes.txt", b"hello"), ("__MACOSX/._me.jpg", b"x")]);
    let (_, reply) = upload(&studio, Form::new().part("file", part("all.zip", archive))).await;
    let list = reply["list"].as_array().unwrap();
    let names: Vec<_> = list.iter().map(|file| (&file["name"], &file["contenttype"])).collect();
    let expected = [(json!("me.jpg"), json!("image/jpeg")), (json!("notes.txt"), json!("text/plain"))];
    assert_eq!(names, expected.iter().map(|(name, kind)| (name, kind)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a8_a9_names_are_reduced_to_plain_file_names() {
    let studio = Studio::start(Echo).await;
    for (sent, kept) in [
        ("../../etc/passwd.txt", "passwd.txt"),
        (r"..\..\boot.txt", "boot.txt"),
        ("..", "file"),
        ("my photo (1).txt", "my photo (1).txt"),
        ("fotoğraf.txt", "fotoğraf.txt"),
        ("a\"; filename=evil.html.txt", "a__ filename_evil.html.txt"),
    ] {
        let file = upload_one(&studio, sent, "x").await;
        assert_eq!(file["name"], kept, "{sent}");
        let url = file["url"].as_str().unwrap();
        assert!(url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)), "{url}");
        let (headers, bytes) = read(&studio, &file).await;
        assert_eq!(bytes, b"x");
        let disposition = headers["content-disposition"].to_str().unwrap();
        assert!(
            !disposition.contains(['/', '\\']) && disposition.matches("filename=").count() == 1,
            "{disposition}"
        );
    }
}

#[tokio::test]
async fn a10_a_folder_of_another_account_is_refused_like_one_that_does_not_exist() {
    let studio = Studio::start(Echo).await;
    let (_, stranger) = funded_project(&studio.app.storage, "stranger@example.com", "1").await;
    let create = studio.http.post(studio.at("/v1/File/FolderCreate")).json(&json!({"name": "theirs"}));
    let (_, reply) = send(create.header("x-api-key", stranger.as_str())).await;
    let theirs = reply["list"][0]["id"].as_str().unwrap().to_owned();
    let missing = "0123456789abcdef0123456789abcdef".to_owned();
    for id in [theirs, missing, "../objects".into()] {
        let form = Form::new().part("file", part("a.txt", "x")).text("folderid", id.clone());
        assert_refused(&studio, form, "invalid-parameters").await;
        let (_, reply) = studio.post("/v1/File/FolderCreate", &json!({"name": "mine", "parentid": id})).await;
        assert_eq!(error(&reply), (0, "invalid-parameters"));
    }
}

#[tokio::test]
async fn a11_what_a_browser_could_run_is_offered_for_saving() {
    let studio = Studio::start(Echo).await;
    let script = "<script>alert(document.domain)</script>";
    for (name, body) in [
        ("page.html", format!("<!DOCTYPE html>{script}")),
        ("page.jpg", format!("<!DOCTYPE html>{script}")),
        ("page.txt", format!("<html>{script}</html>")),
        ("drawing.svg", format!("<svg xmlns='http://www.w3.org/2000/svg'>{script}</svg>")),
        ("data.xml", format!("<?xml version='1.0'?><x xmlns='http://www.w3.org/1999/xhtml'>{script}</x>")),
        ("paper.pdf", "%PDF-1.7 /JS".into()),
        ("readme.md", script.into()),
    ] {
        let file = upload_one(&studio, name, body).await;
        let (headers, _) = read(&studio, &file).await;
        let disposition = headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with("attachment; "), "{name}: {disposition}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{name}");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox", "{name}");
    }
    let (headers, _) = read(&studio, &upload_one(&studio, "me.png", encoded(ImageFormat::Png)).await).await;
    assert!(headers["content-disposition"].to_str().unwrap().starts_with("inline; "));
}

#[tokio::test]
async fn a23_archives_that_reach_out_or_blow_up_are_refused_as_a_whole() {
    let studio = Studio::start(Echo).await;
    let inner = zip_of(&[("x.txt", b"x")]);
    let zeros = vec![0; 3_000_000];
    let link = {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("link.txt", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        writer.finish().unwrap().into_inner()
    };
    let plain = "must hold plain files only, without links, passwords, archives or paths that lead outside";
    for (archive, reason) in [
        (zip_of(&[("fine.txt", b"x"), ("../../evil.txt", b"x")]), plain),
        (zip_of(&[("fine.txt", b"x"), ("inner.zip", &inner)]), plain),
        (link, plain),
        (zip_of(&[("fine.txt", b"x"), ("zeros", &zeros)]), "must not unpack to more than 100 times its size"),
        (zip_of(&[]), "holds no files"),
        (b"PK\x03\x04".to_vec(), "is a damaged zip archive"),
        (
            zip_of(&[("fine.txt", b"x"), ("me.jpg", b"\xff\xd8\xff\xe0 no picture")]),
            "is damaged and cannot be decoded",
        ),
    ] {
        let form = Form::new().part("file", part("good.txt", "x")).part("file", part("all.zip", archive));
        assert_refused(&studio, form, &format!("Request files [file] {reason}")).await;
    }
}

#[tokio::test]
async fn a23_an_archive_of_too_many_pixels_in_all_is_refused_before_any_is_decoded() {
    let studio = Studio::start_with(Echo, |config| config.limits.pixels = 1_000_000).await;
    let black = |side| {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_luma8(side, side).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let archive = |count: usize, bytes: &[u8]| {
        let names: Vec<String> = (0..count).map(|number| format!("{number}.png")).collect();
        zip_of(&names.iter().map(|name| (name.as_str(), bytes)).collect::<Vec<_>>())
    };
    let form = Form::new().part("file", part("all.zip", archive(9, &black(1000))));
    let message = "Request files [file] must hold pictures of at most 8 megapixels in all";
    assert_refused(&studio, form, message).await;
    let form = Form::new().part("file", part("all.zip", archive(9, &black(100))));
    assert_eq!(upload(&studio, form).await.1["list"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn a17_archives_of_large_pictures_do_not_keep_others_waiting_until_their_end() {
    let studio = std::sync::Arc::new(Studio::start(Echo).await);
    let picture = {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(500, 500).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let names: Vec<String> = (0..16).map(|number| format!("{number}.png")).collect();
    let mut entries: Vec<_> = names.iter().map(|name| (name.as_str(), &picture[..])).collect();
    // Refused at its end: what is stored before shows that pictures are taken in one by one.
    entries.push(("last.jpg", b"\xff\xd8\xff\xe0 no picture"));
    let archive = zip_of(&entries);
    // One for each picture that is decoded at a time.
    let archives = [(); 2].map(|()| {
        let (studio, form) = (studio.clone(), Form::new().part("file", part("all.zip", archive.clone())));
        tokio::spawn(async move { upload(&studio, form).await.1 })
    });
    while objects(&studio).await == 0 {
        assert!(archives.iter().any(|archive| !archive.is_finished()), "nothing was stored");
    }
    upload_one(&studio, "me.png", pixel()).await;
    assert!(archives.iter().all(|archive| !archive.is_finished()), "the picture waited for an archive");
    for archive in archives {
        let message = "Request files [file] is damaged and cannot be decoded";
        assert_eq!(error(&archive.await.unwrap()), (0, message));
    }
    assert_eq!(objects(&studio).await, 1, "what was refused left something behind");
}

#[tokio::test]
async fn a17_a_picture_that_was_cut_off_is_refused_by_uploads_and_runs() {
    let studio = Studio::start(Echo).await;
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(400, 400).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let cut = &bytes.get_ref()[..bytes.get_ref().len() * 3 / 4];
    let form = Form::new().part("file", part("me.jpg", cut));
    assert_refused(&studio, form, "Request files [file] is damaged and cannot be decoded").await;
    let form = Form::new().part("inputImageHuman", part("me.jpg", cut)).text("inputImageClothes", PIXEL);
    let run = studio.http.post(studio.at("/v1/Run/wiro/virtual-try-on")).multipart(form);
    let (_, reply) = send(run.header("x-api-key", studio.key.as_str())).await;
    assert_eq!(error(&reply), (0, "Request files [inputImageHuman] is damaged and cannot be decoded"));
}

#[tokio::test]
async fn a26_no_path_into_the_store_keeps_where_a_picture_was_taken() {
    let studio = Studio::start(Echo).await;
    let photo = photo();
    let mut addresses = vec![upload_one(&studio, "me.jpg", photo.clone()).await["url"].clone()];
    let (_, reply) =
        upload(&studio, Form::new().part("file", part("me.zip", zip_of(&[("me.jpg", &photo)])))).await;
    addresses.push(reply["list"][0]["url"].clone());
    let form = Form::new().part("inputImageHuman", part("me.jpg", photo)).text("inputImageClothes", PIXEL);
    let run = studio.http.post(studio.at("/v1/Run/wiro/virtual-try-on")).multipart(form);
    let (_, reply) = send(run.header("x-api-key", studio.key.as_str())).await;
    let task = studio.until(reply["socketaccesstoken"].as_str().unwrap(), "task_postprocess_end").await;
    assert_eq!(task["pexit"], "0", "{task}");
    addresses.extend([task["parameters"]["inputImageHuman"].clone(), task["outputs"][0]["url"].clone()]);
    for address in addresses {
        let (_, bytes) = read(&studio, &json!({"url": address})).await;
        assert!(!holds(&bytes, SECRET) && !holds(&bytes, b"Exif"), "{address}");
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (2, 4), "{address} stands upright");
    }
}

#[tokio::test]
async fn a26_films_lose_where_they_were_taken() {
    let studio = Studio::start(Echo).await;
    let boxed = |kind: &[u8], content: &[u8]| {
        [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], kind, content].concat()
    };
    let movie = boxed(b"udta", &boxed(b"\xa9xyz", SECRET));
    let film = [boxed(b"ftyp", b"qt  \0\0\0\0"), boxed(b"moov", &movie), boxed(b"mdat", b"PIXELS")].concat();
    let (_, bytes) = read(&studio, &upload_one(&studio, "me.mov", film.clone()).await).await;
    assert!(holds(&film, SECRET) && !holds(&bytes, SECRET) && holds(&bytes, b"PIXELS"));
    assert_eq!(bytes.len(), film.len());
}

#[tokio::test]
async fn what_is_no_upload_is_refused_in_the_words_of_the_contract() {
    let studio = Studio::start(Echo).await;
    for form in [
        Form::new().text("folderid", "0"),
        Form::new().part("file", part("a.txt", "")),
        Form::new().part("file", part("a.txt", "x")).part("file", part("b.txt", "")),
        Form::new().part("picture", part("a.txt", "x")),
        Form::new().text("file", "https://example.com/a.png"),
    ] {
        assert_refused(&studio, form, "invalid-parameters").await;
    }
    let (_, reply) = studio.post(UPLOAD, &json!({"file": "x"})).await;
    assert_eq!(error(&reply), (0, "invalid-parameters"));
    for (bytes, reason) in [
        (&b"\xff\xd8\xff\xe0 no picture"[..], "is damaged and cannot be decoded"),
        (b"no picture", "must be a jpeg, png, webp or gif image"),
        (b"II*\0\x08\0\0\0 with a place in it", "must be a jpeg, png, webp or gif image"),
    ] {
        let form = Form::new().part("file", part("good.txt", "x")).part("file", part("me.jpg", bytes));
        assert_refused(&studio, form, &format!("Request files [file] {reason}")).await;
    }
}

#[tokio::test]
async fn a17_an_upload_over_the_limit_is_refused_with_the_limit() {
    let studio = Studio::start_with(Echo, |config| config.limits.file_bytes = 2_000_000).await;
    let form = Form::new().part("file", part("a.txt", vec![b'x'; 2_000_001]));
    assert_refused(&studio, form, "Request files [file] must be at most 2 MB each").await;
}

#[tokio::test]
async fn folders_are_made_and_uploaded_into() {
    let studio = Studio::start(Echo).await;
    let create = async |body: Value| studio.post("/v1/File/FolderCreate", &body).await.1["list"][0].take();
    let outer = create(json!({"name": "Summer_2026-1"})).await;
    assert_eq!(
        (&outer["name"], &outer["parentid"], &outer["size"], &outer["contenttype"]),
        (&json!("Summer_2026-1"), &json!("0"), &json!("0"), &json!(""))
    );
    assert!(outer["id"].is_string() && outer["addedtime"].is_string());
    let inner = create(json!({"name": "x", "parentId": outer["id"]})).await;
    assert_eq!(inner["parentid"], outer["id"]);
    for spelling in ["folderid", "folderId"] {
        let id = inner["id"].as_str().unwrap().to_owned();
        let (_, reply) =
            upload(&studio, Form::new().part("file", part("a.txt", "x")).text(spelling, id)).await;
        assert_eq!(reply["list"][0]["parentid"], inner["id"]);
    }
    for name in ["", "a b", "../x", "a/b", "ü", "."] {
        let (_, reply) = studio.post("/v1/File/FolderCreate", &json!({"name": name})).await;
        assert_eq!(error(&reply), (0, "invalid-parameters"), "{name}");
    }
}

#[tokio::test]
async fn an_uploaded_address_and_an_output_are_inputs_under_each_of_our_names() {
    let studio = Studio::start(Echo).await;
    let file = upload_one(&studio, "me.png", encoded(ImageFormat::Png)).await;
    let run = async |address: &str| {
        let body = json!({"inputImageHumanUrl": address, "inputImageClothes": [address]});
        let (_, reply) = studio.post("/v1/Run/wiro/virtual-try-on", &body).await;
        let token = reply["socketaccesstoken"].as_str().unwrap_or_else(|| panic!("{reply}"));
        let task = studio.until(token, "task_postprocess_end").await;
        assert_eq!(task["pexit"], "0", "{address}: {}", task["debugerror"]);
        let echoed = task["parameters"]["inputImageHuman"].as_str().unwrap();
        let echoed = studio.http.get(echoed).send().await.unwrap();
        assert_eq!(echoed.status(), 200, "{address}: what is shown back leads to the picture");
        task["outputs"][0]["url"].as_str().unwrap().to_owned()
    };
    let address = file["url"].as_str().unwrap();
    let output = run(address).await;
    run(&address.replace("127.0.0.1", "localhost")).await;
    run(&address.replace("/me.png", "/renamed%20by%20the%20client.png")).await;
    run(&output).await;
    run(&output.replace("127.0.0.1", "localhost")).await;
}

#[tokio::test]
async fn f9_an_upload_that_cannot_be_stored_leaves_nothing_and_the_next_one_works() {
    let studio = Studio::start(Echo).await;
    let folders: Vec<_> =
        (0..=u8::MAX).map(|folder| studio.app.config.data.join(format!("objects/{folder:02x}"))).collect();
    // Files where folders belong: every write fails, as on a full disk.
    for folder in &folders {
        std::fs::write(folder, b"").unwrap();
    }
    let form = || Form::new().part("file", part("a.txt", "x")).part("file", part("me.png", pixel()));
    let (status, reply) = upload(&studio, form()).await;
    assert_eq!((status, error(&reply)), (503, (0, "The server cannot do this now. Please try again.")));
    for folder in &folders {
        std::fs::remove_file(folder).unwrap();
    }
    let (_, reply) = upload(&studio, form()).await;
    assert_eq!((reply["list"].as_array().unwrap().len(), objects(&studio).await), (2, 2));
}
