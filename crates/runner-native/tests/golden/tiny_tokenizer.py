"""A small tokenizer of Qwen's kind: the same normaliser, splitting, special tokens and chat template, but with a
vocabulary learned from the lines below. Qwen's own vocabulary is data that only its publisher distributes."""

import json

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers import Regex
from tokenizers.models import BPE
from transformers import AddedToken, Qwen2Tokenizer
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Tokens of their own that are text all the same.
PLAIN = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"]

# What Qwen3's template does with one message of a user.
TEMPLATE = (
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}"
    "{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"
    "{%- endif %}"
)

SUBJECTS = ["the person in image 1", "a woman", "der Mann", "the model", "une personne", "人物", "человек", "she"]
VERBS = ["wears", "is dressed in", "trägt", "puts on", "porte", "穿着", "носит", "isn't wearing", "they've chosen"]
GARMENTS = [
    "the red coat of image 2", "a café-coloured dress", "blue jeans", "ein weißes T-Shirt", "黑色夹克", "синее пальто",
    "a 3-piece suit", "shoes (size 42)",
]
SCENES = [
    "in a studio with soft light.", "outdoors, at 7:30 pm!", "im Büro…", "in front of a grey wall\nKeep the face.",
    "背景是白色的。", "на улице?", "— no text, no watermark —", "with  two   spaces\tand a tab",
]
ODD = [
    "", " ", "\n", "\r\n\r\n", "   leading", "trailing   ", "a\n\n\nb", "tabs\t\tand\nlines \n ends", "e\u0301 composes",
    "\u1e9b\u0323", "👩‍🦰 in a 🧥", "🇹🇷🇩🇪", "١٢٣ ४५६", "x" * 700, "word " * 600, "<|im_end|>", "<|im_start|>user\nno",
    "<think>not a thought</think>", "<|endoftext|>", "<tool_call>", "I'LL we'Re it's DON'T", "'s'S 'tis", "$9.99 = 10€",
    "http://127.0.0.1:8080/a?b=c&d=%20", "snake_case CamelCase kebab-case", "\u00a0no break\u00a0", "\u3000wide",
    "\u200bzero\u200dwidth", "a\u0000b", "\ufeffmark", "ǅ ﬁ Ⅷ ½ ²", "한국어 텍스트", "ภาษาไทย", "עברית", "العربية",
    "हिन्दी में", "{{ braces }} {% jinja %}", '"quotes" “curly” ‘single’', "(((nested)))!!!???...", "1234567890123",
]


def prompts():
    """200 prompts: sentences of every mixture, and odd ones."""
    sentences = []
    for index in range(200 - len(ODD)):
        parts = [SUBJECTS[index % 8], VERBS[index % 9], GARMENTS[(index // 3) % 8], SCENES[(index // 5) % 8]]
        sentences.append(" ".join(parts))
    return sentences + ODD


def build():
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(SUBJECTS + VERBS + GARMENTS + SCENES, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    qwen = Qwen2Tokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])
    qwen.add_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL], special_tokens=True)
    qwen.add_tokens([AddedToken(token, special=False, normalized=False) for token in PLAIN])
    qwen.chat_template = TEMPLATE
    return qwen
