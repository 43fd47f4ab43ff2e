import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RecoveredBlock } from "../../src/analysis/structure/classify.js";
import { numberedModules } from "../../src/analysis/structure/names.js";
import { recoverBlocks, withBlocks } from "../../src/analysis/structure/recover.js";
import { withFileNetwork } from "../../src/given/onnx-file.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { freezeGraph, freezeOp, GraphBuilder } from "../../src/ir/builder.js";
import { blockAt, type Graph, type Op, type Value } from "../../src/ir/graph.js";
import { startAtZero } from "../../src/ir/initializers.js";
import { tensorType } from "../../src/ir/types.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { claimsIn } from "../claims.js";
import { assertGrowsWithSize } from "../growth.js";

const test = suite("analysis: stages and blocks of a network without a description");

/** The graph without a word about where its ops belong. */
function nameless(graph: Graph): Graph {
  const ops = graph.ops.map((op, i) => freezeOp({ ...op, loc: { scope: `/n${i}` } } as Op));
  return freezeGraph({ ...graph, blocks: [], ops });
}

/** For each block that a spec says, where its ops were found: `scope type`, once if it was found as it is. */
function foundBlocks(spec: string, lowered: boolean): readonly (readonly [said: string, found: string])[] {
  const { graph } = specNetwork(`specs/${spec}.json`);
  const exported = lowered ? runPasses(graph, exportPipeline({})).graph : graph;
  const found = new Map(
    recoverBlocks(nameless(exported)).flatMap(({ block, ops }) =>
      ops.map((op) => [op.results[0]?.name, `${block.scope} ${block.type}`] as const),
    ),
  );
  return graph.blocks.map((block) => {
    const places = exported.ops
      .filter((op) => blockAt(graph, op.loc.scope) === block)
      .map((op) => found.get(op.results[0]?.name));
    return [`${block.scope} ${block.type}`, [...new Set(places)].join(" and ")];
  });
}

const EXACT = [
  ...["b0-se", "b0-eca", "b4-none", "b0-cbam", "lite0", "edgetpu-s", "tinynet-a"],
  ...[
    "v2-s-se",
    "tf-v2-b0-eca",
    "v2-rw-t-se",
    "mobilenetv1",
    "mobilenetv2-100",
    "mnasnet-100",
    "semnasnet-100",
  ],
  ...["resnet18-se", "resnet50", "resnet50d-eca", "resnext50-32x4d-cbam", "wide-resnet50-2", "resnetrs50"],
  ...["resnet50-se-pre", "cifar-resnet110-a-se", "legacy-resnet50-se", "senet154", "xresnet50-2019"],
];

/** Specs whose stages part where neither the map nor the width changes; each block is found, in fewer stages. */
const FEWER_STAGES = ["mobilenetv3-large-100", "mobilenetv3-small-100-eca", "mixnet-s", "fbnetc-100"];

test("the documentation counts these networks", () => {
  const sentence = /find (\d+) networks of the gallery, .*? and (\d+) with the same blocks in fewer stages/;
  assert.equal(claimsIn("docs/onnx-files.md", sentence), [EXACT.length, FEWER_STAGES.length]);
});

for (const spec of EXACT) {
  test(`${spec}: stages, blocks and types are those of the spec`, () => {
    for (const lowered of [false, true]) {
      const blocks = foundBlocks(spec, lowered);
      assert.equal(
        blocks.map(([, found]) => found),
        blocks.map(([said]) => said),
        lowered ? "as exported" : "as built",
      );
    }
  });
}

for (const spec of FEWER_STAGES) {
  test(`${spec}: blocks and types are those of the spec, stages are where maps and widths change`, () => {
    const typeOf = (text: string): string | undefined => text.split(" ")[1];
    for (const lowered of [false, true]) {
      const blocks = foundBlocks(spec, lowered);
      assert.equal(
        blocks.map(([, found]) => typeOf(found)),
        blocks.map(([said]) => typeOf(said)),
      );
      assert.is(new Set(blocks.map(([, found]) => found)).size, blocks.length);
    }
  });
}

/** `path type inputs → outputs`, of the blocks in stages. */
function inStages(blocks: readonly RecoveredBlock[], graph: Graph): readonly string[] {
  return blocks.flatMap(({ block, to }, i) =>
    block.stage === undefined
      ? []
      : [`${block.stage} ${graph.blocks[i]?.scope} ${block.type} ${block.inputChannels} ${to.type.dims[1]}`],
  );
}

const EXPORTS: Readonly<Record<string, readonly string[]>> = {
  "torchvision-regnet-11": ["0 /stages/0/blocks/0 bottleneck 8 16", "1 /stages/1/blocks/0 bottleneck 16 32"],
  "torchvision-efficientnet-13": [
    "0 /features/features.1/features.1.0 depthwise-separable 16 8",
    "1 /features/features.2/features.2.0 inverted-residual 8 16",
    "1 /features/features.2/features.2.1 inverted-residual 16 16",
  ],
  "torchvision-mobilenetv3-17": [
    "0 /features/features.1 depthwise-separable 16 16",
    "1 /features/features.2 inverted-residual 16 24",
    "1 /features/features.3 inverted-residual 24 24",
  ],
};

for (const [name, expected] of Object.entries(EXPORTS)) {
  test(`${name}: the blocks have the names of their modules`, () => {
    const file = `test/data/onnx/${name}.onnx`;
    withFileNetwork(file, {}, ({ recovered, graph }) => assert.equal(inStages(recovered, graph), expected));
  });
}

/** Convolutions of 3×3 with ReLUs, by the channels that they make, and poolings, as 2; then a classifier. */
function rowOf(layers: readonly number[]): readonly string[] {
  const builder = new GraphBuilder("row");
  const at = { scope: "" };
  let x: Value = builder.input("x", tensorType(["N", 3, 32, 32]));
  layers.forEach((layer, i) => {
    if (layer === 2) {
      x = builder.op("max_pool", [x], { kernel: [2, 2], strides: [2, 2] }, at);
      return;
    }
    const weight = builder.parameter(`w${i}`, [layer, Number(x.type.dims[1]), 3, 3], startAtZero);
    x = builder.op("relu", [builder.op("conv", [x, weight], { pads: [1, 1, 1, 1] }, at)], {}, at);
  });
  const graph = builder.finish([builder.op("flatten", [x], {}, at)]);
  return recoverBlocks(graph).map(({ block, to }) => `${block.scope} ${block.type} ${to.type.dims[1]}`);
}

test("the stages of a row of convolutions begin with its poolings, and the last one is the head's", () => {
  assert.equal(rowOf([8, 2, 16, 2, 24, 24, 2]), [
    "/stem stem 8",
    "/stages/0/blocks/0 downsample 8",
    "/stages/0/blocks/1 conv-norm-act 16",
    "/stages/1/blocks/0 downsample 16",
    "/stages/1/blocks/1 conv-norm-act 24",
    "/stages/1/blocks/2 conv-norm-act 24",
    "/head head 384",
  ]);
});

test("layers that all look alike are blocks and stages by their names alone", () => {
  for (const [modules, expected] of [
    // Two layers in each, the first the stem; the map and the width never change.
    [
      ["layer0/layer0.0", "layer1/layer1.0", "layer1/layer1.1", "layer2/layer2.0"],
      [
        "/stem",
        "/stages/0/blocks/0 /layer1/layer1.0",
        "/stages/0/blocks/1 /layer1/layer1.1",
        "/stages/1/blocks/0 /layer2/layer2.0",
      ],
    ],
    // One name alone divides nothing: each layer is on its own.
    [["layer1/layer1.0"], ["/stem", "/stages/0/blocks/0 /layer1/layer1.0"]],
  ] as const) {
    const builder = new GraphBuilder("alike");
    let x: Value = builder.input("x", tensorType(["N", 8, 16, 16]));
    modules.forEach((module, i) => {
      for (const layer of ["a", "b"]) {
        const weight = builder.parameter(`w${i}${layer}`, [8, 8, 1, 1], startAtZero);
        x = builder.op("conv", [x, weight], {}, { scope: `/${module}/${layer}` });
      }
    });
    const graph = builder.finish([x]);
    const found = recoverBlocks(graph).map(({ block, modules }) =>
      [block.scope, ...modules.slice(-1)].join(" "),
    );
    assert.equal(found, expected);
  }
});

test("names of modules, as exporters write them", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["/blocks/blocks.1/blocks.1.0/conv_pw", ["/blocks/blocks.1", "/blocks/blocks.1/blocks.1.0"]],
    ["/layer1/layer1.0/se/fc/fc.0", ["/layer1/layer1.0"]],
    ["/features/features.4/block/block.2/fc1", ["/features/features.4"]],
    ["/stages/2/blocks/0/layers/1/conv", ["/stages/2", "/stages/2/blocks/0"]],
    ["/stages/stages.0/blocks/blocks.1/mlp", ["/stages/stages.0", "/stages/stages.0/blocks/blocks.1"]],
    ["/block2a_expand_conv", ["block2", "block2a"]],
    ["/efficientnetb0/block2a_expand_conv/Conv2D", ["block2", "block2a"]],
    ["/resnet50/conv3_block2_1_conv", ["conv3", "conv3_block2"]],
    ["/Conv_17", []],
    ["/", []],
  ];
  for (const [scope, expected] of cases) assert.equal(numberedModules(scope), expected, scope);
});

function chain(length: number): Graph {
  const builder = new GraphBuilder("long");
  let x: Value = builder.input("x", tensorType(["N", 8, 16, 16]));
  for (let i = 0; i < length; i++) {
    const weight = builder.parameter(`w${i}`, [8, 8, 1, 1], startAtZero);
    const convolved: Value = builder.op("conv", [x, weight], {}, { scope: "/c" }, `c${i}`);
    const activated: Value = builder.op("relu", [convolved], {}, { scope: "/r" }, `r${i}`);
    x = builder.op("add", [activated, x], {}, { scope: "/a" }, `a${i}`);
  }
  return builder.finish([x]);
}

test("a network of many ops takes time in proportion", () =>
  assertGrowsWithSize(2500, (length) => {
    const graph = chain(length);
    return () => {
      const blocks = recoverBlocks(graph);
      assert.is(blocks.filter(({ block }) => block.stage === 0).length, length);
      withBlocks(graph, blocks);
    };
  }));

test("sums within sums: each op is in one block, however deep", () => {
  const builder = new GraphBuilder("nested");
  const starts: Value[] = [];
  let x: Value = builder.input("x", tensorType(["N", 8, 16, 16]));
  for (let i = 0; i < 2000; i++) {
    starts.push(x);
    x = builder.op("relu", [x], {}, { scope: "/r" });
  }
  for (const start of starts.toReversed()) x = builder.op("add", [x, start], {}, { scope: "/a" });
  const graph = builder.finish([x]);
  const ops = recoverBlocks(graph).flatMap((block) => block.ops);
  assert.is(ops.length, graph.ops.length);
  assert.is(new Set(ops).size, graph.ops.length);
});

test("any op is in a block: constants, branches that end, networks of one op", () => {
  const builder = new GraphBuilder("odd");
  const x = builder.input("x", tensorType(["N", 4]));
  const weight = builder.parameter("w", [4, 4], startAtZero);
  const transposed = builder.op("transpose", [weight], { permutation: [1, 0] }, { scope: "/t" });
  const y = builder.op("matmul", [x, transposed], {}, { scope: "/m" });
  const side = builder.op("relu", [x], {}, { scope: "/side" });
  const graph = builder.finish([y, side]);
  const scoped = withBlocks(graph, recoverBlocks(graph));
  for (const op of scoped.ops) assert.ok(blockAt(scoped, op.loc.scope) !== undefined, op.loc.scope);
});

test.run();
