import { extname } from "node:path";
import { InputError } from "../base/diagnostic.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { Pixels } from "./pixels.js";
import { firstLine, loadSharp, type PictureFormat } from "./sharp.js";

/** Left, top, right and bottom, in pixels of a picture. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Which pixels belong to a thing: a grid of numbers from 0 to 1, row by row, over an area of the picture. */
export interface Mask {
  readonly area: Box;
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** What is drawn of a thing. */
export interface DrawnThing {
  readonly box: Box;
  readonly text: string;
  /** Things of one class have one colour. */
  readonly index: number;
  readonly mask?: Mask | undefined;
}

const FORMATS: Readonly<Record<string, PictureFormat>> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
};

/** The format that a picture's file name says. Errors: `InputError` for any other name. */
export function pictureFormat(file: string): PictureFormat {
  const format = FORMATS[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw InputError.of("image/format", `${file} is not the name of a picture that can be written`, {
    file,
    hint: `the ending of its name gives its format: ${Object.keys(FORMATS).join(", ")}`,
  });
}

/** A picture with things drawn on it, encoded as the name of its file says. Errors: `InputError` where the package that does it is missing, or refuses the picture's size. */
export async function drawThings(
  file: string,
  picture: Pixels,
  things: readonly DrawnThing[],
): Promise<Uint8Array> {
  const format = pictureFormat(file);
  const draw = await loadSharp(file, "drawn", "leave --draw out");
  const { width, height, channels } = picture;
  const data = Uint8Array.from(picture.data);
  for (const { mask, box, index } of things) {
    if (mask !== undefined) paintMask({ ...picture, data }, mask, box, colourOf(index));
  }
  try {
    const drawn = await draw(data, { raw: { width, height, channels } })
      .composite([{ input: Buffer.from(overlay(picture, things)) }])
      .toFormat(format)
      .toBuffer({ resolveWithObject: true });
    return drawn.data;
  } catch (error) {
    throw InputError.of("image/not-drawn", `${file} can't be drawn: ${firstLine(error)}`, { file });
  }
}

type Colour = readonly [red: number, green: number, blue: number];

/** Ten colours that are told apart well (Tableau's). */
const COLOURS: readonly Colour[] = [
  [31, 119, 180],
  [255, 127, 14],
  [44, 160, 44],
  [214, 39, 40],
  [148, 103, 189],
  [140, 86, 75],
  [227, 119, 194],
  [127, 127, 127],
  [188, 189, 34],
  [23, 190, 207],
];

function colourOf(index: number): Colour {
  return COLOURS[index % COLOURS.length] ?? [255, 0, 0];
}

/** A pixel is of a thing from this number on. */
const WITHIN = 0.5;
/** How much of a pixel's colour a mask's colour replaces. */
const MASK_SHARE = 0.5;

/** Colours the pixels of a box that a mask says to be of its thing. */
function paintMask({ data, width, height }: Pixels, mask: Mask, box: Box, colour: Colour): void {
  const [left, top] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
  const [right, bottom] = [Math.min(width, Math.ceil(box[2])), Math.min(height, Math.ceil(box[3]))];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (maskAt(mask, x + 0.5, y + 0.5) < WITHIN) continue;
      const start = (y * width + x) * 3;
      colour.forEach((value, c) => {
        data[start + c] = Math.round((data[start + c] ?? 0) * (1 - MASK_SHARE) + value * MASK_SHARE);
      });
    }
  }
}

/**
 * A mask's number at a point of the picture, interpolated between the centres of its cells; outside of the grid are zeros. As torchvision's
 * `paste_masks_in_image`, which rounds the box to pixels first.
 */
export function maskAt({ area, width, height, data }: Mask, x: number, y: number): number {
  const [left, top, right, bottom] = area;
  const column = ((x - left) / (right - left)) * width - 0.5;
  const row = ((y - top) / (bottom - top)) * height - 0.5;
  const [c, r] = [Math.floor(column), Math.floor(row)];
  const cell = (i: number, j: number): number =>
    i < 0 || j < 0 || i >= width || j >= height ? 0 : (data[j * width + i] ?? 0);
  const [u, v] = [column - c, row - r];
  const upper = cell(c, r) * (1 - u) + cell(c + 1, r) * u;
  const lower = cell(c, r + 1) * (1 - u) + cell(c + 1, r + 1) * u;
  return upper * (1 - v) + lower * v;
}

/** Boxes and texts as an SVG of the picture's size. */
function overlay({ width, height }: Pixels, things: readonly DrawnThing[]): string {
  const line = Math.max(1, Math.round(Math.min(width, height) / 250));
  const size = Math.max(10, Math.round(Math.min(width, height) / 35));
  const shapes = things.map(({ box, text, index }) => {
    const [left, top, right, bottom] = box;
    const colour = `rgb(${colourOf(index).join(",")})`;
    // Above its box, or inside where there is no room.
    const baseline = top >= size * 1.3 ? top - size * 0.3 : top + size;
    return `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="${colour}" stroke-width="${line}"/>
<text x="${left}" y="${baseline}" fill="white" stroke="${colour}" stroke-width="${size / 5}" paint-order="stroke">${svgText(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="${size}">
${shapes.join("\n")}
</svg>`;
}

/** The longest text that is drawn; labels have up to 500 characters. */
const LONGEST_TEXT = 60;

/** A text as SVG has it: on one line, without what XML takes for markup or can't hold. */
function svgText(text: string): string {
  const characters = [...text];
  const short =
    characters.length <= LONGEST_TEXT ? text : `${characters.slice(0, LONGEST_TEXT - 1).join("")}…`;
  return oneVisibleLine(short).replace(/[&<>]/g, (each) => `&#${each.codePointAt(0)};`);
}
