import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blockKinds, positionsIn } from "../../src/language/blocks/registry.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { parse, specText } from "../language/support.js";

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

test.run();
