import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  binaryWeight,
  constantWeight,
  normalWeight,
  sqrtWeight,
  storedWeight,
  transposeWeight,
  uniformWeight,
  type WeightExpr,
} from "../../src/ir/weight.js";
import { materialize, weightChunks } from "../../src/weights/values/materialize.js";

const test = suite("weights: materialize");

const SEED = 5;

function collect(expr: WeightExpr, chunkElements?: number): number[] {
  const all: number[] = [];
  for (const chunk of weightChunks(expr, SEED, chunkElements)) all.push(...chunk);
  return all;
}

const wide = normalWeight([3, 2, 2], 0.5, "wide");
const vector = uniformWeight([3], 1, 2, "vector");
const scalar = constantWeight([], 4);

test("constants, square roots and stored numbers", () => {
  assert.equal(collect(constantWeight([2, 2], 3)), [3, 3, 3, 3]);
  assert.equal(collect(sqrtWeight(scalar)), [2]);
  assert.equal(collect(storedWeight([2, 1], "s", Float32Array.of(1, -2))), [1, -2]);
  assert.equal(collect(constantWeight([0], 3)), []);
});

test("a normal weight is its stream, scaled; a uniform one lies in its bounds", () => {
  const unit = collect(normalWeight([3, 2, 2], 1, "wide"));
  assert.equal(
    collect(wide),
    unit.map((x) => x * 0.5),
  );
  assert.ok(collect(vector).every((x) => x >= 1 && x < 2));
});

test("a vector operand is repeated over all but the first axis, on either side", () => {
  const w = collect(wide);
  const v = collect(vector);
  assert.equal(
    collect(binaryWeight("mul", wide, vector)),
    w.map((x, i) => x * (v[Math.floor(i / 4)] as number)),
  );
  assert.equal(
    collect(binaryWeight("div", vector, wide)),
    w.map((x, i) => (v[Math.floor(i / 4)] as number) / x),
  );
});

test("scalars are repeated; operands of one shape go element by element", () => {
  const w = collect(wide);
  assert.equal(
    collect(binaryWeight("sub", wide, scalar)),
    w.map((x) => x - 4),
  );
  assert.equal(
    collect(binaryWeight("add", wide, normalWeight([3, 2, 2], 2, "wide"))),
    w.map((x) => x + 4 * x),
  );
  assert.equal(
    collect(binaryWeight("add", vector, scalar)),
    collect(vector).map((x) => x + 4),
  );
});

/** What folding a normalisation leaves: scale / √(variance + ε) · weight. */
const folded = binaryWeight(
  "mul",
  wide,
  binaryWeight("div", vector, sqrtWeight(binaryWeight("add", vector, constantWeight([], 1e-5)))),
);

test("the size of the pieces changes no number", () => {
  const whole = collect(folded);
  for (const size of [1, 2, 3, 5, 7, 12, 100])
    assert.equal(collect(folded, size), whole, `pieces of ${size}`);
});

test("pieces have the size asked for, the last one what is left", () => {
  const sizes = [...weightChunks(wide, SEED, 5)].map((chunk) => chunk.length);
  assert.equal(sizes, [5, 5, 2]);
});

test("materialize rounds to float32, once, at the end", () => {
  const rounded = materialize(folded, SEED);
  assert.equal([...rounded], collect(folded).map(Math.fround));
  assert.not.equal([...rounded], collect(folded));
});

test("a weight of another seed or another stream has other numbers", () => {
  const other = [...materialize(wide, SEED + 1)];
  assert.not.equal(other, [...materialize(wide, SEED)]);
  assert.not.equal(other, [...materialize(normalWeight([3, 2, 2], 0.5, "else"), SEED)]);
});

test("memory is bounded by the piece, not by the weight", () => {
  // 8 TB of numbers: only reading them as a stream can give the first ones.
  const huge = binaryWeight(
    "mul",
    normalWeight([1_000, 1_000_000_000], 1, "huge"),
    constantWeight([1_000], 2),
  );
  const [first] = weightChunks(huge, SEED, 16);
  assert.is(first?.length, 16);
  assert.equal(
    [...(first ?? [])],
    collect(normalWeight([16], 1, "huge")).map((x) => 2 * x),
  );
});

test("a transposed matrix, in any pieces", () => {
  const matrix = storedWeight([2, 3], "m", Float32Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(transposeWeight(matrix).dims, [3, 2]);
  for (const chunk of [1, 4, 6]) assert.equal(collect(transposeWeight(matrix), chunk), [1, 4, 2, 5, 3, 6]);
  assert.equal(collect(transposeWeight(transposeWeight(matrix))), [1, 2, 3, 4, 5, 6]);
});

test("a transposed matrix that is larger than what is held at a time", () => {
  const [rows, columns] = [1100, 1000];
  const matrix = normalWeight([rows, columns], 1, "large");
  const numbers = materialize(matrix, SEED);
  const transposed = materialize(transposeWeight(matrix), SEED);
  assert.ok(transposed.every((value, i) => value === numbers[(i % rows) * columns + Math.floor(i / rows)]));
});

test.run();
