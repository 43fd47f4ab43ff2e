import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { debugging } from "../../src/base/debugging.js";
import { verify } from "../../src/driver/verify/verify.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { ATTENTION_TYPES } from "../../src/ir/attention/modules.js";
import { encode, lower } from "../../src/networks/export.js";
import { OPSETS } from "../../src/onnx/file/opset.js";
import { ATTENTION_VARIANTS } from "../attention-variants.js";
import { sharedRuntime } from "../shared-runtime.js";

const test = suite("driver: every attention module, from the spec to ONNX Runtime");
const runtime = sharedRuntime(test);

/** Blocks over maps of 6×10 and 3×5, and of 10×6 and 5×3: neither square nor divisible by the extents of a gather. */
const BASE = {
  input: { channels: 3, height: 12, width: 20 },
  stem: { channels: 16, kernel: 3, stride: 2 },
  head: { channels: 32, classes: 10 },
};

/** A network of MBConv blocks, and one of ResNet's bottlenecks. */
const NETWORKS = {
  mbconv: {
    ...BASE,
    stages: [
      { block: "depthwise-separable", kernel: 3, channels: 16, attention: "se-var1" },
      {
        block: "inverted-residual",
        repeat: 2,
        expansion: 3,
        kernel: 3,
        stride: 2,
        channels: 16,
        attention: "se-var1",
      },
    ],
  },
  bottleneck: {
    ...BASE,
    input: { channels: 3, height: 20, width: 12 },
    defaults: { activation: "relu", initialization: "resnet" },
    stages: [
      { block: "bottleneck", channels: 16, attention: "se-var1" },
      { block: "bottleneck", repeat: 2, stride: 2, channels: 32, attention: "se-var1" },
    ],
  },
};

/** Operators that converters of other runtimes fail on. */
const UNWANTED = /^(Shape|Gather|Expand|If|Squeeze|Unsqueeze|Identity|Resize)$/;

let folder = "";
const specOf = (network: string): string => join(folder, `${network}.json`);
const { throughText } = debugging;
test.before(() => {
  // Every module is printed and parsed between the passes, too.
  debugging.throughText = true;
  folder = mkdtempSync(join(tmpdir(), "ecagen-gates-"));
  for (const [name, network] of Object.entries(NETWORKS)) {
    writeFileSync(specOf(name), JSON.stringify({ name, ...network }));
  }
});
test.after(() => {
  debugging.throughText = throughText;
  rmSync(folder, { recursive: true, force: true });
});

const OPSETS_IN_TURN = [OPSETS.default, OPSETS.first, OPSETS.last];

for (const [i, to] of ATTENTION_TYPES.entries()) {
  const opset = OPSETS_IN_TURN[i % OPSETS_IN_TURN.length];

  test(`${to}: in half precision (opset ${opset}) the export agrees as well, and every gate matters`, async () => {
    const passes = `swap-attention{to=${to}}`;
    const options = { passes, opset, precision: "fp16", batches: [1, 2], runtime: runtime() } as const;
    const report = await verify(specOf("mbconv"), options);
    assert.is(report.tolerance.precision, "float16");
    assert.ok(report.ok, JSON.stringify(report, null, 1));
  });
}

for (const [i, to] of ATTENTION_VARIANTS.entries()) {
  const opset = OPSETS_IN_TURN[i % OPSETS_IN_TURN.length];
  const passes = `swap-attention{to=${to}}`;

  // How a gate stands in the other network depends on no option of it.
  const networks = ATTENTION_TYPES.some((type) => type === to) ? Object.keys(NETWORKS) : ["mbconv"];
  for (const network of networks) {
    test(`${to}, ${network}: the export (opset ${opset}) agrees with the equation, and every gate matters`, async () => {
      const report = await verify(specOf(network), { passes, opset, batches: [1, 2], runtime: runtime() });
      assert.ok(report.ok, JSON.stringify(report, null, 1));
      assert.is(report.gates.effects.length, 3);
      for (const { cosine } of report.comparisons) assert.ok(cosine > 0.99999, `cosine ${cosine}`);
    });
  }

  test(`${to}: no unwanted operator, BatchNorm folded unless it is to stay`, () => {
    const network = specNetwork(specOf("mbconv"), { passes });
    const operators = (keepBatchNorm: boolean): readonly string[] =>
      (encode(network, lower(network, { keepBatchNorm }).graph, { version: "" }).graph.node ?? []).map(
        ({ opType }) => opType ?? "",
      );
    assert.equal(
      operators(false).filter((each) => UNWANTED.test(each) || each === "BatchNormalization"),
      [],
    );
    const norms = network.graph.ops.reduce(
      (count, op) => count + op.operands.filter(({ name }) => name.endsWith("running_var")).length,
      0,
    );
    assert.is(operators(true).filter((each) => each === "BatchNormalization").length, norms);
  });
}

test.run();
