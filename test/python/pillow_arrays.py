"""Makes test/data/images/: pictures, and what Pillow and NumPy make of them, which ecagen's own code must give.

    python3 -m pip install pillow numpy && python3 test/python/pillow_arrays.py && npm run format

Resizing is Pillow's; sizes and crops are those of torchvision's Resize and CenterCrop, written down here again from
its source; (x / 255 - mean) / std is NumPy's in float32, as PyTorch computes it.
"""

import base64
import json
import math
import os

import numpy as np
import PIL
from PIL import Image

FOLDER = os.path.join(os.path.dirname(__file__), "..", "data", "images")
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def picture(width, height, seed):
    """Smooth colours, hard black and white edges (over which cubic filters overshoot), and noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([255 * x / width, 255 * y / height, 127 + 127 * np.sin(x / 5 + y / 7)], axis=-1)
    noise = random.integers(-25, 26, (height, width, 3))
    result = np.clip(smooth + noise, 0, 255)
    result[height // 4 : height // 2, width // 4 : width // 2] = 255
    result[height // 2 : height // 2 + 3, :] = 0
    return result.astype(np.uint8)


def resizes(source):
    image = Image.fromarray(source)
    height, width = source.shape[:2]
    sizes = [(width // 3, height // 2), (width + 9, height + 5), (width, height // 4), (7, height), (1, 1), (width - 1, 5)]
    return [
        {"interpolation": name, "width": w, "height": h, "data": packed(np.asarray(image.resize((w, h), resample)))}
        for name, resample in FILTERS.items()
        for w, h in sizes
    ]


def resize_shorter(image, size, resample):
    """torchvision.transforms.Resize(size)"""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    new_long = int(size * long / short)
    return image.resize((size, new_long) if width <= height else (new_long, size), resample)


def center_crop(image, size):
    """torchvision.transforms.CenterCrop(size), for pictures that are not smaller"""
    width, height = image.size
    top, left = int(round((height - size) / 2.0)), int(round((width - size) / 2.0))
    return image.crop((left, top, left + size, top + size))


def tensor(image, mean, std, order):
    array = np.asarray(image, dtype=np.float32)
    array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    if order == "bgr":
        array = array[::-1]
    mean, std = (np.asarray(each, dtype=np.float32)[:, None, None] for each in (mean, std))
    return (array / np.float32(255) - mean) / std


def prepared(name, source, size, crop, interpolation, resize="shorter-side", mean=None, std=None, order="rgb", grey=False):
    image = Image.fromarray(source)
    if grey:
        image = image.convert("L")
    mean, std = mean or IMAGENET[0], std or IMAGENET[1]
    target = math.floor(size / crop)
    resample = FILTERS[interpolation]
    resized = image.resize((target, target), resample) if resize == "exact" else resize_shorter(image, target, resample)
    return {
        "source": name,
        "size": {"channels": 1 if grey else 3, "height": size, "width": size},
        "preprocessing": {
            "resize": resize,
            "interpolation": interpolation,
            "crop": crop,
            "mean": mean,
            "std": std,
            "channelOrder": order,
        },
        "data": packed(tensor(center_crop(resized, size), mean, std, order).astype("<f4")),
    }


def fitted(name, source, size, interpolation, at, value, mean, std):
    """torchvision's GeneralizedRCNNTransform: the scale that makes a picture fit, and padding after normalisation."""
    height, width = size
    scale = min(height / source.shape[0], width / source.shape[1])
    high, wide = int(source.shape[0] * scale), int(source.shape[1] * scale)
    image = Image.fromarray(source).resize((wide, high), FILTERS[interpolation])
    top, left = ((height - high) // 2, (width - wide) // 2) if at == "around" else (0, 0)
    fill = 0 if value is None else value
    whole = np.full((height, width, 3), fill, dtype=np.uint8)
    whole[top : top + high, left : left + wide] = np.asarray(image)
    data = tensor(whole, mean, std, "rgb")
    if value is None:
        inside = np.zeros((height, width), dtype=bool)
        inside[top : top + high, left : left + wide] = True
        data = np.where(inside, data, np.float32(0))
    return {
        "source": name,
        "size": {"channels": 3, "height": height, "width": width},
        "preprocessing": {
            "resize": "fit",
            "padding": {"at": at, "value": value},
            "interpolation": interpolation,
            "crop": 1,
            "mean": mean,
            "std": std,
            "channelOrder": "rgb",
        },
        "data": packed(data.astype("<f4")),
    }


def smooth_inks(period):
    y, x = np.mgrid[0:17, 0:24]
    return (127 + 127 * np.sin(x / period + y / 9)).astype(np.uint8)


def part_of_canvas(name):
    """A GIF file whose picture is at (3, 2) of a larger canvas."""
    with open(os.path.join(FOLDER, name), "rb") as file:
        data = bytearray(file.read())
    data[6:10] = (30).to_bytes(2, "little") + (20).to_bytes(2, "little")
    start = data.index(b"\x2c", 13 + 3 * (2 << (data[10] & 7)))
    data[start + 1], data[start + 3] = 3, 2
    with open(os.path.join(FOLDER, f"part-{name}"), "wb") as file:
        file.write(data)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    sources = {"wide": picture(53, 37, 1), "tall": picture(31, 64, 2)}
    half = ([0.5], [0.5])
    result = {
        "pillow": PIL.__version__,
        "numpy": np.__version__,
        "sources": {
            name: {"width": array.shape[1], "height": array.shape[0], "data": packed(array)}
            for name, array in sources.items()
        },
        "resizes": resizes(sources["wide"]),
        "prepared": [
            prepared("wide", sources["wide"], 14, 0.875, "bicubic"),
            prepared("tall", sources["tall"], 14, 0.875, "bilinear"),
            prepared("wide", sources["wide"], 15, 0.9, "bicubic", order="bgr", mean=[0.4, 0.45, 0.5], std=[1, 0.5, 0.25]),
            prepared("tall", sources["tall"], 15, 1, "lanczos"),
            prepared("tall", sources["tall"], 13, 0.71, "bicubic", resize="exact"),
            prepared("wide", sources["wide"], 28, 0.95, "nearest", mean=half[0], std=half[1], grey=True),
            fitted("wide", sources["wide"], (16, 16), "bilinear", "end", None, *IMAGENET),
            fitted("tall", sources["tall"], (16, 24), "bilinear", "around", 114, [0, 0, 0], [1, 1, 1]),
            fitted("tall", sources["tall"], (16, 25), "bicubic", "around", None, *IMAGENET),
        ],
    }
    small = Image.fromarray(picture(24, 17, 3))
    small.save(os.path.join(FOLDER, "rgb.png"))
    transparent = small.copy()
    transparent.putalpha(Image.fromarray((np.arange(17 * 24) % 256).astype(np.uint8).reshape(17, 24)))
    transparent.save(os.path.join(FOLDER, "rgba.png"))
    small.convert("L").save(os.path.join(FOLDER, "grey.png"))
    small.save(os.path.join(FOLDER, "lossless.webp"), lossless=True, exact=True)
    smooth = Image.fromarray(sources["wide"]).resize((40, 30), Image.Resampling.BICUBIC)
    smooth.save(os.path.join(FOLDER, "rgb.jpg"), quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    smooth.save(os.path.join(FOLDER, "turned.jpg"), quality=95, exif=exif)
    inks = np.stack([smooth_inks(7), smooth_inks(11), smooth_inks(13), smooth_inks(5) // 2], axis=-1)
    Image.frombytes("CMYK", (24, 17), inks.tobytes()).save(os.path.join(FOLDER, "cmyk.jpg"), quality=95, subsampling=0)
    Image.frombytes("CMYK", (24, 17), inks.tobytes()).save(os.path.join(FOLDER, "cmyk.tif"))
    few = small.quantize(16)
    for name in ["transparent.gif", "palette.png"]:
        few.save(os.path.join(FOLDER, name), transparency=3)
    few.save(os.path.join(FOLDER, "opaque.gif"))
    for name in ["transparent.gif", "opaque.gif"]:
        part_of_canvas(name)
    deep = (np.arange(17 * 24).reshape(17, 24) * 160).astype(np.uint16)
    Image.fromarray(deep).save(os.path.join(FOLDER, "grey16.png"))
    result["decoded"] = {}
    names = ["rgb.png", "rgba.png", "grey.png", "lossless.webp", "rgb.jpg", "turned.jpg", "cmyk.jpg", "cmyk.tif"]
    for name in [*names, "transparent.gif", "opaque.gif", "part-transparent.gif", "part-opaque.gif", "palette.png"]:
        image = Image.open(os.path.join(FOLDER, name))
        if name == "turned.jpg":
            image = image.transpose(Image.Transpose.ROTATE_270)
        array = np.asarray(image.convert("RGB"))
        result["decoded"][name] = {"width": array.shape[1], "height": array.shape[0], "data": packed(array)}
    # Not what Pillow's convert("RGB") gives, in which all from 256 on is white: the upper 8 bits, as Pillow reads 16-bit colours.
    upper = np.repeat((np.asarray(Image.open(os.path.join(FOLDER, "grey16.png"))) >> 8).astype(np.uint8), 3)
    result["decoded"]["grey16.png"] = {"width": 24, "height": 17, "data": packed(upper)}
    with open(os.path.join(FOLDER, "pillow.json"), "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


main()
