import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { storedDataOf } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { tensorType } from "../../src/ir/types.js";
import { binaryWeight, constantWeight, sqrtWeight, storedWeight } from "../../src/ir/weight.js";
import { throwsError } from "../throws.js";

const test = suite("ir: stored weights in the text form");

const numbers = Float32Array.of(4, 9);

function graph() {
  const builder = new GraphBuilder("stored");
  const x = builder.input("x", tensorType(["N", 2]));
  const data = binaryWeight(
    "mul",
    sqrtWeight(storedWeight([2], "fc/scale 1", numbers)),
    constantWeight([], 2),
  );
  const scale = builder.parameterOf("scale", data, "trainable");
  return builder.finish([builder.op("mul", [x, scale], {}, { scope: "/scale" })]);
}

test("the text has the label and not the numbers", () => {
  assert.match(
    printGraph(graph()),
    'trainable @scale = mul(sqrt(stored([2], "fc/scale 1")), constant([], 2))',
  );
});

test("with the numbers beside it the text comes back as it was", () => {
  const text = printGraph(graph());
  const stored = storedDataOf(graph());
  const again = parseGraph(text, "a.ir", stored);
  assert.is(printGraph(again), text);
  assert.is(storedDataOf(again).get("fc/scale 1"), numbers);
});

test("without them, or with numbers of another count, it is refused at its place", () => {
  const text = printGraph(graph());
  for (const [stored, expected] of [
    [undefined, /stored weight "fc\/scale 1" must be given beside it/],
    [new Map([["fc/scale 1", Float32Array.of(1)]]), /has 1 numbers, not \[2\]/],
  ] as const) {
    try {
      parseGraph(text, "a.ir", stored);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, InputError);
      assert.match((error as InputError).message, expected);
      const { range } = (error as InputError).diagnostics[0] ?? {};
      assert.ok(text.slice(range?.offset).startsWith('"fc/scale 1"'));
    }
  }
});

test("data of another count than the sizes is refused when it is made", () => {
  throwsError(() => storedWeight([3], "s", numbers), RangeError, /2 numbers for a weight \[3\]/);
});

test.run();
