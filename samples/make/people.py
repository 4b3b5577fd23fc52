"""Who stands in the studio, how, in what, and before which backdrop."""
import numpy as np
import looks
import shoes
import stage
import tailor
from field import smoothstep
from patterns import Cloth
from person import Person
from wear import Garment

HANG = lambda s, out=.25, fore=.16, back=-.6: dict(
    upper=(out * s, .02, -1), fore=(fore * s, -.16, -1), hand=(fore * s * .5, -.12, -1), thumb=(back * s, -1, 0))
HIP = lambda s: dict(upper=(.74 * s, .22, -.72), fore=(-.62 * s, -.36, -.68), lift=.004,
                     hand=(-.30 * s, -.62, -.62), thumb=(-.10 * s, -.5, .7), curl=(24, 22, 14))

BUN = dict(kind="up", knot=(0, .050, .128), knot_r=.040, lift=.0035, clump=.25, spread=.0012, guides=1500, children=26)
LONG = dict(kind="long", length=.47, wave=.005, wave_len=.12, part=-.012, guides=1500, children=32, front=.75)
CROP = dict(kind="afro", length=.011, curl=.0016, curl_len=.006, lift=0, guides=4000, children=16, vary=.15,
            steps=12, clump=.3, spread=.0012)
SWEPT = dict(kind="short", length=.052, sides=.30, lift=.007, comb=(.55, .75, .30), guides=1600, children=26, steps=18)
GREY = dict(kind="short", length=.040, sides=.28, lift=.005, comb=(-.45, .80, .20), guides=1600, children=26, steps=16)
BOB = dict(kind="bob", length=.205, part=.030, wave=.003, wave_len=.10, guides=1500, children=30, lift=.008)
CURLS = dict(kind="afro", length=.052, curl=.0075, curl_len=.026, lift=0, guides=900, children=40, steps=30,
             clump=.75, spread=.003, vary=.2)

PEOPLE = {
    "1": dict(
        body=dict(fem=1.0, lean=.012, arms={1: HANG(1, .34, .24), -1: HANG(-1, .34, .24)}, head_turn=-2, head_tilt=1.5),
        face=dict(lip=1.05, smile=.6, nose_w=.92, jaw=.92, width=.98, eye=1.16),
        look=dict(skin="#e0a888", lips="#b8585a", blush="#dc8a76", iris="#4f6b3c", hair_color="#4a2814", hair=BUN),
        tee=dict(color="#f4f2ee", neck="scoop"), legs=dict(kind="jeans", color="#2f4a78"),
        shoes=dict(upper="#f0eeea"), paper="#b9c9d6"),
    "2": dict(
        body=dict(fem=0.0, girth=1.02, arms={1: HANG(1, .16, .05, -.5), -1: HANG(-1, .16, .05, -.5)}, head_turn=2),
        face=dict(lip=1.22, nose_w=1.22, smile=.35, jaw=1.06, width=1.0, brow_ridge=1.2, chin=1.02, lid_fold=.9),
        look=dict(skin="#74472f", lips="#6b3631", blush="#7c4534", lid="#5c3524", iris="#2a170e", hair_color="#0d0a09",
                  hair=CROP, beard=.006, beard_color="#0d0a09", stubble="#2c1c16", brow=dict(weight=1.2, arch=.6)),
        tee=dict(color="#74303c", neck="crew", heather=.03), legs=dict(kind="jeans", color="#262d3c"),
        shoes=dict(upper="#e8e4dc"), paper="#e9e2d6"),
    "3": dict(
        body=dict(fem=1.0, lean=-.014, arms={1: HANG(1, .22, .12), -1: HANG(-1, .26, .18)}, head_turn=3, head_tilt=-2.5),
        face=dict(lip=1.12, smile=.55, nose_w=1.0, nose_h=.95, jaw=.96, cheek=1.15, eye=1.18, eye_tilt=1.8),
        look=dict(skin="#c98e68", lips="#a84d4a", blush="#c8745c", lid="#a87452", iris="#3a2114", hair_color="#1a1110", hair=LONG),
        tee=dict(color="#1f6f6d", neck="tank"), legs=dict(kind="leggings", color="#23242a"),
        shoes=dict(upper="#d9d4cc"), paper="#e6cdb8"),
    "4": dict(
        body=dict(fem=0.0, girth=1.06, lean=.012, arms={1: HIP(1), -1: HANG(-1, .2, .12)}, head_turn=-3, head_tilt=-1),
        face=dict(smile=.5, nose_w=1.08, nose_l=1.06, jaw=1.05, age=.7, lip=.85, brow_ridge=1.3, lid_fold=.8, ear=1.08),
        look=dict(skin="#d69c80", lips="#a8665c", blush="#cf7862", iris="#4a6f8c", hair_color="#75706a", hair=GREY,
                  beard=.0, stubble="#b08470", brow=dict(weight=1.25, arch=.6), brow_color="#6e6862"),
        tee=dict(color="#23345c", neck="crew"), legs=dict(kind="jeans", color="#77797c"),
        shoes=dict(upper="#5a4a3c"), paper="#c2d0bf"),
    "headshot": dict(
        body=dict(fem=0.0, girth=1.0, arms={1: HANG(1), -1: HANG(-1)}, head_turn=-6, head_tilt=2),
        face=dict(smile=.45, nose_w=1.02, jaw=1.0, lip=.95, eye=1.14, brow_ridge=1.1),
        look=dict(skin="#dba083", lips="#b06a60", blush="#d98470", iris="#5c3c20", hair_color="#40261a", hair=CURLS,
                  stubble="#8c6a5a", brow=dict(weight=1.15, arch=.65)),
        tee=dict(color="#b5552f", neck="crew"), legs=None, shoes=None, paper="#a9b7a8"),
    "portrait": dict(
        body=dict(fem=1.0, arms={1: HANG(1), -1: HANG(-1)}, head_turn=5, head_tilt=-3),
        face=dict(smile=.5, nose_w=.98, nose_h=.9, jaw=.95, cheek=1.1, eye=1.14, eye_tilt=2.0, lip=1.05, lid_fold=.6),
        look=dict(skin="#e0b08c", lips="#b4525a", blush="#dc8c78", lid="#c89474", iris="#2c1a12", hair_color="#17110f", hair=BOB),
        tee=dict(color="#e9dcc6", neck="scoop"), legs=None, shoes=None, paper="#8fa3b5"),
}

NECKS = dict(crew=(tailor.neck_cut, (.092, .070, .022, 1.468)), scoop=(tailor.neck_cut, (.100, .115, .028, 1.466)),
             tank=(tailor.neck_cut, (.098, .150, .075, 1.470)))


def jersey_cloth(spec):
    cl = Cloth(-.55, .55, .80, 1.56, spec["color"], px=1500, seed=3)
    cl.jersey()
    cl.heather(spec.get("heather", .02))
    w, front, back, top = NECKS[spec["neck"]][1]
    d = (1 - np.sqrt((cl.X / w) ** 2 + (np.maximum(top - cl.Z, 0) / front) ** 2)) * w
    band = smoothstep(-.016, -.015, d) * (np.abs(cl.X) < .13)
    cl.raise_(.6, band)
    cl.shade(.75, np.exp(-((d + .016) / .0012) ** 2) * (np.abs(cl.X) < .13))
    return cl


def tee(p, spec, under=None):
    vol = tailor.top_volume(p.spec, p.J, ease=.008, drape=.25, sleeve=.011, sleeve_end=.012, z_lo=.86,
                            arms=int(spec["neck"] != "tank"))
    skin = p.body.select({"torso", "neck"})   # cover every curve of the body
    vol.add((lambda q: np.maximum(skin.eval(q, False) - .009, q[:, 2] - 1.452), [-.3, -.3, .80], [.3, .3, 1.47]),
            .012, "body")
    if under is not None:               # worn over the waistband
        vol.add((lambda q: under.eval(q, False) - .009, [-.3, -.3, .80], [.3, .3, 1.06]), .02, "body")
    fn, args = NECKS[spec["neck"]]
    cuts = [fn(*args), tailor.hem_cut(.905 if p.spec["fem"] > .5 else .885)]
    if spec["neck"] == "tank":
        for s in (1, -1):
            sh = p.J["shoulder", s]
            cuts.append(lambda q, s=s, sh=sh: .105 - np.sqrt(((q[:, 0] * s - abs(sh[0]) - .052) / 1.0) ** 2
                                                               + ((q[:, 2] - sh[2] + .025) / 1.25) ** 2))
    else:
        cuts += [tailor.sleeve_cut(p.J, s, .56, vol) for s in (1, -1)]
    g = Garment(vol, cuts, None, drape=False)            # fitted: its folds are painted relief
    cl = jersey_cloth(spec)
    hz = .905 if p.spec["fem"] > .5 else .885
    cl.seam([(-.4, hz + .022), (.4, hz + .022)])
    from catalogue import top_folds
    top_folds(cl, p.J, .9, sleeves=False, hem=hz)
    return g.place("tee", cl, .0018)


def trousers(p, spec):
    skin = p.body.select({"torso", "leg"})
    cover = (lambda q: skin.eval(q, False) - .005, [-.3, -.3, -.05], [.3, .3, 1.0])
    if spec["kind"] == "leggings":
        vol = tailor.trouser_volume(p.spec, p.J, .004, .004, .008)
        vol.add(cover, .010)
        g = Garment(vol, [lambda q: q[:, 2] - 1.04, tailor.hem_cut(.10)], None, drape=False)
    else:
        vol = tailor.trouser_volume(p.spec, p.J, .006, .005, .010)
        vol.add(cover, .010)
        g = Garment(vol, [lambda q: q[:, 2] - 1.03, tailor.hem_cut(.072)], None, drape=False)
    cl = Cloth(-.45, .45, .0, 1.10, spec["color"], px=1600, seed=6)
    if spec["kind"] == "jeans":
        kx = p.J["knee", 1][0]
        cl.denim(.45, [(s * kx * .98, .68, .045, .15) for s in (1, -1)])
        from catalogue import leg_folds, trousers_paint
        trousers_paint(cl, "#c08a4a", waist=1.03)
        cl.seam([(-.4, .095), (.4, .095)], "#c08a4a")
        leg_folds(cl, p.J, 1.0, .07)
    else:
        cl.jersey(.05)
    g.place("trousers", cl, .0020, rough=.8)
    return vol


def dress_up(p, d, whole=True):
    vol = trousers(p, d["legs"]) if whole else None
    tee(p, d["tee"], vol)
    if whole:
        shoes.trainers(p.J, p.spec, **d["shoes"])


def picture(kind, key, path, scale, samples):
    d = PEOPLE[key]
    stage.reset()
    p = Person(d["body"], d["face"], d["look"], seed=len(key))
    whole = kind == "person"
    p.build(*((.0015, .0030, .42) if whole else (.0010, .005, .9)))
    dress_up(p, d, whole)
    stage.backdrop(d["paper"])
    if whole:
        w, h = 1024, 1365
        stage.person_lights(1.25)
        stage.camera((0, 0, .885), 1.96, 6, w / h, eye_z=1.2)
    else:
        w, h = 1024, 1280
        stage.person_lights(1.55)
        stage.camera((p.J["head"][0], 0, 1.578), .535, 2.4, w / h, eye_z=1.62)
    stage.render(path, int(w * scale), int(h * scale), samples)
