"""Plain trainers: a rubber sole, a cloth upper, laces."""
import numpy as np
import looks
from field import Field, cone, mesh, rot, smax, spline, F
from stage import mesh_object

_W = spline([-.185, -.175, -.15, -.11, -.05, .0, .05, .080, .092], [.006, .022, .038, .046, .042, .036, .036, .026, .006])
_TOP = spline([-.185, -.165, -.13, -.08, -.035, .0, .03, .07, .095], [.026, .040, .049, .066, .092, .112, .116, .108, .085])


def _sole(p):
    d2 = (np.abs(p[:, 0]) - _W(p[:, 1])) * .8
    d = smax(d2, np.abs(p[:, 2] - .014) - .014, .008)
    return np.maximum(d, np.maximum(p[:, 1] - .094, -.187 - p[:, 1])).astype(F)


def _upper(p):
    w, t = _W(p[:, 1]) - .003, _TOP(p[:, 1])
    z = np.maximum(p[:, 2] - .012, 0) / np.maximum(t - .012, .01)
    k = (np.abs(p[:, 0] / np.maximum(w, .004)) ** 2.3 + z ** 2.3) ** (1 / 2.3)
    d = (k - 1) * np.minimum(w, t * .6)
    return np.maximum(np.maximum(d, .01 - p[:, 2]), np.maximum(p[:, 1] - .090, -.182 - p[:, 1])).astype(F)


def _spot(J, spec, s):
    """Where a shoe stands and how it is turned."""
    return J["ankle", s] * [1, 1, 0] + [0, .005, 0], rot("z", s * spec["feet"][s][1])


def solid(p, J, spec):
    """Distance to both shoes, for cloth to rest on."""
    d = np.full(len(p), 9.0, F)
    low = p[:, 2] < .25
    for s in (1, -1):
        at, R = _spot(J, spec, s)
        q = ((p[low] - at) @ R).astype(F)
        d[low] = np.minimum(d[low], np.minimum(_upper(q), _sole(q)))
    return d


def trainers(J, spec, upper="#f2f1ee", sole="#f6f5f2", lace="#ffffff"):
    mats = [looks.plain("upper", upper, .75, .3, (900, .15, .0006)), looks.plain("sole", sole, .5, .4),
            looks.plain("lace", lace, .8, .2)]
    lo, hi = np.array([-.06, -.2, -.004]), np.array([.06, .11, .13])
    laces = Field()
    for i in range(5):
        y = -.035 - i * .018
        z = float(_TOP(np.array([y]))[0]) - .001
        laces.add(cone([-.016, y - .004, z - .006], [.000, y, z + .0015], .0030, .0030))
        laces.add(cone([.016, y - .004, z - .006], [.000, y, z + .0015], .0030, .0030))
    laces.add(cone([-.002, -.03, .100], [-.030, -.050, .085], .0026, .0022))
    laces.add(cone([.002, -.03, .100], [.028, -.052, .084], .0026, .0022))
    for s in (1, -1):
        at, R = _spot(J, spec, s)
        for fn, m, name in ((_upper, 0, "upper"), (_sole, 1, "sole"), (lambda p: laces.eval(p, False), 2, "lace")):
            v, f = mesh(lambda p, c=True: fn(p), lo, hi, .0022, block=16, slack=2.2)
            mesh_object(name, v @ R.T + at, f, mats[m])
