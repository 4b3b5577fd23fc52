//! Small pictures of what tasks made, for lists: made when they are first asked for, and kept in bounded memory.

use std::collections::{HashMap, VecDeque};
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

use atelier_domain::{FileId, Output, TaskId};
use atelier_store::ObjectKey;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, RgbaImage, imageops};

use super::own_task;
use crate::app::App;
use crate::config::Limits;
use crate::dashboard::ROOT;
use crate::dashboard::error::DashboardError;
use crate::dashboard::session::SignedIn;
use crate::media::{self, MediaError};

/// Pixels along the longer side: a card's width on a screen of two pixels a point.
const SIDE: u32 = 480;

/// Of JPEG: what a card shows needs no more.
const QUALITY: u8 = 82;

/// Bytes that are kept at most; some 500 pictures.
const ROOM: usize = 16 << 20;

/// The pictures that were made last.
#[derive(Default)]
pub(crate) struct Thumbnails(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    pictures: HashMap<FileId, Bytes>,
    oldest_first: VecDeque<FileId>,
    size: usize,
}

impl Thumbnails {
    fn get(&self, file: &FileId) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pictures.get(file).cloned()
    }

    fn keep(&self, file: &FileId, picture: Bytes) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.size += picture.len();
        if let Some(before) = kept.pictures.insert(file.clone(), picture) {
            kept.size -= before.len();
        } else {
            kept.oldest_first.push_back(file.clone());
        }
        while kept.size > ROOM
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            let size = kept.pictures.remove(&oldest).map_or(0, |picture| picture.len());
            kept.size -= size;
        }
    }
}

/// Where the small picture of an output is.
pub(super) fn address(task: TaskId, position: usize) -> String {
    format!("{ROOT}/tasks/{task}/outputs/{position}/thumbnail")
}

/// `GET /dashboard/tasks/{id}/outputs/{position}/thumbnail`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Path((id, position)): Path<(String, usize)>,
    headers: HeaderMap,
) -> Result<Response, DashboardError> {
    // Looked for each time: what was deleted is no longer shown.
    let task = own_task(&app, &who, &id).await?;
    let output = task.outputs.get(position).ok_or(DashboardError::NotFound)?;
    let tag = format!("\"{}-{SIDE}\"", output.sha256);
    let about = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    let picture = match app.thumbnails.get(&output.id) {
        Some(picture) => picture,
        None => make(&app, output).await?,
    };
    let kind = if picture.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    Ok((about, [(header::CONTENT_TYPE, kind)], picture).into_response())
}

async fn make(app: &Arc<App>, output: &Output) -> Result<Bytes, DashboardError> {
    if !output.content_type.starts_with("image/") {
        return Err(DashboardError::NotFound);
    }
    // Few at a time: a whole picture is decoded in memory.
    let place = app.intake.clone().acquire_owned().await.map_err(|_| DashboardError::Internal)?;
    let bytes = app.storage.files.get(&ObjectKey::of(&output.id)).await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "an output cannot be read");
        DashboardError::NotFound
    })?;
    let limits = app.config.limits.clone();
    let small = tokio::task::spawn_blocking(move || {
        let _place = place;
        shrink(&bytes, &limits)
    });
    let small = small.await.map_err(|_| DashboardError::Internal)?.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "an output cannot be made smaller");
        DashboardError::NotFound
    })?;
    app.thumbnails.keep(&output.id, small.clone());
    Ok(small)
}

fn shrink(bytes: &[u8], limits: &Limits) -> Result<Bytes, MediaError> {
    let picture = media::decode(bytes, limits)?;
    let (width, height) = (picture.width(), picture.height());
    let whole = RgbaImage::from_raw(width, height, picture.into_rgba()).ok_or(MediaError::NotAPicture)?;
    let longer = width.max(height).max(SIDE);
    let scaled = |side: u32| (side * SIDE / longer).max(1);
    let small = imageops::thumbnail(&whole, scaled(width), scaled(height));
    let transparent = small.pixels().any(|pixel| pixel[3] < 255);
    let (small, mut bytes) = (DynamicImage::from(small), Cursor::new(Vec::new()));
    let written = if transparent {
        small.write_to(&mut bytes, ImageFormat::Png)
    } else {
        small.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))
    };
    written.map_err(MediaError::Encode)?;
    Ok(bytes.into_inner().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_the_latest_stays() {
        let kept = Thumbnails::default();
        let ids: Vec<_> = (0..5).map(|_| FileId::random()).collect();
        for id in &ids {
            kept.keep(id, Bytes::from(vec![0; ROOM / 4]));
        }
        let found = ids.iter().filter(|id| kept.get(id).is_some()).count();
        assert_eq!((found, kept.get(&ids[0]).is_none()), (4, true));
        kept.keep(&ids[4], Bytes::from(vec![0; ROOM / 4]));
        assert_eq!(kept.0.lock().unwrap().size, ROOM);
    }

    #[test]
    fn large_pictures_are_made_smaller_and_small_ones_stay() {
        let limits = crate::config::Config::load(None).unwrap().limits;
        for (size, alpha, expected, format) in [
            ((1200, 600), 255, (480, 240), ImageFormat::Jpeg),
            ((30, 2400), 255, (6, 480), ImageFormat::Jpeg),
            ((1, 2000), 128, (1, 480), ImageFormat::Png),
            ((40, 30), 255, (40, 30), ImageFormat::Jpeg),
        ] {
            let picture = RgbaImage::from_pixel(size.0, size.1, image::Rgba([9, 99, 199, alpha]));
            let mut png = Cursor::new(Vec::new());
            picture.write_to(&mut png, ImageFormat::Png).unwrap();
            let small = shrink(png.get_ref(), &limits).unwrap();
            assert_eq!(image::guess_format(&small).unwrap(), format);
            let small = image::load_from_memory(&small).unwrap();
            assert_eq!((small.width(), small.height()), expected, "{size:?}");
        }
    }
}
