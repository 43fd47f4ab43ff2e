import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CheckError } from "../../src/base/diagnostic.js";
import { specNetwork } from "../../src/given/spec-file.js";
import type { Graph } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { checkPasses, checkPromise } from "../../src/trials/check-passes.js";
import { throwsError } from "../throws.js";

const test = suite("driver: check-passes");

const withOp = (op: string): Graph =>
  parseGraph(`graph "g" {
    input %x : float32[N, 2, 3, 3]
    %y : float32[N, 2, 3, 3] = ${op}(%x) loc(/y)
    return %y
  }`);

test("a pass that changes values against its promise is named, with the output", () => {
  const liar = { name: "liar", preserves: "values" } as const;
  throwsError(
    () => checkPromise(liar, withOp("relu"), withOp("gelu")),
    CheckError,
    /liar promises to keep values and changes the output y/,
    { code: "pass/changed-values" },
  );
  throwsError(() => checkPromise(liar, withOp("silu"), withOp("hard_swish")), CheckError, /promises/, {
    code: "pass/changed-values",
  });
});

test("a pass that keeps values holds, one that promises only the signature is not held to more", () => {
  assert.not.throws(() => checkPromise({ name: "p", preserves: "values" }, withOp("relu"), withOp("relu")));
  assert.not.throws(() =>
    checkPromise({ name: "p", preserves: "signature" }, withOp("relu"), withOp("tanh")),
  );
});

test("the passes of every export keep their promises", () => {
  const { built, invocations } = specNetwork("specs/small.json");
  for (const options of [{}, { opset: 13 }, { target: "gpu" }, { keepBatchNorm: true }] as const) {
    checkPasses(built, [...invocations, ...exportPipeline(options)]);
  }
});

test("an output that is the same for every input is said to show nothing", () => {
  const constant = parseGraph(`graph "g" {
    input %x : float32[N, 2, 3, 3]
    %zero : float32[N, 2, 3, 3] = sub(%x, %x) loc(/zero)
    return %zero
  }`);
  const [warning, ...others] = checkPasses(constant, [{ pass: "fold-constants", options: {} }]);
  assert.equal(others, []);
  assert.is(warning?.code, "pass/undecided");
  assert.match(warning?.message ?? "", /can't tell whether zero is kept/);
  const { built, invocations } = specNetwork("specs/small.json");
  assert.equal(checkPasses(built, invocations), []);
});

test.run();
