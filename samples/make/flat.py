"""Garments cut from panels, sewn, and laid on a table.

A cut is an outline in the plane (x right, z up, metres) with named seams.  The
front and the back panel share the points of their sewn edges; the free ones
(neck, hem, cuffs) are open.  What lies on the table was cut a little wider than
it is laid: sleeves are turned down, cloth is pushed together by hand, and the
surplus falls into folds.
"""
import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import Delaunay, cKDTree
from skimage.measure import points_in_poly
import cloth
from field import smoothstep

STEP = .0075


def curve(a, b, bow=0.0, n=24):
    """Points from a to b, bowed to the left of the way by `bow` of its length."""
    a, b = np.array(a, float), np.array(b, float)
    t = np.linspace(0, 1, n)[:, None]
    side = np.array([-(b - a)[1], (b - a)[0]])
    return a + (b - a) * t + side * bow * 4 * t * (1 - t)


def resample(line, step):
    d = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    n = max(2, int(np.ceil(d[-1] / step)) + 1)
    at = np.linspace(0, d[-1], n)
    return np.stack([np.interp(at, d, line[:, k]) for k in range(2)], 1)


class Cut:
    """An outline in order, each piece (points, sewn)."""

    def __init__(self, pieces):
        self.pieces = [(resample(np.asarray(p, float), STEP), sewn) for p, sewn in pieces]

    def outline(self):
        return np.concatenate([p[:-1] for p, _ in self.pieces])

    def sewn(self):
        """Of each outline point: does it belong to a sewn edge?"""
        flags = np.concatenate([np.full(len(p) - 1, s) for p, s in self.pieces])
        return flags | np.roll(np.concatenate([np.r_[np.zeros(len(p) - 2, bool), s] for p, s in self.pieces]), 1)

    def chains(self):
        """Three neighbours along an edge, with corners left out; the fourth place is unused."""
        ring = self.outline()
        i = np.arange(len(ring))
        a, c = np.roll(i, 1), np.roll(i, -1)
        bend = np.linalg.norm(ring[a] - 2 * ring + ring[c], axis=1)
        return np.stack([a, i, c, c], 1)[bend < STEP * .3]

    def panel(self, seed):
        """-> points (outline first) and triangles."""
        ring = self.outline()
        rng = np.random.default_rng(seed)
        lo, hi = ring.min(0), ring.max(0)
        rows = np.arange(lo[1], hi[1], STEP * .87)
        pts = np.concatenate([np.stack([np.arange(lo[0] + STEP * .5 * (k % 2), hi[0], STEP),
                                        np.full(len(np.arange(lo[0] + STEP * .5 * (k % 2), hi[0], STEP)), z)], 1)
                              for k, z in enumerate(rows)])
        pts += rng.uniform(-.14, .14, pts.shape) * STEP
        pts = pts[points_in_poly(pts, ring)]
        pts = pts[cKDTree(ring).query(pts)[0] > STEP * .55]
        allp = np.concatenate([ring, pts])
        tri = Delaunay(allp).simplices
        mid = allp[tri].mean(1)
        tri = tri[points_in_poly(mid, ring)]
        a, b, c = (allp[tri[:, k]] for k in range(3))
        area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
        tri[area < 0] = tri[area < 0][:, ::-1]
        keep = np.abs(area) > STEP ** 2 * .04
        return allp, tri[keep]


def sew(front, back):
    """Two panels along their sewn edges -> plane points, triangles, layer (0 front,
    1 back), and the chains of three points along every edge."""
    fp, ff = front.panel(1)
    bp, bf = back.panel(2)
    index = {tuple(np.round(fp[i], 6)): i for i in np.where(front.sewn())[0]}
    remap = np.arange(len(bp)) + len(fp)
    for i in np.where(back.sewn())[0]:
        remap[i] = index.get(tuple(np.round(bp[i], 6)), remap[i])
    pts = np.concatenate([fp, bp])
    f = np.concatenate([ff, remap[bf][:, ::-1]])
    used = np.unique(f)
    new = np.full(len(pts), -1)
    new[used] = np.arange(len(used))
    layer = np.r_[np.zeros(len(fp), int), np.ones(len(bp), int)]
    chains = np.concatenate([front.chains(), remap[back.chains()]])
    return pts[used], new[f], layer[used], new[chains]


def drift(u, amount, size, seed, n=160):
    """Where hands have pushed the cloth: a smooth random displacement of plane points."""
    rng = np.random.default_rng(seed)
    lo, hi = u.min(0) - .05, u.max(0) + .05
    span = (hi - lo).max()
    out = np.zeros_like(u)
    at = ((u - lo) / span * (n - 1)).T
    for k in range(2):
        g = gaussian_filter(rng.standard_normal((n, n)), size / span * n)
        out[:, k] = map_coordinates(g / g.std(), at, order=1, mode="nearest") * amount
    return out


def turned(u, pivot, degrees, weight):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    q = u - pivot
    r = np.stack([q[:, 0] * c - q[:, 1] * s, q[:, 0] * s + q[:, 1] * c], 1) + pivot
    return u + (r - u) * weight[:, None]


def lay(u, f, layer, chains, laid, rest, fabric, seed, stitched=None, frames=40):
    """Lay the sewn panels on the table -> points in space (y towards the table).

    The back lies still and the seams are held where they were laid; the front
    settles on it and keeps its surplus as folds."""
    rng = np.random.default_rng(seed)
    waves = np.abs(drift(u, .012, .016, seed + 5)[:, 0])
    height = np.where(layer == 0, -.006 - waves - .001 * rng.random(len(u)), -.0015)
    on_seam = np.zeros(len(u), bool)
    on_seam[np.intersect1d(f[layer[f].max(1) == 1], f[layer[f].min(1) == 0])] = True
    on_seam &= layer == 0
    height[on_seam] = -.0022
    sheet = cloth.Sheet(np.stack([laid[:, 0], height, laid[:, 1]], 1), f,
                        np.stack([rest[:, 0], 0 * height, rest[:, 1]], 1), fabric)
    sheet.layer, sheet.seams = layer, chains
    rim = np.zeros(len(u), bool)
    rim[chains[:, 1]] = True
    held = rim & (drift(u, 1, .03, seed + 9)[:, 0] > .2)               # where a hem clings
    if stitched is not None:
        held |= stitched
    sheet.w[(layer == 1) | on_seam | held] = 0
    sheet.v[held & ~on_seam & (layer == 0), 1] = -.0042
    sides = layer[sheet.hinges]
    sheet.area = np.where(sides.max(1) == 1, 1e9, sheet.area)      # a seam folds freely
    free = sheet.w.copy()
    hand = (layer == 0) & ~rim & (drift(u, 1, .016, seed + 13)[:, 1] > .8)      # where hands smoothed it down
    sheet.w[hand] = 0
    sheet.v[hand, 1] = -.0038
    sheet.settle(cloth.table, frames, (0, 9.81, 0), gap=.0035, mu=.8, self_gap=.0035, drag=3.0)
    sheet.w = free
    sheet.settle(cloth.table, frames // 2, (0, 9.81, 0), gap=.0035, mu=.8, self_gap=.0035, drag=3.0)
    return sheet.v


def described(cut):
    """What a cut is, for remembering what was made of it."""
    return type(cut).__name__, sorted((k, np.round(v, 6).tolist()) for k, v in vars(cut).items() if v is not None)


# ---- cuts ------------------------------------------------------------------------
class Top:
    """Shirt, tee or bodice: shoulders, sleeves pointing out and down, straight sides."""

    def __init__(self, neck=.088, neck_z=1.478, drop=.085, back_drop=.018, shoulder=(.225, 1.432), angle=40, laid=24,
                 length=.52, cuff=.105, chest=.262, waist=None, hem_x=.255, hem=.845, hem_bow=0.0, pit=1.235,
                 back_hem=None):
        self.neck, self.neck_z, self.drop, self.back_drop = neck, neck_z, drop, back_drop
        self.S, self.P = np.array(shoulder), np.array([chest, pit])
        self.hem, self.hem_x, self.hem_bow, self.waist = hem, hem_x, hem_bow, waist
        self.turn = angle - laid
        a = np.radians(angle)
        self.axis = np.array([np.sin(a), -np.cos(a)])
        down = np.array([-np.cos(a), -np.sin(a)])
        self.T = self.S + self.axis * length
        self.U = self.T + down * cuff
        self.length, self.cuff = length, cuff
        self.mid = (self.S + self.P) / 2

    def half(self, s):
        m = np.array([s, 1.0])
        w = [(self.P, (self.hem_x, self.hem), -.0)]
        if self.waist:
            w = [(self.P, self.waist, -.02), (self.waist, (self.hem_x, self.hem), .02)]
        parts = [(curve((self.neck, self.neck_z), self.S, .02) * m, True), (curve(self.S, self.T, .012) * m, True),
                 (curve(self.T, self.U) * m, False), (curve(self.U, self.P, .03) * m, True)]
        parts += [(curve(a, b, k) * m, True) for a, b, k in w]
        return parts if s > 0 else [(p[::-1], k) for p, k in parts[::-1]]

    def cut(self, drop):
        t = np.linspace(-np.pi / 2, np.pi / 2, 40)
        neck = np.stack([self.neck * np.sin(t), self.neck_z - drop * np.abs(np.cos(t)) ** .9], 1)
        x = np.linspace(self.hem_x, -self.hem_x, 60)
        hem = np.stack([x, self.hem - self.hem_bow * np.cos(np.clip(np.abs(x) / self.hem_x, 0, 1) * np.pi)
                        - self.hem_bow], 1)
        return Cut([(neck, False)] + self.half(1) + [(hem, False)] + self.half(-1))

    # the way along a sleeve (metres beyond the armhole), and across it
    def sleeve(self, x, z):
        ax = np.abs(x)
        d = (self.P - self.S) / np.linalg.norm(self.P - self.S)
        out = np.array([-d[1], d[0]])
        out = out if out[0] > 0 else -out
        beyond = (ax - self.S[0]) * out[0] + (z - self.S[1]) * out[1]
        beyond = beyond - .016 * np.sin(np.clip((self.S[1] - z) / (self.S[1] - self.P[1]), 0, 1) * np.pi)
        along = (ax - self.S[0]) * self.axis[0] + (z - self.S[1]) * self.axis[1]
        across = (ax - self.S[0]) * self.axis[1] - (z - self.S[1]) * self.axis[0]
        return beyond, along, across

    def make(self, fabric, seed, press=.035, stir=.0012):
        """-> points of the pattern and of the laid garment with triangles, layers; settled points."""
        front, back = self.cut(self.drop), self.cut(self.back_drop)
        u, f, layer, chains = sew(front, back)
        laid = u.copy()
        for s in (1, -1):
            beyond, along, _ = self.sleeve(u[:, 0], u[:, 1])
            w = smoothstep(-.03, .07, beyond) * (u[:, 0] * s > 0)
            laid = turned(laid, self.mid * [s, 1], -s * self.turn, w)
        laid = laid + drift(u, stir, .022, seed) + drift(u, stir * 3, .07, seed + 1)
        laid[:, 1] = self.neck_z + (laid[:, 1] - self.neck_z) * (1 - press)
        laid[:, 0] *= 1 - press
        rest, stitched = self.full(u)
        key = (described(self), fabric, seed, press, stir)
        return u, f, layer, cloth.remembered(key, lambda: lay(u, f, layer, chains, laid, rest, fabric, seed, stitched))

    def full(self, u):
        """The cloth's true size, and points sewn down on purpose (none in a plain top)."""
        return u, np.zeros(len(u), bool)


class Dress(Top):
    """A fitted top with a flared skirt gathered into its waist seam."""

    def __init__(self, gather=.24, **kw):
        super().__init__(**kw)
        self.gather = gather

    def full(self, u):
        z = self.waist[1]
        rest = u.copy()
        rest[:, 0] *= 1 + self.gather * smoothstep(z + .002, z - .03, u[:, 1])
        return rest, np.abs(u[:, 1] - z) < STEP * .6


class Legs:
    """Trousers: waist, hips, two legs."""

    def __init__(self, waist=.188, waist_z=1.035, hip=(.216, .85), crotch=.770, knee=(.212, .48), hem=(.217, .055),
                 opening=.088, rise=.014, close=.4):
        self.waist, self.waist_z, self.hip, self.crotch = waist, waist_z, hip, crotch
        self.knee, self.hem, self.opening, self.rise, self.close = knee, hem, opening * 2, rise, close

    def cut(self, up):
        top = np.stack([np.linspace(-self.waist, self.waist, 50), np.full(50, 0.0)], 1)
        top[:, 1] = self.waist_z + up * np.cos(top[:, 0] / self.waist * np.pi / 2)
        right = lambda s: [(curve((self.waist, self.waist_z), self.hip, .05) * [s, 1], True),
                           (curve(self.hip, self.knee, .01) * [s, 1], True), (curve(self.knee, self.hem, 0) * [s, 1], True),
                           (curve(self.hem, (self.hem[0] - self.opening, self.hem[1])) * [s, 1], False),
                           (curve((self.hem[0] - self.opening, self.hem[1]), (0, self.crotch), -.015) * [s, 1], True)]
        left = [(p[::-1], k) for p, k in right(-1)[::-1]]
        return Cut([(top, False)] + right(1) + left)

    def make(self, fabric, seed, press=.038, stir=.0014):
        u, f, layer, chains = sew(self.cut(-.004), self.cut(self.rise))
        laid = u.copy()
        for s in (1, -1):
            w = smoothstep(self.crotch + .10, self.crotch - .10, u[:, 1]) * (u[:, 0] * s > 0)
            laid = turned(laid, np.array([s * .12, self.crotch + .02]), -s * self.close, w)
        laid = laid + drift(u, stir, .024, seed) + drift(u, stir * 3, .08, seed + 1)
        laid[:, 1] = self.waist_z + (laid[:, 1] - self.waist_z) * (1 - press)
        laid[:, 0] *= 1 - press * .8
        key = (described(self), fabric, seed, press, stir)
        return u, f, layer, cloth.remembered(key, lambda: lay(u, f, layer, chains, laid, u, fabric, seed))
