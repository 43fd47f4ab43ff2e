import type { Pixels } from "./pixels.js";

/** What the pixels that the first picture of a GIF file does not show have instead, as Pillow has them. */
interface HiddenColour {
  readonly colour: Uint8Array;
  /** The part of the canvas that the picture has. */
  readonly frame: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
}

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
/** Of the flags of a screen or a picture: it has colours of its own; their number is 2 to the power of the last bits and 1. */
const HAS_COLOURS = 0x80;
const COLOURS_SIZE = 0x07;
const HEADER_LENGTH = 13;
const DESCRIPTOR_LENGTH = 10;

export function isGif(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString("latin1") === "GIF8";
}

/**
 * The decoded first picture of a GIF file without its transparency: a transparent pixel has the colour that the palette has for
 * it, and so has the canvas around a smaller picture, as in Pillow's `convert("RGB")`.
 *
 * Source: https://www.w3.org/Graphics/GIF/spec-gif89a.txt, sections 18 to 23
 *
 * @param data red, green and blue, and alpha where `channels` is 4
 */
export function opaqueGif(
  bytes: Uint8Array,
  { width, height, channels, data }: Omit<Pixels, "channels"> & { readonly channels: number },
): Pixels {
  const { colour, frame } = hiddenColour(bytes);
  const made = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const isInFrame =
      x >= frame.left && y >= frame.top && x < frame.left + frame.width && y < frame.top + frame.height;
    const isShown = isInFrame && (channels < 4 || data[i * channels + 3] !== 0);
    made.set(isShown ? data.subarray(i * channels, i * channels + 3) : colour, 3 * i);
  }
  return { width, height, channels: 3, data: made };
}

/** The colour of the first picture's transparent index, or of index 0 where it has none. */
function hiddenColour(bytes: Uint8Array): HiddenColour {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const colours = (flags: number): number =>
    flags & HAS_COLOURS ? 3 * 2 ** ((flags & COLOURS_SIZE) + 1) : 0;
  let index = 0;
  let at = HEADER_LENGTH + colours(view.getUint8(10));
  while (view.getUint8(at) === EXTENSION) {
    const isTransparent = view.getUint8(at + 1) === GRAPHIC_CONTROL && (view.getUint8(at + 3) & 1) === 1;
    if (isTransparent) index = view.getUint8(at + 6);
    at += 2;
    while (view.getUint8(at) > 0) at += view.getUint8(at) + 1;
    at += 1;
  }
  if (view.getUint8(at) !== IMAGE) throw new RangeError("it has no picture");
  const own = colours(view.getUint8(at + 9));
  const palette = own > 0 ? at + DESCRIPTOR_LENGTH : HEADER_LENGTH;
  const start = palette + 3 * index;
  return {
    colour: bytes.subarray(start, start + 3),
    frame: {
      left: view.getUint16(at + 1, true),
      top: view.getUint16(at + 3, true),
      width: view.getUint16(at + 5, true),
      height: view.getUint16(at + 7, true),
    },
  };
}
