"""Renders the cut-outs that the draft runner's eyes are measured on: people and
garments with their true outline (alpha) and the true places of their joints and
seams, written beside them as JSON.

    python samples/make/truth.py [--only NAME] [--out crates/runner-draft/tests/truth/cutouts]

The pictures are composed before their backgrounds by the measuring code.
"""
import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "crates", "runner-draft", "tests", "truth", "cutouts")

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Matrix, Vector
from PIL import Image

import catalogue
import cloth
import figure
import looks
import people
import shoes
import stage
import tailor
import worn
from field import Field, cone, mesh
from patterns import Cloth
from person import Person

HEIGHT = 640
BODY = 1.75

# ---- who ---------------------------------------------------------------------
SKINS = ["#f0cdb4", "#e0a888", "#d69c80", "#c98e68", "#a86f4c", "#8a5a3c", "#74472f", "#4f3020"]
HAIRS = dict(
    bun=people.BUN, long=people.LONG, crop=people.CROP, swept=people.SWEPT, grey=people.GREY, bob=people.BOB,
    curls=people.CURLS, bald=dict(kind="none"),
    blow=dict(people.LONG, length=.30, wave=.012, wave_len=.07, front=.4))
COLOURS = dict(black="#110d0b", brown="#40261a", chestnut="#6b3a1e", blond="#c9a062", red="#8c3a18", grey="#8d8882",
               white="#d8d4cc")


def hang(s, out=.25, fore=.16):
    return people.HANG(s, out, fore)


ARMS = dict(
    sides=lambda s: hang(s, .16, .06), loose=lambda s: hang(s, .26, .18), away=lambda s: hang(s, .55, .50),
    wide=lambda s: dict(upper=(1.0 * s, 0, -.75), fore=(1.0 * s, -.1, -.6), thumb=(-.3 * s, -1, .3)),
    hip=people.HIP,
    clasp=lambda s: dict(upper=(.16 * s, -.10, -1), fore=(-.62 * s, -.62, -.52), hand=(-.8 * s, -.35, -.35),
                         thumb=(0, -.5, .8)),
    cross=lambda s: dict(upper=(.20 * s, -.34 - .05 * s, -1), fore=(-.9 * s, -.42 + .12 * s, .10 + .05 * s),
                         hand=(-.9 * s, .05, .12), thumb=(0, -.4, .9), curl=(24, 26, 18)),
    bent=lambda s: dict(upper=(.22 * s, .02, -1), fore=(.18 * s, -.92, -.10), thumb=(-.5 * s, 0, .8)))

# name: view, left arm, right arm, sex, skin, hair, hair colour, top, bottom, camera yaw, light turn, girth
PEOPLE = """
p01 full  sides sides 1 1 bun brown      tee/crew/#f4f2ee/plain    jeans/#2f4a78      0   0 1.0
p02 full  loose loose 0 6 crop black     tee/crew/#74303c/plain    jeans/#262d3c      0  60 1.02
p03 full  away away   1 3 long black     tank/tank/#1f6f6d/plain   leggings/#23242a   8   0 1.0
p04 full  hip loose   0 2 grey grey      shirt/crew/#23345c/plain  jeans/#77797c    -10   0 1.08
p05 full  hip hip     1 0 bob blond      tee/scoop/#c8404a/stripes skirt/#2a2c34      0 -40 1.0
p06 full  clasp clasp 1 7 curls black    dress/scoop/#d8a23c/plain none/#000000       5   0 1.1
p07 full  cross cross 0 1 swept chestnut tee/crew/#8a9aa8/plain    chinos/#8a7a5c     0  30 1.0
p08 full  wide wide   0 5 curls black    shirt/crew/#e8e2d4/check  jeans/#3a3f52      0   0 1.0
p09 full  loose bent  1 4 blow chestnut  shirt/scoop/#3f6b4a/plain skirt/#b8a888     12  20 1.0
p10 full  sides hip   1 2 long red       dress/tank/#27324f/check  none/#000000      -8   0 .98
p11 full  away hip    0 0 bald grey      tee/crew/#2b2b2e/plain    shorts/#a8977a     0   0 1.12
p12 full  loose loose 0 3 swept black    shirt/crew/#7a8f5a/plain  chinos/#4a3c30    18   0 1.0
p13 full  wide away   1 6 crop brown     tank/tank/#e05a7a/plain   shorts/#35507a     0 -60 1.05
p14 full  sides sides 1 5 bob brown      shirt/scoop/#111418/plain leggings/#1b1b1f   0   0 1.15
p15 full  clasp loose 0 7 bald black     shirt/crew/#b5552f/stripes jeans/#c9c4ba    -6  40 1.0
p16 full  hip away    1 1 curls blond    tee/scoop/#5a3f8c/plain   jeans/#8fa3c0      0   0 .96
p17 half  loose hip   0 4 crop black     tee/crew/#dcd6c8/plain    jeans/#2f4a78      6   0 1.0
p18 half  cross cross 1 0 long chestnut  shirt/scoop/#9c2f3c/plain skirt/#222226      0  20 1.0
p19 half  hip hip     1 7 bun black      dress/scoop/#e8e0f0/plain none/#000000       0   0 1.05
p20 half  sides sides 0 2 grey white     shirt/crew/#35424f/check  chinos/#6a6250   -12   0 1.1
p21 half  wide loose  0 5 swept black    tee/crew/#1f5f8c/stripes  shorts/#c8bfa8     0 -30 1.0
p22 half  clasp clasp 1 3 bob black      shirt/scoop/#c9a08a/plain jeans/#1f2a40      8   0 1.0
p23 bust  loose loose 0 1 curls brown    tee/crew/#b5552f/plain    none/#000000       0   0 1.0
p24 bust  loose loose 1 2 bob black      tee/scoop/#e9dcc6/plain   none/#000000      10   0 1.0
p25 bust  sides sides 1 6 long black     shirt/scoop/#2f6b52/plain none/#000000     -12  40 1.0
p26 bust  loose loose 0 0 grey grey      shirt/crew/#2c3550/plain  none/#000000       0   0 1.08
p27 bust  loose loose 0 4 bald black     tee/crew/#8a8f94/plain    none/#000000       6 -40 1.05
p28 bust  sides sides 1 1 blow blond     tank/tank/#1a1a1e/plain   none/#000000       0   0 1.0
""".split("\n")

VIEWS = dict(full=(.885, 1.98, 480), half=(1.225, 1.22, 480), bust=(1.545, .70, 512))


def turned(camera, target, degrees):
    """Walks the camera round the target."""
    bpy.context.view_layer.update()
    pivot = Matrix.Translation(Vector((target[0], target[1], 0)))
    spin = pivot @ Matrix.Rotation(np.radians(degrees), 4, "Z") @ pivot.inverted()
    camera.matrix_world = spin @ camera.matrix_world


def lights(turn, k=1.0):
    stage.person_lights(1.3)
    for ob in bpy.context.scene.objects:
        if ob.type == "LIGHT":
            x, y, z = ob.location
            c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
            ob.location = (x * c - y * s, x * s + y * c, z)
            ob.rotation_euler = (Vector((0, 0, 1.15)) - ob.location).to_track_quat("-Z", "Y").to_euler()


def painted(pattern, color, seed):
    cl = Cloth(-.75, .75, .30, 1.56, color, px=900, seed=seed)
    if pattern == "stripes":
        cl.stripes(cl.Z, .046, .020, "#20264a")
    if pattern == "check":
        cl.check(cl.X, cl.Z, .09, [(0, .034, "#1c1f2a", .55), (.046, .010, "#e8dcc4", .45)])
    cl.heather(.04)
    return cl


SLEEVES = dict(tee=.6, shirt=1.9, dress=.6)


def top(p, kind, neck, color, pattern, under=None):
    """A fitted top or dress on a person."""
    spec = p.spec
    bare = neck == "tank"
    vol = tailor.top_volume(spec, p.J, ease=.008, drape=.25, sleeve=.011, sleeve_end=.012, z_lo=.86, arms=0 if bare else 2)
    skin = p.body.select({"torso", "neck"})
    vol.add((lambda q: np.maximum(skin.eval(q, False) - .009, q[:, 2] - 1.452), [-.3, -.3, .80], [.3, .3, 1.47]), .012, "body")
    if under is not None:
        vol.add((lambda q: under.eval(q, False) - .009, [-.3, -.3, .80], [.3, .3, 1.06]), .02, "body")
    hem = .895
    if kind == "dress":
        hem = .52
        vol.add(tailor.skirt_prim(spec, 1.085, hem - .04, .13, folds=9), .02, "body")
    fn, args = people.NECKS[neck]
    cuts = [fn(*args), tailor.hem_cut(hem)]
    if bare:
        for s in (1, -1):
            sh = p.J["shoulder", s]
            cuts.append(lambda q, s=s, sh=sh: .105 - np.sqrt((q[:, 0] * s - abs(sh[0]) - .052) ** 2
                                                             + ((q[:, 2] - sh[2] + .025) / 1.25) ** 2))
    else:
        cuts += [tailor.sleeve_cut(p.J, s, SLEEVES[kind], vol) for s in (1, -1)]
    v, f = tailor.shell(vol, cuts, .011)
    worn.garment(v, f, v).place("top", painted(pattern, color, 3), .0018, offset=1.0)


def bottom(p, kind, color):
    if kind == "none":
        return None
    skin = p.body.select({"torso", "leg"})
    cover = (lambda q: skin.eval(q, False) - .005, [-.3, -.3, -.05], [.3, .3, 1.0])
    if kind in ("jeans", "leggings"):
        vol = tailor.trouser_volume(p.spec, p.J, *((.006, .005, .010) if kind == "jeans" else (.004, .004, .008)))
        vol.add(cover, .010)
        cuts = [lambda q: q[:, 2] - 1.03, tailor.hem_cut(.072 if kind == "jeans" else .10)]
    elif kind == "skirt":
        vol = Field()
        tailor.torso_volume(vol, p.spec, .012, .0, .90, z_hi=1.07)
        vol.add(tailor.skirt_prim(p.spec, 1.04, .46, .09, folds=8), .02)
        cuts = [lambda q: q[:, 2] - 1.03, tailor.hem_cut(.50)]
    else:
        wide = kind == "shorts"
        vol = tailor.trouser_volume(p.spec, p.J, .012, .022 if wide else .012, .03)
        vol.add(cover, .010)
        cuts = [lambda q: q[:, 2] - 1.03, tailor.hem_cut(.56 if wide else .072)]
    v, f = tailor.shell(vol, cuts, .011)
    cl = Cloth(-.5, .5, .0, 1.10, color, px=900, seed=6)
    cl.twill(.1, .0024, .04)
    worn.garment(v, f, v).place("bottom", cl, .0020, offset=1.0)
    return vol


def joints(p):
    """The points that the eyes report, in the world."""
    J, h = p.J, lambda q: p.to_world(np.array(q))
    out = {"head_top": h([0, .01, .118]), "chin": h([0, -.085, -.118 * p.head.p["chin"]])}
    lean = p.spec["lean"]
    _, a, _, cy, cx = figure.torso_curves(p.spec)
    for s, side in ((-1, "left"), (1, "right")):
        sh = J["shoulder", s]
        out[f"shoulder_{side}"] = sh + [s * .036, 0, .022]
        out[f"neck_{side}"] = np.array([float(cx(np.array([1.45]))[0]) + s * .072, .030, 1.452])
        out[f"elbow_{side}"], out[f"wrist_{side}"] = J["elbow", s], J["wrist", s]
        for name, z in (("waist", 1.09), ("hip", .90)):
            z1 = np.array([z])
            out[f"{name}_{side}"] = np.array([float(cx(z1)[0]) + s * float(a(z1)[0]), float(cy(z1)[0]), z])
        out[f"knee_{side}"], out[f"ankle_{side}"] = J["knee", s], J["ankle", s]
    out["crotch"] = np.array([lean, .012, .800])
    out["sole"] = np.array([0, .0, .0])
    return out


def projected(points, width, height):
    sc, cam = bpy.context.scene, bpy.context.scene.camera
    bpy.context.view_layer.update()
    out = {}
    for name, p in points.items():
        v = world_to_camera_view(sc, cam, Vector([float(c) for c in p]))
        out[name] = [round(v.x * width, 1), round((1 - v.y) * height, 1)]
    return out


def shoot(name, width, samples, points, extra, out, height=HEIGHT):
    """Renders before nothing, cuts to the figure, and writes picture and truth."""
    bpy.context.scene.render.film_transparent = True
    path = os.path.join(out, name + ".png")
    bpy.context.scene.render.image_settings.color_mode = "RGBA"
    stage.render(path, width, height, samples)
    picture = Image.open(path).convert("RGBA")
    os.remove(path)
    places = projected(points, width, height)
    x0, y0, x1, y1 = picture.getchannel("A").point(lambda a: 255 if a > 8 else 0).getbbox()
    picture.crop((x0, y0, x1, y1)).save(os.path.join(out, name + ".webp"), quality=86, alpha_quality=100, method=6)
    places = {k: [round(x - x0, 1), round(y - y0, 1)] for k, (x, y) in places.items()}
    cut = [side for side, at in (("left", x0 <= 0), ("top", y0 <= 0), ("right", x1 >= width), ("bottom", y1 >= height)) if at]
    return dict(extra, width=x1 - x0, height=y1 - y0, cut=cut, points=places)


def person(row, out, samples):
    name, view, left, right, sex, skin, style, colour, dress, legs, yaw, light, girth = row.split()
    n = int(name[1:])
    sex, yaw = int(sex), float(yaw)
    rng = np.random.default_rng(n)
    kind, neck, cloth, pattern = dress.split("/")
    under, under_colour = legs.split("/")
    stage.reset()
    base = SKINS[int(skin)]
    darker = "#" + "".join(f"{int(int(base[i:i + 2], 16) * k):02x}" for i, k in ((1, .82), (3, .62), (5, .62)))
    p = Person(
        dict(fem=float(sex), girth=float(girth), lean=rng.uniform(-.014, .014), head_turn=rng.uniform(-6, 6),
             head_tilt=rng.uniform(-3, 3), arms={-1: ARMS[left](-1), 1: ARMS[right](1)}),
        dict(smile=.4, nose_w=rng.uniform(.92, 1.2), jaw=rng.uniform(.93, 1.06), eye=1.12, lip=rng.uniform(.9, 1.15)),
        dict(skin=base, lips=darker, blush=darker, lid=darker, iris="#3a2818", hair_color=COLOURS[colour],
             hair=HAIRS[style], scalp_tint=0 if style == "bald" else .75), seed=n)
    bust = view == "bust"
    p.build(.0020 if bust else .0026, .0045, .45 if bust else .25)
    vol = bottom(p, under, under_colour) if not bust else None
    top(p, kind, neck, cloth, pattern, vol)
    if view == "full":
        shoes.trainers(p.J, p.spec, upper=["#f0eeea", "#3a3a40", "#8a4a3a"][n % 3])
    lights(float(light))
    z, tall, width = VIEWS[view]
    at = (float(p.J["head"][0]) if bust else 0, 0, z)
    turned(stage.camera(at, tall, 5, width / HEIGHT, eye_z=1.35), at, yaw)
    extra = dict(kind="person", view=view, body=round(HEIGHT / tall * BODY, 1), arms=[left, right],
                 clothes=[kind, under], turned=abs(yaw) > 9)
    return shoot(name, width, samples, joints(p), extra, out)


# ---- what they might wear ------------------------------------------------------
def mannequin(fem):
    arm = lambda s: dict(upper=(.33 * s, 0, -1), fore=(.30 * s, -.02, -1), thumb=(-.3 * s, -1, 0))
    spec = {**figure.SPEC, "fem": fem, "arms": {1: arm(1), -1: arm(-1)}, "feet": {1: (.125, 0), -1: (-.125, 0)}}
    return spec, figure.build(spec)[1]


def hung(vol, cuts, pinned, fabric):
    """A garment on a form of its own shape, held above z = `pinned`, the rest left to fall."""
    v, f = tailor.shell(vol, cuts, .011)
    sheet = cloth.Sheet(v, f, v, fabric, curved=True)
    sheet.w[v[:, 2] > pinned] = 0
    sheet.settle(cloth.field_solid(lambda p, _: vol.eval(p, False) + .006), 20, (0, 0, -9.81))
    return worn.garment(sheet.v, f, v)


def seams_laid(g):
    """The same points of a garment of the shop, from its cut."""
    cut, out = g.cut, {}
    for s, side in ((-1, "left"), (1, "right")):
        at = lambda x, z: g.frame(s * x, z)[0]
        if hasattr(cut, "crotch"):
            out[f"waist_{side}"] = at(cut.waist - .006, cut.waist_z - .006)
            out[f"hem_{side}"] = at(cut.hem[0] - cut.opening / 2, cut.hem[1] + .004)
            out["crotch"] = g.frame(0, cut.crotch + .004)[0]
        else:
            end = (cut.T + cut.U) / 2
            out[f"collar_{side}"] = at(cut.neck + .004, cut.neck_z - .006)
            out[f"shoulder_{side}"] = at(*cut.S)
            out[f"hem_{side}"] = at(cut.hem_x - .006, cut.hem + .004)
            out[f"sleeve_{side}"] = at(*end)
    return out


def seams_upper(g, J, neck_w, neck_z, hem, sleeve, half_hem):
    out = {}
    for s, side in ((-1, "left"), (1, "right")):
        sh, el, wr = (J[n, s] for n in ("shoulder", "elbow", "wrist"))
        out[f"collar_{side}"] = g.frame(s * neck_w, neck_z)[0]
        out[f"shoulder_{side}"] = g.frame(s * (abs(sh[0]) - .012), sh[2] + .060)[0]
        out[f"hem_{side}"] = g.frame(s * half_hem, hem)[0]
        if sleeve:
            a, b = (sh, el) if sleeve <= 1 else (el, wr)
            end = a + (b - a) * (sleeve if sleeve <= 1 else sleeve - 1)
            out[f"sleeve_{side}"] = g.frame(end[0], end[2])[0]
    return out


def seams_lower(g, J, top_z, hem, half_top, legs):
    out = {}
    for s, side in ((-1, "left"), (1, "right")):
        out[f"waist_{side}"] = g.frame(s * half_top, top_z)[0]
        x = J["ankle", s][0] if legs else s * half_top
        out[f"hem_{side}"] = g.frame(float(x), hem)[0]
    if legs:
        out["crotch"] = np.array([0, 0, .775])
    return out


def tee_alone(color, sleeve, neck, fem, hem=.86, pattern="plain"):
    spec, J = mannequin(fem)
    bare = sleeve == 0
    vol = tailor.top_volume(spec, J, ease=.016, drape=.75, sleeve=.016, sleeve_end=.012, z_lo=hem - .02, arms=0 if bare else 2)
    fn, args = people.NECKS["tank" if bare else neck]
    cuts = [fn(*args), tailor.hem_cut(hem)]
    if bare:
        for s in (1, -1):
            sh = J["shoulder", s]
            cuts.append(lambda q, s=s, sh=sh: .105 - np.sqrt((q[:, 0] * s - abs(sh[0]) - .052) ** 2
                                                             + ((q[:, 2] - sh[2] + .025) / 1.25) ** 2))
    else:
        cuts += [tailor.sleeve_cut(J, s, sleeve, vol) for s in (1, -1)]
    g = hung(vol, cuts, 1.42, cloth.JERSEY)
    cl = painted(pattern, color, 5)
    g.place("tee", cl)
    return g, (0, .015, (1.5 + hem) / 2), 1.56 - hem + .12, seams_upper(g, J, .094, 1.455, hem + .004, sleeve, .15)


def skirt_alone(color, hem, flare, pattern="plain"):
    spec, J = mannequin(1.0)
    vol = Field()
    tailor.torso_volume(vol, spec, .012, .0, .90, z_hi=1.07)
    vol.add(tailor.skirt_prim(spec, 1.04, hem - .04, flare, folds=9), .02)
    g = hung(vol, [lambda q: q[:, 2] - 1.03, tailor.hem_cut(hem)], 1.0, cloth.CREPE)
    cl = painted(pattern, color, 5)
    g.place("skirt", cl)
    return g, (0, .01, (1.03 + hem) / 2), 1.03 - hem + .14, seams_lower(g, J, 1.025, hem + .004, .13, False)


def shorts_alone(color):
    spec, J = mannequin(0.0)
    vol = tailor.trouser_volume(spec, J, .02, .05, .05, 1.035)
    g = hung(vol, [lambda q: q[:, 2] - 1.035, tailor.hem_cut(.52)], 1.0, cloth.TWILL)
    cl = Cloth(-.40, .40, .0, 1.10, color, seed=4)
    cl.twill(.15, .0024, .05)
    g.place("shorts", cl, .0026)
    return (g, (0, .01, .7775), 1.035 - .52 + .14,
            {**seams_lower(g, J, 1.03, .525, .14, False), "crotch": np.array([0, 0, .775])})


def solid(name, prims, mat, step=.003):
    fd = Field()
    for prim in prims:
        fd.add(prim, .004)
    lo, hi = fd.bounds()
    v, f = mesh(lambda p, c=True: fd.eval(p, c), lo - .01, hi + .01, step, block=16, slack=2.2)
    stage.mesh_object(name, v, f, mat)


def shoes_alone(color):
    spec, J = mannequin(0.0)
    shoes.trainers(J, spec, upper=color)
    return None, (0, 0, .06), .42, {}


def hat_alone(color):
    def hat(p):
        r = np.hypot(p[:, 0], p[:, 1] * 1.15)
        crown = np.maximum(r - (.088 - np.clip(p[:, 2], 0, .12) * .12), np.abs(p[:, 2] - .055) - .058)
        brim = np.maximum(r - .17, np.abs(p[:, 2] - .10 * np.clip(r - .09, 0, 1) ** 1.3) - .004)
        return np.minimum(crown, brim).astype(np.float32)
    v, f = mesh(lambda p, c=True: hat(p), np.array([-.19, -.19, -.02]), np.array([.19, .19, .14]), .003, block=16, slack=2.5)
    stage.mesh_object("hat", v, f, looks.plain("felt", color, .9, .1, (600, .2, .001)))
    return None, (0, 0, .055), .36, {}


def glasses_alone(color):
    ring = lambda s: [(s * (.033 + .024 * np.cos(t)), -.02, .020 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 29)]
    prims = [cone(a, b, .0026, .0026) for s in (1, -1) for a, b in zip(ring(s), ring(s)[1:])]
    prims += [cone((-.010, -.02, .004), (.010, -.02, .004), .0024, .0024)]
    prims += [cone((s * .057, -.02, .008), (s * .068, .10, .004), .0024, .0022) for s in (1, -1)]
    solid("glasses", prims, looks.plain("frame", color, .25, .6), .0012)
    return None, (0, 0, .0), .16, {}


def bag_alone(color):
    def bag(p):
        a = np.abs(p[:, 0]) - (.15 - .10 * np.clip(p[:, 2], 0, .2))
        d = np.maximum(np.maximum(a, np.abs(p[:, 1]) - .05), np.abs(p[:, 2] - .11) - .11)
        return (d - .008).astype(np.float32)
    mat = looks.plain("leather", color, .45, .5, (300, .2, .001))
    v, f = mesh(lambda p, c=True: bag(p), np.array([-.2, -.09, -.03]), np.array([.2, .09, .26]), .004, block=16, slack=2.5)
    stage.mesh_object("bag", v, f, mat)
    arc = [(.075 * np.cos(t), 0, .225 + .11 * np.sin(t)) for t in np.linspace(0, np.pi, 17)]
    solid("handle", [cone(a, b, .007, .007) for a, b in zip(arc, arc[1:])], mat)
    return None, (0, 0, .16), .44, {}


def shop(key, kind):
    def make():
        g, at, tall = catalogue.GARMENTS[key]()
        return g, at, tall, seams_laid(g)
    return kind, make


GARMENTS = dict(
    g01=shop("1-2", "top"), g02=shop("2-2", "top"), g03=shop("4-2", "top"), g04=shop("3-2", "dress"),
    g05=shop("1-3", "trousers"), g06=shop("2-3", "trousers"), g07=shop("4-3", "trousers"),
    g08=("top", lambda: tee_alone("#e9e7e2", .6, "crew", 0.0)),
    g09=("top", lambda: tee_alone("#1d1e22", .6, "crew", 1.0)),
    g10=("top", lambda: tee_alone("#c8506a", 0, "tank", 1.0)),
    g11=("top", lambda: tee_alone("#d9b23c", 1.9, "crew", 0.0, .84, "stripes")),
    g12=("dress", lambda: tee_alone("#2f6b52", 0, "tank", 1.0, .50)),
    g13=("dress", lambda: tee_alone("#8c2f3f", 1.9, "scoop", 1.0, .46)),
    g14=("skirt", lambda: skirt_alone("#3f4a6a", .56, .06)), g15=("skirt", lambda: skirt_alone("#c9a08a", .30, .16, "check")),
    g16=("trousers", lambda: shorts_alone("#6a7a8c")),
    g17=("shoes", lambda: shoes_alone("#b03a30")), g18=("shoes", lambda: shoes_alone("#e8e6e0")),
    g19=("hat", lambda: hat_alone("#8a6a4a")), g20=("hat", lambda: hat_alone("#26303c")),
    g21=("glasses", lambda: glasses_alone("#1a1410")), g22=("glasses", lambda: glasses_alone("#8c5a2a")),
    g23=("bag", lambda: bag_alone("#7a3f24")), g24=("bag", lambda: bag_alone("#2a3f3a")))


def garment(name, out, samples):
    kind, make = GARMENTS[name]
    stage.reset()
    _, at, tall, points = make()
    stage.product_lights(at[2])
    width = 640 if kind in ("top", "shoes", "hat", "glasses", "bag") else 480
    rise = {"shoes": .9, "hat": .35, "bag": .1, "glasses": .02}.get(kind)
    height = 480 if kind in ("shoes", "hat", "glasses") else HEIGHT
    if kind in ("shoes", "hat", "glasses", "bag"):
        scale = {"shoes": .42, "hat": .40, "glasses": .20, "bag": .46}[kind]
        ob = stage.camera(at, scale * height / width, 2.5, width / height)
        tilt = Matrix.Translation(Vector(at)) @ Matrix.Rotation(-rise, 4, "X") @ Matrix.Translation(-Vector(at))
        bpy.context.view_layer.update()
        ob.matrix_world = tilt @ ob.matrix_world
    else:
        stage.camera(at, tall, 6, width / height)
    extra = dict(kind=kind)
    return shoot(name, width, samples, points, extra, out, height)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--only", default="")
    ap.add_argument("--samples", type=int, default=12)
    ap.add_argument("--out", default=OUT)
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    book = os.path.join(a.out, "truth.json")
    truth = json.load(open(book)) if os.path.exists(book) else {}
    jobs = [(r.split()[0], lambda r=r: person(r, a.out, a.samples)) for r in PEOPLE if r.strip()]
    jobs += [(n, lambda n=n: garment(n, a.out, a.samples)) for n in GARMENTS]
    for name, job in jobs:
        if a.only and name not in a.only.split(","):
            continue
        t = time.time()
        try:
            truth[name] = job()
        except Exception as error:
            print(name, "FAILED", repr(error), flush=True)
            continue
        with open(book, "w") as f:
            json.dump(truth, f, indent=0, sort_keys=True, separators=(",", ":"))
        print(f"{name}: {time.time() - t:.0f} s", flush=True)


if __name__ == "__main__":
    main()
