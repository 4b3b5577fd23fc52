"""Clothes on a person: cut round the body with arms spread, then let fall while
the arms come down, as one does when dressing."""
import numpy as np
import cloth
import figure
import shoes
import tailor
from field import smoothstep
from wear import Garment

SPREAD = {s: np.array([.95 * s, .02, -.85]) for s in (1, -1)}
LOWER, REST = 26, 26            # frames: arms come down, cloth comes to rest


def posed(spec, t):
    """The spec with its arms t of the way from spread to the final pose."""
    arms = {}
    for s in (1, -1):
        end = spec["arms"][s]
        mix = lambda k: figure.unit(SPREAD[s]) * (1 - t) + figure.unit(end[k]) * t
        arms[s] = {**end, "upper": mix("upper"), "fore": mix("fore"), "lift": end.get("lift", 0) * t}
    return {**spec, "arms": arms}


def dummy(spec, t=1.0):
    """-> (what cloth rests on, joints) with the arms t of the way down."""
    fd, J = figure.build(posed(spec, t))
    return fd.select({"torso", "neck", "arm", "fore", "leg"}), J


def top(spec, neck, hem, sleeve, fabric, ease=.016, drape=.8, under=0.0, snug=1.0, step=.0105):
    """A tee, or with sleeve = 0 a tank top; `under` is the thickness of what is worn below
    z = 1.05, `snug` scales the cloth: under 1 it is stretched by the body."""
    start = posed(spec, 0)
    body, J = dummy(spec, 0)
    vol = tailor.top_volume(start, J, ease=ease, drape=drape, sleeve=.018, sleeve_end=.020, z_lo=.82, arms=int(sleeve > 0))
    skin = body.select({"torso", "neck"})
    vol.add((lambda q: np.maximum(skin.eval(q, False) - .008, q[:, 2] - 1.452), [-.3, -.3, .80], [.3, .3, 1.47]), .012, "body")
    hips = body.select({"torso", "leg"})
    vol.add((lambda q: np.maximum(hips.eval(q, False) - under - .009, q[:, 2] - 1.05), [-.3, -.3, .80], [.3, .3, 1.06]), .03, "body")
    cuts = [neck, tailor.hem_cut(hem)]
    for s in (1, -1):
        cuts.append(tailor.sleeve_cut(J, s, sleeve, vol) if sleeve else armhole(J, s))
    v, f = tailor.shell(vol, cuts, step)
    sheet = cloth.Sheet(v, f, v, fabric, curved=True, cut=lambda a, b: np.linalg.norm(a - b, axis=1) * snug)
    forms = [dummy(spec, smoothstep(0, 1, k / LOWER))[0] for k in range(LOWER + 1)]

    def solid(p, frame):
        d = forms[min(frame, LOWER)].eval(p, False)
        return d - under * smoothstep(1.055, 1.035, p[:, 2])

    sheet.settle(cloth.field_solid(solid), LOWER + REST, (0, 0, -9.81), gap=.0030, mu=.45, self_gap=.0060, drag=3.5)
    return sheet.v, f, v


def armhole(J, s):
    sh = J["shoulder", s]
    return lambda q: .092 - np.sqrt((q[:, 0] * s - abs(sh[0]) - .052) ** 2 + ((q[:, 2] - sh[2] + .025) / 1.25) ** 2)


def legs(spec, J, body, fabric, ease=.007, knee=.012, ankle=.022, hem=.085, spare=.05, step=.0115):
    """Trousers with `spare` length where legs bend: at the groin, behind the knee, over the shoe."""
    skin = body.select({"torso", "leg"})
    vol = tailor.trouser_volume(spec, J, ease, knee, ankle)
    vol.add((lambda q: skin.eval(q, False) - .005, [-.3, -.3, -.05], [.3, .3, 1.0]), .010)
    v, f = tailor.shell(vol, [lambda q: q[:, 2] - 1.03, tailor.hem_cut(hem)], step)
    rng = np.random.default_rng(4)

    def cut(a, b):
        z = (a + b)[:, 2] / 2 + .02 * np.sin((a + b)[:, 0] * 20)
        d = b - a
        d[:, 2] *= 1 + spare * sum(k * np.exp(-((z - at) / size) ** 2) for at, size, k in BENDS)
        return np.linalg.norm(d, axis=1)

    sheet = cloth.Sheet(v, f, v, fabric, curved=True, cut=cut)
    sheet.v += rng.normal(0, .0006, v.shape) * (v[:, 2:] < .98)
    sheet.w[(v[:, 2] > .985) | clinging(v, J)] = 0
    solid = lambda p, _: np.minimum(skin.eval(p, False), shoes.solid(p, J, spec))
    sheet.settle(cloth.field_solid(solid), 26, (0, 0, -9.81), gap=.0030, mu=.8, self_gap=.0065, drag=4.0)
    return sheet.v, f, v


BENDS = [(.83, .07, .7), (.62, .06, .3), (.50, .08, .8), (.33, .07, .5), (.17, .08, 1.5)]      # height, reach, share of the spare
CLINGS = [(.71, -.9, .2), (.66, .3, 1.0), (.56, .9, -.3), (.475, -.2, -1.0), (.44, .3, 1.0), (.36, -.6, .9),
          (.27, .5, -.9)]                                               # height, and the way out: to the side, back


def clinging(v, J):
    """Where trousers rest on the leg: folds form between these places."""
    on = np.zeros(len(v), bool)
    for s in (1, -1):
        for k, (z, side, back) in enumerate(CLINGS):
            z = z + (.012 if s > 0 else -.010) * (-1) ** k
            hip, knee, ankle = (J[n, s] for n in ("hip", "knee", "ankle"))
            a, b = (hip, knee) if z > knee[2] else (knee, ankle)
            axis = a + (b - a) * (a[2] - z) / (a[2] - b[2])
            way = v - axis
            out = way @ np.array([side * s, back, 0]) / np.hypot(side, back)
            mine = (v[:, 0] - J["hip", 1][0] / 2 - J["hip", -1][0] / 2) * s > 0
            on |= mine & (np.abs(way[:, 2]) < .016) & (out > .75 * np.linalg.norm(way[:, :2], axis=1))
    return on


def kept(key, make):
    """A simulated garment (points, triangles, pattern), remembered as `cloth.remembered` does."""
    def packed():
        v, f, rest = make()
        return np.concatenate([np.array([[len(v), 0, 0]]), v, rest, f])
    out = cloth.remembered(key, packed)
    n = int(out[0, 0])
    return out[1:n + 1], out[2 * n + 1:].astype(int), out[n + 1:2 * n + 1]


def garment(v, f, rest):
    return Garment(v, f, rest, rest[:, 1] < .02)
