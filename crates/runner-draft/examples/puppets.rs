//! Writes the drawn people and garments of the tests into a folder: `puppets DIR`.

use std::error::Error;

#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/it/puppet.rs"]
mod puppet;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("puppets DIR")?;
    let save = |name: &str, canvas: &puppet::Canvas| {
        let picture = canvas.picture();
        let path = format!("{folder}/{name}.png");
        image::save_buffer(
            path,
            picture.rgba(),
            picture.width(),
            picture.height(),
            image::ExtendedColorType::Rgba8,
        )
    };
    let people = [
        ("down", puppet::Person::default()),
        ("hip", puppet::Person { arms: puppet::ONE_ON_HIP, long_hair: true, ..Default::default() }),
        ("out", puppet::Person { arms: puppet::ARMS_OUT, long_sleeves: true, ..Default::default() }),
    ];
    for (name, person) in people {
        save(name, &person.draw(768, 1024).0)?;
    }
    let white = puppet::Ground::Plain([0.97; 3]);
    for (name, kind, colour) in [
        ("tshirt", puppet::Kind::TShirt, [0.8, 0.25, 0.2]),
        ("longshirt", puppet::Kind::LongShirt, [0.2, 0.5, 0.35]),
        ("dress", puppet::Kind::Dress, [0.55, 0.2, 0.5]),
        ("trousers", puppet::Kind::Trousers, [0.75, 0.65, 0.45]),
        ("skirt", puppet::Kind::Skirt, [0.9, 0.6, 0.2]),
    ] {
        save(name, &puppet::garment(kind, 800, colour, white))?;
    }
    Ok(())
}
