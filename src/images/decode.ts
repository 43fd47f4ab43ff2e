import { InputError } from "../base/diagnostic.js";
import { fileKind } from "../base/file-kinds.js";
import type { Pixels } from "./pixels.js";

/** The package that decodes pictures. It is optional, so nothing of it is imported where it may be missing, not even a type. */
const DECODER = "sharp";

/** What of it is used. */
type Decoder = (bytes: Uint8Array, options: { readonly ignoreIcc: boolean }) => Picture;

interface Picture {
  autoOrient(): Picture;
  toColourspace(space: "srgb"): Picture;
  removeAlpha(): Picture;
  raw(options: { readonly depth: "uchar" }): Picture;
  toBuffer(options: { readonly resolveWithObject: true }): Promise<{
    readonly data: Uint8Array;
    readonly info: { readonly width: number; readonly height: number; readonly channels: number };
  }>;
}

/**
 * Decodes a picture file (PNG, JPEG, WebP, GIF, TIFF, AVIF) to red, green and blue: turned upright as its EXIF data
 * says, without its transparency and without conversion by a colour profile.
 *
 * Errors: `InputError` where the file is no picture or a broken one, and where the package that reads it is missing.
 */
export async function decodeImage(file: string, bytes: Uint8Array): Promise<Pixels> {
  const decode = await loadDecoder(file);
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

async function loadDecoder(file: string): Promise<Decoder> {
  try {
    const loaded = (await import(DECODER)) as { readonly default: Decoder };
    return loaded.default;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    const why = missing ? "which is not installed" : `which does not load: ${firstLine(error)}`;
    throw InputError.of(
      "image/no-decoder",
      `${file} is to be read as an image by the package sharp, ${why}`,
      {
        file,
        hint: "npm install sharp; or give the prepared image as an .npy file",
      },
    );
  }
}

function threeTimes(grey: Uint8Array): Uint8Array {
  const data = new Uint8Array(3 * grey.length);
  grey.forEach((value, i) => {
    data.fill(value, 3 * i, 3 * i + 3);
  });
  return data;
}

function firstLine(error: unknown): string {
  return (error as Error).message.trim().split("\n")[0] ?? "";
}
