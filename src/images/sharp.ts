import { InputError } from "../base/diagnostic.js";
import { isMissingPackage } from "../base/missing-package.js";

/** The package that reads and writes pictures. It is optional, so nothing of it is imported where it may be missing, not even a type. */
const PACKAGE = "sharp";

/** What of it is used. */
export type Sharp = (bytes: Uint8Array, options: SharpOptions) => SharpPicture;

interface SharpOptions {
  readonly ignoreIcc?: boolean;
  readonly raw?: RawSizes;
}

/** How raw pixels lie. */
interface RawSizes {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export interface SharpPicture {
  autoOrient(): SharpPicture;
  metadata(): Promise<{ readonly space?: string }>;
  pipelineColourspace(space: "cmyk"): SharpPicture;
  toColourspace(space: "srgb" | "cmyk"): SharpPicture;
  removeAlpha(): SharpPicture;
  composite(layers: readonly { readonly input: Uint8Array }[]): SharpPicture;
  raw(options: { readonly depth: "uchar" }): SharpPicture;
  toFormat(format: PictureFormat): SharpPicture;
  toBuffer(options: { readonly resolveWithObject: true }): Promise<{
    readonly data: Uint8Array;
    readonly info: RawSizes;
  }>;
}

export type PictureFormat = "png" | "jpeg" | "webp";

/** Loads it. Errors: `InputError` where it is missing or does not load, about what is to be done with a file. */
export async function loadSharp(file: string, task: string, remedy: string): Promise<Sharp> {
  try {
    const loaded = (await import(PACKAGE)) as { readonly default: Sharp };
    return loaded.default;
  } catch (error) {
    const why = isMissingPackage(error)
      ? "which is not installed"
      : `which does not load: ${firstLine(error)}`;
    throw InputError.of("image/no-decoder", `${file} is to be ${task} by the package sharp, ${why}`, {
      file,
      hint: `npm install sharp; or ${remedy}`,
    });
  }
}

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  return (error as Error).message.trim().split("\n")[0] ?? "";
}
