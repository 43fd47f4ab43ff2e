import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatJsonPath } from "../../src/base/json-path.js";
import { parametersOf } from "../../src/ir/graph.js";
import { blockKinds, positionsIn } from "../../src/language/blocks/registry.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { parse, specText } from "../language/support.js";
import { diagnosticsOf } from "../passes/support.js";

const test = suite("blocks: where attention sits");

/** The ops of the second stage's first block, which has 16 channels in and out; normalisations left out. */
function opsOf(stage: Readonly<Record<string, unknown>>): string {
  const first = '{ "block": "conv-norm-act", "channels": 16 }';
  const second = JSON.stringify({ channels: 16, activation: "relu", ...stage });
  const graph = buildNetwork(parse(specText([first, second])).resolved);
  return graph.ops
    .filter(({ loc }) => loc.scope.startsWith("/stages/1/blocks/0/"))
    .map(({ kind }) => (kind === "attention.se" ? "GATE" : kind))
    .filter((kind) => kind !== "batch_norm")
    .join(" ");
}

const se = (position: string): object => ({ type: "se", ratio: 0.25, position });

/** Ops of a block by the gate's position; `add` is the sum with the shortcut. */
const EXPECTED: Readonly<Record<string, { stage: object; ops: Readonly<Record<string, string>> }>> = {
  "conv-norm-act": {
    stage: {},
    ops: {
      pre: "GATE conv relu add",
      standard: "conv relu GATE add",
      post: "conv relu add GATE",
      identity: "conv relu GATE add",
    },
  },
  "depthwise-separable": {
    stage: {},
    ops: {
      pre: "GATE conv relu conv add",
      spatial: "conv relu GATE conv add",
      standard: "conv relu conv GATE add",
      post: "conv relu conv add GATE",
      identity: "conv relu conv GATE add",
    },
  },
  "inverted-residual": {
    stage: { expansion: 4 },
    ops: {
      pre: "GATE conv relu conv relu conv add",
      spatial: "conv relu conv relu GATE conv add",
      standard: "conv relu conv relu conv GATE add",
      post: "conv relu conv relu conv add GATE",
      identity: "conv relu conv relu conv GATE add",
    },
  },
  "fused-inverted-residual": {
    stage: { expansion: 4 },
    ops: {
      pre: "GATE conv relu conv add",
      spatial: "conv relu GATE conv add",
      standard: "conv relu conv GATE add",
      post: "conv relu conv add GATE",
      identity: "conv relu conv GATE add",
    },
  },
  // The third convolution is the shortcut's.
  basic: {
    stage: { channels: 24 },
    ops: {
      pre: "GATE conv relu conv conv add relu",
      standard: "conv relu conv conv GATE add relu",
      post: "conv relu conv conv add relu GATE",
      identity: "conv relu conv conv GATE add relu",
      "identity-input": "conv relu conv GATE conv add relu",
    },
  },
  // The fourth convolution is the shortcut's.
  bottleneck: {
    stage: { channels: 32 },
    ops: {
      pre: "GATE conv relu conv relu conv conv add relu",
      convolution: "conv relu GATE relu conv conv add relu",
      spatial: "conv relu conv relu GATE conv conv add relu",
      standard: "conv relu conv relu conv conv GATE add relu",
      post: "conv relu conv relu conv conv add relu GATE",
      identity: "conv relu conv relu conv conv GATE add relu",
      "identity-input": "conv relu conv relu conv GATE conv add relu",
    },
  },
};

/** Which value the gate and the sum read, which the order of ops alone doesn't tell. */
function gateAndSum(block: string, position: string): { gated: unknown; summed: readonly unknown[] } {
  const stage = {
    block,
    ...EXPECTED[block]?.stage,
    channels: 16,
    activation: "relu",
    attention: se(position),
  };
  const graph = buildNetwork(parse(specText(['"cn_r1_k3_s1_c16"', JSON.stringify(stage)])).resolved);
  const ops = graph.ops.filter(({ loc }) => loc.scope.startsWith("/stages/1/"));
  const input = graph.ops.findLast(({ loc }) => loc.scope.startsWith("/stages/0/"))?.results[0];
  const gate = ops.find(({ kind }) => kind === "attention.se");
  const sum = ops.find(({ kind }) => kind === "add");
  const nameOf = (value: unknown): unknown =>
    value === input
      ? "input"
      : value === gate?.results[0]
        ? "gate"
        : value === sum?.results[0]
          ? "sum"
          : "branch";
  return { gated: nameOf(gate?.operands[0]), summed: sum?.operands.map(nameOf) ?? [] };
}

for (const [block, { stage, ops }] of Object.entries(EXPECTED)) {
  for (const [position, expected] of Object.entries(ops)) {
    test(`${block}: ${position}`, () => {
      assert.is(opsOf({ block, ...stage, attention: se(position) }), expected);
    });
  }

  test(`${block}: the table has every position, and the first is the default`, () => {
    const positions = positionsIn(block as keyof typeof blockKinds);
    assert.equal([...positions].sort(), Object.keys(ops).sort());
    const usual = opsOf({ block, ...stage, attention: { type: "se", ratio: 0.25 } });
    assert.is(usual, ops[positions[0]]);
  });

  test(`${block}: branch and shortcut meet in the sum`, () => {
    assert.equal(gateAndSum(block, "identity"), { gated: "input", summed: ["branch", "gate"] });
    assert.equal(gateAndSum(block, "standard"), { gated: "branch", summed: ["gate", "input"] });
    assert.equal(gateAndSum(block, "pre"), { gated: "input", summed: ["branch", "input"] });
  });
}

test("every block type has a table", () => {
  assert.equal(Object.keys(EXPECTED).sort(), Object.keys(blockKinds).sort());
});

test("only the named blocks have the gate", () => {
  const stage = (blocks: string): string =>
    `{ "block": "basic", "channels": 16, "repeat": 3, "attention": { "type": "eca", "blocks": ${blocks} } }`;
  const withGate = (blocks: string): readonly number[] =>
    buildNetwork(parse(specText([stage(blocks)])).resolved)
      .ops.filter(({ kind }) => kind === "attention.eca")
      .map(({ loc }) => Number(loc.scope.split("/")[4]));
  assert.equal(withGate("[0, 2]"), [0, 2]);
  assert.equal(withGate("[1]"), [1]);
});

test("the network's attention is that of every stage that says nothing", () => {
  const plain = '{ "block": "basic", "channels": 16 }';
  const none = '{ "block": "basic", "channels": 16, "attention": "none" }';
  const own = '{ "block": "basic", "channels": 16, "attention": "eca" }';
  const gates = buildNetwork(
    parse(specText([plain, none, own, '"ds_r1_k3_s1_c16"'], ['"attention": { "type": "se", "ratio": 0.25 }']))
      .resolved,
  ).ops.flatMap(({ kind, loc }) =>
    kind.startsWith("attention.") ? [`${loc.scope.split("/")[2]} ${kind}`] : [],
  );
  assert.equal(gates, ["0 attention.se", "2 attention.eca", "3 attention.se"]);
});

/** The gates of a network with these stages, as kind and scope, in their order. */
function gatesOf(stages: readonly string[], more: readonly string[] = []): readonly string[] {
  const { ops } = buildNetwork(parse(specText(stages, more)).resolved);
  return ops.flatMap(({ kind, loc }) => (kind.startsWith("attention.") ? [`${kind} ${loc.scope}`] : []));
}

test("several gates follow each other in the order of the list, under their indexes", () => {
  const stage = (attention: string): string =>
    `{ "block": "basic", "channels": 16, "repeat": 2, "attention": ${attention} }`;
  assert.equal(gatesOf([stage('["sam", { "type": "eca", "blocks": [1] }, "se"]')]), [
    "attention.sam /stages/0/blocks/0/attention/0",
    "attention.se /stages/0/blocks/0/attention/2",
    "attention.sam /stages/0/blocks/1/attention/0",
    "attention.eca /stages/0/blocks/1/attention/1",
    "attention.se /stages/0/blocks/1/attention/2",
  ]);
  // The network's, unless a stage says otherwise; those elsewhere in the block stand where they stand.
  const network = ['"attention": [{ "type": "eca", "position": "post" }, "eca"]'];
  const plain = '{ "block": "basic", "channels": 16 }';
  const own = '{ "block": "basic", "channels": 16, "attention": "eca" }';
  const none = '{ "block": "basic", "channels": 16, "attention": "none" }';
  assert.equal(gatesOf([plain, own, none], network), [
    "attention.eca /stages/0/blocks/0/attention/1",
    "attention.eca /stages/0/blocks/0/attention/0",
    "attention.eca /stages/1/blocks/0/attention",
  ]);
});

test("gates of a list have parameters of their own, and take the file's defaults each", () => {
  const graph = buildNetwork(
    parse(
      specText(
        ['{ "block": "basic", "channels": 16, "attention": ["eca", "eca", { "type": "eca", "kernel": 3 }] }'],
        ['"defaults": { "attention": { "eca": { "kernel": 7 } } }'],
      ),
    ).resolved,
  );
  const weights = parametersOf(graph).flatMap(({ name, data }) =>
    name.includes("attention") ? [`${name} ${data.dims.at(-1)}`] : [],
  );
  assert.equal(weights, [
    "stages.0.blocks.0.attention.0.conv.weight 7",
    "stages.0.blocks.0.attention.1.conv.weight 7",
    "stages.0.blocks.0.attention.2.conv.weight 3",
  ]);
});

test("a residual gate is added to what it gates", () => {
  const attention = '[{ "type": "eca", "residual": true }, "se-var1"]';
  const { ops } = buildNetwork(
    parse(specText([`{ "block": "conv-norm-act", "channels": 16, "attention": ${attention} }`])).resolved,
  );
  const [eca, sum, plain] = ops.filter(({ loc }) => loc.scope.includes("/attention/"));
  assert.equal([eca?.kind, sum?.kind, plain?.kind], ["attention.eca", "add", "attention.se-var1"]);
  assert.equal([...(sum?.operands ?? [])], [eca?.results[0], eca?.operands[0]]);
  assert.is(plain?.operands[0], sum?.results[0]);
});

test("a list of gates is checked item by item, and none is no item", () => {
  const stage = '{ "block": "basic", "channels": 16, "attention": ';
  for (const [attention, message, path] of [
    ['["eca", "none"]', 'unknown attention "none"', "$.stages[0].attention[1].type"],
    ['["eca", { "type": "se", "ratioo": 1 }]', 'unknown key "ratioo"', "$.stages[0].attention[1].ratioo"],
    [
      '["eca", { "type": "se", "ratio": "x" }]',
      "expected number, got text",
      "$.stages[0].attention[1].ratio",
    ],
    ['["eca", 3]', "expected object, got 3", "$.stages[0].attention[1]"],
    ["[]", "must have at least 1 item, got 0", "$.stages[0].attention"],
    [
      "3",
      "expected a gate's type, an object with a type, or a list of those, got 3",
      "$.stages[0].attention",
    ],
    [
      '[{ "type": "sam", "position": "spatial" }]',
      'a block of type basic has no place "spatial" for a gate',
      "$.stages[0].attention[0].position",
    ],
    [
      '["eca", { "type": "se", "blocks": [2] }]',
      "there is no block 2: the stage has 1, and the first is 0",
      "$.stages[0].attention[1].blocks[0]",
    ],
    [
      '["eca", { "type": "se", "ratio": 0.001 }]',
      "a ratio of 0.001 leaves 0 of 16 channels: nothing to squeeze to",
      "$.stages[0].attention[1]",
    ],
  ] as const) {
    const found = diagnosticsOf(() => parse(specText([`${stage}${attention} }`])));
    assert.equal(
      found.map((each) => [each.message, formatJsonPath(each.path ?? [])]),
      [[message, path]],
      attention,
    );
  }
});

test.run();
