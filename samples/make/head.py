"""The head: skull, face, ears as a field in head space, plus colour masks.

Head space: origin between the pupils' height and the middle of the skull, x
right, y back, z up, metres.  The face is symmetric, so most is written for
x > 0 and evaluated at |x|.
"""
import numpy as np
from field import Field, cone, ellipsoid, rot, smoothstep, spline, F

FACE = dict(width=1.0, jaw=1.0, chin=1.0, cheek=1.0, nose_w=1.0, nose_l=1.0, nose_h=1.0,
            lip=1.0, mouth=1.0, eye=1.1, brow_ridge=1.0, smile=.35, eye_tilt=1.0,
            lid_fold=1.0, age=0.0, ear=1.0)

EYE = np.array([.0318, -.0735, .0])   # centre of the (picture-right) eyeball
EYE_R = .0122


class Head:
    def __init__(self, **face):
        self.p = {**FACE, **face}
        self.field = Field()
        self._curves()
        self._skull()
        self._nose()
        self._eyes()
        self._mouth()
        self._ear()

    # ---- curves shared by shape and colour -------------------------------
    def _curves(self):
        p = self.p
        self.mouth_z = -.0665 - .002 * (p["nose_l"] - 1) * 10
        self.mouth_w = .0245 * p["mouth"]
        e = .0148 * p["eye"]
        self.eye_w = e
        t = .0012 * p["eye_tilt"]
        xs = np.array([-1, -.85, -.5, 0, .45, .8, 1]) * e
        up = np.array([-.0014, .0012, .0036, .0049, .0045, .0026, .0]) * p["eye"] ** .5
        lo = np.array([-.0014, -.0026, -.0035, -.0039, -.0037, -.0020, .0]) * p["eye"] ** .5
        self.lid_up = spline(xs, up + xs / e * t)
        self.lid_lo = spline(xs, lo + xs / e * t)

    def lip_lines(self, x):
        """(upper border, parting line, lower border) heights at |x|."""
        p, z0, w = self.p, self.mouth_z, self.mouth_w
        u = np.clip(np.abs(x) / w, 0, 1)
        part = z0 + (.0042 * p["smile"]) * u ** 2 - .0006 * np.cos(u * np.pi * 2) * (u < .5) - .0006
        up = np.interp(u, [0, .16, .32, .6, .85, 1], [.0062, .0074, .0071, .0050, .0022, 0]) * p["lip"]
        lo = np.interp(u, [0, .3, .6, .85, 1], [.0092, .0088, .0064, .0030, 0]) * p["lip"]
        return part + up, part, part - lo

    # ---- form --------------------------------------------------------------
    def _skull(self):
        p, fd = self.p, self.field
        w, j, c = p["width"], p["jaw"], p["chin"]
        fd.add(ellipsoid([0, .014, .030], [.0745 * w, .0960, .0830]))
        zc = -.112 * c
        zs = [zc + .001, zc + .006, zc + .015, -.085, -.066, -.045, -.022, .004, .030, .055, .078, .092]
        a = np.array([.014 * j, .0215 * j, .0300 * j, .0430 * j, .0530 * j, .0605, .0668 * p["cheek"] ** .4,
                      .0680, .0685, .0650, .0500, .020]) * w
        fr = np.array([.074, .0820, .0880, .0850, .0885, .0885, .0885, .0880, .0925, .0905, .0760, .050])
        aw, ff = spline(zs, a), spline(zs, fr)

        def face(q):
            z = np.clip(q[:, 2], zs[0], zs[-1])
            A, Fr = aw(z), ff(z)
            y = q[:, 1] + .004
            B = np.where(y < 0, Fr - .004, .060)
            k0 = np.maximum((np.abs(q[:, 0] / A) ** 2.25 + np.abs(y / B) ** 2.25) ** (1 / 2.25), 1e-4)
            g = np.sqrt((q[:, 0] / A) ** 2 / A ** 2 + (y / B) ** 2 / B ** 2) / np.maximum(k0, .3)
            d = (k0 - 1) / np.maximum(g, 1.0)
            over = np.maximum(zs[0] - q[:, 2], q[:, 2] - zs[-1])
            return np.maximum(np.clip(d, -.1, .3), over)

        fd.add((face, np.array([-.09, -.11, zc - .02]), np.array([.09, .08, .11])), .022)
        for s in (1, -1):
            fd.add(cone([s * .056 * w * j, .002, -.052], [s * .018 * j, -.066, zc + .014], .013, .012), .030)
            fd.bump([s * .050 * w, -.060, -.026], [.017, .020, .013], .0034 * p["cheek"])     # cheek bone
            fd.bump([s * .044 * w, -.070, -.055], [.017, .022, .018], -.0022 * (2 - p["cheek"]))
            fd.bump([s * .028, -.094, .0165], [.018, .018, .0075], .0036 * p["brow_ridge"])
            fd.bump([s * .064 * w, -.050, .028], [.016, .024, .022], -.0024)                   # temple
            fd.bump([s * .017, -.090, .001], [.010, .016, .012], -.0050)                       # inner corner
            fd.bump([s * .033, -.088, .002], [.020, .020, .0125], -.0052)                      # socket
            fd.bump([s * .030, -.088, -.0155], [.015, .016, .0055], -.0010 - .0016 * p["age"])
            fd.bump([s * .034, -.085, -.033], [.014, .020, .015], .0030)                       # cheek apple
        fd.bump([0, -.094, zc + .013], [.018, .02, .011], .0035)                               # chin
        fd.bump([0, -.094, -.0845], [.020, .02, .0060], -.0024)
        fd.bump([0, -.094, .013], [.010, .02, .010], .0012 * p["brow_ridge"])

    def _nose(self):
        p, fd = self.p, self.field
        w, h = p["nose_w"], p["nose_h"]
        tip_z = -.0370 - .012 * (p["nose_l"] - 1)
        tip_y = -.1080 - .012 * (h - 1)
        self.nose_tip = np.array([0, tip_y, tip_z])
        mid = [0, -.0955 - .008 * (h - 1), -.012]
        fd.add(cone([0, -.0865, .010], mid, .0066, .0074 * w ** .5), .014)
        fd.add(cone(mid, [0, tip_y + .001, tip_z + .002], .0074 * w ** .5, .0092 * w ** .5), .008)
        fd.add(cone([0, tip_y + .002, tip_z - .003], [0, -.0915, tip_z - .0105], .0060, .0050), .006)
        for s in (1, -1):
            fd.add(ellipsoid([s * .0108 * w, -.0975, tip_z - .0028], [.0068, .0098, .0064], rot("z", s * 22)), .0075)
            fd.cut(ellipsoid([s * .0068 * w, -.0985, tip_z - .0092], [.0038 * w, .0062, .0036], rot("z", s * 28)), .003)
            fd.bump([s * .0205 * w, -.090, tip_z - .004], [.0042, .012, .010], -.0016 - .0010 * p["age"])
        self.tip_z = tip_z

    def _eyes(self):
        p, fd = self.p, self.field
        up, lo, w = self.lid_up, self.lid_lo, self.eye_w
        for s in (1, -1):
            c = EYE * [s, 1, 1]
            fd.add(ellipsoid(c + [0, .0004, .0002], [.0152, .0138, .0132]), .0060)

            def opening(q, c=c, s=s):
                x, z = (q[:, 0] - c[0]) * s, q[:, 2] - c[2]
                g = np.maximum(z - up(x), lo(x) - z) * .8
                g = np.maximum(g, np.abs(x) - w)
                return np.maximum(g, q[:, 1] - (c[1] - .0025)).astype(F)

            fd.cut((opening, c - [.02, .03, .012], c + [.02, .0, .012]), .0010)

            def lids(q, c=c, s=s):
                x, z = (q[:, 0] - c[0]) * s, q[:, 2] - c[2]
                fade = smoothstep(1.25, .75, np.abs(x) / w) * (q[:, 1] < c[1])
                fold = np.exp(-((z - up(x) - .0044 * p["lid_fold"] - .0005) / .0011) ** 2)
                rim = np.exp(-((z - up(x) - .0010) / .0011) ** 2)
                bag = np.exp(-((z - lo(x) + .0052) / .0012) ** 2) * (.25 + p["age"])
                return fade * (rim * .0007 - fold * .0015 - bag * .0009)

            fd.emboss(lids, c - [.02, .03, .016], c + [.02, .004, .018])

    def _mouth(self):
        fd, p = self.field, self.p
        w = self.mouth_w

        def lips(q):
            x, z = q[:, 0], q[:, 2]
            zu, zm, zl = self.lip_lines(x)
            u = np.clip(np.abs(x) / w, 0, 1.3)
            end = smoothstep(1.12, .75, u) * (q[:, 1] < -.06)
            tu = np.clip((z - zm) / np.maximum(zu - zm, 1e-4), -.6, 2.2)
            tl = np.clip((zm - z) / np.maximum(zm - zl, 1e-4), -.6, 2.2)
            hu = np.exp(-((tu - .42) / .62) ** 2) * .0040
            hl = np.exp(-((tl - .48) / .60) ** 2) * .0052
            h = np.where(z > zm, hu, hl) * p["lip"] ** .5
            groove = np.exp(-((z - zm) / .0010) ** 2) * .0030
            return end * (h - groove)

        fd.emboss(lips, np.array([-w - .01, -.13, self.mouth_z - .025]),
                  np.array([w + .01, -.05, self.mouth_z + .02]))
        for s in (1, -1):
            corner = [s * (w + .001), -.083, self.mouth_z + .0035 * p["smile"]]
            fd.bump(corner, [.0040, .012, .0040], -.0022)
            fd.bump([s * .0030, -.098, -.0545], [.0022, .01, .005], .0008)
            R = rot("y", s * 28)
            fd.bump([s * .0315, -.082, -.054], [.0035, .014, .015],
                    -.0006 - .0012 * p["smile"] - .0016 * p["age"], R=R)                       # smile line
        fd.bump([0, -.098, -.054], [.0022, .01, .005], -.0012)                                 # philtrum

    def _ear(self):
        fd, e, w = self.field, self.p["ear"], self.p["width"]
        for s in (1, -1):
            R = rot("z", s * 24) @ rot("x", -8)
            c = np.array([s * (.0735 * w), .012, -.006])
            fd.add(ellipsoid(c, np.array([.0055, .0165, .0300]) * e, R), .006)
            pts = [(-.013, -.004), (-.014, .014), (-.006, .027), (.006, .0285), (.014, .020), (.0155, .004), (.010, -.014), (.001, -.025)]
            pts = [c + (R @ np.array([s * .0052, y * e, z * e], F)) for y, z in pts]
            for a, b in zip(pts, pts[1:]):
                fd.add(cone(a, b, .0030, .0030), .0030)
            fd.add(ellipsoid(c + R @ np.array([s * .003, -.003, -.026], F) * e, [.0042, .0070, .0078], R), .004)
            fd.cut(ellipsoid(c + R @ np.array([s * .0078, -.001, -.004], F), np.array([.0062, .0085, .0135]) * e, R), .004)
            fd.cut(cone(c + R @ np.array([s * .0072, .006, .012], F), c + R @ np.array([s * .0072, -.004, .019], F), .0036, .003), .003)
            fd.add(cone(c + R @ np.array([s * .003, -.0125, -.010], F), c + R @ np.array([s * .003, -.012, -.003], F), .0038, .0034), .004)

    # ---- colour -------------------------------------------------------------
    def masks(self, q):
        """Soft masks at head-space points: lips, blush, lid, beard zone, scalp."""
        x, y, z = q[:, 0], q[:, 1], q[:, 2]
        front = smoothstep(-.05, -.07, y)
        zu, zm, zl = self.lip_lines(x)
        soft = .0011
        inside = smoothstep(-soft, soft, zu - z) * smoothstep(-soft, soft, z - zl)
        lips = inside * smoothstep(1.04, .93, np.abs(x) / self.mouth_w) * front
        ax = np.abs(x)
        g = lambda cx, cy, cz, r: np.exp(-(((ax - cx) / r[0]) ** 2 + ((y - cy) / r[1]) ** 2 + ((z - cz) / r[2]) ** 2))
        blush = g(.046, -.066, -.032, (.020, .03, .017)) + .8 * g(0, -.108, self.tip_z, (.011, .012, .011))
        blush += .9 * smoothstep(.070, .078, ax) * (np.abs(z + .01) < .05) * (y > -.03)
        lid = g(EYE[0], -.085, .006, (.016, .02, .0065)) + .7 * g(EYE[0] - .003, -.085, -.012, (.014, .02, .005))
        ex, ez = ax - EYE[0], z - EYE[2]
        liner = (np.exp(-((ez - self.lid_up(ex) - .0002) / .0008) ** 2) + .45 * np.exp(-((ez - self.lid_lo(ex)) / .0007) ** 2))
        liner = np.clip(liner, 0, 1) * smoothstep(1.08, .9, np.abs(ex) / self.eye_w) * (y < -.06)
        jaw = smoothstep(-.034, -.052, z - .35 * np.maximum(ax - .03, 0)) * smoothstep(-.128, -.114, z)
        jaw *= smoothstep(.045, .0, y) * (1 - lips)
        jaw *= 1 - g(0, -.09, -.052, (.004, .03, .006)) * .4
        stache = g(.012, -.095, -.056, (.018, .02, .0055))
        beard = np.clip(jaw * smoothstep(-.060, -.075, z + np.maximum(.026 - ax, 0) * .3 - np.maximum(ax - .035, 0) * 1.1)
                        + stache, 0, 1)
        return dict(lips=lips, blush=np.clip(blush, 0, 1), lid=np.clip(lid, 0, 1), liner=liner, beard=beard, scalp=self.scalp(q))

    hairline = staticmethod(spline([-.10, -.080, -.066, -.052, -.038, -.026, -.014, .000, .012, .024, .034, .060, .10],
                      [.066, .063, .056, .038, .016, .006, -.010, .018, .030, .012, -.030, -.066, -.070]))

    def scalp(self, q):
        line = self.hairline(q[:, 1]) + .004 * np.sin(q[:, 0] * 190) * (q[:, 1] < -.05)
        return smoothstep(-.004, .008, q[:, 2] - line)
