import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { attentionModules } from "../../src/ir/attention/modules.js";
import { GraphBuilder, makeParameter } from "../../src/ir/builder.js";
import { blockAt, type Graph, parametersOf, producersOf, usesOf } from "../../src/ir/graph.js";
import { startAtZero } from "../../src/ir/initializers.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph, printOp } from "../../src/ir/print.js";
import { replaceParameters, rewriteGraph } from "../../src/ir/rewrite.js";
import { tensorType } from "../../src/ir/types.js";
import { verifyGraph } from "../../src/ir/verifier.js";
import { constantWeight } from "../../src/ir/weight.js";

const builder = suite("ir: builder");

builder("names come from the scope, and one that is taken gets a number", () => {
  const build = new GraphBuilder("g");
  const x = build.input("x", tensorType(["N", 3]));
  const loc = { scope: "/stages/0/blocks/0/act" };
  assert.is(build.op("relu", [x], {}, loc).name, "stages/0/blocks/0/act");
  assert.is(build.op("relu", [x], {}, loc).name, "stages/0/blocks/0/act_1");
  assert.is(build.op("relu", [x], {}, loc, "x").name, "x_1");
  assert.is(build.parameter("w", [3], startAtZero).name, "w");
  assert.is(build.parameter("w", [3], startAtZero).name, "w_1");
});

builder("types are inferred and defaults filled in as ops are added", () => {
  const build = new GraphBuilder("g");
  const x = build.input("x", tensorType(["N", 3, 8, 8]));
  const w = build.parameter("w", [4, 3, 3, 3], startAtZero);
  const y = build.op("conv", [x, w], { strides: [2, 2] }, { scope: "/conv" });
  assert.equal(y.type.dims, ["N", 4, 3, 3]);
  const graph = build.finish([y]);
  assert.equal(graph.ops[0]?.attributes, {
    strides: [2, 2],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    group: 1,
  });
  assert.ok(Object.isFrozen(graph.ops[0]) && Object.isFrozen(graph.ops));
});

/** The diagnostic of a graph that can't be built. */
function refusal(make: (build: GraphBuilder) => unknown): {
  readonly message?: string;
  readonly path?: unknown;
} {
  try {
    make(new GraphBuilder("g"));
  } catch (error) {
    assert.instance(error, InputError);
    return (error as InputError).diagnostics[0] ?? {};
  }
  throw new Error("expected a refusal");
}

builder(
  "what doesn't fit fails where it is built, with the scope, the pass and the place in the spec",
  () => {
    const loc = { scope: "/stages/1/blocks/0/conv", specPath: "$.stages[1]", pass: "some-pass" };
    const map = tensorType(["N", 3, 8, 8]);
    const shape = refusal((build) =>
      build.op("conv", [build.input("x", map), build.parameter("w", [4, 5, 1, 1], startAtZero)], {}, loc),
    );
    assert.match(shape.message ?? "", "/stages/1/blocks/0/conv (made by some-pass): weight takes 5 channels");
    assert.equal(shape.path, ["stages", 1]);
    const count = refusal((build) => build.op("relu", [], {}, loc));
    assert.match(count.message ?? "", "relu takes the operands x, got 0");
    const attribute = refusal((build) => build.op("dropout", [build.input("x", map)], { rate: 2 }, loc));
    assert.match(attribute.message ?? "", "dropout: attribute rate");
  },
);

builder("a gate brings its parameters, named after its scope", () => {
  const build = new GraphBuilder("g");
  const x = build.input("x", tensorType(["N", 128, 7, 7]));
  const site = { channels: 128, blockInputChannels: 16 };
  const options = { type: "eca" as const, ...attentionModules.eca.options.parse({}) };
  const y = build.attention(x, options, site, { scope: "/stages/0/blocks/0/attention" });
  const [parameter] = parametersOf(build.finish([y]));
  assert.is(parameter?.name, "stages.0.blocks.0.attention.conv.weight");
  assert.equal(parameter?.type.dims, [1, 1, 5]);
});

builder.run();

const queries = suite("ir: graph");

const DIAMOND = parseGraph(`graph "g" {
  block /a "outer" channels 3
  block /a/b "inner" channels 3
  input %x : float32[N, 3]
  %l : float32[N, 3] = relu(%x) loc(/a/b/l)
  %r : float32[N, 3] = tanh(%x) loc(/a/r)
  %y : float32[N, 3] = add(%l, %l) loc(/y)
  %z : float32[N, 3] = add(%y, %r) loc(/z)
  return %z
}`);

queries("an op that reads a value twice is one user of it", () => {
  const uses = usesOf(DIAMOND);
  const scopes = (name: string): readonly string[] => {
    const value = [...uses.keys()].find((each) => each.name === name);
    return (value === undefined ? [] : (uses.get(value) ?? [])).map((op) => op.loc.scope);
  };
  assert.equal(scopes("x"), ["/a/b/l", "/a/r"]);
  assert.equal(scopes("l"), ["/y"]);
  assert.is(producersOf(DIAMOND).size, 4);
});

queries("the block at a scope is the innermost, and a prefix of a name is no block", () => {
  assert.is(blockAt(DIAMOND, "/a/b/l")?.type, "inner");
  assert.is(blockAt(DIAMOND, "/a/b")?.type, "inner");
  assert.is(blockAt(DIAMOND, "/a/bc")?.type, "outer");
  assert.is(blockAt(DIAMOND, "/ab"), undefined);
});

queries.run();

const rewriting = suite("ir: rewriting");

const CHAIN = parseGraph(`graph "g" {
  input %x : float32[N, 3]
  trainable @w = constant([3, 3], 1)
  %a : float32[N, 3] = gemm(%x, @w) loc(/a, "$.a")
  %b : float32[N, 3] = relu(%a) loc(/b, "$.b")
  %y : float32[N, 3] = tanh(%b) loc(/y, "$.y")
  return %y
}`);

/** The ops of a graph that is valid, as text. */
function opsOf(graph: Graph): readonly string[] {
  assert.equal(verifyGraph(graph), []);
  return graph.ops.map(printOp);
}

rewriting("ops that nothing touches are the same objects", () => {
  const graph = rewriteGraph(CHAIN, "p", () => undefined);
  assert.ok(graph.ops.every((op, i) => op === CHAIN.ops[i]));
});

rewriting("a replacement takes over the op's name and place, and is marked with the pass", () => {
  const graph = rewriteGraph(CHAIN, "p", (op, context) =>
    op.kind === "relu" ? context.op("clip", op.operands, { low: 0, high: 6 }) : undefined,
  );
  assert.equal(opsOf(graph), [
    '%a : float32[N, 3] = gemm(%x, @w) loc(/a, "$.a")',
    '%b : float32[N, 3] = clip(%a) {low = 0, high = 6} loc(/b, "$.b" by p)',
    '%y : float32[N, 3] = tanh(%b) loc(/y, "$.y")',
  ]);
});

rewriting("what is added before it gets a suffix; what the pass doesn't touch keeps its place", () => {
  const graph = rewriteGraph(CHAIN, "p", (op, context) =>
    op.kind === "relu" ? context.op("tanh", [context.op("sigmoid", op.operands, {}, "gate")], {}) : undefined,
  );
  assert.equal(opsOf(graph).slice(1, 3), [
    '%b/gate : float32[N, 3] = sigmoid(%a) loc(/b/gate, "$.b" by p)',
    '%b : float32[N, 3] = tanh(%b/gate) loc(/b, "$.b" by p)',
  ]);
});

rewriting("a replacement takes over the names of the parameters that only the op read", () => {
  const graph = rewriteGraph(CHAIN, "p", (op, context) =>
    op.kind === "gemm" && op.operands[0] !== undefined
      ? context.op(
          "gemm",
          [op.operands[0], context.parameterOf("w", constantWeight([3, 3], 2), "trainable")],
          {},
        )
      : undefined,
  );
  assert.match(printGraph(graph), "trainable @w = constant([3, 3], 2)");
  assert.equal(verifyGraph(graph), []);
});

rewriting("a parameter that others read keeps its name; the new one gets another", () => {
  const shared = parseGraph(printGraph(CHAIN).replace("relu(%a)", "gemm(%a, @w)"));
  const graph = rewriteGraph(shared, "p", (op, context) =>
    op.loc.scope === "/a" && op.operands[0] !== undefined
      ? context.op(
          "gemm",
          [op.operands[0], context.parameterOf("w", constantWeight([3, 3], 2), "trainable")],
          {},
        )
      : undefined,
  );
  assert.equal(
    parametersOf(graph).map(({ name }) => name),
    ["w_1", "w"],
  );
  assert.equal(verifyGraph(graph), []);
});

rewriting("types are inferred again where an operand's type changed", () => {
  const graph = rewriteGraph(CHAIN, "p", (op, context) =>
    op.kind === "gemm" && op.operands[0] !== undefined
      ? context.op(
          "gemm",
          [op.operands[0], context.parameterOf("v", constantWeight([7, 3], 2), "trainable")],
          {},
        )
      : undefined,
  );
  assert.equal(
    graph.ops.map((op) => op.results[0]?.type.dims),
    [
      ["N", 7],
      ["N", 7],
      ["N", 7],
    ],
  );
  assert.equal(verifyGraph(graph), []);
});

/** The graph without its ops of a kind. */
function without(graph: Graph, kind: string): Graph {
  return rewriteGraph(graph, "p", (op) => (op.kind === kind ? op.operands[0] : undefined));
}

rewriting("outputs keep their names when their op goes", () => {
  const graph = without(CHAIN, "tanh");
  assert.equal(opsOf(graph), [
    '%a : float32[N, 3] = gemm(%x, @w) loc(/a, "$.a")',
    '%y : float32[N, 3] = relu(%a) loc(/b, "$.b")',
  ]);
  assert.is(graph.outputs[0], graph.ops[1]?.results[0]);
});

rewriting("an op stays where its output would become an input", () => {
  const single = parseGraph(`graph "g" {
    input %x : float32[N, 3]
    %y : float32[N, 3] = relu(%x) loc(/y)
    return %y
  }`);
  assert.is(printGraph(without(single, "relu")), printGraph(single));
});

rewriting("an op stays where two outputs would become one", () => {
  const two = parseGraph(printGraph(CHAIN).replace("return %y", "return %b, %y"));
  assert.is(printGraph(without(two, "tanh")), printGraph(two));
  const reversed = parseGraph(printGraph(CHAIN).replace("return %y", "return %y, %b"));
  assert.is(printGraph(without(reversed, "tanh")), printGraph(reversed));
});

rewriting("replacing parameters changes nothing else", () => {
  const graph = replaceParameters(CHAIN, ({ name, role }) =>
    makeParameter(name, constantWeight([3, 3], 5), role),
  );
  assert.is(printGraph(graph), printGraph(CHAIN).replace("constant([3, 3], 1)", "constant([3, 3], 5)"));
  assert.is(graph.ops[1], CHAIN.ops[1]);
  assert.is(
    replaceParameters(CHAIN, (parameter) => parameter),
    CHAIN,
  );
});

rewriting.run();
