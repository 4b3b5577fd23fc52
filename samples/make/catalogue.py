"""The garments of the shop: shape, cloth, trimmings."""
import numpy as np
import figure
import tailor
from field import Field, smoothstep
from patterns import Cloth
from wear import Garment, shirt_collar


def mannequin(fem):
    arm = lambda s: dict(upper=(.33 * s, 0, -1), fore=(.30 * s, -.02, -1), thumb=(-.3 * s, -1, 0))
    spec = {**figure.SPEC, "fem": fem, "arms": {1: arm(1), -1: arm(-1)}, "feet": {1: (.125, 0), -1: (-.125, 0)}}
    return spec, figure.build(spec)[1]


def sleeve_space(cl, J, inset=.012):
    """For painting: mask of the sleeves, the way along and across them."""
    mask = np.zeros_like(cl.X)
    along, across = np.zeros_like(cl.X), np.zeros_like(cl.X)
    for s in (1, -1):
        sh, wr = J["shoulder", s], J["wrist", s]
        d = (wr - sh)[[0, 2]] / np.linalg.norm((wr - sh)[[0, 2]])
        a = (cl.X - sh[0]) * d[0] + (cl.Z - sh[2]) * d[1]
        c = (cl.X - sh[0]) * d[1] - (cl.Z - sh[2]) * d[0]
        edge = (abs(sh[0]) - inset) + np.maximum(sh[2] - .135 - cl.Z, 0) * .30
        m = smoothstep(-.001, .001, cl.X * s - edge)
        mask = np.maximum(mask, m)
        along, across = np.where(m > .5, a, along), np.where(m > .5, c, across)
    return mask, along, across


def armholes(cl, J, inset=.012, stitch=None):
    for s in (1, -1):
        sh = J["shoulder", s]
        x = abs(sh[0]) - inset
        cl.seam([(s * x, sh[2] + .08), (s * (x - .004), sh[2] - .05), (s * (x + .004), sh[2] - .135)], stitch)


def ends(cl, J, t, width, side_fn):
    """Run side_fn(mask, along) on the last `width` metres of each sleeve."""
    mask, along, across = sleeve_space(cl, J)
    sh, el, wr = (J[n, 1] for n in ("shoulder", "elbow", "wrist"))
    full = np.linalg.norm(el - sh) * min(t, 1) + np.linalg.norm(wr - el) * max(t - 1, 0)
    side_fn(mask * smoothstep(full - width - .001, full - width + .001, along), across)
    m = mask * np.exp(-((along - (full - width)) / .0016) ** 2)
    cl.shade(.6, m)
    cl.raise_(-.3, m)


PIN_TOP = lambda v: smoothstep(1.41, 1.45, v[:, 2])


def top_folds(cl, J, k=1.0, sleeves=True, hem=.86):
    """How a top pulls: from the armpits, at the waist, round the elbows."""
    for s in (1, -1):
        sh, el, wr = (J[n, s][[0, 2]] for n in ("shoulder", "elbow", "wrist"))
        pit = sh + [-s * .018, -.115]
        cl.creases(3, pit, pit + [-s * .085, .075], .10 * s, .008, .0045 * k, .010)
        cl.creases(3, pit + [0, -.02], pit + [-s * .075, -.115], .12 * s, .009, .0045 * k, .012)
        cl.creases(3, [s * .150, 1.12], [s * .045, 1.07], .10 * s, .010, .0040 * k, .020)
        cl.creases(3, [s * .155, 1.02], [s * .050, 1.06], -.08 * s, .010, .0035 * k, .020)
        cl.creases(2, [s * .110, 1.00], [s * .120, hem], .04, .013, .0045 * k, .020)
        cl.creases(2, sh + [-s * .02, .0], sh + [s * .010, -.10], .15 * s, .008, .0035 * k, .008)
        if sleeves:
            ax = (wr - sh) / np.linalg.norm(wr - sh)
            pr = np.array([ax[1], -ax[0]])
            for c, n in ((.50, 4), (.44, 2), (.66, 3), (.80, 3), (.28, 2), (.93, 2)):
                m = sh + (wr - sh) * c
                cl.creases(n, m + pr * .055 + ax * .02, m - pr * .050 - ax * .02, .12, .0075, .0046 * k, .014)


def leg_folds(cl, J, k=1.0, z_lo=.07, stack=1.0):
    """Whiskers at the hip, rings behind the knee, breaks above the shoe."""
    for s in (1, -1):
        hip, kn, an = (J[n, s][[0, 2]] for n in ("hip", "knee", "ankle"))
        cl.creases(4, [s * .018, .825], [hip[0] + s * .070, .905], .10 * s, .009, .0050 * k, .014)
        cl.creases(2, [s * .022, .800], [hip[0] + s * .055, .790], -.10 * s, .010, .0045 * k, .016)
        cl.creases(4, kn + [-s * .060, .04], kn + [s * .055, .00], .12, .010, .0045 * k, .024)
        cl.creases(3, kn + [s * .060, -.05], kn + [-s * .050, -.09], .10, .010, .0040 * k, .022)
        cl.creases(3, hip * .6 + kn * .4 + [s * .065, .03], hip * .4 + kn * .6 + [-s * .01, 0], .08, .014, .0040 * k, .025)
        n = int(4 * stack)
        cl.creases(n, [an[0] - s * .060, z_lo + .075], [an[0] + s * .055, z_lo + .055], .16, .009, .0055 * k, .018)
        cl.creases(n, [an[0] + s * .060, z_lo + .150], [an[0] - s * .040, z_lo + .115], .12, .010, .0045 * k, .022)


def breton():
    """A long-sleeved tee in cream with navy stripes."""
    spec, J = mannequin(1.0)
    vol = tailor.top_volume(spec, J, ease=.016, drape=.75, sleeve=.012, sleeve_end=.010, z_lo=.84)
    neck = (.092, .078, .022, 1.468)
    cuts = [tailor.neck_cut(*neck), tailor.hem_cut(.855)] + [tailor.sleeve_cut(J, s, 1.86, vol) for s in (1, -1)]
    g = Garment(vol, cuts, PIN_TOP, grow=.035, bend=.3)
    cl = Cloth(-.48, .48, .82, 1.52, "#efe9dc", seed=1)
    mask, along, across = sleeve_space(cl, J)
    v = np.where(mask > .5, along + .008, cl.Z)
    yoke = np.where(mask > .5, 1, smoothstep(1.375, 1.37, cl.Z))
    cl.stripes(v, .030, .0125, "#1d2a4a", yoke)
    cl.jersey()
    armholes(cl, J)
    d = (1 - np.sqrt((cl.X / neck[0]) ** 2 + (np.maximum(neck[3] - cl.Z, 0) / neck[1]) ** 2)) * neck[0]
    band = smoothstep(-.020, -.019, d) * (cl.Z < neck[3] + .03) * (np.abs(cl.X) < .12)
    cl.lay("#1d2a4a", band)
    cl.rib(np.arctan2(cl.X, neck[3] - cl.Z) * .09, band, .0045, .5)
    hem = smoothstep(.8785, .8775, cl.Z)
    cl.seam([(-.3, .878), (.3, .878)], "#d8d2c2")
    ends(cl, J, 1.86, .022, lambda m, u: cl.shade(.97, m))
    top_folds(cl, J, .8)
    return g.place("breton", cl), (0, .015, 1.150), .84


def shirt(name, fem, base, paint, button="#f4f1e8", collar=True):
    """A button-through shirt with collar, placket, chest pocket and cuffs."""
    spec, J = mannequin(fem)
    vol = tailor.top_volume(spec, J, ease=.024, drape=.85, sleeve=.018, sleeve_end=.014, z_lo=.80)
    hem = lambda p: .845 - .026 * np.cos(np.clip(np.abs(p[:, 0]) / .2, 0, 1) * np.pi) - p[:, 2]
    cuts = [tailor.neck_cut(.086, .085, .020, 1.486), hem] + [tailor.sleeve_cut(J, s, 1.93, vol) for s in (1, -1)]
    g = Garment(vol, cuts, PIN_TOP, grow=.045, bend=.5)
    cl = Cloth(-.54, .54, .77, 1.55, base, seed=2)
    sl = sleeve_space(cl, J)
    paint(cl, sl)
    armholes(cl, J)
    for s in (1, -1):                                     # yoke
        cl.seam([(s * .075, 1.43), (s * .20, 1.395)])
    cl.raise_(.5, cl.box(-.017, .017, .7, 1.42))
    for x in (-.0172, .0172):
        cl.shade(.55, cl.box(x - .0009, x + .0009, .7, 1.42, .0006))
        cl.shade(.85, cl.box(x * .7 - .0006, x * .7 + .0006, .7, 1.42, .0004))
    px, pz = .098, 1.255                                  # pocket, on the wearer's left
    pts = [(px - .052, pz + .062), (px - .052, pz - .052), (px, pz - .075), (px + .052, pz - .052), (px + .052, pz + .062)]
    inside = (np.abs(cl.X - px) < .052) * (cl.Z < pz + .062) * (cl.Z > pz - .052 - .023 * (1 - np.abs(cl.X - px) / .052))
    cl.raise_(.45, inside)
    cl.shade(.52, cl.line(pts, .0032))
    cl.shade(.58, cl.line([pts[0], pts[-1]], .0030))
    cl.shade(.82, cl.line([(px - .052, pz + .038), (px + .052, pz + .038)], .0020))
    ends(cl, J, 1.93, .060, lambda m, u: cl.raise_(.4, m))
    hz = .845 - .026 * np.cos(np.clip(np.abs(cl.X) / .2, 0, 1) * np.pi)
    cl.shade(.7, np.exp(-((cl.Z - hz - .010) / .0010) ** 2))
    top_folds(cl, J, 1.15)
    g.place(name, cl)
    g.buttons([(0, z) for z in np.linspace(1.365, .90, 7)], button)
    g.buttons([(px, pz + .050)], button, .005)
    if collar:
        shirt_collar(g.mat, cl, vol)
    return g, (0, .015, 1.150), .92


def oxford():
    def paint(cl, sl):
        mask, along, across = sl
        u = np.where(mask > .5, across, cl.X)
        cl.stripes(u, .0042, .0014, "#e9f1fa", .75)
        cl.twill(.08, .0016, .03)
        cl.heather(.05)
    return shirt("oxford", 0.0, "#8fb2dd", paint)


def flannel():
    def paint(cl, sl):
        mask, along, across = sl
        u, v = np.where(mask > .5, across, cl.X), np.where(mask > .5, along, cl.Z)
        cl.check(u, v, .092, [(0, .040, "#2a1618", .62), (.046, .010, "#e8dcc4", .45), (.030, .0035, "#e8b54a", .6)])
        cl.heather(.07)
        cl.twill(.12, .0022, .04)
    return shirt("flannel", 0.0, "#b02a2e", paint, "#3a2c26")


def trousers_paint(cl, stitch, waist=1.035, fly=True, crease=False, pockets=True):
    cl.raise_(.5, cl.box(-1, 1, waist - .040, 2))
    cl.seam([(-.4, waist - .040), (.4, waist - .040)], stitch)
    for s in (-1, 1):
        for x in (.075, .125):
            cl.raise_(.7, cl.box(s * x - .0055, s * x + .0055, waist - .048, 2))
            for e in (-.006, .006):
                cl.shade(.6, cl.box(s * x + e - .0008, s * x + e + .0008, waist - .048, 2))
        if pockets:
            cl.seam([(s * .105, waist - .042), (s * .150, waist - .150), (s * .20, waist - .21)], stitch)
        if crease:
            cl.raise_(.9, np.exp(-((cl.X * s - .108 - (.9 - cl.Z) * .02) / .003) ** 2) * (cl.Z < waist - .05))
    if fly:
        cl.seam([(.0, waist), (.0, .82)])
        cl.stitches([(.028, waist - .045), (.027, waist - .13), (.012, waist - .165), (.0, waist - .175)], stitch or "#555555")


def bottoms(name, fem, base, paint, ease=.014, knee=.018, ankle=.034, z_hi=1.035, z_lo=.055, thick=.0026, grow=.035, **kw):
    spec, J = mannequin(fem)
    vol = tailor.trouser_volume(spec, J, ease, knee, ankle, z_hi)
    cuts = [lambda p: p[:, 2] - z_hi + .006 * (p[:, 1] < 0), tailor.hem_cut(z_lo)]
    pin = lambda v: smoothstep(z_hi - .06, z_hi - .03, v[:, 2])
    g = Garment(vol, cuts, pin, grow=grow, bend=.6)
    cl = Cloth(-.40, .40, .0, 1.10, base, seed=4)
    paint(cl, J)
    cl.seam([(-.4, z_lo + .030), (.4, z_lo + .030)], kw.get("stitch"))
    leg_folds(cl, J, kw.get("folds", 1.0), z_lo, kw.get("stack", 1.0))
    g.place(name, cl, thick)
    g.buttons([(0, z_hi - .020)], kw.get("button", "#5a4a36"), .0075)
    return g, (0, .01, (z_hi + z_lo) / 2), (z_hi - z_lo) / .84


def wide_trousers():
    def paint(cl, J):
        cl.twill(.10, .0020, .03)
        cl.heather(.05)
        trousers_paint(cl, None, crease=True)
        for s in (1, -1):
            for x in (.062, .085):
                cl.shade(.72, cl.line([(s * x, .995), (s * (x + .008), .86)], .005) * smoothstep(.86, .97, cl.Z))
    return bottoms("wide", 1.0, "#c29b6c", paint, ease=.020, knee=.045, ankle=.085, grow=.025, folds=.7, stack=.5)


def chinos():
    def paint(cl, J):
        cl.twill(.16, .0022, .05)
        cl.heather(.06)
        trousers_paint(cl, "#8c8a5c")
    return bottoms("chinos", 0.0, "#5c6040", paint, ease=.014, knee=.022, ankle=.036)


def cargo():
    def paint(cl, J):
        cl.twill(.18, .0026, .05)
        cl.heather(.07)
        trousers_paint(cl, "#b9ab8a")
        for s in (1, -1):
            cx, cz, w, h = s * .168, .60, .058, .085
            body = cl.box(cx - w, cx + w, cz - h, cz + h, .001)
            cl.fold += .0045 * body
            flap = cl.box(cx - w - .003, cx + w + .003, cz + h - .038, cz + h + .010, .001)
            cl.fold += .0030 * flap
            edge = [(cx - w, cz + h), (cx - w, cz - h), (cx + w, cz - h), (cx + w, cz + h)]
            cl.shade(.50, cl.line(edge, .004))
            cl.shade(.50, cl.line([(cx - w - .003, cz + h - .038), (cx + w + .003, cz + h - .038)], .005))
            cl.shade(.6, cl.line([(cx - w - .003, cz + h + .010), (cx + w + .003, cz + h + .010)], .003))
            cl.shade(.75, cl.line([(cx, cz - h), (cx, cz + h - .04)], .004))
            kn = [(s * .06, .47), (s * .17, .46)]
            cl.seam(kn, "#b9ab8a")
    return bottoms("cargo", 0.0, "#8a7a5c", paint, ease=.020, knee=.036, ankle=.050, grow=.045)


def dress():
    """A short-sleeved tea dress, fitted waist, flared skirt, floral print."""
    spec, J = mannequin(1.0)
    vol = tailor.top_volume(spec, J, ease=.010, drape=.10, sleeve=.020, sleeve_end=.02, z_lo=.98)
    vol.add(tailor.skirt_prim(spec, 1.085, .47, .17, folds=11), .02, "body")
    cuts = [tailor.vee_cut(.098, .155, .025, 1.470, 1.35), tailor.hem_cut(.50)]
    cuts += [tailor.sleeve_cut(J, s, .62, vol) for s in (1, -1)]
    pin = lambda v: np.maximum(PIN_TOP(v), smoothstep(.03, .01, np.abs(v[:, 2] - 1.085)))
    g = Garment(vol, cuts, pin, grow=.03, bend=.25)
    cl = Cloth(-.48, .48, .46, 1.52, "#27324f", seed=9)
    cl.flowers(["#e8747c", "#f2c6b4", "#f4ead8", "#d9546a", "#f0a35e"], "#5f8f78", .050, .0165)
    cl.twill(.05, .0014, .02)
    cl.heather(.04)
    armholes(cl, J)
    for z in (1.098, 1.072):
        cl.seam([(-.4, z), (.4, z)])
    cl.seam([(-.45, .515), (.45, .515)])
    ends(cl, J, .62, .018, lambda m, u: None)
    top_folds(cl, J, .55, sleeves=False)
    for x in (-.21, -.15, -.09, -.02, .05, .12, .19):
        cl.creases(2, [x * .45, 1.05], [x * 1.35, .50], .02, .018, .0080, .010)
    g.place("dress", cl, .0016)
    g.buttons([(0, z) for z in np.linspace(1.285, 1.12, 4)], "#efe6d2", .0055)
    return g, (0, .01, .985), 1.20


GARMENTS = {"1-2": breton, "1-3": wide_trousers, "2-2": oxford, "2-3": chinos, "3-2": dress, "4-2": flannel, "4-3": cargo}
