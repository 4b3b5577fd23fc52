"""Cutting round a figure: shells a little larger than the body, opened at neck,
hem and cuffs.  They are the pattern that `worn` lets fall as cloth.
"""
import numpy as np
from scipy import sparse
from field import Field, cone, mesh, smoothstep, spline, F
from figure import section_loft, torso_curves


def clip(v, f, s):
    """Keep the part of a triangle mesh where s <= 0 (s per vertex)."""
    s = np.where(np.abs(s) < 1e-7, 1e-7, s)
    inside = s[f] <= 0
    n = inside.sum(1)
    v, s = list(v), list(s)
    out = list(f[n == 3])
    made = {}

    def mid(a, b):
        key = (min(a, b), max(a, b))
        if key not in made:
            t = s[a] / (s[a] - s[b])
            v.append(v[a] + (v[b] - v[a]) * t)
            s.append(0.0)
            made[key] = len(v) - 1
        return made[key]

    for tri, ins in zip(f[(n == 1) | (n == 2)], inside[(n == 1) | (n == 2)]):
        k = int(np.argmax(ins if ins.sum() == 1 else ~ins))
        a, b, c = tri[k], tri[(k + 1) % 3], tri[(k + 2) % 3]
        ab, ac = mid(a, b), mid(a, c)
        if ins.sum() == 1:
            out.append((a, ab, ac))
        else:
            out += [(ab, b, c), (ab, c, ac)]
    v, f = np.array(v), np.array(out)
    used = np.unique(f)
    remap = np.zeros(len(v), int)
    remap[used] = np.arange(len(used))
    return v[used], remap[f]


def neighbours(n, f):
    i = np.concatenate([f[:, 0], f[:, 1], f[:, 2]])
    j = np.concatenate([f[:, 1], f[:, 2], f[:, 0]])
    m = sparse.coo_matrix((np.ones(len(i)), (i, j)), (n, n)).tocsr()
    m = ((m + m.T) > 0).astype(float)
    return sparse.diags(1 / np.maximum(np.asarray(m.sum(1)).ravel(), 1)) @ m


def relax(fn, v, f, rounds=14):
    """Even out the triangles while staying on the surface."""
    A = neighbours(len(v), f)
    for _ in range(rounds):
        v = v * .4 + (A @ v) * .6
        for _ in range(2):
            d = fn(v)
            e = .002
            g = np.stack([fn(v + np.eye(3)[k] * e) - fn(v - np.eye(3)[k] * e) for k in range(3)], 1) / (2 * e)
            v = v - g * (d / np.maximum((g * g).sum(1), .2))[:, None]
    return v


def smooth_rim(v, f, rounds=3):
    """Take the marching steps out of a cut edge."""
    e = np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), 1)
    u, c = np.unique(e, axis=0, return_counts=True)
    u = u[c == 1]
    v = v.copy()
    for _ in range(rounds):
        acc, cnt = np.zeros_like(v), np.zeros(len(v))
        for a, b in ((0, 1), (1, 0)):
            np.add.at(acc, u[:, a], v[u[:, b]])
            np.add.at(cnt, u[:, a], 1)
        on = cnt > 1
        v[on] = .5 * v[on] + .5 * acc[on] / cnt[on, None]
    return v


# ---- volumes ---------------------------------------------------------------
def torso_volume(fd, spec, ease, drape, z_lo, z_hi=1.47, flare=0.0, k=.05, floor=.84):
    """The torso with ease, hanging straight below its widest part by `drape`."""
    z, a, b, cy, cx = torso_curves(spec)
    zs = np.linspace(z_hi, z_lo, 40)
    A, B = a(np.maximum(zs, floor)) + ease, b(np.maximum(zs, floor)) + ease
    B = B + .020 * spec["fem"] * np.exp(-((zs - 1.255) / .075) ** 2)
    hung_a, hung_b = np.maximum.accumulate(A), np.maximum.accumulate(B)
    top = zs > 1.30
    A = np.where(top, A, A + drape * (hung_a - A))
    B = np.where(top, B, B + drape * (hung_b - B))
    f = flare * np.clip((1.15 - zs), 0, 1)
    shrink = smoothstep(1.50, 1.42, zs) if z_hi > 1.4 else 1
    A, B = (A + f) - .0 * shrink, B + f * .8
    fd.add(section_loft(zs, spline(zs, A), spline(zs, B), cy, cx, power=2.35), k)


def top_volume(spec, J, ease=.018, drape=.7, sleeve=.014, sleeve_end=.014, z_lo=.86, flare=0.0, arms=2):
    fd = Field()
    torso_volume(fd, spec, ease, drape, z_lo - .04, flare=flare)
    fd.retag("body")
    f = spec["fem"]
    ga = spec["limb"] * (1 - .17 * f)
    for s in (1, -1):
        sh, el, wr = (J[n, s] for n in ("shoulder", "elbow", "wrist"))
        fd.add(cone([s * .05, .034, 1.458], sh + [-s * .01, 0, .004], .022 + ease * .5, .044 * ga + ease * .5), .05, "body")
        if arms:
            fd.add(cone(sh, el, .051 * ga + sleeve, .039 * ga + sleeve), .035, f"sleeve{s}")
        if arms > 1:
            fd.add(cone(el, wr + (wr - el) * .2, .039 * ga + sleeve, .026 * ga + sleeve_end), .012, f"sleeve{s}")
    return fd


def trouser_volume(spec, J, ease=.012, knee=.016, ankle=.03, z_hi=1.04):
    fd = Field()
    torso_volume(fd, spec, ease * .7 + .002, .0, .768, z_hi=z_hi + .03, floor=.768)
    g = spec["limb"]
    for s in (1, -1):
        hip, kn, an = (J[n, s] for n in ("hip", "knee", "ankle"))
        an = an + [0, -.012, -.12]
        th = hip * .5 + kn * .5
        fd.add(cone(hip, th, .089 * g - .005 * spec['fem'] + ease, .073 * g + ease), .045)
        fd.add(cone(th, kn, .073 * g + ease, .055 * g + knee), .012)
        fd.add(cone(kn, an, .055 * g + knee, .036 * g + ankle), .012)
    return fd


def skirt_prim(spec, z_top, z_lo, flare, folds=11, depth=.10, ease=.012):
    """A flared skirt from the waist; soft folds deepen towards the hem."""
    z, a, b, cy, cx = torso_curves(spec)
    A0, B0 = float(a(np.array([z_top]))[0]) + ease, float(b(np.array([z_top]))[0]) + ease
    hip_a = lambda q: a(np.maximum(q, .86)) + ease
    hip_b = lambda q: b(np.maximum(q, .86)) + ease

    def fn(p):
        q = np.clip(p[:, 2], z_lo, z_top)
        t = (z_top - q) / (z_top - z_lo)
        grow = flare * t ** .85
        A, B = np.maximum(A0 + grow, hip_a(q)), np.maximum(B0 + grow * .80, hip_b(q))
        th = np.arctan2(p[:, 1] / B, p[:, 0] / A)
        wave = np.cos(folds * th + .7 * np.sin(2 * th + 1)) + .45 * np.cos((folds + 5) * th + 2)
        s = 1 + depth * t ** .8 * .6 * wave
        k = np.hypot(p[:, 0] / A, (p[:, 1] - .006) / B) / s
        d = (k - 1) * np.minimum(A, B) * .75
        return np.maximum(d, np.maximum(p[:, 2] - z_top - .01, z_lo - .02 - p[:, 2])).astype(F)

    m = A0 + flare * 1.4 + .1
    return fn, np.array([-m, -m, z_lo - .03]), np.array([m, m, z_top + .02])


def neck_cut(w, front, back, z_top):
    def s(p):
        d = back + (front - back) * smoothstep(.045, -.005, p[:, 1])
        r = np.sqrt((p[:, 0] / w) ** 2 + (np.maximum(z_top - p[:, 2], 0) / d) ** 2)
        return ((1 - r) * w).astype(float)
    return s


def sleeve_cut(J, side, t, vol):
    """Where the sleeve ends: t = 0 shoulder .. 1 elbow .. 2 wrist.

    Only what lies nearer to the sleeve than to the trunk is cut: a hanging
    arm is close enough to the side seam to be taken for it."""
    arm, trunk = vol.select({f"sleeve{side}"}), vol.select({"body"})
    a, b = (J["shoulder", side], J["elbow", side]) if t <= 1 else (J["elbow", side], J["wrist", side])
    u = t if t <= 1 else t - 1
    c = a + (b - a) * u
    d = (b - a) / np.linalg.norm(b - a)

    def s(p):
        along = (p - c) @ d
        own = arm.eval(p, False) < trunk.eval(p, False)
        return np.where(own & (p[:, 0] * side > 0), np.maximum(along, -.3), -.3)
    return s


def hem_cut(z, curve=0.0):
    return lambda p: z + curve * np.clip(1 - (np.abs(p[:, 0]) / .2) ** 2, 0, 1) * -1 - p[:, 2]


def shell(fd, cuts, step=.010):
    fn = fd.eval if isinstance(fd, Field) else fd
    lo, hi = fd.bounds()
    v, f = mesh(lambda p, c=True: fn(p, c), lo - .02, hi + .02, step, block=16)
    v = relax(lambda p: fn(p, False), v.astype(float), f)
    for s in cuts:
        v, f = clip(v, f, s(v))
    v = smooth_rim(v, f)
    return v, f
