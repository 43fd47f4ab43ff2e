import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromFloat16Bits } from "../../src/base/float16.js";
import { encodeElements } from "../../src/weights/values/elements.js";
import { encodeHalf, nearestHalf, startHalfRounding } from "../../src/weights/values/half.js";

const test = suite("weights: half precision");

test("numbers that float16 has no neighbour for become the largest, and are counted with their tensors", () => {
  const rounding = startHalfRounding();
  const values = [1, 65504, 65505, -1e6, 0, -0, 6e-8, 2.9e-8, -1e-20];
  const halves = [...encodeHalf(values, rounding, "a")].map(fromFloat16Bits);
  assert.equal(halves, [1, 65504, 65504, -65504, 0, -0, 2 ** -24, 0, -0]);
  encodeHalf([1e5], rounding, "b");
  encodeHalf([0.1], rounding, "c");
  const { saturatedIn, zeroedIn, ...counts } = rounding;
  assert.equal(counts, { numbers: 11, saturated: 3, largest: 1e6, zeroed: 2 });
  assert.equal([...zeroedIn], ["a"]);
  assert.equal([...saturatedIn], ["a", "b"]);
  assert.equal(halves, values.map(nearestHalf));
});

test("what is infinite or no number stays that, and counts as nothing", () => {
  const rounding = startHalfRounding();
  const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  assert.equal([...encodeHalf(values, rounding)].map(fromFloat16Bits), values);
  assert.is(rounding.saturated, 0);
  assert.is(rounding.zeroed, 0);
});

test("a bound of the largest float32 is written as the largest float16", () => {
  assert.equal([...encodeElements([3.4e38, -3.4e38], "float16")], [0xff, 0x7b, 0xff, 0xfb]);
});

test.run();
