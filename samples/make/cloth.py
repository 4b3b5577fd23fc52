"""Cloth that falls: a position-based solver with small steps (XPBD).

Threads barely stretch, weakly resist being pushed together, and resist bending
by the isometric hinge energy (Bergou et al. 2006), so folds take the width that
stiffness and weight give them.  Cloth meets a body (a distance field), a table
(the plane y = 0, with gravity pointing away from the camera) and itself (points
keep their distance).  Units are SI: metres, kilograms, seconds.
"""
import hashlib
import os

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

# weight (kg/m2), bending (N m) and how fully a push in the plane turns into folds (0..1);
# the solver's own stiffness in bending comes on top, so the figures are below measured ones
JERSEY = dict(weight=.16, bend=1.6e-6, push=.9)
SHIRTING = dict(weight=.13, bend=2.6e-6, push=1.0)
FLANNEL = dict(weight=.19, bend=6e-6, push=1.0)
CREPE = dict(weight=.12, bend=1.5e-6, push=1.0)
TWILL = dict(weight=.27, bend=1.0e-5, push=1.0)
DENIM = dict(weight=.38, bend=2.0e-5, push=1.0)


def edges_of(f):
    return np.unique(np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), 1), axis=0)


def hinges_of(f):
    """(edge a, edge b, opposite, opposite) for each pair of neighbouring triangles."""
    side = {}
    out = []
    for t in f.tolist():
        for k in range(3):
            a, b, c = t[k], t[(k + 1) % 3], t[(k + 2) % 3]
            key = (a, b) if a < b else (b, a)
            if key in side:
                out.append((*key, side[key], c))
            else:
                side[key] = c
    return np.array(out)


def _cot(u, v):
    return (u * v).sum(1) / np.maximum(np.linalg.norm(np.cross(u, v), axis=1), 1e-12)


def hinge_weights(rest, h):
    """The four weights whose weighted sum of points vanishes when flat, and the area."""
    x0, x1, x2, x3 = (rest[h[:, k]] for k in range(4))
    e = x1 - x0
    c1, c2 = _cot(e, x2 - x0), _cot(e, x3 - x0)
    c3, c4 = _cot(-e, x2 - x1), _cot(-e, x3 - x1)
    area = (np.linalg.norm(np.cross(e, x2 - x0), axis=1) + np.linalg.norm(np.cross(e, x3 - x0), axis=1)) / 2
    return np.stack([c3 + c4, c1 + c2, -c1 - c3, -c2 - c4], 1), area


def unfolded(rest, h):
    """Hinge points of a curved rest shape, with the second triangle laid into the plane of the first."""
    x0, x1, x2, x3 = (rest[h[:, k]].copy() for k in range(4))
    e = x1 - x0
    e /= np.linalg.norm(e, axis=1, keepdims=True)
    out = lambda p: (p - x0) - e * ((p - x0) * e).sum(1, keepdims=True)
    a, b = out(x2), out(x3)
    flat = -a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-9) * np.linalg.norm(b, axis=1, keepdims=True)
    x3 = x0 + e * ((x3 - x0) * e).sum(1, keepdims=True) + flat
    pts = np.stack([x0, x1, x2, x3], 1).reshape(-1, 3)
    return pts, np.arange(len(pts)).reshape(-1, 4)


@njit(cache=True, fastmath=True)
def _stretch(x, w, ij, rest, hard, soft):
    for e in range(len(ij)):
        i, j = ij[e, 0], ij[e, 1]
        ws = w[i] + w[j]
        if ws == 0.0:
            continue
        dx, dy, dz = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
        ln = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-12
        c = ln - rest[e]
        s = c / ws / ln * (hard if c > 0 else soft)
        x[i, 0] -= w[i] * s * dx
        x[i, 1] -= w[i] * s * dy
        x[i, 2] -= w[i] * s * dz
        x[j, 0] += w[j] * s * dx
        x[j, 1] += w[j] * s * dy
        x[j, 2] += w[j] * s * dz


@njit(cache=True, fastmath=True)
def _bend(x, w, h, k, alpha):
    for e in range(len(h)):
        cx, cy, cz, den = 0.0, 0.0, 0.0, alpha[e]
        for a in range(4):
            i = h[e, a]
            cx += k[e, a] * x[i, 0]
            cy += k[e, a] * x[i, 1]
            cz += k[e, a] * x[i, 2]
            den += w[i] * k[e, a] * k[e, a]
        for a in range(4):
            i = h[e, a]
            s = w[i] * k[e, a] / den
            x[i, 0] -= s * cx
            x[i, 1] -= s * cy
            x[i, 2] -= s * cz


@njit(cache=True, fastmath=True)
def _apart(x, old, w, pairs, gap, rub):
    """Keep points of different layers apart, and let them rub on each other."""
    for e in range(len(pairs)):
        i, j = pairs[e, 0], pairs[e, 1]
        dx, dy, dz = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
        ln = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9
        ws = w[i] + w[j]
        if ln < gap and ws > 0:
            s = .5 * (gap - ln) / ln / ws
            for c in range(3):
                slip = rub * ((x[i, c] - old[i, c]) - (x[j, c] - old[j, c])) / ws
                push = s * (x[i, c] - x[j, c])
                x[i, c] += w[i] * (push - slip)
                x[j, c] -= w[j] * (push - slip)


@njit(cache=True, fastmath=True)
def _touch(x, old, w, base, normal, dist, gap, mu):
    """Keep points outside the planes that stand for the solid; dry friction."""
    slip = np.zeros(3)
    for i in range(len(x)):
        if w[i] == 0.0 or dist[i] > .05:
            continue
        d = dist[i] - gap
        for c in range(3):
            d += normal[i, c] * (x[i, c] - base[i, c])
        if d < 0:
            along = 0.0
            for c in range(3):
                x[i, c] -= d * normal[i, c]
                along += (x[i, c] - old[i, c]) * normal[i, c]
            size = 0.0
            for c in range(3):
                slip[c] = x[i, c] - old[i, c] - along * normal[i, c]
                size += slip[c] * slip[c]
            hold = min(1.0, -d * mu / (np.sqrt(size) + 1e-12))
            for c in range(3):
                x[i, c] -= hold * slip[c]


class Sheet:
    """A triangle mesh of cloth: where it is (`v`), and the lengths it was cut to (`rest`).
    `seams` are chains of three points that hems and seams keep in line.

    `cut` overrides the length of an edge: a function of its two end points at rest."""

    def __init__(self, v, f, rest, cloth, curved=False, cut=None):
        self.v, self.f, self.rest, self.cloth = np.array(v, float), np.asarray(f), np.asarray(rest, float), cloth
        self.edges = edges_of(self.f)
        a, b = self.rest[self.edges[:, 0]], self.rest[self.edges[:, 1]]
        self.length = np.linalg.norm(a - b, axis=1) if cut is None else cut(a, b)
        self.hinges = hinges_of(self.f)
        pts, idx = unfolded(self.rest, self.hinges) if curved else (self.rest, self.hinges)
        self.k, self.area = hinge_weights(pts, idx)
        mass = np.zeros(len(self.v))
        t = self.rest[self.f]
        tri = np.linalg.norm(np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]), axis=1) / 2
        for c in range(3):
            np.add.at(mass, self.f[:, c], tri * cloth["weight"] / 3)
        self.w = 1 / np.maximum(mass, mass.mean() * .3)
        self.seams = np.zeros((0, 4), int)
        order = np.random.default_rng(0).permutation(len(self.edges))
        self.edges, self.length = self.edges[order], self.length[order]

    def strangers(self, gap):
        """Pairs of points that are close now though the cut does not put them so."""
        pairs = cKDTree(self.v).query_pairs(gap * 1.6, output_type="ndarray")
        if len(pairs) == 0:
            return np.zeros((0, 2), np.int64)
        far = np.linalg.norm(self.rest[pairs[:, 0]] - self.rest[pairs[:, 1]], axis=1) > gap * 1.7
        far |= self.layer[pairs[:, 0]] != self.layer[pairs[:, 1]]
        return pairs[far]

    layer = None

    def settle(self, solid, frames, gravity, gap=.0025, mu=.5, rub=.05, self_gap=.006, steps=12, fps=48, sweeps=2,
               drag=2.0):
        """Run `frames` frames.  `solid(points, frame)` gives distance and normal; what is
        pinned has weight w = 0 and is moved by whoever pinned it."""
        if self.layer is None:
            self.layer = np.zeros(len(self.v), int)
        dt = 1 / fps / steps
        alpha = self.area / (3 * self.cloth["bend"]) / dt ** 2
        beam = np.tile([1.0, -2.0, 1.0, 0.0], (len(self.seams), 1))
        firm = np.full(len(self.seams), 1e5)
        g = np.asarray(gravity, float)
        v = np.zeros_like(self.v)
        free = self.w > 0
        for frame in range(frames):
            dist, normal = solid(self.v, frame)
            base, pairs = self.v.copy(), self.strangers(self_gap) if self_gap else None
            for _ in range(steps):
                old = self.v.copy()
                v[free] += g * dt
                v *= max(0.0, 1 - drag * dt)
                np.clip(v, -2.5, 2.5, out=v)
                self.v += v * dt
                _bend(self.v, self.w, self.hinges, self.k, alpha)
                _bend(self.v, self.w, self.seams, beam, firm)
                for _ in range(sweeps):
                    _stretch(self.v, self.w, self.edges, self.length, 1.0, self.cloth["push"])
                if pairs is not None and len(pairs):
                    _apart(self.v, old, self.w, pairs, self_gap, rub)
                _touch(self.v, old, self.w, base, normal, dist, gap, mu)
                v = (self.v - old) / dt
        return self


def table(points, _frame):
    """The table top, y = 0; the cloth lies on the side of the camera."""
    n = np.zeros_like(points)
    n[:, 1] = -1
    return -points[:, 1], n


def field_solid(fn, e=.002):
    """A distance field as something to touch."""
    def touch(points, frame):
        p = points.astype(np.float32)
        d = fn(p, frame)
        n = np.stack([fn(p + np.eye(3, dtype=np.float32)[k] * e, frame) - d for k in range(3)], 1)
        size = np.linalg.norm(n, axis=1, keepdims=True)
        return d.astype(float), (n / np.maximum(size, 1e-9)).astype(float)
    return touch


def remembered(key, make):
    """`make()`, kept on disk if SAMPLES_CACHE names a folder (handy while trying
    colours and lights; a plain run never uses it).  `key` is what it depends on."""
    folder = os.environ.get("SAMPLES_CACHE")
    if not folder:
        return make()
    path = os.path.join(folder, hashlib.sha1(repr(key).encode()).hexdigest() + ".npy")
    if not os.path.exists(path):
        np.save(path, make())
    return np.load(path)
