"""Makes the golden files of the safety checker: a tiny one with random weights in the upstream folder layout, what it
thinks of pictures, and the tensor list of the full-size one. Run as `make.py` is."""

import json
import shutil

import numpy
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPImageProcessor

from make import HERE, pattern, randomise, save

TINY = HERE / "safety-tiny"
FULL = HERE / "safety-full"

# The seeds of the patterns that are judged, and their sizes. Pillow shrinks first in the direction that costs less; all
# of these across first, as we do, which makes a difference where overshoots are cut off in between.
PICTURES = [(1, 75, 100), (2, 130, 64), (3, 28, 28), (4, 61, 61), (5, 300, 200), (6, 97, 31)]

VISION_TINY = dict(
    hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, image_size=28, patch_size=7,
)
# https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5/blob/main/safety_checker/config.json
VISION_FULL = dict(
    hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14,
)


def main():
    torch.set_grad_enabled(False)
    for folder in (TINY, FULL):
        shutil.rmtree(folder, ignore_errors=True)
    checker = randomise(StableDiffusionSafetyChecker(CLIPConfig(projection_dim=24, vision_config=VISION_TINY)), 21)
    processor = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    pictures = [Image.fromarray(pattern(width, height, seed)) for seed, width, height in PICTURES]
    pixels = torch.cat([processor(picture, return_tensors="pt")["pixel_values"] for picture in pictures])
    pooled = checker.vision_model(pixels)[1]
    vectors = checker.visual_projection(pooled)
    place(checker, vectors)
    checker.config.save_pretrained(TINY / "safety_checker")
    save_file(as_published(checker), TINY / "safety_checker" / "model.safetensors")
    processor.save_pretrained(TINY / "feature_extractor")

    judged = checker(pixels, images=[numpy.zeros((8, 8, 3)) for _ in pictures])[1]
    assert judged == [True, False, True, False, False, True], judged
    save("safety", {
        "pixels": pixels, "pooled": pooled, "vectors": vectors, "unsafe": torch.tensor(judged, dtype=torch.uint8),
    })
    full()


def place(checker, vectors):
    """Puts concepts so that every way to a verdict is taken: by a concept, by none, by a special concept alone, and by
    a concept that is exceeded only because a special one is too."""
    unit = torch.nn.functional.normalize
    checker.concept_embeds_weights.fill_(0.99)
    checker.special_care_embeds_weights.fill_(0.999)
    checker.concept_embeds[3] = 2.5 * vectors[0]
    checker.special_care_embeds[1] = 0.5 * vectors[3]
    checker.special_care_embeds[2] = vectors[2]
    checker.concept_embeds[16] = unit(vectors[2], dim=0)
    checker.concept_embeds_weights[16] = 1.005
    checker.concept_embeds[7] = vectors[5]
    checker.concept_embeds_weights[7] = 0.9985


def as_published(checker):
    """The tensors by the names of the published files: those of libraries before transformers 5, which had one more
    level and stored the positions' numbers."""
    tensors = {}
    for key, value in checker.state_dict().items():
        tensors[key.replace("vision_model.", "vision_model.vision_model.", 1)] = value.contiguous()
    places = len(tensors["vision_model.vision_model.embeddings.position_embedding.weight"])
    tensors["vision_model.vision_model.embeddings.position_ids"] = torch.arange(places).unsqueeze(0)
    return tensors


def full():
    """Names and shapes of the full checker's tensors, as its files hold them."""
    with torch.device("meta"):
        checker = StableDiffusionSafetyChecker(CLIPConfig(projection_dim=768, vision_config=VISION_FULL))
        tensors = as_published(checker)
    lines = [f"{key} {'x'.join(map(str, value.shape))}" for key, value in sorted(tensors.items())]
    folder = FULL / "safety_checker"
    folder.mkdir(parents=True)
    (folder / "tensors.txt").write_text("\n".join(lines) + "\n")
    config = dict(projection_dim=768, vision_config=VISION_FULL)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main()
