import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { InputError } from "../../src/base/diagnostic.js";
import { type NetworkInterface, networkInterface } from "../../src/codegen/typescript/network.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Value } from "../../src/ir/graph.js";
import { type Dim, tensorType } from "../../src/ir/types.js";
import { defaultPreprocessing } from "../../src/language/preprocessing.js";
import { throwsError } from "../throws.js";

const test = suite("codegen: the tensors of TypeScript packages");

/** Of a network of one op between `x` and `y`. */
function interfaceOf(dims: readonly Dim[], kind: "relu" | "shape" = "relu"): NetworkInterface {
  const builder = new GraphBuilder("ports");
  const x = builder.input("x", tensorType(dims));
  const y: Value = builder.op(kind, [x], {}, { scope: "/y" }, "y");
  const graph = builder.finish([y]);
  return networkInterface({
    ...{ graph, batch: undefined, version: "0" },
    counts: countNetwork(graph),
    spec: { name: "ports", preprocessing: defaultPreprocessing(3), labels: undefined },
  });
}

test("a batch and fixed sizes are taken", () => {
  const { inputs, outputs, classifier } = interfaceOf(["N", 4, 2]);
  assert.equal(inputs, [{ name: "x", dtype: "float32", dims: [null, 4, 2] }]);
  assert.equal(outputs, [{ name: "y", dtype: "float32", dims: [null, 4, 2] }]);
  assert.is(classifier, undefined);
});

for (const [dims, message] of [
  [["N", 4, "H", "W"], /^x is \[N, 4, H, W\], which has other open sizes than the batch/],
  [["N", "C"], /^x is \[N, C\], which has other open sizes/],
  [[1, 4], /^x is \[1, 4\], whose first size is no open batch/],
  [[1, "C"], /^x is \[1, C\], whose first size is no open batch/],
] as const) {
  test(`[${dims.join(", ")}], without a batch or with another open size, is refused`, () =>
    throwsError(() => interfaceOf(dims), InputError, message, { code: "codegen/open-sizes" }));
}

test("a tensor of integers is refused", () =>
  throwsError(() => interfaceOf(["N", 4], "shape"), InputError, /^y is a tensor of int64/, {
    code: "codegen/element-type",
  }));

test.run();
