"""The body below the chin: torso, limbs, hands, as one blended field.

All figures are built 1.75 m tall; the camera frames them, so real height does
not matter.  `spec` keys: fem (0 man .. 1 woman), girth, limb (limb thickness),
head_scale, lean (sideways shift of the hips), arms = {+1: {...}, -1: {...}}
where +1 is the picture's right; feet = {side: (x, turn-out degrees)}; relax = {side:
metres by which a knee that carries no weight comes forward}.
"""
import numpy as np
from field import Field, cone, ellipsoid, smin, spline, F

#          z      man a   b    cy     woman a   b    cy
TORSO = [(0.760, .030, .040, .015, .030, .040, .018),
         (0.800, .105, .074, .015, .110, .078, .018),
         (0.845, .150, .098, .015, .150, .100, .020),
         (0.900, .168, .110, .015, .168, .110, .020),
         (0.970, .160, .106, .008, .156, .103, .010),
         (1.030, .150, .101, .002, .138, .091, .000),
         (1.090, .146, .100, -.002, .126, .084, -.002),
         (1.160, .150, .104, .000, .124, .086, .000),
         (1.240, .164, .113, .004, .133, .094, .004),
         (1.310, .176, .116, .010, .142, .094, .010),
         (1.370, .180, .105, .018, .146, .086, .016),
         (1.410, .150, .082, .024, .124, .072, .022),
         (1.450, .094, .060, .028, .078, .052, .026),
         (1.470, .030, .026, .034, .026, .022, .032)]

SPEC = dict(fem=1.0, girth=1.0, limb=1.0, head_scale=1.06, lean=0.0, arms={},
            feet={1: (.098, 10), -1: (-.098, 10)}, relax={}, head_turn=0.0, head_tilt=0.0,
            head_nod=0.0)


def unit(v):
    v = np.asarray(v, float)
    return v / np.linalg.norm(v)


def section_loft(zs, a, b, cy, cx, power=2.25, grow=0.0):
    """Stacked super-elliptic sections; every argument after zs is f(z)."""
    lo_z, hi_z = min(zs), max(zs)

    def fn(p):
        z = np.clip(p[:, 2], lo_z, hi_z)
        A, B = a(z) + grow, b(z) + grow
        x, y = np.abs((p[:, 0] - cx(z)) / A), np.abs((p[:, 1] - cy(z)) / B)
        k0 = np.maximum((x ** power + y ** power) ** (1 / power), 1e-4)
        g = np.sqrt((x ** (power - 1) / A) ** 2 + (y ** (power - 1) / B) ** 2)
        g = np.maximum(g / k0 ** (power - 1), 1e-3)
        d = np.clip((k0 - 1) / g, -.2, 2)
        cap = np.abs(p[:, 2] - (lo_z + hi_z) / 2) - (hi_z - lo_z) / 2
        return np.maximum(d, cap - 0.02).astype(F)

    m = max(a(np.array(zs)).max(), b(np.array(zs)).max()) + grow + .06
    return fn, np.array([-m, -m, lo_z - .09]), np.array([m, m, hi_z + .09])


def torso_curves(spec):
    t = np.array(TORSO)
    f = spec["fem"]
    mix = lambda m, w: (t[:, m] * (1 - f) + t[:, w] * f)
    g = 1 + (spec["girth"] - 1) * np.interp(t[:, 0], [.8, 1.05, 1.3, 1.45], [.6, 1, .6, 0])
    z = t[:, 0]
    lean = spec["lean"]
    sway = spline([.78, .95, 1.15, 1.35, 1.5], [lean, lean, lean * .2, -lean * .35, -lean * .2])
    return z, spline(z, mix(1, 4) * g), spline(z, mix(2, 5) * g), spline(z, mix(3, 6)), sway


def joints(spec):
    """World positions of the joints, from the spec's directions."""
    f, lean = spec["fem"], spec["lean"]
    J = {"neck": np.array([-lean * .25, .030, 1.475]),
         "head": np.array([-lean * .25, .005, 1.632 - .004 * f])}
    for s in (1, -1):
        arm = spec["arms"][s]
        sh = np.array([s * (.184 - .026 * f) - lean * .3, .022, 1.379 + arm.get("lift", 0)])
        el = sh + unit(arm["upper"]) * (.292 - .012 * f)
        wr = el + unit(arm["fore"]) * (.250 - .012 * f)
        J["shoulder", s], J["elbow", s], J["wrist", s] = sh, el, wr
        fx, turn = spec["feet"][s]
        J["hip", s] = np.array([s * (.088 - .006 * f) + lean, .012, .900])
        slack = spec["relax"].get(s, 0)
        J["ankle", s] = np.array([fx, .030 - .5 * slack, .085])
        knee = J["hip", s] * .47 + J["ankle", s] * .53
        J["knee", s] = knee + [s * .004, -.022 - slack, .0]
    return J


def torso_ops(fd, spec, J):
    f = spec["fem"]
    z, a, b, cy, cx = torso_curves(spec)
    fd.add(section_loft(z, a, b, cy, cx), tag="torso")
    top = float(cx(np.array([1.35]))[0])
    for s in (1, -1):
        sh = J["shoulder", s]
        fd.add(cone([s * .02 + top, .040, 1.485], [sh[0] * .80, .032, 1.400], .026, .030), .06, "torso")
        fd.add(ellipsoid(sh + [-s * .012, 0, -.014], np.array([.055, .058, .058]) * (1 - .16 * f)), .05, "torso")
        if f > .5:
            fd.add(ellipsoid([s * .070 + top, -.066, 1.262], [.058, .056, .058]), .045, "torso")
        else:
            fd.add(ellipsoid([s * .078 + top, -.074, 1.305], [.085, .038, .056]), .06, "torso")
        fd.add(cone([s * .016 + top, -.038, 1.444], [sh[0] * .86, -.008, 1.420], .009, .008), .022, "neck")
    r = .0540 - .0120 * f
    head = J["head"]
    fd.add(cone(J["neck"] + [0, .008, -.03], head + [0, .022, -.085], r * 1.06, r * .95), .03, "neck")
    for s in (1, -1):
        fd.add(cone([top + s * .012, -.036, 1.446], head + [s * .044, .030, -.070], .009, .010), .022, "neck")
    fd.bump([top, -.046, 1.447], [.012, .02, .012], -.005, "neck")


def limb_ops(fd, spec, J):
    f, g = spec["fem"], spec["limb"]
    ga = g * (1 - .17 * f)
    for s in (1, -1):
        sh, el, wr = (J[n, s] for n in ("shoulder", "elbow", "wrist"))
        mid = sh * .5 + el * .5
        out = unit(np.cross(wr - el, [0, 1, 0]) + 1e-6)
        fd.add(cone(sh, mid, .049 * ga, .0445 * ga), .035, "arm")
        fd.add(cone(mid, el, .0445 * ga, .0365 * ga), .006, "arm")
        q = el * .72 + wr * .28
        fd.add(cone(el, q + out * .003, .0370 * ga, .0395 * ga), .010, "fore")
        fd.add(cone(q + out * .003, wr, .0395 * ga, .0255 * (1 - .1 * f)), .006, "fore")
        hip, kn, an = (J[n, s] for n in ("hip", "knee", "ankle"))
        th = hip * .55 + kn * .45
        fd.add(cone(hip, th, .088 * g - .005 * f, .074 * g), .05, "leg")
        fd.add(cone(th, kn, .074 * g, .053 * g), .010, "leg")
        calf = kn * .68 + an * .32 + [0, .020, 0]
        fd.add(cone(kn, calf, .051 * g, .053 * g), .012, "leg")
        fd.add(cone(calf, an, .053 * g, .034), .010, "leg")


FINGERS = [  # base t, base w, phalanges, radius, fan, extra curl
    (.0290, .088, (.043, .026, .021), .0086, 9, 0),
    (.0095, .093, (.047, .030, .022), .0089, 2, 5),
    (-.0100, .089, (.043, .028, .021), .0084, -5, 9),
    (-.0280, .080, (.034, .021, .019), .0075, -13, 12)]


def hand_prim(wrist, W, T, side, scale, curl=(14, 24, 16)):
    """A relaxed hand; W points along it, T towards the thumb's side."""
    W = unit(W)
    T = unit(np.asarray(T, float) - np.dot(T, W) * W)
    P = -side * np.cross(T, W)
    M = np.stack([T, P, W], 1).astype(F) * scale
    palm = Field()
    fingers = []
    for t, w, ph, r, fan, extra in FINGERS:
        palm.add(cone([t * .55, 0, .0], [t, 0, w - .004], .0155, .0125), .014)
        fan_r = np.radians(fan)
        pos, ang, chain = np.array([t, 0, w]), 0.0, []
        for i, ln in enumerate(ph):
            ang += np.radians(curl[i] + extra * (.5, .8, .5)[i])
            step = np.array([np.sin(fan_r) * np.cos(ang), np.sin(ang), np.cos(fan_r) * np.cos(ang)])
            nxt = pos + step * ln
            chain.append(cone(pos, nxt, r * (1, .94, .86)[i], r * (.94, .86, .74)[i])[0])
            pos = nxt
        fingers.append(chain)
    palm.add(ellipsoid([.022, .010, .034], [.017, .013, .030]), .012)
    palm.add(ellipsoid([-.022, .008, .040], [.013, .012, .034]), .012)
    thumb = [(.020, .008, .018), (.043, .019, .052), (.053, .024, .082), (.056, .027, .108)]
    fingers.append([cone(a, b, ra, rb)[0] for a, b, ra, rb in
                    zip(thumb, thumb[1:], (.0155, .0112, .0098), (.0115, .0098, .0072))])
    fan_k = (.007, .007, .007, .007, .014)

    def fn(p):
        q = (p - wrist.astype(F)) @ M / scale ** 2
        d0 = palm.eval(q, cull=False)
        out = d0
        for chain, k in zip(fingers, fan_k):
            df = chain[0](q)
            for c in chain[1:]:
                df = smin(df, c(q), .004)
            out = np.minimum(out, smin(d0, df, k))
        return out * scale

    tip = wrist + W * .10 * scale
    return fn, tip - .135, tip + .135


def build(spec):
    """-> (Field of everything below the chin, joints)."""
    spec = {**SPEC, **spec}
    J = joints(spec)
    fd = Field()
    torso_ops(fd, spec, J)
    limb_ops(fd, spec, J)
    for s in (1, -1):
        arm = spec["arms"][s]
        hand = arm.get("hand", arm["fore"])
        fd.add(hand_prim(J["wrist", s], hand, arm["thumb"], s, .98 - .09 * spec["fem"],
                         arm.get("curl", (14, 24, 16))), .020, "hand")
    return fd, J
