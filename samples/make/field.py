"""Implicit surfaces: small distance-field primitives, blended and meshed.

A `Field` is an ordered list of operations (union, carve, emboss ...), each
with a bounding box, so that a block of the grid only pays for the operations
that touch it.  Units are metres; x is to the right of the picture, y away from
the camera, z up.
"""
import numpy as np
from skimage.measure import marching_cubes

F = np.float32


def smin(a, b, k):
    """Polynomial smooth minimum: a union with a fillet of width k."""
    if k <= 0:
        return np.minimum(a, b)
    h = np.maximum(k - np.abs(a - b), 0) / k
    return np.minimum(a, b) - h * h * (k * 0.25)


def smax(a, b, k):
    return -smin(-a, -b, k)


def smoothstep(lo, hi, x):
    t = np.clip((x - lo) / (hi - lo), 0, 1)
    return t * t * (3 - 2 * t)


def rot(axis, deg):
    """Rotation matrix about 'x', 'y' or 'z'."""
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    m = {"x": [[1, 0, 0], [0, c, -s], [0, s, c]],
         "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
         "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]]}[axis]
    return np.array(m, F)


def cone(a, b, ra, rb, flat=None):
    """A round cone (capsule of two radii) -> (distance function, box).

    `flat` = (direction, factor) squeezes the section along a direction."""
    a, b = np.array(a, F), np.array(b, F)
    ba = b - a
    inv = 1.0 / max(float(ba @ ba), 1e-9)

    def fn(p):
        q = p - a
        t = np.clip((q @ ba) * inv, 0, 1)
        q = q - t[:, None] * ba
        if flat is not None:
            n = np.array(flat[0], F)
            q = q + (q @ n)[:, None] * (n * (1.0 / flat[1] - 1.0))
        d = np.sqrt(np.einsum("ij,ij->i", q, q)) - (ra + (rb - ra) * t)
        return d * (min(1.0, flat[1] * 1.3) if flat is not None else 1.0)

    m = max(ra, rb)
    return fn, np.minimum(a, b) - m, np.maximum(a, b) + m


def ellipsoid(c, r, R=None):
    c, r = np.array(c, F), np.array(r, F)

    def fn(p):
        q = p - c
        if R is not None:
            q = q @ R
        q = q / r
        k0 = np.sqrt(np.einsum("ij,ij->i", q, q))
        q = q / r
        k1 = np.sqrt(np.einsum("ij,ij->i", q, q))
        return k0 * (k0 - 1.0) / np.maximum(k1, 1e-6)

    m = r if R is None else np.full(3, r.max(), F)
    return fn, c - m, c + m


class Field:
    def __init__(self):
        self.ops = []

    def _push(self, mode, prim, k, tag, grow=0.0):
        fn, lo, hi = prim
        pad = k + grow + 0.002
        self.ops.append((mode, fn, np.asarray(lo) - pad, np.asarray(hi) + pad, k, tag))

    def add(self, prim, k=0.0, tag=""):
        self._push("add", prim, k, tag)

    def cut(self, prim, k=0.0, tag=""):
        self._push("cut", prim, k, tag)

    def bump(self, c, r, h, tag="", R=None):
        """Emboss: raise the surface by h metres in a soft spot of radii r."""
        c, r = np.array(c, F), np.broadcast_to(np.array(r, F), (3,))

        def fn(p):
            q = p - c
            if R is not None:
                q = q @ R
            q = q / r
            return h * np.exp(-np.einsum("ij,ij->i", q, q))

        self.emboss(fn, c - 2.6 * r.max(), c + 2.6 * r.max(), tag)

    def emboss(self, fn, lo, hi, tag=""):
        self.ops.append(("emboss", fn, np.asarray(lo), np.asarray(hi), 0.0, tag))

    def retag(self, tag):
        self.ops = [o[:5] + (tag,) for o in self.ops]

    def select(self, tags):
        out = Field()
        out.ops = [o for o in self.ops if o[5] in tags]
        return out

    def eval(self, p, cull=True):
        """Distance at points p (N, 3)."""
        p = np.asarray(p, F)
        d = np.full(len(p), 9.0, F)
        lo, hi = p.min(0), p.max(0)
        for mode, fn, olo, ohi, k, _ in self.ops:
            if cull and ((olo > hi).any() or (ohi < lo).any()):
                continue
            v = fn(p).astype(F)
            if mode == "add":
                d = smin(d, v, k)
            elif mode == "cut":
                d = smax(d, -v, k)
            else:
                d = d - v
        return d

    def bounds(self):
        los = [o[2] for o in self.ops if o[0] == "add"]
        his = [o[3] for o in self.ops if o[0] == "add"]
        return np.min(los, 0), np.max(his, 0)


def mesh(fn, lo, hi, step, block=20, slack=1.5):
    """March `fn` over the box, evaluating only blocks close to the surface."""
    lo, hi = np.asarray(lo, F), np.asarray(hi, F)
    nb = np.ceil((hi - lo) / (step * block)).astype(int)
    size = block * step
    vol = np.ones(nb * block + 1, F)
    ix = np.stack(np.meshgrid(*[np.arange(n) for n in nb], indexing="ij"), -1).reshape(-1, 3)
    mid = fn((lo + (ix + 0.5) * size).astype(F), False)
    loc = np.stack(np.meshgrid(*[np.arange(block + 1, dtype=F)] * 3, indexing="ij"), -1)
    loc = loc.reshape(-1, 3) * step
    for i, d in zip(ix, mid):
        sl = tuple(slice(a * block, (a + 1) * block + 1) for a in i)
        if abs(d) < size * 0.87 * slack:
            vol[sl] = fn(lo + i * size + loc, True).reshape((block + 1,) * 3)
        elif d < 0:
            # leave the shared faces alone where a neighbour already filled them
            cur = vol[sl]
            cur[cur == 1] = -1
    v, f, _, _ = marching_cubes(vol, 0.0, spacing=(step,) * 3)
    return (v + lo).astype(F), f


def spline(xs, ys):
    """Smooth interpolation through control values, flat beyond the ends."""
    from scipy.interpolate import PchipInterpolator
    xs, ys = np.asarray(xs, float), np.asarray(ys, float)
    order = np.argsort(xs)
    xs, ys = xs[order], ys[order]
    grid = np.linspace(xs[0], xs[-1], 512)
    tab = PchipInterpolator(xs, ys)(grid)
    return lambda x: np.interp(x, grid, tab).astype(F)
