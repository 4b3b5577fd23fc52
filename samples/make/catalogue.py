"""The garments of the shop, each laid on a table: cut, cloth, trimmings.

A garment function returns the placed garment, and the middle and height of the
picture that shows it.
"""
import numpy as np
from scipy.spatial import cKDTree
import cloth
import flat
from field import smoothstep
from patterns import Cloth
from wear import Garment, collar


# ---- painted details of tops ---------------------------------------------------
def sleeves(cl, cut):
    """For painting: mask of the sleeves, the way along and across them."""
    beyond, along, across = cut.sleeve(cl.X, cl.Z)
    return smoothstep(-.001, .001, beyond) * (along > -.02), along, across


def armholes(cl, cut):
    beyond, _, _ = cut.sleeve(cl.X, cl.Z)
    m = (cl.Z > cut.P[1] - .004) * (cl.Z < cut.S[1] + .010)
    cl.shade(.60, np.exp(-(beyond / .0017) ** 2) * m)
    cl.raise_(-.35, np.exp(-(beyond / .0020) ** 2) * m)
    cl.raise_(.20, np.exp(-((beyond + .006) / .0050) ** 2) * m)


def cuffs(cl, cut, width, lift=.3):
    """The last `width` metres of each sleeve: a raised band with a seam above it -> its mask."""
    mask, along, _ = sleeves(cl, cut)
    band = mask * smoothstep(cut.length - width - .001, cut.length - width + .001, along)
    cl.raise_(lift, band)
    line = mask * np.exp(-((along - (cut.length - width)) / .0016) ** 2)
    cl.shade(.6, line)
    cl.raise_(-.3, line)
    return band


def from_neck(cl, cut):
    """Distance from the edge of the front neckline in metres, negative above it."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 200)
    ring = np.stack([cut.neck * np.sin(t), cut.neck_z - cut.drop * np.cos(t) ** .9], 1)
    d = np.full(cl.X.shape, .5)
    near = (np.abs(cl.X) < cut.neck + .04) & (cl.Z > cut.neck_z - cut.drop - .04)
    d[near] = cKDTree(ring).query(np.stack([cl.X[near], cl.Z[near]], 1))[0]
    inside = (np.abs(cl.X) < cut.neck) & (cl.Z > np.interp(cl.X, ring[:, 0], ring[:, 1]))
    return np.where(inside, -d, d)


def breton():
    """A long-sleeved tee in cream with navy stripes."""
    cut = flat.Top(neck=.090, drop=.072, shoulder=(.182, 1.440), chest=.212, waist=(.200, 1.06), hem_x=.212, hem=.815,
                   cuff=.086, length=.575)
    g = Garment.laid(cut, cloth.JERSEY, 21)
    cl = Cloth(-.60, .60, .76, 1.52, "#efe9dc", seed=1, px=1500)
    mask, along, across = sleeves(cl, cut)
    v = np.where(mask > .5, along + .008, cl.Z)
    yoke = np.where(mask > .5, 1, smoothstep(1.375, 1.37, cl.Z))
    cl.stripes(v, .030, .0125, "#1d2a4a", yoke)
    cl.jersey()
    armholes(cl, cut)
    d = from_neck(cl, cut)
    band = smoothstep(.020, .019, d)
    cl.lay("#1d2a4a", band)
    cl.rib(np.arctan2(cl.X, cut.neck_z - cl.Z) * .09, band, .0045, .5)
    cl.seam([(-.3, .839), (.3, .839)], "#d8d2c2")
    cuffs(cl, cut, .022, .1)
    return g.place("breton", cl, inner=.5), (0, 0, 1.150), 1.0


def shirt(name, base, paint, seed, fabric, button="#f4f1e8"):
    """A button-through shirt with collar, placket, chest pocket and cuffs."""
    cut = flat.Top(neck=.080, neck_z=1.482, drop=.070, back_drop=-.020, shoulder=(.200, 1.438), chest=.236,
                   hem_x=.230, hem=.785, hem_bow=.020, length=.615, cuff=.102)
    g = Garment.laid(cut, fabric, seed)
    cl = Cloth(-.64, .64, .70, 1.55, base, seed=2, px=1500)
    paint(cl, sleeves(cl, cut))
    armholes(cl, cut)
    for s in (1, -1):                                     # yoke
        cl.seam([(s * .075, 1.440), (s * .200, 1.396)])
    cl.raise_(.5, cl.box(-.017, .017, .6, 1.42))
    for x in (-.0172, .0172):
        cl.shade(.55, cl.box(x - .0009, x + .0009, .6, 1.42, .0006))
        cl.shade(.85, cl.box(x * .7 - .0006, x * .7 + .0006, .6, 1.42, .0004))
    px, pz = .108, 1.245                                  # pocket, on the wearer's left
    pts = [(px - .056, pz + .066), (px - .056, pz - .056), (px, pz - .080), (px + .056, pz - .056), (px + .056, pz + .066)]
    inside = (np.abs(cl.X - px) < .056) * (cl.Z < pz + .066) * (cl.Z > pz - .056 - .024 * (1 - np.abs(cl.X - px) / .056))
    cl.raise_(.45, inside)
    cl.shade(.52, cl.line(pts, .0032))
    cl.shade(.58, cl.line([pts[0], pts[-1]], .0030))
    cl.shade(.82, cl.line([(px - .056, pz + .040), (px + .056, pz + .040)], .0020))
    cuffs(cl, cut, .062)
    hz = cut.hem - cut.hem_bow * (1 + np.cos(np.clip(np.abs(cl.X) / cut.hem_x, 0, 1) * np.pi))
    cl.shade(.7, np.exp(-((cl.Z - hz - .010) / .0010) ** 2) * (np.abs(cl.X) < cut.hem_x))
    cl.shade(.66, cl.box(-.2, .2, 1.474, 1.476) * (np.abs(cl.X) < .085))
    g.place(name, cl, inner=.55)
    g.buttons([(0, z) for z in np.linspace(1.370, .85, 7)], button)
    g.buttons([(px, pz + .053)], button, .005)
    collar(g, cut, cl)
    return g, (0, 0, 1.125), 1.02


def oxford():
    def paint(cl, sl):
        mask, along, across = sl
        u = np.where(mask > .5, across, cl.X)
        cl.stripes(u, .0042, .0014, "#e9f1fa", .75)
        cl.twill(.08, .0016, .03)
        cl.heather(.05)
    return shirt("oxford", "#8fb2dd", paint, 5, cloth.SHIRTING)


def flannel():
    def paint(cl, sl):
        mask, along, across = sl
        u, v = np.where(mask > .5, across, cl.X), np.where(mask > .5, along, cl.Z)
        cl.check(u, v, .092, [(0, .040, "#2a1618", .62), (.046, .010, "#e8dcc4", .45), (.030, .0035, "#e8b54a", .6)])
        cl.heather(.07)
        cl.twill(.12, .0022, .04)
    return shirt("flannel", "#b02a2e", paint, 12, cloth.FLANNEL, "#3a2c26")


# ---- trousers --------------------------------------------------------------------
def trousers_paint(cl, stitch, waist=1.035, fly=True, crease=False, pockets=True, half=.222):
    """Waistband, loops, pockets and fly; `half` is half the waist."""
    k = half / .155
    cl.raise_(.5, cl.box(-1, 1, waist - .040, 2))
    cl.seam([(-.4, waist - .040), (.4, waist - .040)], stitch)
    for s in (-1, 1):
        for x in (.075 * k, .125 * k):
            cl.raise_(.7, cl.box(s * x - .0055, s * x + .0055, waist - .048, 2))
            for e in (-.006, .006):
                cl.shade(.6, cl.box(s * x + e - .0008, s * x + e + .0008, waist - .048, 2))
        if pockets:
            cl.seam([(s * .100 * k, waist - .042), (s * .142 * k, waist - .150), (s * .20 * k, waist - .205)], stitch)
        if crease:
            cl.raise_(.9, np.exp(-((cl.X * s - .128 - (.9 - cl.Z) * .02) / .003) ** 2) * (cl.Z < waist - .05))
    if fly:
        cl.seam([(.0, waist), (.0, .78)])
        cl.stitches([(.028, waist - .045), (.027, waist - .13), (.012, waist - .165), (.0, waist - .175)], stitch or "#555555")


def bottoms(name, cut, fabric, base, paint, seed, stitch=None, button="#5a4a36"):
    g = Garment.laid(cut, fabric, seed)
    cl = Cloth(-.50, .50, .0, 1.10, base, seed=4)
    paint(cl)
    cl.seam([(-.5, cut.hem[1] + .030), (.5, cut.hem[1] + .030)], stitch)
    for s in (1, -1):                                      # outer and inner seam shine through a little
        cl.shade(.86, cl.line([(s * cut.hem[0], cut.hem[1]), (s * cut.knee[0], cut.knee[1])], .004))
    g.place(name, cl, .0026, inner=.6)
    g.buttons([(0, cut.waist_z - .022)], button, .0075)
    return g, (0, 0, (cut.waist_z + cut.hem[1]) / 2 - .005), (cut.waist_z - cut.hem[1]) / .84


def wide_trousers():
    def paint(cl):
        cl.twill(.10, .0020, .03)
        cl.heather(.05)
        trousers_paint(cl, None, crease=True, half=.178)
        for s in (1, -1):
            for x in (.075, .102):
                cl.shade(.72, cl.line([(s * x, .995), (s * (x + .008), .86)], .005) * smoothstep(.86, .97, cl.Z))
    cut = flat.Legs(waist=.178, hip=(.208, .84), crotch=.755, knee=(.236, .45), hem=(.262, .050), opening=.112, close=.2)
    return bottoms("wide", cut, dict(cloth.TWILL, weight=.2, bend=6e-6), "#c29b6c", paint, 34)


def chinos():
    def paint(cl):
        cl.twill(.16, .0022, .05)
        cl.heather(.06)
        trousers_paint(cl, "#8c8a5c", half=.188)
    return bottoms("chinos", flat.Legs(), cloth.TWILL, "#5c6040", paint, 33, "#8c8a5c")


def cargo():
    def paint(cl):
        cl.twill(.20, .0028, .06)
        cl.heather(.07)
        trousers_paint(cl, "#b9ab8a", half=.192)
        for s in (1, -1):                                  # bellows pockets
            cx, cz, w, h = s * .150, .56, .056, .092
            cl.raise_(1.2, cl.box(cx - w, cx + w, cz - h, cz + h, .001))
            cl.raise_(1.0, cl.box(cx - w - .003, cx + w + .003, cz + h - .038, cz + h + .010, .001))
            edge = [(cx - w, cz + h), (cx - w, cz - h), (cx + w, cz - h), (cx + w, cz + h)]
            cl.shade(.50, cl.line(edge, .004))
            cl.shade(.50, cl.line([(cx - w - .003, cz + h - .038), (cx + w + .003, cz + h - .038)], .005))
            cl.shade(.6, cl.line([(cx - w - .003, cz + h + .010), (cx + w + .003, cz + h + .010)], .003))
            cl.shade(.75, cl.line([(cx, cz - h), (cx, cz + h - .04)], .004))
    cut = flat.Legs(waist=.192, hip=(.222, .85), crotch=.765, knee=(.222, .47), hem=(.226, .055), opening=.094, close=.3)
    return bottoms("cargo", cut, cloth.TWILL, "#8a7a5c", paint, 36, "#b9ab8a")


def dress():
    """A short-sleeved tea dress, fitted waist, flared skirt, floral print."""
    cut = flat.Dress(neck=.096, drop=.150, back_drop=.020, shoulder=(.180, 1.442), angle=58, laid=53, length=.190, cuff=.140,
                     chest=.214, pit=1.275, waist=(.176, 1.105), hem_x=.325, hem=.400, hem_bow=.012)
    g = Garment.laid(cut, cloth.CREPE, 41, press=.02)
    cl = Cloth(-.50, .50, .36, 1.52, "#27324f", seed=9, px=1400)
    cl.flowers(["#e8747c", "#f2c6b4", "#f4ead8", "#d9546a", "#f0a35e"], "#5f8f78", .050, .0165)
    cl.twill(.05, .0014, .02)
    cl.heather(.04)
    armholes(cl, cut)
    for z in (1.117, 1.093):
        cl.seam([(-.4, z), (.4, z)])
    cuffs(cl, cut, .018, .1)
    d = from_neck(cl, cut)
    cl.shade(.62, np.exp(-((d - .012) / .0012) ** 2))
    g.place("dress", cl, .0016, lining="#161d31")
    g.buttons([(0, z) for z in np.linspace(1.290, 1.13, 4)], "#efe6d2", .0055)
    return g, (0, 0, .932), 1.27


GARMENTS = {"1-2": breton, "1-3": wide_trousers, "2-2": oxford, "2-3": chinos, "3-2": dress, "4-2": flannel, "4-3": cargo}
