import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pixels } from "../../src/images/pixels.js";
import { type ImageSize, prepareImage, resizedSize } from "../../src/images/prepare.js";
import { resample } from "../../src/images/resample.js";
import type { Interpolation, Preprocessing } from "../../src/language/preprocessing.js";
import { defaultPreprocessing, INTERPOLATIONS } from "../../src/language/preprocessing.js";
import { IMAGES, type PackedPixels, unpack } from "./pillow.js";

const test = suite("images: as Pillow and NumPy");

interface Expected {
  readonly sources: Readonly<Record<string, PackedPixels>>;
  readonly resizes: readonly (PackedPixels & { readonly interpolation: Interpolation })[];
  readonly prepared: readonly {
    readonly source: string;
    readonly size: ImageSize;
    readonly preprocessing: Preprocessing;
    readonly data: string;
  }[];
}

const { sources, resizes, prepared } = JSON.parse(
  readFileSync(join(IMAGES, "pillow.json"), "utf8"),
) as Expected;

function source(name: string): Pixels {
  const found = sources[name];
  if (found === undefined) throw new Error(`no picture ${name}`);
  return unpack(found);
}

test("every interpolation is Pillow's, smaller and larger, to the last bit", () => {
  for (const interpolation of INTERPOLATIONS) {
    assert.ok(resizes.filter((each) => each.interpolation === interpolation).length >= 6);
  }
  for (const { interpolation, ...expected } of resizes) {
    const { width, height } = expected;
    const made = resample(source("wide"), width, height, interpolation);
    const wrong = unpack(expected).data.findIndex((value, i) => value !== made.data[i]);
    assert.is(made.data.length, width * height * 3);
    assert.is(wrong, -1, `${interpolation} to ${width}x${height} differs at ${wrong}`);
  }
});

test("a crop leaves out what a picture that fits has at its borders", () => {
  const size = { channels: 3, height: 16, width: 16 } as const;
  const fit = { ...defaultPreprocessing(3), resize: "fit", padding: { at: "around", value: 9 } } as const;
  const whole = prepareImage(source("wide"), { ...size, height: 20, width: 20 }, { ...fit, crop: 1 });
  const middle = prepareImage(source("wide"), size, { ...fit, crop: 0.8 });
  const rows = (data: Float32Array, side: number, from: number): readonly number[] =>
    Array.from(
      { length: 16 * 16 },
      (_, i) => data[(from + Math.floor(i / 16)) * side + from + (i % 16)] ?? 0,
    );
  assert.equal(rows(middle, 16, 0), rows(whole, 20, 2));
  // Nothing of a picture of 20x1 pixels at the top is in the middle.
  const line = { width: 40, height: 2, channels: 3, data: new Uint8Array(240) } as const;
  const gone = prepareImage(line, size, { ...fit, padding: { at: "end", value: null }, crop: 0.8 });
  assert.ok(gone.every((value) => value === 0));
});

test("an image of its own size stays as it is", () => {
  const image = source("tall");
  for (const interpolation of INTERPOLATIONS) {
    assert.equal(resample(image, image.width, image.height, interpolation).data, image.data);
  }
});

test("resized, cropped and normalised, an input is that of torchvision's transforms, to the last bit", () => {
  for (const { source: name, size, preprocessing, data } of prepared) {
    const { buffer } = Uint8Array.from(Buffer.from(data, "base64"));
    assert.equal(prepareImage(source(name), size, preprocessing), new Float32Array(buffer));
  }
});

test("the resized image covers the input, whatever the two proportions are", () => {
  const preprocessing = { ...defaultPreprocessing(3), crop: 0.875 };
  const sizeFor = (w: number, h: number, width: number, height: number) =>
    resizedSize({ width: w, height: h }, { width, height }, preprocessing);
  assert.equal(sizeFor(500, 375, 224, 224), { width: 341, height: 256 });
  assert.equal(sizeFor(375, 500, 224, 224), { width: 256, height: 341 });
  assert.equal(sizeFor(100, 100, 224, 112), { width: 256, height: 256 });
  assert.equal(sizeFor(1000, 100, 224, 112), { width: 1280, height: 128 });
  assert.equal(sizeFor(3, 10_000, 224, 224), { width: 256, height: 853_333 });
});

test.run();
