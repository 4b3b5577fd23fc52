//! The eyes on a part of the truth set; all of it is measured by the example `eyes`.

use atelier_runner_draft::inspect;
use rayon::prelude::*;

use crate::truth::cutouts;
use crate::truth::scenes::{self, Plan};
use crate::truth::score::{self, Look, mean};

/// What is made of those pictures that are wanted.
fn looks(wanted: impl Fn(&Plan, &str) -> bool + Sync) -> Vec<Look> {
    let cutouts = cutouts::load();
    let plans = scenes::all(&cutouts);
    let wanted = |plan: &&Plan| plan.has_person(&cutouts) && wanted(plan, &plan.name(&cutouts));
    let looked = plans.par_iter().filter(wanted).map(|plan| {
        let scene = plan.compose(&cutouts);
        score::judged(&scene, inspect::person(&scene.picture).as_ref())
    });
    looked.collect()
}

#[test]
fn who_stands_before_a_busy_room_is_found_by_the_face() {
    let busy = ["177-p08-room", "306-p21-bokeh", "307-p21-room", "337-p24-room"];
    let looks = looks(|_, name| busy.contains(&name));
    assert_eq!(looks.len(), busy.len());
    for look in looks {
        let off = mean(look.errors.values().copied());
        assert!(
            look.overlap > 0.75 && off < 0.06,
            "{}: overlap {}, landmarks {off}, {:?}",
            look.scene,
            look.overlap,
            look.verdict
        );
    }
}

#[test]
fn most_people_are_found_to_a_few_hundredths() {
    let looks = looks(|plan, _| plan.number.is_multiple_of(9));
    let plain = looks.iter().filter(|look| look.group == "plain").map(|look| look.overlap);
    let (plain, all) = (mean(plain), mean(looks.iter().map(|look| look.overlap)));
    let off = mean(looks.iter().flat_map(|look| look.errors.values().copied()));
    assert!(looks.len() > 25 && plain > 0.95 && all > 0.88 && off < 0.04, "{plain}, {all}, {off}");
}
