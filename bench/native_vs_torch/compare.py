"""Times the native runner's kernels and blocks beside PyTorch's, with the same weights and inputs on the same two cores.

    python -m venv venv && venv/bin/pip install -r bench/native_vs_torch/requirements.txt
    venv/bin/python bench/native_vs_torch/compare.py            # all parts: about four minutes on free cores
    venv/bin/python bench/native_vs_torch/compare.py attention  # those whose names begin so

Builds the native side, then for each part calls PyTorch and it in turn with a pause between, and prints a Markdown table:
milliseconds as minimum / median, the ratio of the minima, and the error of ours against PyTorch's result. `cpu` is the ratio
of the processor time, which other programs on the machine disturb less than the clock.
"""

import argparse
import gc
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = sorted(os.sched_getaffinity(0))[:2]
os.sched_setaffinity(0, CORES)
os.environ.update(OMP_NUM_THREADS="2", MKL_NUM_THREADS="2", RAYON_NUM_THREADS="2")

import torch  # noqa: E402 (the variables must be set before)
import torch.nn.functional as F  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

PAUSE = 0.03
CONFIGS = ROOT / "crates/runner-native/tests/golden/klein-4b"


class Native:
    """The other program."""

    def __init__(self, profile):
        build = ["cargo", "build", "-q", "-p", "atelier-runner-native", "--features", "bench", "--example", "native_vs_torch"]
        if profile == "release":
            build.append("--release")
        subprocess.run(build, cwd=ROOT, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        folder = "release" if profile == "release" else "debug"
        program = target / folder / "examples/native_vs_torch"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, order):
        print(order, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            sys.exit(f"{order}: {answer or 'the native side has ended'}")
        return answer

    def processor_time(self):
        """Milliseconds of all threads."""
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


class Part:
    """What is timed: PyTorch's call, and the files that the other program computes the same from."""

    def __init__(self, name, target, part, inputs, call, weights=None, config=None):
        self.name, self.target, self.part, self.inputs = name, target, part, inputs
        self.call, self.weights, self.config = call, weights, config

    def write(self, folder):
        (folder / "part.json").write_text(json.dumps(self.part))
        save_file({name: tensor.contiguous() for name, tensor in self.inputs.items()}, folder / "inputs.safetensors")
        if self.weights is not None:
            save_file({name: tensor.contiguous() for name, tensor in self.weights.items()}, folder / "model.safetensors")
        if self.config:
            shutil.copy(CONFIGS / self.config / "config.json", folder / "config.json")


def config(name):
    return json.loads((CONFIGS / name / "config.json").read_text())


def sane(module):
    """Random weights that keep activations near one, in evaluation mode."""
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if not tensor.is_floating_point():
            continue
        if tensor.ndim > 1:
            torch.nn.init.normal_(tensor, std=tensor[0].numel() ** -0.5)
        elif name.endswith(("running_var", "weight")):
            torch.nn.init.uniform_(tensor, 0.5, 1.5)
        else:
            torch.nn.init.normal_(tensor, std=0.1)
    return module.eval()


def attention(heads, tokens, numbers):
    q, k, v = (torch.randn(1, heads, tokens, numbers) for _ in range(3))

    def call():
        # Ours is laid out as the following projection takes it.
        return F.scaled_dot_product_attention(q, k, v)

    return Part(f"attention, {heads} heads, {tokens} tokens, {numbers}", 0.9, {"kind": "attention"},
                {"q": q, "k": k, "v": v}, call)


def convolution(channels, side, form, target):
    words = {"tiles2": "F(2x2)", "tiles4": "F(4x4)", "columns": "direct"}
    x, bias = torch.randn(1, channels, side, side), torch.randn(channels)
    weight = torch.randn(channels, channels, 3, 3) * (9 * channels) ** -0.5
    return Part(f"convolution 3x3, {channels} channels at {side}x{side}, {words[form]}", target,
                {"kind": "convolution", "inputs": channels, "outputs": channels, "form": form}, {"x": x},
                lambda: F.conv2d(x, weight, bias, padding=1), {"weight": weight, "bias": bias})


def group_norm(channels, side):
    x = torch.randn(1, channels, side, side)
    norm = sane(torch.nn.GroupNorm(32, channels, eps=1e-6))
    return Part(f"group norm + SiLU, {channels} channels at {side}x{side}", 0.6,
                {"kind": "group_norm", "channels": channels, "groups": 32}, {"x": x}, lambda: F.silu(norm(x)),
                norm.state_dict())


def linear(rows, inputs, outputs):
    x, weight = torch.randn(rows, inputs), torch.randn(outputs, inputs) * inputs**-0.5
    return Part(f"linear, {rows} x {inputs} x {outputs}", 1.05,
                {"kind": "linear", "inputs": inputs, "outputs": outputs}, {"x": x}, lambda: F.linear(x, weight),
                {"weight": weight})


def places(texts, side):
    text = [[0, 0, 0, index] for index in range(texts)]
    return torch.tensor(text + [[0, y, x, 0] for y in range(side) for x in range(side)])


def block(double, texts, side):
    from diffusers.models.transformers.transformer_flux2 import (
        Flux2PosEmbed, Flux2SingleTransformerBlock, Flux2TransformerBlock)

    settings = config("transformer")
    heads, numbers = settings["num_attention_heads"], settings["attention_head_dim"]
    width, images = heads * numbers, side * side
    kind = Flux2TransformerBlock if double else Flux2SingleTransformerBlock
    module = sane(kind(width, heads, numbers, settings["mlp_ratio"], settings["eps"]))
    at = places(texts, side)
    rotary = Flux2PosEmbed(settings["rope_theta"], settings["axes_dims_rope"])(at)
    inputs = {"places": at.to(torch.uint32)}
    if double:
        text, image = torch.randn(1, texts, width), torch.randn(1, images, width)
        of_image, of_text = torch.randn(1, 6 * width) * 0.3, torch.randn(1, 6 * width) * 0.3
        inputs |= {"text": text, "image": image, "modulation_image": of_image, "modulation_text": of_text}
        call = lambda: torch.cat(module(image, text, of_image, of_text, rotary), 1)  # noqa: E731
    else:
        x, modulation = torch.randn(1, texts + images, width), torch.randn(1, 3 * width) * 0.3
        inputs |= {"x": x, "modulation": modulation}
        call = lambda: module(x, None, modulation, rotary)  # noqa: E731
    name = f"transformer block, {'double' if double else 'single'}, {texts} + {images} tokens"
    part = {"kind": "double_block" if double else "single_block"}
    return Part(name, 0.95, part, inputs, call, module.state_dict(), "transformer")


def text_layer(tokens):
    from transformers import Qwen3Config
    from transformers.models.qwen3.modeling_qwen3 import Qwen3DecoderLayer, Qwen3RotaryEmbedding

    settings = Qwen3Config(**config("text_encoder"), attn_implementation="sdpa")
    module = sane(Qwen3DecoderLayer(settings, 0))
    x = torch.randn(1, tokens, settings.hidden_size)
    rotary = Qwen3RotaryEmbedding(settings)(x, torch.arange(tokens)[None])
    return Part(f"text encoder layer, {tokens} tokens", 0.95, {"kind": "text_layer"}, {"x": x},
                lambda: module(x, attention_mask=None, position_embeddings=rotary), module.state_dict(), "text_encoder")


def autoencoder(side, decode):
    from diffusers import AutoencoderKLFlux2

    module = sane(AutoencoderKLFlux2.from_config(config("vae")))
    deviation = (module.bn.running_var.view(1, -1, 1, 1) + module.config.batch_norm_eps).sqrt()
    mean = module.bn.running_mean.view(1, -1, 1, 1)
    weights = module.state_dict()
    if decode:
        x = torch.randn(1, 128, side // 16, side // 16)
        # A token's channels are a square of 2x2 latents.
        call = lambda: module.decode(F.pixel_shuffle(x * deviation + mean, 2)).sample  # noqa: E731
    else:
        x = torch.rand(1, 3, side, side) * 2 - 1
        call = lambda: (F.pixel_unshuffle(module.encode(x).latent_dist.mode(), 2) - mean) / deviation  # noqa: E731
    name = f"autoencoder, {'decode' if decode else 'encode'} {side}x{side}"
    return Part(name, 0.7 if decode else None, {"kind": "decode" if decode else "encode"}, {"x": x}, call, weights, "vae")


# Name, times it is called, and what makes it: weights live only while their part is timed.
PARTS = [
    ("attention", 9, lambda: attention(10, 4096, 64)),
    ("attention", 9, lambda: attention(24, 2048, 128)),
    *[("convolution", 9, lambda c=c, s=s, f=f, t=t: convolution(c, s, f, t))
      for c, s in [(320, 128), (640, 64)] for f, t in [("tiles2", 0.65), ("tiles4", 0.45), ("columns", None)]],
    ("group norm", 15, lambda: group_norm(320, 128)),
    ("group norm", 9, lambda: group_norm(128, 512)),
    ("linear", 7, lambda: linear(4096, 1280, 5120)),
    ("linear", 9, lambda: linear(512, 3072, 9216)),
    ("block", 5, lambda: block(True, 128, 16)),
    ("block", 5, lambda: block(False, 128, 16)),
    ("text", 5, lambda: text_layer(512)),
    ("autoencoder", 4, lambda: autoencoder(256, False)),
    ("autoencoder", 4, lambda: autoencoder(256, True)),
]


def measure(native, part, calls):
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        part.write(folder)
        native.ask(f"open {folder}")
        expected = part.call()
        native.ask("run")
        native.ask(f"save {folder}/out.safetensors")
        result = load_file(folder / "out.safetensors")["out"]
    if part.part["kind"] == "attention":
        result = result.reshape(expected.transpose(1, 2).shape).transpose(1, 2)
    error = ((result.reshape(expected.shape) - expected).abs().max() / expected.abs().max()).item()
    del expected, result
    for _ in range(calls):
        time.sleep(PAUSE)
        begin, busy = time.perf_counter(), time.process_time()
        part.call()
        theirs.append(((time.perf_counter() - begin) * 1e3, (time.process_time() - busy) * 1e3))
        time.sleep(PAUSE)
        busy = native.processor_time()
        wall = float(native.ask("run"))
        ours.append((wall, native.processor_time() - busy))
    return ours, theirs, error


def row(part, ours, theirs, error):
    def both(times):
        walls = [wall for wall, _ in times]
        return f"{min(walls):.1f} / {statistics.median(walls):.1f}"

    ratio = [min(a[index] for a in ours) / min(b[index] for b in theirs) for index in (0, 1)]
    target = "" if part.target is None else f"{part.target}"
    return f"| {part.name} | {both(theirs)} | {both(ours)} | {ratio[0]:.2f} | {ratio[1]:.2f} | {target} | {error:.1e} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="parts to time; all without any")
    parser.add_argument("--profile", choices=["release", "dev"], default="release")
    parser.add_argument("--calls", type=int, help="calls of each part, in place of its own number")
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    native = Native(options.profile)
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, cores {CORES}, "
          f"load {os.getloadavg()[0]:.1f}\n")
    print("| part | PyTorch ms | ours ms | ratio | cpu | target | error |\n| --- | --- | --- | --- | --- | --- | --- |",
          flush=True)
    with torch.inference_mode():
        for name, calls, make in PARTS:
            if options.names and not any(name.startswith(wanted) for wanted in options.names):
                continue
            part = make()
            print(row(part, *measure(native, part, options.calls or calls)), flush=True)
            del part
            gc.collect()
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
