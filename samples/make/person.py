"""One person: skin, eyes, brows, lashes and hair put together in the scene."""
import bpy
import numpy as np
import figure
import hair
import looks
from field import mesh, rot, smin, F
from head import EYE, EYE_R, Head
from stage import mesh_object, srgb

LOOK = dict(skin="#d8a58a", lips="#b5605a", blush="#cf7f6a", lid="#c08a74", iris="#5a3d26",
            hair_color="#3a2418", hair=dict(), brow=dict(), brow_color=None, lash=.0055,
            beard=0.0, beard_color="#2a201c", stubble=None, scalp_tint=.75, gaze=(0, 0), liner=.75)


class Person:
    def __init__(self, spec, face, look, seed=1):
        self.spec = {**figure.SPEC, **spec}
        self.look = {**LOOK, **look}
        self.rng = np.random.default_rng(seed)
        self.body, self.J = figure.build(self.spec)
        self.head = Head(**face)
        s = self.spec
        self.R = (rot("z", s["head_turn"]) @ rot("y", s["head_tilt"]) @ rot("x", s["head_nod"])).astype(F)
        self.k = F(s["head_scale"])

    # ---- coordinates --------------------------------------------------------
    def to_head(self, p):
        return ((np.asarray(p, F) - self.J["head"].astype(F)) @ self.R) / self.k

    def to_world(self, q):
        return (np.asarray(q) * self.k) @ self.R.T + self.J["head"]

    def head_fn(self, q, cull=False):
        return self.head.field.eval(q, cull)

    def skin_fn(self, p, cull=True):
        d = self.body.eval(p, cull)
        q = self.to_head(p)
        near = (np.abs(q).max(1) < .19)
        if near.any():
            d[near] = smin(d[near], self.head.field.eval(q[near], cull) * self.k, .014)
        return d

    # ---- parts ----------------------------------------------------------------
    def tint(self, v):
        lk = self.look
        q = self.to_head(v)
        col = np.tile(srgb(lk["skin"]), (len(v), 1))
        on = (q[:, 2] > -.16) & (np.abs(q[:, 0]) < .1)
        m = self.head.masks(q[on])
        c = col[on]

        def lay(c, name, w, mask):
            w = (mask * w)[:, None]
            return c * (1 - w) + srgb(name) * w

        c = lay(c, lk["blush"], .50, m["blush"])
        c = lay(c, lk["lid"], .55, m["lid"])
        if lk["stubble"]:
            c = lay(c, lk["stubble"], .45, m["beard"])
        c = lay(c, lk["lips"], .85, m["lips"])
        c = lay(c, "#2a1a14", lk["liner"], m["liner"])
        c = lay(c, lk["hair_color"], lk["scalp_tint"], m["scalp"])
        col[on] = c
        return col

    def skin(self, fine=.0014, coarse=.0024, split=1.40):
        mat = looks.skin()
        lo, hi = self.body.bounds()
        top = self.J["head"][2] + .16
        lo, hi = np.minimum(lo, -.12) - .01, np.maximum(hi, [.12, .16, 0]) + .01
        lo[1] = min(lo[1], -.16)
        v, f = mesh(self.skin_fn, [lo[0], lo[1], split - .002], [hi[0], hi[1], top], fine)
        self.head_verts = v
        mesh_object("skin_head", v, f, mat, self.tint(v))
        v, f = mesh(self.skin_fn, lo, [hi[0], hi[1], split + .001], coarse)
        mesh_object("skin_body", v, f, mat, self.tint(v))

    def eyes(self):
        mat = looks.eye(self.look["iris"])
        gx, gz = self.look["gaze"]
        for s in (1, -1):
            bpy.ops.mesh.primitive_uv_sphere_add(radius=EYE_R, segments=64, ring_count=48)
            ob = bpy.context.object
            bpy.ops.object.shade_smooth()
            ob.data.materials.append(mat)
            ob.scale = (self.k,) * 3
            ob.location = self.to_world(EYE * [s, 1, 1])
            from mathutils import Matrix
            M = self.R.astype(float) @ rot("z", gx - s * .5 - .8 * self.spec["head_turn"]) @ rot("x", gz)
            ob.rotation_euler = Matrix(M.tolist()).to_euler()

    def solid(self, q):
        """What the hair rests on, in head space: the head, and the clothed body."""
        d = self.head.field.eval(q, False)
        w = self.to_world(q)
        low = q[:, 2] < -.06
        if low.any():
            d[low] = np.minimum(d[low], (self.body.eval(w[low], False) - .016) / self.k)
        return d

    def hair(self, density=1.0):
        lk = self.look
        q = self.to_head(self.head_verts)
        q = q[q[:, 2] > -.13]
        st = {**hair.STYLE, **lk["hair"]}
        st["children"] = max(1, int(st["children"] * density))
        st["radius"] = st["radius"] / density ** .5
        mat = hair.hair_material(lk["hair_color"])
        if st["kind"] != "none":
            pts = hair.strands(self.head_fn, st, self.solid, q, self.head.scalp(q), seed=7)
            hair.curves_object("hair", self.to_world(pts), mat, st["radius"])
        if st["kind"] == "up":
            pts = hair.knot(st, self.rng)
            hair.curves_object("bun", self.to_world(pts), mat, st["radius"] * 1.2)
        bm = mat if lk["brow_color"] is None else hair.hair_material(lk["brow_color"])
        pts = hair.brows(self.head_fn, self.rng, **lk["brow"])
        hair.curves_object("brows", self.to_world(pts), bm, .00018)
        dark = looks.plain("lash", "#1c1310", .6, .2)
        pts = hair.lashes(self.head, self.rng, EYE, lk["lash"])
        hair.curves_object("lashes", self.to_world(pts), dark, .00011)
        if lk["beard"]:
            self.beard(q)

    def beard(self, q):
        lk = self.look
        m = self.head.masks(q)["beard"]
        pool = q[m > .25]
        w = m[m > .25]
        n = 9000
        root = pool[self.rng.choice(len(pool), n, p=w / w.sum())] + self.rng.normal(0, .0006, (n, 3))
        nr = hair.normals(self.head_fn, root.astype(F))
        d = hair.norm(nr * .55 + [0, -.1, -1.0] + self.rng.normal(0, .25, (n, 3)))
        t = np.linspace(0, 1, 5)[None, :, None]
        ln = (lk["beard"] * self.rng.uniform(.6, 1.2, n))[:, None, None]
        pts = root[:, None] + d[:, None] * ln * t + nr[:, None] * ln * .35 * np.sin(t * 2.2)
        hair.curves_object("beard", self.to_world(pts), hair.hair_material(lk["beard_color"]), .00016)

    def build(self, fine=.0014, coarse=.0024, density=1.0):
        self.skin(fine, coarse)
        self.eyes()
        self.hair(density)
        return self
