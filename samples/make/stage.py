"""The photographer's studio: scene, lights, backdrop, camera, the exposure."""
import os
import bpy
import numpy as np
from mathutils import Vector


def srgb(hexcode):
    """'#rrggbb' -> linear RGB."""
    c = np.array([int(hexcode[i:i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= .04045, c / 12.92, ((c + .055) / 1.055) ** 2.4)


def reset():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def mesh_object(name, v, f, mat=None, colors=None, smooth=True, attrs=None):
    me = bpy.data.meshes.new(name)
    f = np.asarray(f)
    n = f.shape[1]
    me.vertices.add(len(v))
    me.vertices.foreach_set("co", np.asarray(v, np.float32).ravel())
    me.loops.add(f.size)
    me.loops.foreach_set("vertex_index", f.astype(np.int32).ravel())
    me.polygons.add(len(f))
    me.polygons.foreach_set("loop_start", np.arange(0, f.size, n, dtype=np.int32))
    me.update(calc_edges=True)
    me.validate()
    me.shade_smooth() if smooth else None
    if colors is not None:
        a = me.color_attributes.new("tint", "FLOAT_COLOR", "POINT")
        c = np.ones((len(v), 4), np.float32)
        c[:, :3] = colors
        a.data.foreach_set("color", c.ravel())
    for key, val in (attrs or {}).items():
        a = me.attributes.new(key, "FLOAT", "POINT")
        a.data.foreach_set("value", np.asarray(val, np.float32))
    ob = bpy.data.objects.new(name, me)
    bpy.context.scene.collection.objects.link(ob)
    if mat is not None:
        me.materials.append(mat)
    return ob


def set_uv(ob, uv):
    """Per-vertex UV, copied to the loops."""
    me = ob.data
    idx = np.empty(len(me.loops), np.int32)
    me.loops.foreach_get("vertex_index", idx)
    me.uv_layers.new(name="UVMap").data.foreach_set("uv", np.asarray(uv, np.float32)[idx].ravel())


def area(name, loc, target, size, power, color=(1, 1, 1)):
    li = bpy.data.lights.new(name, "AREA")
    li.shape, li.size, li.energy, li.color = "DISK", size, power, color
    ob = bpy.data.objects.new(name, li)
    ob.location = loc
    ob.rotation_euler = (Vector(target) - Vector(loc)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(ob)
    return ob


def backdrop(color, back=1.7, radius=.9, width=6.0):
    """A seamless paper sweep: floor, a curved corner, a wall."""
    prof = [(-5.0, 0.0), (back - radius, 0.0)]
    prof += [(back - radius + radius * np.sin(t), radius - radius * np.cos(t))
             for t in np.linspace(0, np.pi / 2, 24)[1:]]
    prof += [(back, 6.0)]
    v = [(x, y, z) for y, z in prof for x in (-width, width)]
    f = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(prof) - 1)]
    m = bpy.data.materials.new("paper")
    m.use_nodes = True
    b = m.node_tree.nodes["Principled BSDF"]
    b.inputs["Base Color"].default_value = (*srgb(color), 1)
    b.inputs["Roughness"].default_value = .9
    b.inputs["Specular IOR Level"].default_value = .1
    return mesh_object("paper", np.array(v), f, m)


def world(strength, color=(1, 1, 1)):
    w = bpy.data.worlds.new("world")
    bpy.context.scene.world = w
    w.use_nodes = True
    w.node_tree.nodes["Background"].inputs[0].default_value = (*color, 1)
    w.node_tree.nodes["Background"].inputs[1].default_value = strength


def camera(target, height, distance, aspect, eye_z=None, fstop=None):
    """Frame `height` metres of the picture around the target point."""
    cam = bpy.data.cameras.new("cam")
    cam.sensor_fit = "VERTICAL"
    cam.sensor_height = 24
    cam.lens = 24 * distance / height
    ob = bpy.data.objects.new("cam", cam)
    bpy.context.scene.collection.objects.link(ob)
    t = Vector(target)
    ob.location = (t.x, t.y - distance, eye_z if eye_z is not None else t.z)
    # keep the film vertical (no converging lines): shift instead of tilting
    ob.rotation_euler = (np.pi / 2, 0, 0)
    cam.shift_y = (t.z - ob.location.z) / height
    if fstop:
        cam.dof.use_dof = True
        cam.dof.focus_distance = distance - .09
        cam.dof.aperture_fstop = fstop
    bpy.context.scene.camera = ob
    return ob


def person_lights(z=1.3, k=1.0, warm=(1, .96, .91), cool=(.90, .95, 1)):
    area("key", (-1.9, -2.6, z + 1.5), (0, 0, z - .15), 1.5, 92 * k, warm)
    area("fill", (2.6, -2.4, z + .3), (0, 0, z - .2), 2.2, 32 * k, cool)
    area("rim", (1.6, 1.1, z + 1.0), (0, 0, z), .9, 30 * k, cool)
    area("rim2", (-1.7, 1.0, z + .7), (0, 0, z), .9, 22 * k, warm)
    world(.22)


def render(path, width, height, samples, quality=89):
    sc = bpy.context.scene
    sc.render.engine = "CYCLES"
    cy = sc.cycles
    cy.device, cy.samples, cy.seed = "CPU", samples, 7
    cy.use_adaptive_sampling, cy.adaptive_threshold = True, .02
    cy.use_denoising, cy.denoiser = True, "OPENIMAGEDENOISE"
    cy.denoising_prefilter, cy.denoising_quality = "FAST", "BALANCED"      # the accurate one takes most of the time
    cy.max_bounces, cy.diffuse_bounces, cy.glossy_bounces = 5, 3, 2
    cy.transmission_bounces, cy.transparent_max_bounces = 2, 6
    cy.caustics_reflective = cy.caustics_refractive = False
    cy.sample_clamp_indirect = 4
    sc.render.resolution_x, sc.render.resolution_y = width, height
    sc.render.resolution_percentage = 100
    sc.view_settings.view_transform = "AgX"
    sc.view_settings.look = "AgX - Medium High Contrast"
    sc.render.image_settings.file_format = "JPEG" if path.endswith("jpg") else "PNG"
    sc.render.image_settings.quality = quality
    sc.render.filepath = os.path.abspath(path)
    bpy.ops.render.render(write_still=True)


def table(color, kind="paper"):
    """The ground under a garment that is seen from above: the plane y = 0."""
    import looks
    mat = looks.ground(color, kind)
    return mesh_object("table", np.array([[-3, 0, -3], [3, 0, -3], [3, 0, 4], [-3, 0, 4.0]]), [[0, 1, 2, 3]], mat)


def product_lights(z):
    """A window low to one side, so that folds cast soft shade, and a bright room."""
    area("window", (-2.4, -2.7, z + 1.6), (0, 0, z), 1.3, 300, (1, .97, .93))
    area("fill", (2.6, -2.8, z - .2), (0, 0, z), 2.4, 60, (.93, .96, 1))
    world(.50)
