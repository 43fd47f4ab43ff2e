import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromFloat16Bits, toFloat16Bits } from "../../src/base/float16.js";
import { byteCount, encodeElements } from "../../src/weights/values/elements.js";

const test = suite("weights: elements");

test("bytes are little-endian", () => {
  assert.equal([...encodeElements([1, -2], "float32")], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  assert.equal([...encodeElements([-1, 258], "int64")], [...Array(8).fill(255), 2, 1, 0, 0, 0, 0, 0, 0]);
  assert.equal([...encodeElements([1.5], "float16")], [0x00, 0x3e]);
});

test("the number of bytes follows from sizes and element type", () => {
  assert.is(byteCount([2, 3], "float32"), 24);
  assert.is(byteCount([], "int64"), 8);
  assert.is(byteCount([50_000, 50_000], "float16"), 5e9);
});

test("every float16 survives the way out and back", () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromFloat16Bits(bits);
    if (!Number.isNaN(value)) assert.is(toFloat16Bits(value), bits, `bits ${bits}`);
  }
  assert.ok(Number.isNaN(fromFloat16Bits(toFloat16Bits(Number.NaN))));
});

test("rounding to float16 is to the nearest, ties to even, over the largest to infinity", () => {
  for (const [value, rounded] of [
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [1 + 2 ** -11 + 2 ** -30, 1 + 2 ** -10],
    [2 - 2 ** -12, 2],
    [1 - 2 ** -54, 1],
    [65519.99, 65504],
    [65520, Infinity],
    [-1e9, -Infinity],
    [2 ** -25, 0],
    [2 ** -25 * 1.001, 2 ** -24],
    [2 ** -14 - 2 ** -26, 2 ** -14],
    [-0, -0],
  ] as const) {
    assert.ok(Object.is(fromFloat16Bits(toFloat16Bits(value)), rounded), `${value} to ${rounded}`);
  }
});

test.run();
