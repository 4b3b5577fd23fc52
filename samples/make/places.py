"""Where people stand: a paper sweep, a room corner, a street in the distance, a brick wall."""
import bpy
import numpy as np
from scipy.ndimage import gaussian_filter
import looks
import stage
from stage import mesh_object, set_uv, srgb

BACK = 1.15                              # the wall behind the person, metres


def panel(name, corners, mat):
    """A rectangle from its four corners, textured once across."""
    ob = mesh_object(name, np.array(corners, float), [[0, 1, 2, 3]], mat)
    set_uv(ob, [[0, 0], [1, 0], [1, 1], [0, 1]])
    return ob


def painted(name, rgb, rough=.85, glow=0.0):
    """A material from a picture, lit or (`glow`) shining by itself."""
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    nt = m.node_tree
    b = nt.nodes["Principled BSDF"]
    t = nt.nodes.new("ShaderNodeTexImage")
    t.image = looks.image(name, rgb.astype(np.float32), data=True)
    nt.links.new(t.outputs["Color"], b.inputs["Emission Color" if glow else "Base Color"])
    if glow:
        b.inputs["Emission Strength"].default_value = glow
        b.inputs["Base Color"].default_value = (0, 0, 0, 1)
    b.inputs["Roughness"].default_value = rough
    b.inputs["Specular IOR Level"].default_value = .2
    return m


def noise(rng, shape, size):
    n = gaussian_filter(rng.standard_normal(shape), size, mode="wrap")
    return n / n.std()


def floor(mat, back=BACK):
    return panel("floor", [(-3, -5, 0), (3, -5, 0), (3, back, 0), (-3, back, 0)], mat)


def wall(mat, back=BACK):
    return panel("wall", [(-3, back, 0), (3, back, 0), (3, back, 4), (-3, back, 4)], mat)


def boards(rng, base, across=42, n=1400):
    """A wooden floor seen along its boards; v runs away from the camera."""
    v, u = np.mgrid[0:n, 0:n] / n
    k = np.floor(u * across).astype(int)
    shift = rng.random(across)[k]
    piece = np.floor((v + shift) * 4).astype(int)
    tone = rng.normal(1, .06, (across, 6))[k, piece % 6]
    grain = 1 + .05 * noise(rng, (n, n), (40, .8)) + .02 * noise(rng, (n, n), (4, .6))
    gap = (np.abs((u * across) % 1 - .5) > .475) | (np.abs(((v + shift) * 4) % 1 - .5) > .4975)
    return srgb(base) * (tone * grain * np.where(gap, .6, 1))[..., None].clip(.2, 2)


def bricks(rng, base, mortar, width=6.0, height=4.0, n=1500):
    """A brick wall, running bond."""
    z, x = np.mgrid[0:int(n * height / width), 0:n] * (width / n)
    row = np.floor(z / .075).astype(int)
    col = np.floor(x / .24 + .5 * (row % 2)).astype(int)
    fx, fz = (x / .24 + .5 * (row % 2)) % 1, (z / .075) % 1
    joint = (fx < .045) | (fz < .14)
    tone = rng.normal(1, .055, (row.max() + 1, col.max() + 1))[row, col]
    rough = 1 + .03 * noise(rng, x.shape, 1.5) + .02 * noise(rng, x.shape, 12)
    c = srgb(base) * (tone * rough)[..., None]
    soft = gaussian_filter(joint.astype(float), .8)[..., None]
    return (c * (1 - soft) + srgb(mortar) * (rough[..., None]) * soft).clip(.01, 1)


def park(rng, n=1500):
    """Lawn, hedge, trees and sky far out of focus, as a picture 6 m wide and 4 m high; the horizon is at eye level."""
    h, w = int(n * 2 / 3), n
    z = (np.mgrid[0:h, 0:w][0] / h * 4)[..., None]
    x = np.mgrid[0:h, 0:w][1][..., None] / w * 6
    sky, lawn = srgb("#dfe8ec"), srgb("#a4b57e")
    c = sky + 0 * z
    for top, size, leaf in ((2.15, 70, "#a3b78f"), (1.75, 50, "#7f9a68"), (1.32, 22, "#5f7a50")):   # far trees, near ones, a hedge
        crowns = noise(rng, (h, w), size)[..., None] * size / 190
        tone = 1 + .16 * noise(rng, (h, w), 13)[..., None] + .12 * (z - top)
        c = np.where(z < top + crowns, srgb(leaf) * tone, c)
    shade = noise(rng, (h, w), (5, 90))[..., None]
    c = np.where(z < 1.08, lawn * (1 + .10 * shade - .12 * (1.08 - z)), c)
    for at in rng.uniform(0, 6, 9):                                     # trunks, down to the lawn
        c = c * (1 - .45 * np.exp(-((x - at) / rng.uniform(.02, .05)) ** 2) * (z > 1.04) * (z < 1.9))
    for _ in range(420):                                                # circles of light between leaves
        at, up, r = rng.uniform(0, 6), rng.uniform(1.25, 2.6), rng.uniform(.015, .05)
        disc = np.clip((r - np.hypot(x - at, z - up)) * 90, 0, 1)
        c = c + disc * rng.uniform(-.04, .16) * np.array([1, 1, .85])
    return gaussian_filter(c, (8, 8, 0)).clip(.01, 1)


def sweep(color, z=1.25):
    """Seamless paper; `z` is the height that the lights look at."""
    stage.backdrop(color)
    stage.person_lights(z)


def room(color):
    """A corner of a room: wall, skirting board, wooden floor, the side wall with its window light."""
    rng = np.random.default_rng(8)
    floor(painted("boards", boards(rng, "#8a6848"), .55))
    plaster = looks.plain("plaster", color, .95, .1, (90, .10, .002))
    wall(plaster)
    panel("side", [(-1.55, BACK, 0), (-1.55, -1.2, 0), (-1.55, -1.2, 4), (-1.55, BACK, 4)], plaster)
    white = looks.plain("skirting", "#ece8e0", .5, .3)
    y = BACK - .018
    panel("skirting", [(-3, y, 0), (3, y, 0), (3, y, .11), (-3, y, .11)], white)
    panel("edge", [(-3, y, .11), (3, y, .11), (3, BACK, .114), (-3, BACK, .114)], white)
    panel("skirting2", [(-1.532, y, 0), (-1.532, -1.2, 0), (-1.532, -1.2, .11), (-1.532, y, .11)], white)
    stage.person_lights(1.35, 1.05)


def outdoors(color):
    """Paving underfoot, a park far behind, a bright overcast sky with the sun through it."""
    rng = np.random.default_rng(15)
    n = 900
    v, u = np.mgrid[0:n, 0:n] / n
    slab = rng.normal(1, .03, (12, 12))[(v * 8).astype(int), (u * 8).astype(int)]
    joint = (np.abs((u * 8) % 1 - .5) > .492) | (np.abs((v * 8) % 1 - .5) > .492)
    stone = srgb(color) * (slab * (1 + .03 * noise(rng, (n, n), 1)) * np.where(joint, .80, 1))[..., None]
    floor(painted("paving", stone), 2.6)
    wall(painted("park", park(rng), glow=.85), 2.6)
    stage.person_lights(1.6, .8, (1, .95, .86), (.84, .92, 1))
    stage.world(.55, (.90, .95, 1))


def brick(color):
    """A painted brick wall above a concrete floor."""
    rng = np.random.default_rng(23)
    wall(painted("brick", bricks(rng, color, "#74948a")))
    n = 700
    slab = srgb("#8f8c87") * (1 + .05 * noise(rng, (n, n), 1) + .05 * noise(rng, (n, n), 25))[..., None]
    floor(painted("concrete", slab.clip(.02, 1), .8))
    stage.person_lights(1.35, 1.0)


PLACES = dict(sweep=sweep, room=room, outdoors=outdoors, brick=brick)
