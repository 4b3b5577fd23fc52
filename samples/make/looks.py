"""Materials: skin, eyes, cloth, shoes."""
import bpy
import numpy as np
from stage import srgb


def _principled(name):
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    return m, m.node_tree, m.node_tree.nodes["Principled BSDF"]


def _noise_bump(nt, bsdf, scale, strength, dist, coord="Object", detail=3):
    tc = nt.nodes.new("ShaderNodeTexCoord")
    no = nt.nodes.new("ShaderNodeTexNoise")
    no.inputs["Scale"].default_value, no.inputs["Detail"].default_value = scale, detail
    bu = nt.nodes.new("ShaderNodeBump")
    bu.inputs["Strength"].default_value, bu.inputs["Distance"].default_value = strength, dist
    nt.links.new(tc.outputs[coord], no.inputs["Vector"])
    nt.links.new(no.outputs["Fac"], bu.inputs["Height"])
    nt.links.new(bu.outputs["Normal"], bsdf.inputs["Normal"])
    return tc, no, bu


def skin(rough=.50, sss=.20):
    """Colour comes from the mesh's own `tint`; a little scattering, fine pores."""
    m, nt, b = _principled("skin")
    a = nt.nodes.new("ShaderNodeAttribute")
    a.attribute_name = "tint"
    tc, no, _ = _noise_bump(nt, b, 1400, .16, .0006)
    mottle = nt.nodes.new("ShaderNodeTexNoise")
    mottle.inputs["Scale"].default_value, mottle.inputs["Detail"].default_value = 70, 4
    nt.links.new(tc.outputs["Object"], mottle.inputs["Vector"])
    hue = nt.nodes.new("ShaderNodeHueSaturation")
    rng = nt.nodes.new("ShaderNodeMapRange")
    rng.inputs["From Min"].default_value, rng.inputs["From Max"].default_value = .3, .7
    rng.inputs["To Min"].default_value, rng.inputs["To Max"].default_value = .93, 1.07
    nt.links.new(mottle.outputs["Fac"], rng.inputs["Value"])
    nt.links.new(rng.outputs[0], hue.inputs["Value"])
    nt.links.new(a.outputs["Color"], hue.inputs["Color"])
    nt.links.new(hue.outputs[0], b.inputs["Base Color"])
    b.inputs["Roughness"].default_value = rough
    b.inputs["Specular IOR Level"].default_value = .33
    b.inputs["Subsurface Weight"].default_value = sss
    b.inputs["Subsurface Radius"].default_value = (1, .38, .2)
    b.inputs["Subsurface Scale"].default_value = .008
    return m


def eye(iris):
    """Rings round the gaze axis (-y of the eyeball's own space)."""
    m, nt, b = _principled("eye")
    tc = nt.nodes.new("ShaderNodeTexCoord")
    mul = nt.nodes.new("ShaderNodeVectorMath")
    mul.operation = "MULTIPLY"
    mul.inputs[1].default_value = (1, 0, 1)
    ln = nt.nodes.new("ShaderNodeVectorMath")
    ln.operation = "LENGTH"
    sc = nt.nodes.new("ShaderNodeMath")
    sc.operation = "MULTIPLY"
    sc.inputs[1].default_value = 100.0
    ramp = nt.nodes.new("ShaderNodeValToRGB")
    c = srgb(iris)
    stops = [(.0, (.004,) * 3), (.20, (.004,) * 3), (.235, c * .45), (.34, c * 1.0), (.46, c * .6), (.55, c * .18),
             (.60, np.array([.20, .18, .18])), (.66, np.array([.56, .53, .51])), (1.0, np.array([.54, .44, .41]))]
    el = ramp.color_ramp.elements
    while len(el) < len(stops):
        el.new(.5)
    for e, (pos, col) in zip(el, stops):
        e.position, e.color = pos, (*col, 1)
    nt.links.new(tc.outputs["Object"], mul.inputs[0])
    nt.links.new(mul.outputs[0], ln.inputs[0])
    nt.links.new(ln.outputs["Value"], sc.inputs[0])
    nt.links.new(sc.outputs[0], ramp.inputs["Fac"])
    nt.links.new(ramp.outputs["Color"], b.inputs["Base Color"])
    b.inputs["Roughness"].default_value = .30
    b.inputs["Specular IOR Level"].default_value = .12
    b.inputs["Coat Weight"].default_value = .45
    b.inputs["Coat Roughness"].default_value = .03
    return m


def plain(name, color, rough=.6, spec=.4, bump=None):
    m, nt, b = _principled(name)
    b.inputs["Base Color"].default_value = (*(srgb(color) if isinstance(color, str) else color), 1)
    b.inputs["Roughness"].default_value = rough
    b.inputs["Specular IOR Level"].default_value = spec
    if bump:
        _noise_bump(nt, b, *bump)
    return m


def cloth(name, color_img, bump_img, rough=.85, sheen=.25, bump=.0012, value=1.0):
    """Painted cloth: a colour picture, made darker by `value`, and a height picture."""
    m, nt, b = _principled(name)
    ti, tb = nt.nodes.new("ShaderNodeTexImage"), nt.nodes.new("ShaderNodeTexImage")
    ti.image, tb.image = color_img, bump_img
    bu = nt.nodes.new("ShaderNodeBump")
    bu.inputs["Strength"].default_value, bu.inputs["Distance"].default_value = .9, bump
    tone = nt.nodes.new("ShaderNodeHueSaturation")
    tone.inputs["Value"].default_value = value
    nt.links.new(ti.outputs["Color"], tone.inputs["Color"])
    nt.links.new(tone.outputs[0], b.inputs["Base Color"])
    nt.links.new(tb.outputs["Color"], bu.inputs["Height"])
    nt.links.new(bu.outputs["Normal"], b.inputs["Normal"])
    b.inputs["Roughness"].default_value = rough
    b.inputs["Specular IOR Level"].default_value = .2
    b.inputs["Sheen Weight"].default_value = sheen
    b.inputs["Sheen Roughness"].default_value = .5
    return m


def ground(color, kind):
    """A calm ground in the plane y = 0: "paper", "linen" or pale "boards"."""
    m, nt, b = _principled("ground")
    link, new = nt.links.new, nt.nodes.new
    b.inputs["Roughness"].default_value = .85
    b.inputs["Specular IOR Level"].default_value = .15
    tc = new("ShaderNodeTexCoord")
    stretch = new("ShaderNodeMapping")
    stretch.inputs["Scale"].default_value = dict(paper=(6, 6, 6), linen=(900, 1, 60), boards=(60, 1, 2.2))[kind]
    link(tc.outputs["Object"], stretch.inputs["Vector"])
    grain = new("ShaderNodeTexNoise")
    grain.inputs["Scale"].default_value, grain.inputs["Detail"].default_value = 1, 4
    link(stretch.outputs[0], grain.inputs["Vector"])
    span = new("ShaderNodeMapRange")
    lo, hi = dict(paper=(.985, 1.015), linen=(.93, 1.07), boards=(.90, 1.08))[kind]
    for k, v in (("From Min", .3), ("From Max", .7), ("To Min", lo), ("To Max", hi)):
        span.inputs[k].default_value = v
    link(grain.outputs["Fac"], span.inputs["Value"])
    hue = new("ShaderNodeHueSaturation")
    hue.inputs["Color"].default_value = (*srgb(color), 1)
    link(span.outputs[0], hue.inputs["Value"])
    last = hue.outputs[0]
    if kind == "boards":
        last = _joints(nt, tc, last)
    link(last, b.inputs["Base Color"])
    return m


def _joints(nt, tc, colour):
    """Dark lines between boards 0.28 m wide, running up the picture."""
    link, new = nt.links.new, nt.nodes.new
    split = new("ShaderNodeSeparateXYZ")
    link(tc.outputs["Object"], split.inputs[0])
    wave = split.outputs["X"]
    for op, value in (("ADD", 10.14), ("PINGPONG", .14), ("GREATER_THAN", .0016), ("MULTIPLY_ADD", .3)):
        node = new("ShaderNodeMath")
        node.operation = op
        node.inputs[1].default_value = value
        node.inputs[2].default_value = .7
        link(wave, node.inputs[0])
        wave = node.outputs[0]
    shade = new("ShaderNodeHueSaturation")
    link(wave, shade.inputs["Value"])
    link(colour, shade.inputs["Color"])
    return shade.outputs[0]


def image(name, rgb, data=False):
    """A bpy image from an array (H, W, 3), row 0 at the bottom, linear values."""
    h, w, _ = rgb.shape
    im = bpy.data.images.new(name, w, h, float_buffer=True, is_data=data)
    px = np.ones((h, w, 4), np.float32)
    px[..., :3] = rgb
    im.pixels.foreach_set(px.ravel())
    im.pack()
    return im
