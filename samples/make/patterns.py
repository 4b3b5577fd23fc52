"""Painting cloth: colour and height pictures over the front (x, z) of a garment.

A `Cloth` covers a window of the front plane in metres.  Everything is plain
array work on its two coordinate grids X and Z.
"""
import numpy as np
from scipy.ndimage import gaussian_filter
from field import smoothstep
from stage import srgb


class Cloth:
    def __init__(self, x0, x1, z0, z1, base, px=1800, seed=0):
        self.win = (x0, x1, z0, z1)
        n = int(px * (x1 - x0) / max(x1 - x0, z1 - z0))
        m = int(px * (z1 - z0) / max(x1 - x0, z1 - z0))
        self.X, self.Z = np.meshgrid(np.linspace(x0, x1, n), np.linspace(z0, z1, m))
        self.pitch = (x1 - x0) / n
        self.rng = np.random.default_rng(seed)
        self.col = np.tile(srgb(base), (m, n, 1))
        self.h = np.full((m, n), .5)

    def uv(self, rest):
        x0, x1, z0, z1 = self.win
        return np.stack([(rest[:, 0] - x0) / (x1 - x0), (rest[:, 2] - z0) / (z1 - z0)], 1)

    # ---- basic strokes -----------------------------------------------------
    def lay(self, color, mask):
        m = np.clip(mask, 0, 1)[..., None]
        c = srgb(color) if isinstance(color, str) else np.asarray(color)
        self.col = self.col * (1 - m) + c * m

    def shade(self, factor, mask):
        self.col *= 1 + (factor - 1) * np.clip(mask, 0, 1)[..., None]

    def raise_(self, amount, mask):
        self.h = self.h + amount * mask

    def noise(self, size):
        n = gaussian_filter(self.rng.standard_normal(self.X.shape), size / self.pitch, mode="wrap")
        return n / (n.std() + 1e-9)

    def line(self, pts, width):
        """Soft mask of a polyline, width in metres."""
        d = np.full(self.X.shape, 9.0)
        for (ax, az), (bx, bz) in zip(pts, pts[1:]):
            bax, baz = bx - ax, bz - az
            t = np.clip(((self.X - ax) * bax + (self.Z - az) * baz) / (bax ** 2 + baz ** 2 + 1e-12), 0, 1)
            d = np.minimum(d, np.hypot(self.X - ax - t * bax, self.Z - az - t * baz))
        return np.clip(1.2 - d / (width / 2), 0, 1)

    def seam(self, pts, stitch=None, off=.004):
        """A pressed seam: a dark valley, and a row of stitches beside it."""
        m = self.line(pts, .0035)
        self.shade(.62, m * .8)
        self.raise_(-.35, m)
        self.raise_(.16, self.line(pts, .014))
        if stitch:
            for o in (off, -off) if stitch[0] == "=" else (off,):
                self.stitches([(x, z + o) if abs(pts[0][0] - pts[-1][0]) > abs(pts[0][1] - pts[-1][1]) else (x + o, z)
                               for x, z in pts], stitch.lstrip("="))

    def stitches(self, pts, color, pitch=.0042):
        m = self.line(pts, .0016)
        ph = (self.X + self.Z) / pitch % 1
        m = m * (np.abs(ph - .5) < .34)
        self.lay(color, m)
        self.raise_(.22, m)

    def box(self, x0, x1, z0, z1, soft=.0012):
        s = lambda a, b, v: smoothstep(a - soft, a + soft, v) * smoothstep(b + soft, b - soft, v)
        return s(x0, x1, self.X) * s(z0, z1, self.Z)

    # ---- weaves ------------------------------------------------------------
    def jersey(self, depth=.10):
        w = .5 + .5 * np.sin(self.X * 2 * np.pi / .0021)
        self.raise_(depth, w)
        self.heather(.03)

    def heather(self, amount, size=.0009):
        self.col *= (1 + amount * self.noise(size))[..., None].clip(.3, 2)

    def twill(self, depth=.16, pitch=.0024, contrast=.05):
        w = np.sin((self.X + self.Z * 1.6) * 2 * np.pi / pitch)
        self.raise_(depth, .5 + .5 * w)
        self.col *= (1 + contrast * w)[..., None]

    def denim(self, fade=.5, thighs=()):
        self.twill(.18, .0026, .10)
        self.heather(.09, .0008)
        streak = gaussian_filter(self.rng.standard_normal(self.X.shape), (.02 / self.pitch, .0006 / self.pitch))
        self.col *= (1 + .10 * streak / streak.std())[..., None].clip(.4, 1.8)
        for x, z, rx, rz in thighs:
            m = np.exp(-((self.X - x) / rx) ** 2 - ((self.Z - z) / rz) ** 2)
            self.shade(1 + fade, m)

    def knit(self, u, v, pitch=.0085, depth=.9, contrast=.22):
        """Stocking stitch: columns of V."""
        col = u / pitch % 1 - .5
        zig = (v / (pitch * .78) + np.abs(col) * 1.1) % 1
        loop = np.clip(1 - ((zig - .5) / .42) ** 2, 0, 1) * np.clip(1 - (np.abs(np.abs(col) - .25) / .24) ** 2, 0, 1)
        self.raise_(depth, loop)
        self.col *= (1 - contrast + 1.6 * contrast * loop)[..., None]

    def rib(self, u, mask, pitch=.0055, depth=.7):
        w = .5 + .5 * np.cos(u * 2 * np.pi / pitch)
        self.raise_(depth, w * mask)
        self.shade(.80, (1 - w) * mask)

    # ---- prints --------------------------------------------------------------
    def stripes(self, v, pitch, width, color, mask=1.0):
        d = np.abs((v / pitch) % 1 - .5) * pitch
        self.lay(color, smoothstep(width / 2 + .0006, width / 2 - .0006, d) * mask)

    def check(self, u, v, pitch, bands):
        """bands: (offset, width, colour, strength) crossing both ways, as woven."""
        tw = .5 + .5 * np.sin((u + v) * 2 * np.pi / .0030)
        for axis in (u, v):
            for off, wd, colr, k in bands:
                d = np.abs(((axis - off) / pitch + .5) % 1 - .5) * pitch
                m = smoothstep(wd / 2 + .0008, wd / 2 - .0008, d)
                self.lay(colr, m * k * (.80 + .35 * tw))

    def flowers(self, palette, leaf, spacing=.055, size=.018):
        """A tossed print: five-petalled blooms with leaves, evenly scattered."""
        x0, x1, z0, z1 = self.win
        nx, nz = int((x1 - x0) / spacing), int((z1 - z0) / (spacing * .87))
        for j in range(nz + 1):
            for i in range(nx + 1):
                c = (x0 + (i + .5 * (j % 2)) * spacing, z0 + j * spacing * .87) + self.rng.uniform(-.3, .3, 2) * spacing
                self._bloom(c, size * self.rng.uniform(.6, 1.15), palette[self.rng.integers(len(palette))], leaf)

    def _bloom(self, c, r, color, leaf):
        x0, _, z0, _ = self.win
        a, b = int((c[0] - x0) / self.pitch), int((c[1] - z0) / self.pitch)
        k = int(r * 2.2 / self.pitch)
        sl = (slice(max(b - k, 0), max(b + k, 0)), slice(max(a - k, 0), max(a + k, 0)))
        X, Z = self.X[sl] - c[0], self.Z[sl] - c[1]
        if X.size == 0:
            return
        th0 = self.rng.uniform(0, 6.28)
        rr, th = np.hypot(X, Z), np.arctan2(Z, X) + th0
        keep = self.col[sl]

        def put(mask, colr):
            m = np.clip(mask, 0, 1)[..., None]
            keep[:] = keep * (1 - m) + (srgb(colr) if isinstance(colr, str) else colr) * m

        for t in (.6, 2.9, 4.6):
            u, w = X * np.cos(t + th0) + Z * np.sin(t + th0), -X * np.sin(t + th0) + Z * np.cos(t + th0)
            e = 1 - ((u - r * 1.35) / (r * .62)) ** 2 - (w / (r * .24)) ** 2
            put(e * 4, leaf)
            put((e > 0) * (np.abs(w) < r * .02) * .4, "#ffffff")
        edge = r * (.70 + .30 * np.abs(np.cos(2.5 * th)))
        put((edge - rr) / (self.pitch * 1.5), color)
        put(((edge - rr) > 0) * np.clip(.55 - rr / r * .5, 0, 1) * .8, srgb(color) * .45)
        put((r * .20 - rr) / (self.pitch * 1.5), "#f0c850")

    def images(self, name):
        import looks
        h = gaussian_filter(self.h, .6)
        return (looks.image(name + "_c", np.clip(self.col, 0, 1).astype(np.float32), data=True),
                looks.image(name + "_h", np.repeat(np.clip(h * .4, 0, 1)[..., None], 3, 2).astype(np.float32), data=True))
