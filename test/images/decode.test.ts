import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { decodeImage } from "../../src/images/decode.js";
import { skip } from "../skip.js";
import { IMAGES, type PackedPixels, unpack } from "./pillow.js";

const test = suite("images: decoded");

const { decoded } = JSON.parse(readFileSync(join(IMAGES, "pillow.json"), "utf8")) as {
  readonly decoded: Readonly<Record<string, PackedPixels>>;
};

/** Decoders of JPEG may round differently; of the others each pixel must be equal. */
const JPEG_TOLERANCE = 2;

const installed = await import("sharp" as string).then(
  () => true,
  () => false,
);

if (installed) {
  test("pictures are what Pillow makes of them, also those of grey, inks, palettes, transparency and 16 bits", async () => {
    assert.is(Object.keys(decoded).length, 14);
    for (const [name, packed] of Object.entries(decoded)) {
      const expected = unpack(packed);
      const image = await decodeImage(name, readFileSync(join(IMAGES, name)));
      assert.equal([image.width, image.height, image.channels], [expected.width, expected.height, 3], name);
      const differences = image.data.map((value, i) => Math.abs(value - (expected.data[i] as number)));
      const allowed = name.endsWith(".jpg") ? JPEG_TOLERANCE : 0;
      assert.is(image.data.length, expected.data.length);
      assert.ok(Math.max(...differences) <= allowed, `${name}: ${Math.max(...differences)}`);
    }
  });

  test("what is no picture, or half of one, is an error that names the file", async () => {
    const half = readFileSync(join(IMAGES, "rgb.jpg")).subarray(0, 900);
    for (const bytes of [Buffer.from("no picture"), Buffer.alloc(0), half]) {
      const error = await decodeImage("a.jpg", bytes).then(
        () => undefined,
        (each: unknown) => each,
      );
      assert.instance(error, InputError);
      assert.match((error as InputError).message, /^a\.jpg can't be read as an image: \S/);
    }
  });
} else {
  skip("decoding of images", "sharp is not installed");
}

test.run();
