import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { specNetwork } from "../../src/given/spec-file.js";
import type { Target } from "../../src/ir/attention/lowering/strategy.js";
import { attentionTypeOf } from "../../src/ir/attention/modules.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";

const test = suite("driver: gates of the gallery are found in what is exported");

/** A network of each kind of gate, and what it is exported for. */
const NETWORKS: readonly (readonly [spec: string, target: Target])[] = [
  ["b0-se", "portable"],
  ["mobilenetv3-small-100", "cpu"],
  ["official-eca-mobilenetv2-025", "gpu"],
  ["resnet18-eca-k3577", "portable"],
  ["resnet18-cbam", "cpu"],
  ["resnet18-gc", "portable"],
  ["resnet18-nl", "cpu"],
  ["resnet50-coord", "portable"],
  ["resnet50-eca-ns-k3", "cpu"],
  ["resnet50-ese", "portable"],
  ["resnet50-se-gc16", "gpu"],
  ["resnet50-se-nosqueeze", "portable"],
];

for (const [spec, target] of NETWORKS) {
  test(`${spec}, for ${target}`, () => {
    const { graph } = specNetwork(`specs/${spec}.json`);
    const gates = graph.ops.flatMap(({ kind, loc }) => {
      const type = attentionTypeOf(kind);
      return type === undefined ? [] : [{ kind: type, at: loc.scope }];
    });
    const lowered = runPasses(graph, exportPipeline({ target })).graph;
    const { graph: found, raised, rejected } = raiseAttention(lowered);
    assert.equal(
      raised.map(({ kind, at }) => ({ kind, at })),
      gates,
    );
    assert.equal(rejected, []);
    // Folding took the normalisations' numbers; finding the gates takes none, but for those of banded matrices, which are the taps.
    const portable = runPasses(graph, exportPipeline({})).graph;
    assert.is(countNetwork(found).parameters, countNetwork(portable).parameters);
  });
}

test.run();
