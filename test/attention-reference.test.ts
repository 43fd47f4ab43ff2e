import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../src/analysis/counts.js";
import { stats } from "../src/driver/stats.js";
import { GraphBuilder } from "../src/ir/builder.js";
import type { Graph, Value } from "../src/ir/graph.js";
import { tensorType } from "../src/ir/types.js";
import { runPasses } from "../src/passes/manager.js";
import { parsePipeline } from "../src/passes/pipeline.js";

/**
 * The counts of every attention module against networks that others built. test/data/attention-reference.json
 * was made from timm's models, the official ECANet code and the papers' definitions.
 */
interface Reference {
  readonly efficientnetB0: readonly {
    readonly network: string;
    readonly to: string;
    readonly parameters: number;
    readonly attentionParameters: number;
    readonly macs: number;
    readonly attentionMacs: number;
    readonly buffers: number;
  }[];
  readonly resnet: readonly {
    readonly network: string;
    readonly depth: keyof typeof RESNETS;
    readonly to: string;
    readonly attentionParameters: number;
    /** Null where the reference didn't count. */
    readonly attentionMacs: number | null;
    readonly attentionBuffers: number;
  }[];
}

const reference = JSON.parse(readFileSync("test/data/attention-reference.json", "utf8")) as Reference;

/** Blocks by stage, and how much wider than 64, 128, 256, 512 a block's result is. */
const RESNETS = {
  18: { blocks: [2, 2, 2, 2], expansion: 1 },
  34: { blocks: [3, 4, 6, 3], expansion: 1 },
  50: { blocks: [3, 4, 6, 3], expansion: 4 },
  101: { blocks: [3, 4, 23, 3], expansion: 4 },
  152: { blocks: [3, 8, 36, 3], expansion: 4 },
} as const;

/** The gates of a ResNet at 224×224 and nothing else: one at the end of each block's main path. */
function gatesOfResnet(depth: keyof typeof RESNETS): Graph {
  const { blocks, expansion } = RESNETS[depth];
  const builder = new GraphBuilder(`gates of ResNet-${depth}`);
  const outputs = blocks.flatMap((count, stage) => {
    const [channels, side] = [64 * 2 ** stage * expansion, 56 / 2 ** stage];
    return Array.from({ length: count }, (_, index): Value => {
      const scope = `/stages/${stage}/blocks/${index}`;
      builder.block({ scope, type: "bottleneck", inputChannels: channels, stage, index });
      const x = builder.input(`x${stage}.${index}`, tensorType(["N", channels, side, side]));
      const site = { channels, blockInputChannels: channels, map: [side, side], stage } as const;
      return builder.attention(x, { type: "se-var1" }, site, { scope: `${scope}/attention` });
    });
  });
  return builder.finish(outputs);
}

const test = suite("attention: counts of the reference");

for (const { network, to, ...expected } of reference.efficientnetB0) {
  test(`${network} is b0-se with ${to}`, () => {
    const counts = stats("specs/b0-se.json", { passes: `swap-attention{to=${to}}` });
    const { parameters, attentionParameters, macs, attentionMacs, buffers } = counts;
    assert.equal({ parameters, attentionParameters, macs, attentionMacs, buffers }, expected);
  });
}

for (const { network, depth, to, ...expected } of reference.resnet) {
  test(`${network}: its gates are ${to}`, () => {
    const graph = runPasses(
      gatesOfResnet(depth),
      parsePipeline(`swap-attention{from=se-var1,to=${to}}`),
    ).graph;
    const counts = countNetwork(graph);
    assert.is(counts.attentionParameters, expected.attentionParameters);
    assert.is(counts.parameters, expected.attentionParameters);
    assert.is(counts.buffers, expected.attentionBuffers);
    if (expected.attentionMacs !== null) assert.is(counts.attentionMacs, expected.attentionMacs);
  });
}

test.run();
