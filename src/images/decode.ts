import { InputError } from "../base/diagnostic.js";
import { fileKind } from "../base/file-kinds.js";
import type { Pixels } from "./pixels.js";
import { firstLine, loadSharp } from "./sharp.js";

/**
 * Decodes a picture file (PNG, JPEG, WebP, GIF, TIFF, AVIF) to red, green and blue: turned upright as its EXIF data
 * says, without its transparency and without conversion by a colour profile.
 *
 * Errors: `InputError` where the file is no picture or a broken one, and where the package that reads it is missing.
 */
export async function decodeImage(file: string, bytes: Uint8Array): Promise<Pixels> {
  const decode = await loadSharp(file, "read as an image", "give the prepared image as an .npy file");
  try {
    const { data, info } = await decode(bytes, { ignoreIcc: true })
      .autoOrient()
      .toColourspace("srgb")
      .removeAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
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

function threeTimes(grey: Uint8Array): Uint8Array {
  const data = new Uint8Array(3 * grey.length);
  grey.forEach((value, i) => {
    data.fill(value, 3 * i, 3 * i + 3);
  });
  return data;
}
