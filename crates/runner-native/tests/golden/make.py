"""Makes the golden files beside this script: a tiny FLUX.2 klein with random weights in the upstream folder layout,
the tensors at every seam of the reference pipeline, and the tensor lists of the full-size model.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make.py
    venv/bin/python safety.py

Every random number comes from a seed, so the files are the same when made again with the same versions.
"""

import json
import pathlib
import shutil

import numpy
import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline, Flux2Transformer2DModel, FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu
from PIL import Image
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

import tiny_tokenizer

HERE = pathlib.Path(__file__).parent
TINY = HERE / "klein-tiny"
FULL = HERE / "klein-4b"

# The layers and the length are those of the full model: they are constants of the pipeline and not of its configs.
TEXT_LAYERS = (9, 18, 27)
TEXT_TOKENS = 512

QWEN_TINY = dict(
    hidden_size=16, intermediate_size=24, num_hidden_layers=29, num_attention_heads=4, num_key_value_heads=2,
    head_dim=8, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}, tie_word_embeddings=True,
    max_position_embeddings=2048,
)
TRANSFORMER_TINY = dict(
    in_channels=16, num_layers=2, num_single_layers=2, attention_head_dim=16, num_attention_heads=2,
    joint_attention_dim=48, timestep_guidance_channels=32, mlp_ratio=3.0, axes_dims_rope=(4, 4, 4, 4),
    guidance_embeds=False,
)
VAE_TINY = dict(
    block_out_channels=(8, 16, 24, 24), layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=64,
    down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
)
SCHEDULER = dict(
    num_train_timesteps=1000, shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15,
    base_image_seq_len=256, max_image_seq_len=4096, time_shift_type="exponential",
)

QWEN_4B = dict(
    vocab_size=151936, hidden_size=2560, intermediate_size=9728, num_hidden_layers=36, num_attention_heads=32,
    num_key_value_heads=8, head_dim=128, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
    tie_word_embeddings=True, max_position_embeddings=40960,
)
TRANSFORMER_4B = dict(
    in_channels=128, num_layers=5, num_single_layers=20, attention_head_dim=128, num_attention_heads=24,
    joint_attention_dim=7680, timestep_guidance_channels=256, mlp_ratio=3.0, axes_dims_rope=(32, 32, 32, 32),
    guidance_embeds=False,
)
VAE_4B = dict(
    block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=32, norm_num_groups=32,
    sample_size=1024, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
)


def main():
    torch.set_grad_enabled(False)
    for folder in (TINY, FULL):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    pipe = tiny_pipeline()
    pipe.save_pretrained(TINY)
    # The full text encoder comes in shards.
    (TINY / "text_encoder" / "model.safetensors").unlink()
    pipe.text_encoder.save_pretrained(TINY / "text_encoder", max_shard_size="150KB")
    prompts(pipe.tokenizer)
    noise()
    schedule()
    save("qwen3", text_encoder(pipe))
    save("transformer", transformer(pipe.transformer))
    save("vae", vae(pipe))
    save("resize", resize(pipe.image_processor))
    save("edit", edit(pipe))
    tensor_lists()


def save(name, tensors):
    tensors = {key: value.contiguous() for key, value in tensors.items()}
    save_file(tensors, HERE / f"{name}.safetensors")


# ---- the tiny model


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def randomise(model, seed):
    """Weights of a size that keeps activations near one, so that a wrong layer shows in every output."""
    generator = seeded(seed)
    for name, tensor in sorted(model.state_dict().items()):
        if not tensor.is_floating_point():
            continue
        value = torch.randn(tensor.shape, generator=generator)
        if name.endswith("running_var"):
            value = 0.5 + value.abs()
        elif name.endswith("running_mean") or name.endswith("bias"):
            value = 0.2 * value
        elif tensor.ndim == 1:
            value = 1 + 0.2 * value
        else:
            value = value / tensor[0].numel() ** 0.5
        tensor.copy_(value)
    return model.eval()


def tiny_pipeline():
    tokenizer = tiny_tokenizer.build()
    ids = dict(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id)
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(**SCHEDULER),
        vae=randomise(AutoencoderKLFlux2(**VAE_TINY), 1),
        text_encoder=randomise(Qwen3ForCausalLM(Qwen3Config(**QWEN_TINY, **ids)), 2),
        tokenizer=tokenizer,
        transformer=randomise(Flux2Transformer2DModel(**TRANSFORMER_TINY), 3),
        is_distilled=True,
    )


# ---- the seams


def prompts(tokenizer):
    """What the chat template and the tokenizer make of prompts, without the padding."""
    rows = []
    for prompt in tiny_tokenizer.prompts():
        messages = [{"role": "user", "content": prompt}]
        text = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        tokens = tokenizer(text, padding="max_length", truncation=True, max_length=TEXT_TOKENS)
        length = sum(tokens["attention_mask"])
        assert tokens["input_ids"][length:] == [tokenizer.pad_token_id] * (TEXT_TOKENS - length)
        rows.append(dict(prompt=prompt, text=text, ids=tokens["input_ids"][:length]))
    lines = [json.dumps(row, ensure_ascii=True) for row in rows]
    (HERE / "prompts.jsonl").write_text("\n".join(lines) + "\n")


def noise():
    tensors = {}
    for seed in (0, 42, 2**32 + 5, 2**63 + 11):
        for count in (1, 2, 15, 16, 17, 31, 100, 4096):
            tensors[f"f32.{seed}.{count}"] = torch.randn(count, generator=seeded(seed))
    tensors["bf16.42.4096"] = torch.randn(4096, generator=seeded(42), dtype=torch.bfloat16)
    save("noise", tensors)


def schedule():
    rows = []
    for tokens in (4, 16, 256, 1024, 4096, 4299, 4301, 8192):
        for steps in (1, 4, 8, 28):
            scheduler = FlowMatchEulerDiscreteScheduler(**SCHEDULER)
            mu = compute_empirical_mu(tokens, steps)
            scheduler.set_timesteps(sigmas=numpy.linspace(1.0, 1 / steps, steps), mu=mu)
            rows.append(dict(tokens=tokens, steps=steps, mu=mu, sigmas=scheduler.sigmas.tolist()))
    (HERE / "schedule.json").write_text(json.dumps(rows, indent=0) + "\n")


def text_encoder(pipe):
    prompt = "Dress the person in the first image in the red coat.\nKeep the face, the pose — and 3 buttons."
    messages = [{"role": "user", "content": prompt}]
    text = pipe.tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    tokens = pipe.tokenizer(text, return_tensors="pt", padding="max_length", truncation=True, max_length=TEXT_TOKENS)
    out = pipe.text_encoder(**tokens, output_hidden_states=True, use_cache=False)
    embedding, _ = pipe.encode_prompt(prompt, text_encoder_out_layers=TEXT_LAYERS, max_sequence_length=TEXT_TOKENS)
    return {
        "ids": tokens["input_ids"],
        "length": tokens["attention_mask"].sum(),
        "after.1": out.hidden_states[1],
        "after.9": out.hidden_states[9],
        "after.27": out.hidden_states[27],
        "embedding": embedding,
    }


def positions(times, height, width):
    return torch.cartesian_prod(torch.tensor(times), torch.arange(height), torch.arange(width), torch.arange(1))


def transformer(model):
    generator = seeded(11)
    text, image = 23, 5 * 7
    inputs = {
        "in.image": torch.randn(1, image + 2 * 3, 16, generator=generator),
        "in.text": torch.randn(1, text, 48, generator=generator),
        "in.timestep": torch.tensor([0.7311]),
        "in.image_ids": torch.cat([positions([0], 5, 7), positions([10], 2, 3)]),
        "in.text_ids": torch.cartesian_prod(*[torch.arange(1)] * 3, torch.arange(text)),
    }
    seen = {}
    keep(model.time_guidance_embed, "time", seen)
    keep(model.pos_embed, "rotary", seen, each=("cos", "sin"))
    for index in range(2):
        keep(model.transformer_blocks[index], f"double.{index}", seen, each=("text", "image"))
        keep(model.single_transformer_blocks[index], f"single.{index}", seen)
    out = model(
        hidden_states=inputs["in.image"], encoder_hidden_states=inputs["in.text"], timestep=inputs["in.timestep"],
        img_ids=inputs["in.image_ids"], txt_ids=inputs["in.text_ids"], return_dict=False,
    )[0]
    return inputs | seen | {"out": out, "out.bf16": in_half(model, inputs)}


def in_half(model, inputs):
    """The same pass as GPUs make it. The time is rounded too, which moves the result more than all the rest."""
    half = {name: tensor.bfloat16() if tensor.is_floating_point() else tensor for name, tensor in inputs.items()}
    copy = Flux2Transformer2DModel(**TRANSFORMER_TINY)
    copy.load_state_dict(model.state_dict())
    return copy.bfloat16()(
        hidden_states=half["in.image"], encoder_hidden_states=half["in.text"], timestep=half["in.timestep"],
        img_ids=half["in.image_ids"], txt_ids=half["in.text_ids"], return_dict=False,
    )[0]


def keep(module, name, seen, each=None):
    """Notes the module's latest output under the name."""

    def hook(_module, _inputs, output):
        if each:
            for part, tensor in zip(each, output):
                seen[f"{name}.{part}"] = tensor
        else:
            seen[name] = output

    module.register_forward_hook(hook)


def vae(pipe):
    model = pipe.vae
    image = torch.rand(1, 3, 48, 80, generator=seeded(12)) * 2 - 1
    seen = {}
    for part in ("encoder", "decoder"):
        coder = getattr(model, part)
        keep(coder.conv_in, f"{part}.conv_in", seen)
        keep(coder.mid_block, f"{part}.mid", seen)
    keep(model.encoder.down_blocks[0], "encoder.down.0", seen)
    keep(model.decoder.up_blocks[0], "decoder.up.0", seen)
    moments = model.encode(image).latent_dist.parameters
    latents = pipe._encode_vae_image(image, None)
    stored = model.bn.running_var.view(1, -1, 1, 1) + model.config.batch_norm_eps
    whole = pipe._unpatchify_latents(latents * stored.sqrt() + model.bn.running_mean.view(1, -1, 1, 1))
    decoded = model.decode(whole, return_dict=False)[0]
    return {"image": image, "moments": moments, "latents": latents, "whole": whole, "decoded": decoded} | seen


def pattern(width, height, seed):
    """A picture that our tests draw again by the same formula."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:3]
    return ((x * x // 7 + y * 5 + x * y // 31 + c * 83 + seed * 29) % 256).astype(numpy.uint8)


def resize(processor):
    """How a reference above one megapixel is shrunk, at every 997th value; and how it is cropped."""
    shrunk = processor._resize_to_target_area(Image.fromarray(pattern(1531, 1217, 1)))
    cropped = processor.preprocess(Image.fromarray(pattern(75, 100, 2)), height=96, width=64, resize_mode="crop")
    return {
        "shrunk.size": torch.tensor(shrunk.size),
        "shrunk": torch.from_numpy(numpy.asarray(shrunk).reshape(-1)[::997].copy()),
        "cropped": cropped,
    }


def edit(pipe):
    """A whole edit, from two references of ragged sizes to the picture."""
    steps = {}

    def on_step(_pipe, index, _time, tensors):
        steps[f"latents.{index}"] = tensors["latents"]
        return {}

    image = pipe(
        image=[Image.fromarray(pattern(75, 100, 3)), Image.fromarray(pattern(112, 64, 4))],
        prompt="Put the garment of image 2 on the person of image 1.",
        height=64, width=96, num_inference_steps=4, generator=seeded(42), output_type="np",
        callback_on_step_end=on_step,
    ).images[0]
    return steps | {"image": torch.from_numpy(image)}


# ---- the full model


def tensor_lists():
    """Names and shapes of the full model's tensors, as its files hold them."""
    with torch.device("meta"):
        models = {
            "transformer": Flux2Transformer2DModel(**TRANSFORMER_4B),
            "text_encoder": Qwen3ForCausalLM(Qwen3Config(**QWEN_4B)),
            "vae": AutoencoderKLFlux2(**VAE_4B),
        }
    for name, model in models.items():
        # A tied output layer is not stored.
        tensors = {key: value for key, value in model.state_dict().items() if key != "lm_head.weight"}
        lines = [f"{key} {'x'.join(map(str, value.shape)) or 'scalar'}" for key, value in sorted(tensors.items())]
        folder = FULL / name
        folder.mkdir()
        (folder / "tensors.txt").write_text("\n".join(lines) + "\n")
        if name == "text_encoder":
            model.config.save_pretrained(folder)
        else:
            model.save_config(folder)


if __name__ == "__main__":
    main()
