import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Defect, InputError } from "../../src/base/diagnostic.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { type Graph, storedDataOf, type Value } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { tensorType } from "../../src/ir/types.js";
import { verifyGraph } from "../../src/ir/verifier.js";
import { constantWeight, storedWeight } from "../../src/ir/weight.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { untilNothingChanges } from "../../src/passes/simplify/simplify.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { throwsError } from "../throws.js";
import { assertKeepsValues, assertRewrites, assertUnchanged, numbersOf, randomInputs } from "./support.js";

const test = suite("passes: simplify");

const simplified = (graph: Graph): Graph => runPasses(graph, parsePipeline("simplify")).graph;

test("a shape that is computed becomes one that stands there", () => {
  const before = `graph "view" {
    input %x : float32[N, 6, 1, 1]
    fixed @zero : int64 = constant([], 0)
    fixed @rest : int64 = constant([1], -1)
    %sizes : int64[4]{N, 6, 1, 1} = shape(%x) loc(/sizes)
    %batch : int64[]{N} = gather(%sizes, @zero) loc(/batch)
    %vector : int64[1]{N} = unsqueeze(%batch) {axes = [0]} loc(/vector)
    %shape : int64[2]{N, -1} = concat(%vector, @rest) {axis = 0} loc(/shape)
    %y : float32[N, 6] = reshape_to(%x, %shape) loc(/y)
    %z : float32[N, 6] = relu(%y) loc(/z)
    return %z
  }`;
  assertRewrites(
    "simplify",
    before,
    `graph "view" {
    input %x : float32[N, 6, 1, 1]
    %y : float32[N, 6] = reshape(%x) {shape = [0, 6]} loc(/y by simplify)
    %z : float32[N, 6] = relu(%y) loc(/z)
    return %z
  }`,
  );
  assertKeepsValues("simplify", before);
});

test("what does nothing goes, pairs that undo each other too", () => {
  const before = `graph "nothing" {
    input %x : float32[N, 4, 5, 5]
    %a : float32[N, 4, 5, 5] = identity(%x) loc(/a)
    %b : float32[N, 4, 5, 5] = dropout(%a) {rate = 0.3} loc(/b)
    %c : float32[N, 5, 5, 4] = transpose(%b) {permutation = [0, 2, 3, 1]} loc(/c)
    %d : float32[N, 4, 5, 5] = transpose(%c) {permutation = [0, 3, 1, 2]} loc(/d)
    %e : float32[N, 4, 5, 5, 1] = unsqueeze(%d) {axes = [4]} loc(/e)
    %f : float32[N, 4, 5, 5] = squeeze(%e) {axes = [4]} loc(/f)
    %g : float32[N, 4, 5, 5] = cast(%f) {to = "float32"} loc(/g)
    %h : float32[N, 4, 5, 5] = relu(%g) loc(/h)
    return %h
  }`;
  assertRewrites(
    "simplify",
    before,
    `graph "nothing" {
    input %x : float32[N, 4, 5, 5]
    %h : float32[N, 4, 5, 5] = relu(%x) loc(/h)
    return %h
  }`,
  );
});

test("a gate that is repeated to the size of its map is broadcast", () => {
  const before = `graph "gate" {
    input %x : float32[N, 4, 5, 5]
    %mean : float32[N, 4, 1, 1] = global_avg_pool(%x) loc(/mean)
    %sizes : int64[4]{N, 4, 5, 5} = shape(%x) loc(/sizes)
    %gate : float32[N, 4, 5, 5] = expand(%mean, %sizes) loc(/gate)
    %y : float32[N, 4, 5, 5] = mul(%x, %gate) loc(/y)
    return %y
  }`;
  assertRewrites(
    "simplify",
    before,
    `graph "gate" {
    input %x : float32[N, 4, 5, 5]
    %mean : float32[N, 4, 1, 1] = global_avg_pool(%x) loc(/mean)
    %y : float32[N, 4, 5, 5] = mul(%x, %mean) loc(/y)
    return %y
  }`,
  );
  assertKeepsValues("simplify", before);
});

test("what changes something stays", () => {
  assertUnchanged(
    "simplify",
    `graph "needed" {
    input %x : float32[N, 4, 5, 5]
    %a : float32[N, 4, 5, 5] = transpose(%x) {permutation = [0, 1, 3, 2]} loc(/a)
    %b : float32[N, 100] = flatten(%a) loc(/b)
    %c : float16[N, 100] = cast(%b) {to = "float16"} loc(/c)
    %d : float32[N, 100] = cast(%c) {to = "float32"} loc(/d)
    %sizes : int64[2]{N, 100} = shape(%d) loc(/sizes)
    return %d, %sizes
  }`,
  );
});

test("a large constant is not made of a small one", () => {
  const builder = new GraphBuilder("large");
  const x = builder.input("x", tensorType([1, 3, 512, 512]));
  const one = builder.parameterOf("one", constantWeight([1, 1, 1, 1], 0.5), "fixed");
  const sizes = storedWeight([4], "sizes", Float32Array.of(1, 3, 512, 512));
  const repeated = builder.op(
    "expand",
    [one, builder.parameterOf("sizes", sizes, "fixed", "int64")],
    {},
    { scope: "/grid" },
  );
  const graph = builder.finish([builder.op("concat", [x, repeated], { axis: 1 }, { scope: "/y" })]);
  assert.is(simplified(graph).ops[0]?.kind, "expand");
});

const [SIZES, CHANNELS] = [[4, 2, 3], 4];

type Step = (builder: GraphBuilder, x: Value, constant: (...values: number[]) => Value) => Value;

const loc = { scope: "/step" };
const axis = fc.nat(3);

/** Ops on a tensor of any sizes; each is left out where it does not fit. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    (builder, x) => builder.op("identity", [x], {}, loc),
    (builder, x) => builder.op("relu", [x], {}, loc),
    (builder, x) => builder.op("cast", [x], { to: "float32" }, loc),
    (builder, x) => builder.op("dropout", [x], { rate: 0.5 }, loc),
    (builder, x) => builder.op("flatten", [x], {}, loc),
    (builder, x) => builder.op("sum", [x], {}, loc),
    (builder, x) => builder.op("reshape", [x], { shape: [0, CHANNELS, -1] }, loc),
    (builder, x, constant) => {
      const sizes = builder.op("shape", [x], {}, loc);
      const first = builder.op("gather", [sizes, constant(0)], {}, loc);
      const shape = builder.op("concat", [first, constant(-1)], { axis: 0 }, loc);
      return builder.op("reshape_to", [x, shape], {}, loc);
    },
    (builder, x, constant) => {
      const sizes = builder.op("shape", [x], {}, loc);
      const folded = builder.op("mul", [sizes, constant(1)], {}, loc);
      return builder.op("reshape_to", [x, folded], {}, loc);
    },
    (builder, x) => {
      const mean = builder.op("reduce_mean", [x], { axes: [1] }, loc);
      const repeated = builder.op("expand", [mean, builder.op("shape", [x], {}, loc)], {}, loc);
      return builder.op("add", [x, repeated], {}, loc);
    },
    (builder, x) => {
      const half = builder.parameterOf("half", constantWeight([], 0.5), "fixed");
      const more = builder.parameterOf("more", constantWeight([1], 0.25), "fixed");
      return builder.op("add", [x, builder.op("sub", [half, more], {}, loc)], {}, loc);
    },
  ),
  axis.map(
    (at): Step =>
      (builder, x) =>
        builder.op("unsqueeze", [x], { axes: [at] }, loc),
  ),
  axis.map(
    (at): Step =>
      (builder, x) =>
        builder.op("squeeze", [x], { axes: [at] }, loc),
  ),
  fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }).map(
    (permutation): Step =>
      (builder, x) =>
        builder.op("transpose", [x], { permutation }, loc),
  ),
  fc.tuple(axis, fc.nat(2), fc.integer({ min: 1, max: 4 })).map(
    ([at, start, length]): Step =>
      (builder, x) =>
        builder.op("slice", [x], { axis: at, start, end: start + length }, loc),
  ),
);

const chains: fc.Arbitrary<Graph> = fc
  .tuple(fc.array(step, { minLength: 1, maxLength: 14 }), fc.nat())
  .map(([steps, also]) => {
    const builder = new GraphBuilder("chain");
    const values: Value[] = [builder.input("x", tensorType(["N", ...SIZES]))];
    const constant = (...list: number[]): Value =>
      builder.parameterOf(
        "sizes",
        storedWeight([list.length], `sizes ${values.length} ${list}`, Float32Array.from(list)),
        "fixed",
        "int64",
      );
    for (const each of steps) {
      try {
        values.push(each(builder, values.at(-1) as Value, constant));
      } catch (error) {
        // Otherwise the step does not fit the sizes that there are by now.
        if (!(error instanceof InputError)) throw error;
      }
    }
    values.push(builder.op("relu", [values.at(-1) as Value], {}, loc));
    const [, ...results] = values;
    return builder.finish([...new Set([results[also % results.length], results.at(-1)])] as Value[]);
  });

// The batches can be divided by whatever a chain divides by; with others it would have failed before, too.
test("random chains compute what they did, with fewer ops", () => {
  let shorter = 0;
  fc.assert(
    fc.property(chains, fc.constantFrom(16, 48), (graph, batch) => {
      const after = simplified(graph);
      assert.equal(verifyGraph(after), []);
      assert.ok(after.ops.length <= graph.ops.length);
      if (after.ops.length < graph.ops.length) shorter++;
      const inputs = randomInputs(graph, batch);
      const [expected, actual] = [graph, after].map((each) => evaluateGraph(each, inputs, numbersOf));
      for (const [name, { dims, data }] of expected ?? []) {
        const other = actual?.get(name);
        assert.equal(other?.dims, dims);
        // A cast rounds to float32, where one float64 number follows the other.
        const far = Math.max(...data.map((value, i) => Math.abs(value - (other?.data[i] ?? Number.NaN))));
        assert.ok(far <= 1e-6 * Math.max(1, ...data), `${name} moves by ${far}`);
      }
      assert.equal(simplified(after), after);
      const text = printGraph(after);
      assert.is(printGraph(parseGraph(text, "a.ir", storedDataOf(after))), text);
    }),
    { numRuns: 300 },
  );
  assert.ok(shorter > 150, `${shorter} of 300 chains became shorter`);
});

test("rules that undo each other are a defect, and no endless run", () => {
  const graph = parseGraph(`graph "two" {
    input %x : float32[N, 4]
    %y : float32[N, 4] = relu(%x) loc(/y)
    return %y
  }`);
  const other = (): Graph => ({ ...graph, ops: graph.ops.map((op) => ({ ...op })) });
  throwsError(() => untilNothingChanges(graph, other), Defect, /^simplify came to no end in 50 rounds$/);
  assert.is(
    untilNothingChanges(graph, () => graph),
    graph,
  );
});

test.run();
