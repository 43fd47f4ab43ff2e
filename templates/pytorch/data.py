"""What is trained on: images in a folder for each class, or shapes that are drawn here and need no download."""

import math
import os

import torch
from torch.utils.data import Dataset

from common import refuse

MEAN = {{mean}}
STD = {{std}}
CROP = {{crop}}
RESIZE = {{resize}}
PADDING = {{padding}}
FILL = {{fill}}

SHAPES = ["disc", "ring", "square", "frame", "triangle", "plus", "cross", "stripes"]


def normalized(image):
    """An image [C, H, W] of 0 to 1 as the network takes it."""
    mean, std = torch.tensor(MEAN)[:, None, None], torch.tensor(STD)[:, None, None]
    return (image - mean) / std


def inside(shape, x, y):
    """Where the shape of radius 1 around 0 is."""
    far = torch.maximum(x.abs(), y.abs())
    if shape == "disc":
        return x**2 + y**2 < 0.8
    if shape == "ring":
        return (x**2 + y**2 < 1.0) & (x**2 + y**2 > 0.4)
    if shape == "square":
        return far < 0.8
    if shape == "frame":
        return (far < 0.9) & (far > 0.55)
    if shape == "triangle":
        return (y < 0.7) & (y > 2.0 * x.abs() - 1.0)
    if shape == "plus":
        return (far < 0.9) & (torch.minimum(x.abs(), y.abs()) < 0.28)
    if shape == "cross":
        return (far < 0.8) & (torch.minimum((x - y).abs(), (x + y).abs()) < 0.35)
    return (far < 0.9) & (torch.sin(10.0 * y) > 0.0)


def draw(shape, channels, height, width, generator):
    """One shape at a random place, turned and coloured at random, on a coloured gradient, with noise."""
    place = torch.rand(8, generator=generator).tolist()
    y = torch.linspace(-1.0, 1.0, height)[:, None]
    x = torch.linspace(-1.0, 1.0, width)[None, :]
    radius = 0.35 + 0.3 * place[0]
    u, v = x - (place[1] - 0.5) * 0.6, y - (place[2] - 0.5) * 0.6
    angle = (place[3] - 0.5) * math.pi / 4.0
    turned = math.cos(angle) * u - math.sin(angle) * v, math.sin(angle) * u + math.cos(angle) * v
    mask = inside(shape, turned[0] / radius, turned[1] / radius)
    colours = torch.rand(3, channels, 1, 1, generator=generator)
    ground = colours[0] + (colours[1] - colours[0]) * (place[4] * x + place[5] * y + 2.0) / 4.0
    # The shape is lighter or darker than the ground, by enough to be seen.
    light = 0.35 + 0.3 * place[6]
    front = ground + (light if place[7] < 0.5 else -light) * (0.6 + 0.4 * colours[2])
    noise = 0.08 * torch.randn(channels, height, width, generator=generator)
    return (torch.where(mask, front, ground.expand_as(front)) + noise).clamp(0.0, 1.0)


class Shapes(Dataset):
    """Drawn images, the same for the same seed. Classes beyond the shapes that there are stay without images."""

    def __init__(self, count, classes, channels, height, width, seed):
        generator = torch.Generator().manual_seed(seed)
        kinds = SHAPES[: min(classes, len(SHAPES))]
        self.labels = [i % len(kinds) for i in range(count)]
        images = [draw(kinds[label], channels, height, width, generator) for label in self.labels]
        self.images = torch.stack(images).mul(255.0).round().to(torch.uint8)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return normalized(self.images[index].float() / 255.0), self.labels[index]


def bgr(image):
    """Red, green, blue as blue, green, red."""
    return image.flip(0)


def size_before_crop(image, height, width):
    """Height and width that an image gets before the crop at its centre, which is CROP of both."""
    height, width = math.floor(height / CROP), math.floor(width / CROP)
    if RESIZE == "exact":
        return height, width
    if (image.width * height <= image.height * width) == (RESIZE == "shorter-side"):
        return max(1, width * image.height // image.width), width
    return height, max(1, height * image.width // image.height)


def padded(image, height, width):
    """An image [C, h, w] that is resized to fit, filled up to the size before the crop; others as they are."""
    if RESIZE != "fit":
        return image
    height, width = math.floor(height / CROP), math.floor(width / CROP)
    full = normalized(torch.tensor(FILL)[:, None, None].repeat(1, height, width))
    high, wide = image.shape[1:]
    top, left = ((height - high) // 2, (width - wide) // 2) if PADDING == "around" else (0, 0)
    full[:, top : top + high, left : left + wide] = image
    return full


def preparations(height, width):
    """How images are prepared: with a random crop and flip for training, whole for validation. Needs torchvision."""
    try:
        from torchvision import transforms
        from torchvision.transforms.functional import resize
    except ImportError:
        refuse("images in folders need torchvision: pip install torchvision")
    mode = transforms.InterpolationMode.{{interpolation}}
    last = [transforms.ToTensor(), {{order}}transforms.Normalize(MEAN, STD)]
    crop = transforms.RandomResizedCrop((height, width), interpolation=mode)
    training = [{{grey}}crop, transforms.RandomHorizontalFlip(), *last]
    larger = transforms.Lambda(lambda image: resize(image, size_before_crop(image, height, width), mode))
    whole = transforms.Lambda(lambda image: padded(image, height, width))
    validation = [{{grey}}larger, *last, whole, transforms.CenterCrop((height, width))]
    return transforms.Compose(training), transforms.Compose(validation)


def folders(path, height, width, classes):
    """
    Training and validation images of PATH/train/CLASS/ and PATH/val/CLASS/; needs torchvision. The network's classes are the
    folders in the order of their names.
    """
    steps = preparations(height, width)
    from torchvision import datasets

    parts = [os.path.join(path, part) for part in ("train", "val")]
    for part in parts:
        if not os.path.isdir(part):
            refuse(f"{path} has no folder {os.path.basename(part)}")
    train, val = (datasets.ImageFolder(*each) for each in zip(parts, steps))
    # Classes are numbers by the order of their folders: one folder less, and all after it would have another number.
    other = sorted(set(train.classes) ^ set(val.classes))
    if other:
        refuse(f"train and val have other classes in {path}: {', '.join(other)} are in one of them only")
    if len(train.classes) > classes:
        refuse(f"{path} has {len(train.classes)} classes, and the network has {classes}")
    return train, val


ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class Unreadable(Exception):
    """An image that can't be decoded. A process that loads data puts a stack trace before the text: its last line counts."""

    def __str__(self):
        return super().__str__().strip().splitlines()[-1].replace("data.Unreadable: ", "")


class Unlabelled(Dataset):
    """Images of files, prepared, and nothing else of them."""

    def __init__(self, files, prepare):
        self.files, self.prepare = files, prepare

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        from PIL import Image

        try:
            with Image.open(self.files[index]) as image:
                pixels = image.convert("RGB")
        except Exception as error:  # Each decoder has errors of its own.
            raise Unreadable(f"{self.files[index]} is no image that can be read: {error}") from None
        return self.prepare(pixels)


class WithoutLabels(Dataset):
    """The images of labelled ones."""

    def __init__(self, labelled):
        self.labelled = labelled

    def __len__(self):
        return len(self.labelled)

    def __getitem__(self, index):
        return self.labelled[index][0]


def images_below(path):
    """The files of images in a folder and the folders in it, in the order of their names, and how many other files there are.

    What is hidden is left out.
    """
    if not os.path.isdir(path):
        refuse(f"{path} is no folder")
    found, others, seen = [], 0, set()
    for folder, below, names in os.walk(path, followlinks=True):
        # Links may lead in a circle.
        place = os.path.realpath(folder)
        below[:] = [] if place in seen else [each for each in below if not each.startswith(".")]
        shown = [] if place in seen else [each for each in names if not each.startswith(".")]
        seen.add(place)
        images = [os.path.join(folder, each) for each in shown if each.lower().endswith(ENDINGS)]
        found, others = found + images, others + len(shown) - len(images)
    return sorted(found), others
