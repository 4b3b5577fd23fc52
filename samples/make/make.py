"""Makes the sample pictures.  See ../README.md for the one command to run."""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def garment_picture(key, path, scale, samples):
    import catalogue
    import stage
    stage.reset()
    _, centre, height = catalogue.GARMENTS[key]()
    w, h = 1024, 1365 if key in TALL else 1024
    stage.table(*GROUNDS.get(key, ("#e9e7e3",)))
    stage.product_lights(centre[2])
    stage.camera(centre, height, 6, w / h)
    stage.render(path, int(w * scale), int(h * scale), samples)


GROUNDS = {"1-2": ("#d9dee0",), "2-2": ("#e8e2d6", "linen"), "2-3": ("#e6e3dd",), "3-2": ("#e9dfd6",),
           "4-2": ("#cdbda6", "boards"), "4-3": ("#dfe3e6", "linen")}
TALL = {"1-3", "2-3", "3-2", "4-3"}


def names():
    import catalogue
    import people
    out = {f"wiro-virtual-try-on-input-{k}": ("garment", k) for k in catalogue.GARMENTS}
    out.update({f"wiro-virtual-try-on-input-{k}-1": ("person", k) for k in people.PEOPLE if k.isdigit()})
    out["wiro_professional-headshot_input_2"] = ("portrait", "headshot")
    out["input-portrait-2"] = ("portrait", "portrait")
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("only", nargs="*", help="make only pictures whose name contains one of these")
    ap.add_argument("--scale", type=float, default=1.0)
    ap.add_argument("--samples", type=int, default=48)
    ap.add_argument("--out", default=OUT)
    a = ap.parse_args()
    for name, (kind, key) in sorted(names().items()):
        if a.only and not any(o in name for o in a.only):
            continue
        t = time.time()
        path = os.path.join(a.out, name + ".jpg")
        if kind == "garment":
            garment_picture(key, path, a.scale, a.samples)
        else:
            import people
            people.picture(kind, key, path, a.scale, a.samples)
        print(f"{name}: {time.time() - t:.0f} s", flush=True)


if __name__ == "__main__":
    main()
