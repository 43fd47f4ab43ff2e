import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatDiagnostic, InputError } from "../../src/base/diagnostic.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { storedDataOf } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { tensorType } from "../../src/ir/types.js";
import { verifyGraph } from "../../src/ir/verifier.js";
import { throwsError } from "../throws.js";
import { graphs, stored } from "./random-graph.js";

const test = suite("ir: text form");

test("parse(print(graph)) is the graph, and print of that the same text", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      assert.equal(verifyGraph(graph), []);
      const text = printGraph(graph);
      const parsed = parseGraph(text);
      assert.is(printGraph(parsed), text);
      assert.equal(parsed, graph);
    }),
    { numRuns: 300 },
  );
});

const EXAMPLE = `graph "b0" {
  block /stem "stem" channels 3 at "$.stem"
  block /stages/0/blocks/1 "inverted-residual" channels 16 stage 0 index 1
  input %x : float32[N, 3, 8, 8]
  trainable @stem.conv.weight = normal([4, 3, 3, 3], 0.08, "stem.conv.weight")
  fixed @half : float16 = constant([], 0.5)
  %stem/conv : float32[N, 4, 4, 4] = conv(%x, @stem.conv.weight) {strides = [2, 2], pads = [1, 1, 1, 1]} loc(/stem/conv, "$.stem")
  %y : float32[N, 4, 4, 4] = relu(%stem/conv) loc(/stem/act by lower-activation)
  return %stem/conv, %y
}
`;

test("the form is what its documentation shows; defaults are left out", () => {
  const unused = /\n {2}fixed.*/;
  assert.is(printGraph(parseGraph(EXAMPLE)), EXAMPLE.replace(unused, ""));
});

test("blanks and comments between words mean nothing", () => {
  const spread = EXAMPLE.replaceAll(" ", "\n  ").replaceAll("{", '{ // a comment with "quotes" and {\n');
  assert.is(printGraph(parseGraph(spread)), printGraph(parseGraph(EXAMPLE)));
});

test("an element type other than float32 is written with the parameter", () => {
  const text = `graph "g" {
  input %x : float16[N]
  fixed @half : float16 = constant([], 0.5)
  %y : float16[N] = mul(%x, @half) loc(/y)
  return %y
}
`;
  assert.is(printGraph(parseGraph(text)), text);
});

test("stored weights are named in the text; their numbers stand beside it", () => {
  const builder = new GraphBuilder("g");
  const x = builder.input("x", tensorType(["N", 3]));
  const weight = builder.parameterOf("w", stored("file.onnx:w", [2, 3]), "trainable");
  const graph = builder.finish([builder.op("gemm", [x, weight], {}, { scope: "/y" })]);
  const text = printGraph(graph);
  assert.match(text, 'trainable @w = stored([2, 3], "file.onnx:w")');
  assert.equal(parseGraph(text, "a.ir", storedDataOf(graph)), graph);
  throwsError(() => parseGraph(text), InputError, /those of stored weight "file.onnx:w" must be given/, {
    code: "ir/syntax",
  });
  throwsError(
    () => parseGraph(text, "a.ir", new Map([["file.onnx:w", new Float32Array(5)]])),
    InputError,
    /has 5 numbers, not \[2, 3\]/,
    { code: "ir/syntax" },
  );
});

/** The message and place of what is refused about a changed example. */
function refusal(search: string | RegExp, replacement: string): string {
  const text = EXAMPLE.replace(search, replacement);
  assert.is.not(text, EXAMPLE);
  try {
    parseGraph(text, "net.ir");
  } catch (error) {
    assert.instance(error, InputError);
    const [first] = (error as InputError).diagnostics;
    return first === undefined ? "" : (formatDiagnostic(first).split("\n")[0] ?? "");
  }
  return "accepted";
}

test("mistakes are refused with line and column", () => {
  assert.is(refusal("relu(%stem", "rellu(%stem"), "net.ir:8:30: error: unknown op rellu [ir/syntax]");
  assert.is(refusal("relu(%stem/conv)", "relu(%z)"), "net.ir:8:35: error: %z is not defined [ir/syntax]");
  assert.match(refusal("%y : float32", "%x : float32"), /^net\.ir:8:\d+: error: %x is defined twice/);
  assert.match(refusal("float32[N, 4, 4, 4] = relu", "int3[N] = relu"), "unknown element type int3");
  assert.match(refusal("{strides = [2, 2]", "{stride = [2, 2]"), "conv: Unrecognized key");
  assert.match(refusal("strides = [2, 2]", "strides = [2, 2"), "pads is not a value");
  assert.match(refusal("normal(", "gauss("), "unknown weight gauss");
  assert.match(
    refusal("normal([4, 3, 3, 3]", "mul(constant([5], 1), normal([4, 3, 3, 3]"),
    "mul of weights [5] and [4,3,3,3]",
  );
  assert.match(refusal("0.08", "small"), "expected a number, got small");
  assert.match(refusal("[4, 3, 3, 3], 0", "[N, 3, 3, 3], 0"), "N is no size");
  assert.match(refusal('"b0"', "b0"), "expected a text in quotes, got b0");
  assert.match(refusal("return", "retur"), "expected a name with %, got retur");
  assert.match(refusal(/}\n$/, ""), "the text ends too early");
  assert.match(refusal(/}\n$/, "} more"), "the text goes on after the graph");
  assert.match(refusal("{strides", "{!strides"), 'unexpected "!"');
});

test.run();
