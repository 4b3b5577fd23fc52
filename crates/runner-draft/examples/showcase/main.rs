//! Pictures of what the draft runner makes of the samples, from the root of the repository:
//! `showcase gallery` writes `docs/gallery.png`, a contact sheet of everything; `showcase try-on` writes `docs/try-on.jpg`;
//! `showcase covers` writes the covers of the tools into `samples/covers`, but for that of the try-on, which is
//! `docs/try-on.jpg` as WebP.
#![expect(clippy::print_stdout, reason = "a command-line example")]

mod covers;
mod gallery;
mod jobs;
mod sheet;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("gallery") => gallery::write("docs/gallery.png"),
        Some("try-on") => covers::write_try_on("docs/try-on.jpg"),
        Some("covers") => covers::write("samples/covers"),
        _ => Err("showcase gallery | try-on | covers".into()),
    }
}
