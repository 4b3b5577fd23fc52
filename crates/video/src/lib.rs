//! Frames in, a playable clip out: H.264 (constrained baseline, 4:2:0, BT.709) in an MP4 whose index comes first.
//!
//! Decided here: every frame keeps the same quantiser, so that a flash or a flurry of particles is not smeared to
//! save bits (such clips last seconds, not hours), and each second begins with a frame that needs no other, so that
//! players can seek. Frames come one at a time; what is kept of each is its compressed form.

mod yuv;

use std::time::Duration;

use atelier_domain::Clip;
use muxide::api::{Muxer, MuxerBuilder, MuxerError, VideoCodec};
use openh264::OpenH264API;
use openh264::encoder::{
    Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, RateControlMode, UsageType,
    VuiConfig,
};
use thiserror::Error;

use crate::yuv::Yuv;

/// Why no clip came out.
#[derive(Debug, Error)]
pub enum VideoError {
    /// The caller: H.264 with halved colour wants even sides, and the encoder ends at 3840x2160.
    #[error(
        "{width}x{height} pixels cannot be encoded: sides must be even, at least 16 and at most 3840x2160"
    )]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The caller: a frame of another size than the clip's.
    #[error("a frame of {bytes} bytes was given where {expected} were due")]
    Frame {
        /// What came.
        bytes: usize,
        /// `width * height * 4`.
        expected: usize,
    },
    /// The caller: a clip of no frames.
    #[error("a clip needs a frame")]
    Empty,
    /// The encoder gave up.
    #[error("H.264 encoding failed")]
    Encode(#[from] openh264::Error),
    /// The muxer refused what the encoder gave.
    #[error("the MP4 could not be written: {0}")]
    Mux(MuxerError),
}

/// Takes the frames of one clip, first to last, and gives the finished file.
pub struct ClipWriter {
    width: u32,
    height: u32,
    rate: u32,
    frames: u32,
    encoder: Encoder,
    muxer: Muxer<Vec<u8>>,
    yuv: Yuv,
    packet: Vec<u8>,
}

impl ClipWriter {
    /// A clip of `width * height` pixels at `rate` frames per second. Sides must be even.
    pub fn new(width: u32, height: u32, rate: u32) -> Result<Self, VideoError> {
        let (long, short) = (width.max(height), width.min(height));
        if short < 16 || long > 3840 || short > 2160 || width % 2 == 1 || height % 2 == 1 {
            return Err(VideoError::Size { width, height });
        }
        let config = EncoderConfig::new()
            .rate_control_mode(RateControlMode::Off)
            .skip_frames(false)
            .max_frame_rate(FrameRate::from_hz(rate as f32))
            .usage_type(UsageType::CameraVideoRealTime)
            .complexity(Complexity::Medium)
            .scene_change_detect(false)
            .background_detection(false)
            .adaptive_quantization(false)
            .intra_frame_period(IntraFramePeriod::from_num_frames(rate))
            // More threads would need more slices; the work beside it is what uses the other cores.
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
        let muxer = MuxerBuilder::new(Vec::new())
            .video(VideoCodec::H264, width, height, f64::from(rate))
            .with_fast_start(true)
            .build()
            .map_err(VideoError::Mux)?;
        let yuv = Yuv::new(width as usize, height as usize);
        Ok(Self { width, height, rate, frames: 0, encoder, muxer, yuv, packet: Vec::new() })
    }

    /// Adds a frame: 8-bit sRGB, 4 bytes a pixel, the fourth ignored.
    pub fn push(&mut self, rgba: &[u8]) -> Result<(), VideoError> {
        let expected = self.width as usize * self.height as usize * 4;
        if rgba.len() != expected {
            return Err(VideoError::Frame { bytes: rgba.len(), expected });
        }
        self.yuv.read(rgba);
        let coded = self.encoder.encode(&self.yuv)?;
        let key = matches!(coded.frame_type(), FrameType::IDR);
        self.packet.clear();
        coded.write_vec(&mut self.packet);
        let time = f64::from(self.frames) / f64::from(self.rate);
        self.muxer.write_video(time, &self.packet, key).map_err(VideoError::Mux)?;
        self.frames += 1;
        Ok(())
    }

    /// The file.
    pub fn finish(mut self) -> Result<Clip, VideoError> {
        if self.frames == 0 {
            return Err(VideoError::Empty);
        }
        self.muxer.finish_in_place().map_err(VideoError::Mux)?;
        let length = Duration::from_secs(1) * self.frames / self.rate;
        Ok(Clip { width: self.width, height: self.height, length, mp4: self.muxer.into_writer() })
    }
}
