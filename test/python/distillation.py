"""A small network that is trained on labelled pictures, and what became of it when its gates were exchanged.

    distillation.py train SE OUT     trains the network of the generated folder SE; OUT gets se.safetensors and the pictures
                                     OUT/pictures/, which have no labels and are others than those that it was trained on
    distillation.py judge FOLDER     prints, as JSON, the accuracies of teacher.py and model.py in a generated folder on 2,000
                                     pictures that no training has seen, what the result's tensors have in common with what it
                                     started from, and writes images and logits for ONNX Runtime

The pictures are stripes in six directions, of random width and colours, with noise. The labels are the directions.
"""

import importlib
import json
import math
import os
import sys

import torch
import torch.nn.functional as F
from torchvision.utils import save_image

SIZE, CLASSES = 20, 6
MEAN, STD = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def pictures(count, seed):
    """Pictures [count, 3, SIZE, SIZE] of 0 to 255 in whole numbers, as files have them, and their classes."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    y, x = torch.meshgrid(torch.linspace(-1, 1, SIZE), torch.linspace(-1, 1, SIZE), indexing="ij")
    drawn = torch.rand(3, count, 1, 1, generator=generator)
    angle = labels[:, None, None] * math.pi / CLASSES + 0.1 * (drawn[0] - 0.5)
    wave = torch.sin((7 + 3 * drawn[1]) * (angle.cos() * x + angle.sin() * y) + 2 * math.pi * drawn[2])
    colours = torch.rand(2, count, 3, 1, 1, generator=generator)
    noise = 0.15 * torch.randn(count, 3, SIZE, SIZE, generator=generator)
    return (colours[0] + (colours[1] - 0.5) * wave[:, None] + noise).clamp(0, 1).mul(255).round(), labels


def prepared(images):
    return (images / 255 - MEAN) / STD


def module(folder, name):
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


@torch.no_grad()
def logits_of(network, images):
    network.eval()
    return torch.cat([network(part) for part in prepared(images).split(500)])


def accuracy(network, images, labels):
    return (logits_of(network, images).argmax(1) == labels).double().mean().item()


def train(folder, out):
    torch.manual_seed(0)
    network = module(folder, "model").Network()
    # Gates that treat channels otherwise from the start: a short training makes little of gates that begin alike.
    for name, each in network.named_parameters():
        if name.endswith("expand.bias"):
            torch.nn.init.normal_(each, 0.0, 1.5)
    images, labels = pictures(2048, seed=1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=0.02)
    batches, epochs = len(images) // 64, 5
    for epoch in range(epochs):
        network.train()
        for i, part in enumerate(torch.randperm(len(images)).split(64)):
            done = (epoch + i / batches) / epochs
            optimizer.param_groups[0]["lr"] = 0.006 * 0.5 * (1 + math.cos(math.pi * done))
            loss = F.cross_entropy(network(prepared(images[part])), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    module(folder, "weights").save_weights(os.path.join(out, "se.safetensors"), network.state_dict())
    os.makedirs(os.path.join(out, "pictures"))
    for i, image in enumerate(pictures(1024, seed=2)[0]):
        save_image(image / 255, os.path.join(out, "pictures", f"{i:04}.png"))


def judge(folder):
    model, teacher, weights = (module(folder, name) for name in ("model", "teacher", "weights"))
    files = {"old": "teacher.safetensors", "start": "weights.safetensors", "distilled": "distilled/weights.safetensors"}
    tensors = {word: weights.load_weights(os.path.join(folder, file)) for word, file in files.items()}
    images, labels = pictures(2000, seed=3)
    found = {}
    for word, state in tensors.items():
        network = teacher.Network() if word == "old" else model.Network()
        network.load_state_dict(state)
        found[word] = accuracy(network, images, labels)
    start, end = tensors["start"], tensors["distilled"]
    found["changed"] = [name for name in end if not torch.equal(start[name], end[name])]
    few = prepared(images[:16]).contiguous()
    for name, tensor in (("x", few), ("y", logits_of(network, images[:16]))):
        with open(os.path.join(folder, f"{name}.f32"), "wb") as file:
            file.write(tensor.numpy().tobytes())
    print(json.dumps(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"train": train, "judge": judge}[sys.argv[1]](*sys.argv[2:])
