import { suite } from "uvu";
import * as assert from "uvu/assert";
import { judgeWhole } from "../../src/runtime/compare.js";
import { bytesOfWire, fromWire, toWire, wireOf } from "../../src/runtime/tensor.js";

const test = suite("runtime: elements of every type");

test("numbers become the nearest elements of a type, within its range", () => {
  const data = Float64Array.of(-200, -0.4, 1.6, 300);
  const elements = (dtype: Parameters<typeof toWire>[1]) =>
    Array.from(toWire({ dims: [4], data }, dtype).data, Number);
  assert.equal(elements("uint8"), [0, 0, 2, 255]);
  assert.equal(elements("int8"), [-128, 0, 2, 127]);
  assert.equal(elements("bool"), [0, 0, 1, 1]);
  assert.equal(elements("int64"), [-200, 0, 2, 300]);
  assert.equal(elements("uint64"), [0, 0, 2, 300]);
  assert.equal(
    Array.from(fromWire(toWire({ dims: [4], data }, "float16")).data),
    [-200, -0.39990234375, 1.599609375, 300],
  );
});

test("integers of 64 bits go through as they are", () => {
  const memory = BigInt64Array.of(2n ** 62n + 1n, -1n);
  const tensor = wireOf("int64", [2], memory.buffer);
  assert.equal([...bytesOfWire(tensor)], [...new Uint8Array(memory.buffer)]);
});

test("whole numbers are right if no more differ than rounding changes", () => {
  const judged = (actual: readonly number[], unstable: number, response?: number) =>
    judgeWhole([3, 1, 4, 1], actual, [4], unstable, response).verdict;
  assert.is(judged([3, 1, 4, 1], 0), "right");
  assert.is(judged([3, 1, 5, 1], 0), "wrong");
  assert.is(judged([3, 1, 5, 1], 1), "right");
  assert.is(judged([2, 1, 5, 1], 1), "wrong");
  assert.is(judged([3, 1, 4], 4), "wrong");
  assert.is(judged([3, 1, 4], Number.POSITIVE_INFINITY), "undecided");
  assert.is(judged([3, 1, 4, 1], 0, 0), "undecided");
});

test.run();
