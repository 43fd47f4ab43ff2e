import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A point of an outline, in pixels: x to the right, y downwards. */
export type Point = readonly [x: number, y: number];

/** A step of an outline: its letter in the language of SVG, and its points. */
export interface OutlineStep {
  readonly type: "M" | "L" | "Q" | "C" | "Z";
  readonly points: readonly Point[];
}

/** The outline of a text whose first baseline begins at the origin. */
export interface Outline {
  readonly steps: readonly OutlineStep[];
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What is used of the package opentype.js, which has no types of its own. */
interface OpenType {
  parse(file: ArrayBuffer): Font;
}

interface Font {
  readonly unitsPerEm: number;
  charToGlyph(character: string): Glyph;
}

interface Glyph {
  readonly advanceWidth: number;
  getPath(x: number, y: number, size: number): { readonly commands: readonly Command[] };
}

interface Command {
  readonly type: OutlineStep["type"];
  readonly x?: number;
  readonly y?: number;
  readonly x1?: number;
  readonly y1?: number;
  readonly x2?: number;
  readonly y2?: number;
}

/** The fonts: without and with serifs, narrow ones, a typewriter's, in several weights, upright and italic. */
export const FONTS = [
  "lato-latin-300-normal",
  "lato-latin-400-normal",
  "lato-latin-700-normal",
  "lato-latin-400-italic",
  "pt-serif-latin-400-normal",
  "pt-serif-latin-700-normal",
  "pt-serif-latin-400-italic",
  "crimson-text-latin-400-normal",
  "crimson-text-latin-700-italic",
  "oswald-latin-400-normal",
  "oswald-latin-600-normal",
  "courier-prime-latin-400-normal",
  "courier-prime-latin-700-normal",
] as const;

export type FontName = (typeof FONTS)[number];

const require = createRequire(import.meta.url);
const { parse } = require("opentype.js") as OpenType;
const loaded = new Map<FontName, Font>();

function fontOf(name: FontName): Font {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const family = name.slice(0, name.indexOf("-latin-"));
  const bytes = readFileSync(require.resolve(`@fontsource/${family}/files/${name}.woff`));
  const font = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  loaded.set(name, font);
  return font;
}

/** A letter whose em is 1. */
interface Letter {
  readonly steps: readonly OutlineStep[];
  readonly advance: number;
}

const letters = new Map<string, Letter>();

function letterOf(character: string, name: FontName): Letter {
  const key = `${name} ${character}`;
  const known = letters.get(key);
  if (known !== undefined) return known;
  const font = fontOf(name);
  const glyph = font.charToGlyph(character);
  const advance = glyph.advanceWidth / font.unitsPerEm;
  const letter = { advance, steps: glyph.getPath(0, 0, 1).commands.map(stepOf) };
  letters.set(key, letter);
  return letter;
}

/** The outline of a text in a font whose em has `size` pixels: its letters side by side, without kerning or ligatures. */
export function outlineOf(text: string, name: FontName, size: number): Outline {
  const steps: OutlineStep[] = [];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  let start = 0;
  for (const character of text) {
    const letter = letterOf(character, name);
    for (const { type, points } of letter.steps) {
      const moved = points.map(([x, y]): Point => [(start + x) * size, y * size]);
      steps.push({ type, points: moved });
      for (const [x, y] of moved) {
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
    }
    start += letter.advance;
  }
  return { steps, left, top, right, bottom };
}

function stepOf({ type, x, y, x1, y1, x2, y2 }: Command): OutlineStep {
  const pairs = [
    [x1, y1],
    [x2, y2],
    [x, y],
  ] as const;
  return {
    type,
    points: pairs.flatMap(([a, b]): readonly Point[] => (a === undefined || b === undefined ? [] : [[a, b]])),
  };
}
