"""Who stands where, how, and in what."""
import numpy as np
import cloth
import places
import shoes
import stage
import tailor
import worn
from catalogue import trousers_paint
from field import smoothstep
from patterns import Cloth
from person import Person

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
        body=dict(fem=1.0, lean=.022, arms={1: HANG(1, .38, .26), -1: HANG(-1, .30, .20)}, head_turn=-5, head_tilt=2.5,
                  feet={1: (.104, 10), -1: (-.128, 24)}, relax={-1: .030}),
        face=dict(lip=1.05, smile=.9, mouth=1.14, nose_w=.92, jaw=.92, width=.98, eye=1.16),
        look=dict(skin="#e0a888", lips="#b8585a", blush="#dc8a76", iris="#4f6b3c", hair_color="#4a2814", hair=BUN),
        tee=dict(color="#f4f2ee", neck="scoop"), legs=dict(kind="jeans", color="#2f4a78"),
        shoes=dict(upper="#8c3f3a"), place=("sweep", "#93a9b8")),
    "2": dict(
        body=dict(fem=0.0, girth=1.02, lean=-.014, arms={1: HANG(1, .20, .06, -.5), -1: HANG(-1, .24, .14, -.5)}, head_turn=4,
                  feet={1: (.130, 20), -1: (-.100, 8)}, relax={1: .018}),
        face=dict(lip=1.22, nose_w=1.22, smile=.52, mouth=1.14, jaw=1.06, width=1.0, brow_ridge=1.2, chin=1.02, lid_fold=.9),
        look=dict(skin="#74472f", lips="#6b3631", blush="#7c4534", lid="#5c3524", iris="#2a170e", hair_color="#0d0a09",
                  hair=CROP, beard=.006, beard_color="#0d0a09", stubble="#2c1c16", brow=dict(weight=1.2, arch=.6)),
        tee=dict(color="#3f7268", neck="crew", heather=.03), legs=dict(kind="jeans", color="#262d3c"),
        shoes=dict(upper="#2b2b30", sole="#5a4636", lace="#c9c2b6"), place=("room", "#b9c2b4")),
    "3": dict(
        body=dict(fem=1.0, lean=-.020, arms={1: HANG(1, .30, .24), -1: HANG(-1, .26, .14)}, head_turn=6, head_tilt=-3,
                  feet={1: (.120, 22), -1: (-.096, 6)}, relax={1: .034}),
        face=dict(lip=1.12, smile=.83, mouth=1.14, nose_w=1.0, nose_h=.95, jaw=.96, cheek=1.15, eye=1.18, eye_tilt=1.8),
        look=dict(skin="#c98e68", lips="#a84d4a", blush="#c8745c", lid="#a87452", iris="#3a2114", hair_color="#1a1110", hair=LONG),
        tee=dict(color="#1f6f6d", neck="tank"), legs=dict(kind="leggings", color="#23242a"),
        shoes=dict(upper="#2f3440"), place=("outdoors", "#b5b0a8")),
    "4": dict(
        body=dict(fem=0.0, girth=1.06, lean=.016, arms={1: HIP(1), -1: HANG(-1, .24, .14)}, head_turn=-6, head_tilt=-1.5,
                  feet={1: (.100, 8), -1: (-.134, 22)}, relax={-1: .022}),
        face=dict(smile=.75, mouth=1.14, nose_w=1.08, nose_l=1.06, jaw=1.05, age=.7, lip=.85, brow_ridge=1.3, lid_fold=.8, ear=1.08),
        look=dict(skin="#d69c80", lips="#a8665c", blush="#cf7862", iris="#4a6f8c", hair_color="#75706a", hair=GREY,
                  beard=.0, stubble="#b08470", brow=dict(weight=1.25, arch=.6), brow_color="#6e6862"),
        tee=dict(color="#23345c", neck="crew"), legs=dict(kind="jeans", color="#77797c"),
        shoes=dict(upper="#5a3a28", sole="#33261d"), place=("brick", "#86a597")),
    "headshot": dict(
        body=dict(fem=0.0, girth=1.0, arms={1: HANG(1), -1: HANG(-1)}, head_turn=-6, head_tilt=2),
        face=dict(smile=.68, mouth=1.14, nose_w=1.02, jaw=1.0, lip=.95, eye=1.14, brow_ridge=1.1),
        look=dict(skin="#dba083", lips="#b06a60", blush="#d98470", iris="#5c3c20", hair_color="#40261a", hair=CURLS,
                  stubble="#8c6a5a", brow=dict(weight=1.15, arch=.65)),
        tee=dict(color="#b5552f", neck="crew"), legs=None, shoes=None, place=("sweep", "#a9b7a8")),
    "portrait": dict(
        body=dict(fem=1.0, arms={1: HANG(1), -1: HANG(-1)}, head_turn=5, head_tilt=-3),
        face=dict(smile=.75, mouth=1.14, nose_w=.98, nose_h=.9, jaw=.95, cheek=1.1, eye=1.14, eye_tilt=2.0, lip=1.05, lid_fold=.6),
        look=dict(skin="#e0b08c", lips="#b4525a", blush="#dc8c78", lid="#c89474", iris="#2c1a12", hair_color="#17110f", hair=BOB),
        tee=dict(color="#e9dcc6", neck="scoop"), legs=None, shoes=None, place=("sweep", "#8fa3b5")),
}

NECKS = dict(crew=(tailor.neck_cut, (.080, .056, .020, 1.468)), scoop=(tailor.neck_cut, (.090, .098, .026, 1.468)),
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


def tee(p, spec, under):
    """A tee or tank top, let fall over what is worn below it, `under` metres thick."""
    fn, args = NECKS[spec["neck"]]
    woman = p.spec["fem"] > .5
    hem, sleeve = (.888 if woman else .895), 0 if spec["neck"] == "tank" else .58
    fit = dict(under=under, drape=.35 if woman else .8) if sleeve else dict(under=under, drape=.05, ease=.006, snug=.955)
    key = ("tee", str(p.spec), spec["neck"], str(fit))
    v, f, rest = worn.kept(key, lambda: worn.top(p.spec, fn(*args), hem, sleeve, cloth.JERSEY, **fit))
    cl = jersey_cloth(spec)
    cl.seam([(-.4, hem + .022), (.4, hem + .022)])
    worn.garment(v, f, rest).place("tee", cl, .0018, offset=1.0)


def trousers(p, spec):
    jeans = spec["kind"] == "jeans"
    fit = dict() if jeans else dict(ease=.002, knee=.003, ankle=.004, hem=.10, spare=.012)
    key = ("legs", str(p.spec), str(fit))
    v, f, rest = worn.kept(key, lambda: worn.legs(p.spec, p.J, p.body, cloth.DENIM if jeans else cloth.JERSEY, **fit))
    cl = Cloth(-.45, .45, .0, 1.10, spec["color"], px=1600, seed=6)
    if jeans:
        kx = p.J["knee", 1][0]
        cl.denim(.45, [(s * kx * .98, .68, .045, .15) for s in (1, -1)])
        trousers_paint(cl, "#c08a4a", waist=1.03, half=.155)
        cl.seam([(-.4, .110), (.4, .110)], "#c08a4a")
    else:
        cl.jersey(.05)
    worn.garment(v, f, rest).place("trousers", cl, .0020, rough=.8, offset=1.0)


def dress_up(p, d, whole=True):
    if whole:
        trousers(p, d["legs"])
        shoes.trainers(p.J, p.spec, **d["shoes"])
    tee(p, d["tee"], dict(jeans=.018, leggings=.010)[d["legs"]["kind"]] if whole else 0.0)


def picture(kind, key, path, scale, samples):
    d = PEOPLE[key]
    stage.reset()
    p = Person(d["body"], d["face"], d["look"], seed=len(key))
    whole = kind == "person"
    fine, coarse, density = (.0015, .0030, .42) if whole else (.0010, .005, .9)
    k = max(1, .5 / scale)                                   # a preview needs no pores
    p.build(fine * k, coarse * k, density / k)
    dress_up(p, d, whole)
    place, color = d["place"]
    places.PLACES[place](color, *(() if whole else (1.55,)))
    if whole:
        w, h = 1024, 1365
        stage.camera((0, 0, .885), 1.96, 6, w / h, eye_z=1.2)
    else:
        w, h = 1024, 1280
        stage.camera((p.J["head"][0], 0, 1.578), .535, 2.4, w / h, eye_z=1.62)
    stage.render(path, int(w * scale), int(h * scale), samples)
