"""Making a garment object: volume -> shell -> drape -> painted, thick cloth."""
import bpy
import numpy as np
from scipy.spatial import cKDTree
import looks
import tailor
from field import mesh
from stage import mesh_object, set_uv


def form_of(fd, inset, step=.009, extra=None):
    """A dummy to drape on: the volume, a little smaller."""
    lo, hi = fd.bounds()
    fn = lambda p, c=True: fd.eval(p, c) + inset
    if extra is not None:
        fn = lambda p, c=True: np.minimum(fd.eval(p, c) + inset, extra(p) + .001)
    return mesh(fn, lo - .02, hi + .02, step, block=16)


class Garment:
    def __init__(self, fd, cuts, pin, form=None, step=.0095, drape=True, **kw):
        self.v, self.f = tailor.shell(fd, cuts, step)
        self.rest = self.v.copy()
        if drape:
            form = form if form is not None else form_of(fd, .006)
            self.v = tailor.drape(self.v, self.f, form, pin(self.v), **kw)

    def place(self, name, cloth, thick=.0022, rough=.85, sheen=.25, bump=.0012, levels=1):
        ci, hi = cloth.images(name)
        mat = looks.cloth(name, ci, hi, rough, sheen, bump)
        ob = mesh_object(name, self.v, self.f, mat)
        set_uv(ob, cloth.uv(self.rest))
        m = ob.modifiers.new("s", "SUBSURF")
        m.levels = m.render_levels = levels + bool(cloth.fold.any())
        if cloth.fold.any():
            tex = bpy.data.textures.new(name, "IMAGE")
            tex.image = cloth.relief(name)
            m = ob.modifiers.new("d", "DISPLACE")
            m.texture, m.texture_coords, m.uv_layer = tex, "UV", "UVMap"
            m.mid_level, m.strength = .5, .04
        m = ob.modifiers.new("t", "SOLIDIFY")
        m.thickness, m.offset = thick, 1.0
        self.ob, self.mat = ob, mat
        return self

    def frame(self, x, z, front=True):
        """Position and outward normal on the draped cloth above rest (x, z)."""
        side = self.rest[:, 1] < .02 if front else self.rest[:, 1] > .02
        idx = np.where(side)[0]
        d, i = cKDTree(self.rest[idx][:, [0, 2]]).query([x, z], k=6)
        i = idx[i]
        w = 1 / (d + .002)
        p = (self.v[i] * w[:, None]).sum(0) / w.sum()
        c = self.v[i] - self.v[i].mean(0)
        n = np.linalg.svd(c)[2][2]
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


def strip(name, rows, mat, thick=.002, levels=2, uv=None):
    """A ribbon of cloth through rows of points (R, N, 3)."""
    rows = np.asarray(rows)
    R, N, _ = rows.shape
    i, j = np.meshgrid(np.arange(R - 1), np.arange(N - 1), indexing="ij")
    a = (i * N + j).ravel()
    f = np.stack([a, a + 1, a + N + 1, a + N], 1)
    ob = mesh_object(name, rows.reshape(-1, 3), f, mat)
    if uv is not None:
        set_uv(ob, uv.reshape(-1, 2))
    m = ob.modifiers.new("s", "SUBSURF")
    m.levels = m.render_levels = levels
    m = ob.modifiers.new("t", "SOLIDIFY")
    m.thickness, m.offset = thick, 0
    return ob


def push_out(vol, pts, gap):
    """Move points that would sink into the garment just outside it."""
    p = pts.reshape(-1, 3).astype(np.float32)
    for _ in range(3):
        d = vol.eval(p, False)
        e = np.eye(3, dtype=np.float32) * .002
        g = np.stack([vol.eval(p + e[k], False) - vol.eval(p - e[k], False) for k in range(3)], 1)
        g[:, 2] *= .2                                        # out to the front, not upwards
        g /= np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-6)
        p += g * np.maximum(gap - d, 0)[:, None]
    return p.reshape(pts.shape)


def shirt_collar(mat, cloth, vol, w=.080, z_back=1.487, z_front=1.405, y_back=.085, y_front=-.070, tip=.070, stand=.030):
    """Stand and fold-over leaf round the neck, open at the front."""
    n = 61
    ph = np.linspace(-np.pi * .985, np.pi * .985, n)          # 0 is the back of the neck
    u = np.abs(ph) / np.pi
    yc, yr = (y_back + y_front) / 2, (y_back - y_front) / 2
    x = w * np.sin(ph) * (1 - .10 * u ** 3)
    base = np.stack([x, yc + yr * np.cos(ph), z_back + (z_front - z_back) * u ** 2.6], 1)
    out = np.stack([np.sin(ph), np.cos(ph), 0 * ph], 1)
    up = np.array([0, 0, 1.0])
    top = base + up * stand * (1 - .25 * u[:, None] ** 4) - out * .006
    fold = top + out * .007 + up * .002
    fall = (.046 + (tip - .046) * np.clip((u - .55) / .45, 0, 1) ** 1.5)[:, None]
    side = np.sign(ph)[:, None] * np.array([1, 0, 0])
    lean = np.clip((u - .70) / .30, 0, 1)[:, None]
    edge = fold + out * (.016 * (1 - lean) + .006 * lean) - up * fall + side * .030 * lean - np.array([0, .012, 0]) * lean
    rows = [base - up * .016 + out * .002, (base + top) / 2 + out * .001, top, fold, fold * .55 + edge * .45 + out * .004, edge]
    for i, gap in ((3, .006), (4, .011), (5, .009)):
        rows[i] = push_out(vol, rows[i], gap)
    cl = cloth.uv(np.stack([ph * .09, 0 * ph, np.zeros(n)], 1))
    uv = np.stack([np.stack([cl[:, 0], np.full(n, .60 + .018 * i)], 1) for i in range(len(rows))])
    return strip("collar", rows, mat, .0028, 2, uv)
