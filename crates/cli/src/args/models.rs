//! What can be typed after `atelier models`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Admin;

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models that tools need, with licence, size and what of them is installed
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Download a model, or go on with a download that was interrupted
    #[command(after_help = "HF_TOKEN holds a token for the hub, if it asks for one.")]
    Pull {
        /// Which, as `models list` calls it
        model: String,
        /// Agree to a licence that limits what the model may be used for, without being asked
        #[arg(long)]
        accept_licence: bool,
        /// A mirror of the hub [default: the setting models.endpoint]
        #[arg(long, value_name = "URL", env = "HF_ENDPOINT")]
        endpoint: Option<String>,
        #[command(flatten)]
        admin: Admin,
    },
    /// Install a model from a folder on this machine, or one file of it
    Import {
        /// A folder in the layout of the publisher, or with --as a file
        #[arg(value_name = "FOLDER|FILE")]
        source: PathBuf,
        /// Which model it is
        #[arg(long, default_value = "FLUX.2-klein-4B")]
        model: String,
        /// Where the file belongs in the model, as `vae/diffusion_pytorch_model.safetensors`
        #[arg(long = "as", value_name = "PATH")]
        place: Option<String>,
        /// Agree to a licence that limits what the model may be used for, without being asked
        #[arg(long)]
        accept_licence: bool,
        /// Make hard links instead of copies: no further room, on the same disk only, and one file under two names
        #[arg(long)]
        link: bool,
        #[command(flatten)]
        admin: Admin,
    },
    /// Check that what is installed is whole
    Verify {
        /// Which [default: every model of which anything is installed]
        model: Option<String>,
        /// Compare every byte, by checksum
        #[arg(long)]
        deep: bool,
        #[command(flatten)]
        admin: Admin,
    },
}
