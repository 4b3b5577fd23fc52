"""Making a garment object: settled points -> painted, thick cloth, with its trimmings."""
import bpy
import numpy as np
from scipy.spatial import cKDTree
import flat
import looks
from stage import mesh_object, set_uv
from tailor import neighbours


def finer(v, f, rest):
    """Every triangle into four, on a smoother surface; edges of the cloth stay where they are."""
    e = np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), 1)
    u, back, count = np.unique(e, axis=0, return_inverse=True, return_counts=True)
    n, m = len(v), len(f)
    a, b, c = (n + back.reshape(-1)[k * m:(k + 1) * m] for k in range(3))
    x, y, z = f.T
    faces = np.concatenate([np.stack(t, 1) for t in ((x, a, c), (a, y, b), (c, b, z), (a, b, c))])
    out = np.concatenate([v, (v[u[:, 0]] + v[u[:, 1]]) / 2])
    rim = np.unique(np.r_[u[count == 1].ravel(), n + np.where(count == 1)[0]])
    A = neighbours(len(out), faces)
    for k in (.5, -.35, .5):
        moved = out + k * (A @ out - out)
        moved[rim] = out[rim]
        out = moved
    return out, faces, np.concatenate([rest, (rest[u[:, 0]] + rest[u[:, 1]]) / 2])


class Garment:
    """Cloth where it came to lie (`v`), and where its points are in the
    painted plane (`rest`)."""

    def __init__(self, v, f, rest, front):
        self.v, self.f, self.rest, self.front = np.asarray(v), np.asarray(f), np.asarray(rest), np.asarray(front)

    @classmethod
    def laid(cls, cut, fabric, seed, **kw):
        """A garment of `flat`, on the table."""
        u, f, layer, v = cut.make(fabric, seed, **kw)
        g = cls(v, f, np.stack([u[:, 0], 0 * u[:, 0], u[:, 1]], 1), layer == 0)
        g.cut = cut
        return g

    def place(self, name, cloth, thick=.0022, rough=.85, sheen=.25, bump=.0012, offset=0.0, inner=1.0, lining=None):
        """Put it into the scene; `inner` darkens the back panel, whose inside shows in the neck, unless it has a
        `lining` of a colour of its own."""
        ci, hi = cloth.images(name)
        v, f, rest = finer(self.v, self.f, self.rest)
        mat = looks.cloth(name, ci, hi, rough, sheen, bump)
        inside = np.tile((~self.front[self.f]).any(1), 4) if inner < 1 or lining else np.zeros(len(f), bool)
        inner = looks.plain("lining", lining, rough, .2) if lining else looks.cloth(name, ci, hi, rough, sheen, bump, inner)
        for part, m in ((f[~inside], mat), (f[inside], inner)):
            if len(part):
                self.sheet(name, v, part, rest, cloth, m, thick, offset)
        self.mat = mat
        return self

    @staticmethod
    def sheet(name, v, f, rest, cloth, mat, thick, offset=0.0):
        ob = mesh_object(name, v, f, mat)
        set_uv(ob, cloth.uv(rest))
        m = ob.modifiers.new("t", "SOLIDIFY")
        m.thickness, m.offset = thick, offset

    def frame(self, x, z):
        """Position and normal towards the camera on the settled front above pattern (x, z)."""
        idx = np.where(self.front)[0]
        d, i = cKDTree(self.rest[idx][:, [0, 2]]).query([x, z], k=6)
        i = idx[i]
        w = 1 / (d + .002)
        p = (self.v[i] * w[:, None]).sum(0) / w.sum()
        n = np.linalg.svd(self.v[i] - self.v[i].mean(0))[2][2]
        return p, n * (-1 if n[1] > 0 else 1)

    def buttons(self, places, color, r=.0058):
        mat = looks.plain("button", color, .25, .6)
        hole = looks.plain("hole", "#2a2620", .8)
        for x, z in places:
            p, n = self.frame(x, z)
            from mathutils import Vector
            q = Vector(n).to_track_quat("Z", "Y")
            p = p + n * .0032
            bpy.ops.mesh.primitive_cylinder_add(radius=r, depth=.0028, vertices=32, location=p, rotation=q.to_euler())
            ob = bpy.context.object
            ob.data.materials.append(mat)
            b = ob.modifiers.new("b", "BEVEL")
            b.width, b.segments = .001, 3
            for dx, dy in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
                o = q @ Vector((dx * r * .28, dy * r * .28, .0012))
                bpy.ops.mesh.primitive_cylinder_add(radius=r * .13, depth=.0012, vertices=10,
                                                    location=p + np.array(o), rotation=q.to_euler())
                bpy.context.object.data.materials.append(hole)


def collar(g, cut, cloth):
    """The two leaves of a shirt collar, folded over and lying on the front."""
    t = np.linspace(np.pi / 2, .05, 24)
    edge = np.stack([cut.neck * np.sin(t), cut.neck_z - cut.drop * np.cos(t) ** .9 + .004], 1)
    low = edge[-1]
    tip, shoulder = low + [.058, -.058], np.array([cut.neck + .040, cut.neck_z - .006])
    top = edge[0] + [.003, .012]
    ring = [(edge, False), (flat.curve(low, low + [.006, -.012]), False), (flat.curve(low + [.006, -.012], tip, .02), False),
            (flat.curve(tip, shoulder, .03), False), (flat.curve(shoulder, top, .05), False), (flat.curve(top, edge[0]), False)]
    idx = np.where(g.front)[0]
    tree = cKDTree(g.rest[idx][:, [0, 2]])
    for s in (1, -1):
        u, f = flat.Cut([(p * [s, 1], k) for p, k in ring]).panel(3)
        d, i = tree.query(u, k=4)
        near = idx[i]
        w = 1 / (d + .003) ** 2
        w /= w.sum(1, keepdims=True)
        move = ((g.v[near] - g.rest[near]) * w[..., None]).sum(1)
        under = g.v[idx[tree.query(u, k=12)[1]], 1].min(1)
        fold = cKDTree(np.concatenate([edge, flat.curve(top, edge[0])]) * [s, 1]).query(u)[0]
        y = under - .0035 - .009 * np.exp(-(fold / .014) ** 2)
        v = np.stack([u[:, 0] + move[:, 0], y, u[:, 1] + move[:, 2]], 1)
        a = np.radians(38) * s
        uv = np.stack([u[:, 0] * np.cos(a) - u[:, 1] * np.sin(a), 0 * y, u[:, 0] * np.sin(a) + u[:, 1] * np.cos(a)], 1)
        uv[:, 2] += 1.12 - uv[:, 2].mean()
        uv[:, 0] += -.12 - uv[:, 0].mean()
        v, f, uv = finer(v, f, uv)
        g.sheet("collar", v, f, uv, cloth, g.mat, .0030)
