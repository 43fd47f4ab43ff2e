import type { Pixels } from "../../src/images/pixels.js";

/** Pictures and what Pillow makes of them; test/python/pillow_arrays.py has made them. */
export const IMAGES = "test/data/images";

/** Red, green and blue of each pixel, in Base64. */
export interface PackedPixels {
  readonly width: number;
  readonly height: number;
  readonly data: string;
}

export function unpack({ width, height, data }: PackedPixels): Pixels {
  return { width, height, channels: 3, data: Uint8Array.from(Buffer.from(data, "base64")) };
}
