//! What a file system needs to be told before something on it survives a power loss.

use std::fs;
use std::io;
use std::path::Path;

/// Makes a folder with its ancestors and makes their existence durable.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<_> = folder.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    fs::create_dir_all(folder)?;
    missing.into_iter().try_for_each(sync_name)
}

/// Makes the name of a file or folder durable: syncs the folder that lists it.
pub(crate) fn sync_name(path: &Path) -> io::Result<()> {
    match path.parent() {
        None => Ok(()),
        Some(here) if here.as_os_str().is_empty() => sync_folder(Path::new(".")),
        Some(parent) => sync_folder(parent),
    }
}

/// Only Unix can sync a folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}
