/** A picture of 8 bits for each channel: rows from the top, pixels from the left, the channels of a pixel together. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 3: red, green, blue. 1: grey. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/**
 * The luma of each pixel, (19595 R + 38470 G + 7471 B + 2^15) / 2^16 rounded down: ITU-R BT.601 in the integers of
 * Pillow's `convert("L")`.
 */
export function toGrey({ width, height, data }: Pixels): Pixels {
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    const [r, g, b] = [data[3 * i], data[3 * i + 1], data[3 * i + 2]] as [number, number, number];
    grey[i] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: grey };
}
