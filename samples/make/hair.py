"""Hair as strands: guides grown over the head, children gathered into locks."""
import bpy
import numpy as np
from scipy.spatial import cKDTree
from field import F


def normals(fn, p, e=.0008):
    g = np.stack([fn(p + np.eye(3, dtype=F)[i] * e) - fn(p - np.eye(3, dtype=F)[i] * e) for i in range(3)], 1)
    return g / np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-9)


def norm(v):
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


STYLE = dict(kind="long", length=.40, vary=.12, part=.012, guides=1400, children=26, steps=26,
             clump=.55, spread=.0028, wave=0.0, wave_len=.09, curl=0.0, curl_len=.03, lift=.006,
             radius=.00030, front=.5, frizz=.0010)


def flow_long(q, root, st):
    """Down from the parting, over the head, then hanging."""
    side = np.where(root[:, 0] > st["part"], 1.0, -1.0)
    top = np.clip((q[:, 2] - .01) / .08, 0, 1)
    out = np.clip((.088 - np.abs(q[:, 0])) / .05, -.6, 1)
    d = np.stack([side * (1.0 * top * out - .10 * (1 - top)), .40 * top + .12 * (1 - top), -1.0 + .35 * top], 1)
    # keep the face free: sideways and back as long as it is in front of it
    face = np.clip((-.030 - q[:, 1]) / .03, 0, 1) * np.clip((.085 - q[:, 2]) / .02, 0, 1) * (q[:, 2] > -.12)
    d[:, 0] += side * face * np.clip((.080 - q[:, 0] * side) / .018, 0, 2.2)
    d[:, 1] += .9 * np.clip((-.045 - root[:, 1]) / .03, 0, 1) * (q[:, 2] > .02)
    if st["kind"] == "long":
        fwd = (root[:, 1] < .060 * st["front"]) & (q[:, 2] < -.05)
        goal = np.stack([side * (.098 + .35 * (root[:, 0] * side - .05)), np.full(len(q), -.070), q[:, 2]], 1)
        d += np.clip((goal - q) * 16, -.8, .8) * fwd[:, None] * [1, 1, 0]
        back = ~fwd & (q[:, 2] < -.05) & (root[:, 1] >= .060 * st["front"])
        d += back[:, None] * np.stack([-side * .5, np.full(len(q), 1.0), 0 * side], 1)
    else:                                   # a bob turns in under the jaw
        under = np.clip((-.055 - q[:, 2]) / .05, 0, 1)
        d += np.stack([-side * .9 * under, -.20 * under * (q[:, 1] < .03), 0 * under], 1)
    return norm(d)


def flow_short(q, root, st):
    """Combed back and to one side, sides brushed down."""
    top = np.clip((root[:, 2] - .045) / .03, 0, 1)
    comb = np.array(st.get("comb", (.8, .55, .25)))
    side = np.sign(root[:, 0]) + 0 * root[:, 0]
    d_side = np.stack([side * .20, .45 + 0 * side, -.9 + 0 * side], 1)
    d_top = np.broadcast_to(comb, d_side.shape) + np.stack([0 * side, 0 * side, .5 * (root[:, 1] < -.03)], 1)
    return norm(d_top * top[:, None] + d_side * (1 - top[:, None]))


def flow_up(q, root, st):
    """Everything gathered towards a knot at the crown."""
    return norm(np.array(st["knot"]) - q)


FLOWS = dict(long=flow_long, bob=flow_long, short=flow_short, up=flow_up, afro=None)


def grow(roots, nrm, st, solid, rng):
    """Guide curves (G, steps, 3) in head space; `solid` is what they rest on."""
    G, n = len(roots), st["steps"]
    ln = st["length"] * (1 + st["vary"] * rng.standard_normal(G)).clip(.4, 1.6)
    if st["kind"] == "short":
        top = np.clip((roots[:, 2] - .03) / .04, 0, 1)
        ln *= st.get("sides", .3) + (1 - st.get("sides", .3)) * top
        ln *= np.where(roots[:, 1] < -.04, 1.15, 1)
    if st["kind"] == "up":
        ln = np.linalg.norm(np.array(st["knot"]) - roots, axis=1) * 1.12
    ds = (ln / (n - 1))[:, None]
    flow = FLOWS[st["kind"]]
    P = roots.copy()
    D = nrm.copy() if flow is None else norm(nrm * st.get("root_lift", .35) + flow(P, roots, st))
    jit = norm(nrm + rng.standard_normal((G, 3)) * .5)
    out = [P.copy()]
    off = st["lift"] * (.6 + .8 * rng.random(G))
    for i in range(1, n):
        t = i / n
        if flow is None:
            D = norm(nrm + .35 * jit)
        else:
            D = norm(D * st.get("stiff", .7) + flow(P, roots, st) * .9 + [0, 0, -st.get("gravity", .25) * t])
        P = P + D * ds
        d = solid(P)
        want = off * min(1, i / 3)
        hit = d < want
        if hit.any():
            g = normals(solid, P[hit])
            P[hit] += g * (want[hit] - d[hit]).clip(0, .02)[:, None]
            into = np.einsum("ij,ij->i", D[hit], g).clip(None, 0)
            D[hit] = norm(D[hit] - into[:, None] * g)
        out.append(P.copy())
    return np.stack(out, 1)


def strands(head, st, solid, verts, scalp, seed=3):
    """All the strands of a hairstyle (S, steps, 3), in head space."""
    st = {**STYLE, **st}
    rng = np.random.default_rng(seed)
    pool = verts[scalp > .5]
    # even sampling of the scalp: thin the candidates on a jittered grid
    groot = pool[rng.choice(len(pool), min(st["guides"], len(pool)), replace=False)]
    nrm = normals(head, groot)
    guides = grow(groot - nrm * .001, nrm, st, solid, rng)
    N = st["guides"] * st["children"]
    croot = pool[rng.choice(len(pool), N)] + rng.normal(0, .0006, (N, 3))
    if st["kind"] in ("long", "bob"):
        croot_side, g_side = croot[:, 0] > st["part"], groot[:, 0] > st["part"]
        near = np.empty(N, int)
        for sd in (True, False):
            near[croot_side == sd] = np.where(g_side == sd)[0][cKDTree(groot[g_side == sd]).query(croot[croot_side == sd])[1]]
    else:
        near = cKDTree(groot).query(croot)[1]
    g = guides[near]
    t = np.linspace(0, 1, st["steps"])[None, :, None]
    off = (croot - groot[near])[:, None, :]
    body = rng.normal(0, st["spread"], (N, 1, 3))
    keep = 1 - st["clump"] * np.minimum(1, t * 1.6)
    out = g + off * keep + body * t * (1 - st["clump"] * .6 * t)
    out += style_waves(st, guides, near, t, rng, N)
    out += np.cumsum(rng.normal(0, st["frizz"] * .25, out.shape), 1) * t
    # tips of uneven length: cut each strand back a little
    cut = 1 - .30 * rng.random((N, 1, 1)) ** 2
    idx = (t * cut * (st["steps"] - 1)).clip(0, st["steps"] - 1.001)
    i0 = idx.astype(int)[..., 0]
    fr = idx - idx.astype(int)
    row = np.arange(N)[:, None]
    return out[row, i0] * (1 - fr) + out[row, i0 + 1] * fr


def style_waves(st, guides, near, t, rng, N):
    """Lock-wise waves and strand-wise curls."""
    G = len(guides)
    ln = np.linalg.norm(np.diff(guides, axis=1), axis=2).sum(1)
    out = np.zeros((N, st["steps"], 3))
    if st["wave"]:
        ph = np.random.default_rng(5).random(G) * 1.6 + guides[:, 0, 1] * 30
        a = (t[..., 0] * ln[near][:, None] / st["wave_len"] + ph[near][:, None]) * 2 * np.pi
        amp = st["wave"] * np.clip(t[..., 0] * 2.2 - .25, 0, 1)
        out += np.stack([np.sin(a) * amp, np.cos(a) * amp * .7, 0 * a], -1)
    if st["curl"]:
        ph = rng.random(G)[near][:, None] + rng.normal(0, .05, (N, 1))
        a = (t[..., 0] * ln[near][:, None] / st["curl_len"] + ph) * 2 * np.pi
        amp = st["curl"] * np.clip(t[..., 0] * 3, 0, 1)
        out += np.stack([np.sin(a), np.cos(a), np.sin(a + 1.3)], -1) * amp[..., None]
    return out


def knot(st, rng, count=9000, steps=22):
    """A bun: strands wound round a ball."""
    c, r = np.array(st["knot"]), st.get("knot_r", .036)
    ax = norm(np.array(st.get("knot_axis", (0, .5, 1.0))))
    u = norm(np.cross(ax, [1, 0, 0]))
    w = np.cross(ax, u)
    lock = rng.integers(0, 46, count)
    lrng = np.random.default_rng(11)
    lat0, ph0, tw = lrng.uniform(-1.1, 1.2, 46)[lock], lrng.uniform(0, 6.28, 46)[lock], lrng.uniform(-.5, .5, 46)[lock]
    t = np.linspace(0, 1, steps)[None]
    lat = (lat0 + rng.normal(0, .10, count))[:, None] + tw[:, None] * t
    az = (ph0 + rng.normal(0, .08, count))[:, None] + t * 2.4
    rr = r * (1 + rng.normal(0, .035, (count, 1)) + .10 * np.sin(t * np.pi))
    v = np.cos(lat)[..., None] * (np.cos(az)[..., None] * u + np.sin(az)[..., None] * w) + .80 * np.sin(lat)[..., None] * ax
    return c + v * rr[..., None]


def front_surface(head, x, z):
    """Points of the face surface straight ahead of (x, z)."""
    p = np.stack([x, np.full_like(x, -.15), z], 1).astype(F)
    for _ in range(40):
        p[:, 1] += head(p) * .8
    return p


def brows(head, rng, weight=1.0, arch=1.0, count=420):
    out = []
    for s in (1, -1):
        u = 1 - rng.random(count) ** .8 * .98
        x = .0125 + u * .037
        mid = .0172 + arch * (.0062 * np.sin(np.clip(u * 1.25, 0, 1.4) * 1.9)) - .004 * np.clip(u - .72, 0, 1) / .28
        half = .0036 * weight * np.clip(1.1 - u * .95, .12, 1) * np.clip(u * 4 + .35, 0, 1)
        v = rng.uniform(-1, 1, count)
        root = front_surface(head, x, mid + v * half)
        n = normals(head, root)
        d = norm(np.stack([.55 + .6 * u, 0 * u + .12, .85 - 1.15 * u - .25 * v], 1))
        ln = rng.uniform(.0055, .0085, count) * np.clip(1.15 - .4 * u, .5, 1)
        t = np.linspace(0, 1, 5)[None, :, None]
        d = norm(d - np.einsum("ij,ij->i", d, n)[:, None] * n)
        c = root[:, None] + d[:, None] * ln[:, None, None] * t + n[:, None] * (.0006 + .0010 * np.sin(t * 2.8))
        out.append(c * [s, 1, 1])
    return np.concatenate(out)


def lashes(hd, rng, eye, length=.0055, count=90):
    out = []
    for s in (1, -1):
        for upper in (1, 0):
            n = count if upper else count // 2
            x = np.sort(rng.uniform(-.92, .98, n)) * hd.eye_w
            z = hd.lid_up(x) + .0002 if upper else hd.lid_lo(x)
            y = -np.sqrt(np.maximum(.0134 ** 2 - x ** 2 * .8 - z ** 2, 1e-6))
            root = np.stack([x, y, z], 1) + eye
            ln = length * (1 if upper else .45) * (.75 + .35 * (x / hd.eye_w)) * rng.uniform(.8, 1.1, n)
            lat = x / hd.eye_w * .65 + rng.normal(0, .08, n)
            t = np.linspace(0, 1, 6)[None, :]
            sg = 1 if upper else -1
            c = np.stack([root[:, :1] + lat[:, None] * ln[:, None] * t,
                          root[:, 1:2] - ln[:, None] * (.95 * t - .20 * t * t),
                          root[:, 2:] + sg * ln[:, None] * (-.20 * t + .60 * t * t)], -1)
            out.append(c * [s, 1, 1])
    return np.concatenate(out)


def hair_material(color, rough=.32, shine=1.0):
    from stage import srgb
    m = bpy.data.materials.new("hair")
    m.use_nodes = True
    nt = m.node_tree
    nt.nodes.remove(nt.nodes["Principled BSDF"])
    b = nt.nodes.new("ShaderNodeBsdfHairPrincipled")
    b.parametrization = "COLOR"
    b.inputs["Color"].default_value = (*srgb(color), 1)
    b.inputs["Roughness"].default_value = rough
    b.inputs["Radial Roughness"].default_value = .45
    info = nt.nodes.new("ShaderNodeHairInfo")
    hue = nt.nodes.new("ShaderNodeHueSaturation")
    mul = nt.nodes.new("ShaderNodeMapRange")
    mul.inputs["To Min"].default_value, mul.inputs["To Max"].default_value = .65, 1.35
    hue.inputs["Color"].default_value = (*srgb(color), 1)
    nt.links.new(info.outputs["Random"], mul.inputs["Value"])
    nt.links.new(mul.outputs[0], hue.inputs["Value"])
    nt.links.new(hue.outputs[0], b.inputs["Color"])
    nt.links.new(b.outputs[0], nt.nodes["Material Output"].inputs["Surface"])
    return m


def curves_object(name, pts, mat, radius):
    """pts (S, n, 3) in world space."""
    S, n, _ = pts.shape
    cu = bpy.data.hair_curves.new(name)
    cu.add_curves([n] * S)
    cu.attributes["position"].data.foreach_set("vector", pts.astype(np.float32).ravel())
    taper = np.tile(np.interp(np.linspace(0, 1, n), [0, .6, 1], [1, .85, .25]), S) * radius
    at = cu.attributes.get("radius") or cu.attributes.new("radius", "FLOAT", "POINT")
    at.data.foreach_set("value", taper.astype(np.float32))
    cu.materials.append(mat)
    ob = bpy.data.objects.new(name, cu)
    bpy.context.scene.collection.objects.link(ob)
    return ob
