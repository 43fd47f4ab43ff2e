import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/ir/builder.js";
import { type Graph, storedDataOf } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { tensorType } from "../../src/ir/types.js";
import { verifyGraph } from "../../src/ir/verifier.js";
import { constantWeight, storedWeight } from "../../src/ir/weight.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/values/materialize.js";

const test = suite("ir: chains of shapes");

/** `x.view(x.size(0), -1)` and `y.expand(x.shape)` as PyTorch exports them, over maps of open batch. */
function chains(): Graph {
  const builder = new GraphBuilder("chains");
  const loc = { scope: "/chain" };
  const integers = (name: string, ...values: number[]) =>
    builder.parameterOf(
      name,
      storedWeight([values.length], name, Float32Array.from(values)),
      "fixed",
      "int64",
    );
  const x = builder.input("x", tensorType(["N", 6, 2, 3]));
  const y = builder.input("y", tensorType(["N", 6, 1, 1]));
  const sizes = builder.op("shape", [x], {}, loc, "sizes");
  const zero = builder.parameterOf("zero", constantWeight([], 0), "fixed", "int64");
  const batch = builder.op("gather", [sizes, zero], {}, loc, "batch");
  const vector = builder.op("unsqueeze", [batch], { axes: [0] }, loc, "vector");
  const shape = builder.op("concat", [vector, integers("rest", -1)], { axis: 0 }, loc, "shape");
  const rows = builder.op("reshape_to", [x, shape], {}, loc, "rows");
  const doubled = builder.op("mul", [shape, integers("two", 2)], {}, loc, "doubled");
  const repeated = builder.op("expand", [y, sizes], {}, loc, "repeated");
  return builder.finish([rows, repeated, doubled]);
}

test("types are as if the sizes stood there", () => {
  const graph = chains();
  assert.equal(verifyGraph(graph), []);
  assert.equal(
    graph.outputs.map(({ type }) => type),
    [tensorType(["N", 36]), tensorType(["N", 6, 2, 3]), tensorType([2], "int64", ["2*N", -2])],
  );
});

test("what is known of elements is part of the text form", () => {
  const graph = chains();
  const text = printGraph(graph);
  assert.match(text, "%sizes : int64[4]{N, 6, 2, 3} = shape(%x)");
  assert.match(text, '%doubled : int64[2]{"2*N", -2} = mul(');
  assert.equal(parseGraph(text, "a.ir", storedDataOf(graph)), graph);
  const wrong = parseGraph(text.replace("{N, 6, 2, 3}", "{N, 6, 2, 4}"), "a.ir", storedDataOf(graph));
  assert.match(
    verifyGraph(wrong)[0]?.message ?? "",
    "sizes is int64[4]{N, 6, 2, 4}, inferred int64[4]{N, 6, 2, 3}",
  );
});

test("the interpreter computes what inference knew", () => {
  const x = { dims: [5, 6, 2, 3], data: Float64Array.from({ length: 180 }, (_, i) => i) };
  const y = { dims: [5, 6, 1, 1], data: Float64Array.from({ length: 30 }, (_, i) => i) };
  const inputs = new Map([
    ["x", x],
    ["y", y],
  ]);
  const outputs = evaluateGraph(chains(), inputs, ({ data, type }) => ({
    dims: data.dims,
    data: materialize(data, 0, type.dtype),
  }));
  assert.equal(outputs.get("rows"), { dims: [5, 36], data: x.data });
  assert.equal(outputs.get("doubled"), { dims: [2], data: Float64Array.of(10, -2) });
  const repeated = outputs.get("repeated");
  assert.equal(repeated?.dims, [5, 6, 2, 3]);
  assert.ok(repeated?.data.every((value, i) => value === Math.floor(i / 6)));
});

test("TensorFlow's shapes, which are int32 in between, are followed too", () => {
  const builder = new GraphBuilder("tensorflow");
  const loc = { scope: "/se" };
  const int32 = (name: string, value: number, dims: readonly number[]) =>
    builder.parameterOf(name, constantWeight(dims, value), "fixed", "int32");
  const x = builder.input("x", tensorType(["N", 6]));
  const sizes = builder.op("cast", [builder.op("shape", [x], {}, loc)], { to: "int32" }, loc);
  const first = builder.op("slice", [sizes], { axis: 0, start: 0, end: 1 }, loc);
  const packed = [first, int32("one", 1, [1]), int32("same", 1, [1]), int32("channels", 6, [1])];
  const shape = builder.op("concat", packed, { axis: 0 }, loc, "shape");
  const y = builder.op("reshape_to", [x, builder.op("cast", [shape], { to: "int64" }, loc)], {}, loc, "y");
  const graph = builder.finish([y]);
  assert.equal(y.type, tensorType(["N", 1, 1, 6]));
  const text = printGraph(graph);
  assert.match(text, "%shape : int32[4]{N, 1, 1, 6} = concat(");
  assert.match(text, "fixed @channels : int32 = constant([1], 6)");
  assert.is(printGraph(parseGraph(text)), text);
  assert.equal(verifyGraph(parseGraph(text)), []);
});

test("integers beyond 2^24 keep their digits", () => {
  const builder = new GraphBuilder("large");
  const data = Float64Array.of(2 ** 40 + 1);
  const lent = { length: 1, copyTo: (target: Float64Array) => target.set(data) };
  const large = builder.parameterOf("large", storedWeight([1], "large", lent), "fixed", "int64");
  const copy = builder.op("identity", [large], {}, { scope: "/copy" });
  assert.equal(copy.type.values, [2 ** 40 + 1]);
  assert.equal(materialize(large.data, 0, "int64"), data);
});

test.run();
