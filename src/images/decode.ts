import { InputError } from "../base/diagnostic.js";
import { fileKind } from "../base/file-kinds.js";
import { isGif, opaqueGif } from "./gif.js";
import type { Pixels } from "./pixels.js";
import { firstLine, loadSharp, type SharpPicture } from "./sharp.js";

/**
 * Decodes a picture file (PNG, JPEG, WebP, GIF, TIFF, AVIF) to red, green and blue: turned upright as its EXIF data
 * says, without its transparency and without conversion by a colour profile, as Pillow does it. Of 16 bits a sample has the upper 8, as
 * Pillow has them of colours; of grey pictures its `convert("RGB")` makes all of 256 or more white, which no one can mean.
 *
 * Errors: `InputError` where the file is no picture or a broken one, and where the package that reads it is missing.
 */
export async function decodeImage(file: string, bytes: Uint8Array): Promise<Pixels> {
  const decode = await loadSharp(file, "read as an image", "give the prepared image as an .npy file");
  try {
    const picture = decode(bytes, { ignoreIcc: true }).autoOrient();
    if (isGif(bytes)) {
      const { data, info } = await raw(picture.toColourspace("srgb"));
      return opaqueGif(bytes, { ...info, data });
    }
    if ((await picture.metadata()).space === "cmyk") {
      const { data, info } = await raw(
        picture.pipelineColourspace("cmyk").toColourspace("cmyk").removeAlpha(),
      );
      return { width: info.width, height: info.height, channels: 3, data: fromInks(data) };
    }
    const { data, info } = await raw(picture.toColourspace("srgb").removeAlpha());
    const { width, height, channels } = info;
    return { width, height, channels: 3, data: channels === 1 ? threeTimes(data) : data };
  } catch (error) {
    const kind = fileKind(bytes);
    const why = kind === undefined ? firstLine(error) : `it is ${kind.is}`;
    throw InputError.of("image/unreadable", `${file} can't be read as an image: ${why}`, {
      file,
      hint:
        kind?.hint ?? "images are PNG, JPEG, WebP, GIF, TIFF or AVIF files; arrays are .npy or .npz files",
    });
  }
}

function raw(picture: SharpPicture): ReturnType<SharpPicture["toBuffer"]> {
  return picture.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
}

/**
 * Red, green and blue of cyan, magenta, yellow and black, from 0 for no ink to 255, four to a pixel: each (255 - K)(255 - C) / 255 with
 * Pillow's rounding, in its `convert("RGB")`.
 *
 * Source: https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Convert.c, cmyk2rgb
 */
function fromInks(inks: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: (inks.length / 4) * 3 }, (_, i) => {
    const pixel = 4 * Math.floor(i / 3);
    const light = 255 - (inks[pixel + 3] ?? 0);
    return light - Math.round(((inks[pixel + (i % 3)] ?? 0) * light) / 255);
  });
}

function threeTimes(grey: Uint8Array): Uint8Array {
  const data = new Uint8Array(3 * grey.length);
  grey.forEach((value, i) => {
    data.fill(value, 3 * i, 3 * i + 3);
  });
  return data;
}
