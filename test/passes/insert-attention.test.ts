import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ATTENTION_TYPES, type AttentionType, attentionTypeOf } from "../../src/ir/attention/modules.js";
import { type Graph, parametersOf } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { assertKeepsValues, assertSameValues, diagnosticsOf, numbersOf, rewrite } from "./support.js";

const test = suite("passes: insert-attention");

function norm(name: string, channels: number): string {
  return `trainable @${name}.weight = uniform([${channels}], 0.5, 1.5, "${name}.weight")
  trainable @${name}.bias = normal([${channels}], 0.3, "${name}.bias")
  buffer @${name}.running_mean = normal([${channels}], 0.3, "${name}.running_mean")
  buffer @${name}.running_var = uniform([${channels}], 0.5, 1.5, "${name}.running_var")`;
}

const normOperands = (name: string): string =>
  ["weight", "bias", "running_mean", "running_var"].map((part) => `@${name}.${part}`).join(", ");

/** Two blocks: an inverted residual with a sum, and a basic residual block whose shortcut projects. */
const NETWORK = `graph "g" {
  block /stages/0/blocks/0 "inverted-residual" channels 16 stage 0 index 0 at "$.stages[0]"
  block /stages/1/blocks/0 "basic" channels 16 stage 1 index 0 at "$.stages[1]"
  input %x : float32[N, 16, 6, 6]
  trainable @depthwise = normal([16, 1, 3, 3], 0.4, "depthwise")
  ${norm("d", 16)}
  trainable @project = normal([16, 16, 1, 1], 0.3, "project")
  ${norm("p", 16)}
  trainable @first = normal([32, 16, 3, 3], 0.1, "first")
  trainable @first_bias = normal([32], 0.1, "first_bias")
  trainable @second = normal([32, 32, 3, 3], 0.1, "second")
  ${norm("s", 32)}
  trainable @shortcut = normal([32, 16, 1, 1], 0.3, "shortcut")
  %dc : float32[N, 16, 6, 6] = conv(%x, @depthwise) {group = 16, pads = [1, 1, 1, 1]} loc(/stages/0/blocks/0/depthwise/conv, "$.stages[0]")
  %dn : float32[N, 16, 6, 6] = batch_norm(%dc, ${normOperands("d")}) {epsilon = 0.00001, momentum = 0.1} loc(/stages/0/blocks/0/depthwise/norm, "$.stages[0]")
  %da : float32[N, 16, 6, 6] = relu(%dn) loc(/stages/0/blocks/0/depthwise/act, "$.stages[0]")
  %pc : float32[N, 16, 6, 6] = conv(%da, @project) loc(/stages/0/blocks/0/project/conv, "$.stages[0]")
  %pn : float32[N, 16, 6, 6] = batch_norm(%pc, ${normOperands("p")}) {epsilon = 0.00001, momentum = 0.1} loc(/stages/0/blocks/0/project/norm, "$.stages[0]")
  %sum0 : float32[N, 16, 6, 6] = add(%pn, %x) loc(/stages/0/blocks/0/add, "$.stages[0]")
  %fc : float32[N, 32, 6, 6] = conv(%sum0, @first, @first_bias) {pads = [1, 1, 1, 1]} loc(/stages/1/blocks/0/first/conv, "$.stages[1]")
  %fa : float32[N, 32, 6, 6] = relu(%fc) loc(/stages/1/blocks/0/first/act, "$.stages[1]")
  %sc : float32[N, 32, 6, 6] = conv(%fa, @second) {pads = [1, 1, 1, 1]} loc(/stages/1/blocks/0/second/conv, "$.stages[1]")
  %sn : float32[N, 32, 6, 6] = batch_norm(%sc, ${normOperands("s")}) {epsilon = 0.00001, momentum = 0.1} loc(/stages/1/blocks/0/second/norm, "$.stages[1]")
  %short : float32[N, 32, 6, 6] = conv(%sum0, @shortcut) loc(/stages/1/blocks/0/shortcut/conv, "$.stages[1]")
  %sum1 : float32[N, 32, 6, 6] = add(%sn, %short) loc(/stages/1/blocks/0/add, "$.stages[1]")
  %y : float32[N, 32, 6, 6] = relu(%sum1) loc(/stages/1/blocks/0/act, "$.stages[1]")
  return %y
}`;

/** Where gates are, by the names of the layers that they are behind. */
function layers(graph: Graph): string {
  const places = graph.ops.flatMap(({ kind, loc }) =>
    attentionTypeOf(kind) === undefined
      ? []
      : [
          loc.scope
            .replace(/^\/stages\/(.)\/blocks\/0/, "$1")
            .replace(/\/inserted.*/, "")
            .replace("/", " "),
        ],
  );
  return places.join(", ");
}

const insert = (options: string, text = NETWORK): Graph => rewrite(`insert-attention{${options}}`, text);

function computesAlike(a: Graph, b: Graph): boolean {
  try {
    assertSameValues(a, b);
    return true;
  } catch {
    return false;
  }
}

/** Kinds that can't start as the identity, with a part of what is said of them. */
const WITHOUT_START: { readonly [T in AttentionType]?: RegExp } = {
  "se-var1": /follows from x alone/,
  aa: /no gate of x/,
};

/** Options of a kind that has no default for 16 channels, or whose other forms start in another way. */
const MORE_OPTIONS = [
  "{type=eca,bias=true,squeeze=both,ownKernels=true}",
  "{type=eca,gate=softmax}",
  "{type=eca,padding=circular}",
  "{type=se,channels=1}",
  "{type=se,channels=3,norm=true,gate=hard_sigmoid}",
  "{type=se,squeeze=none,bias=false}",
  "{type=cbam,channels=2,bias=true,pooling=averaged,gate=hard_sigmoid}",
  "{type=sam,norm=false}",
  "{type=gc,fusion=scale,pooling=average}",
  "{type=ge,extent=2,parameters=true}",
  "{type=ge,mlp=false,parameters=true}",
  "{type=ecam,squeeze=sum,bias=false}",
] as const;

for (const to of [...ATTENTION_TYPES, ...MORE_OPTIONS]) {
  test(`${to} behind every layer changes nothing`, () => {
    const refused = Object.entries(WITHOUT_START).find(([type]) => type === to)?.[1];
    const run = () => insert(`to=${to},at={after=layer}`);
    if (refused !== undefined) {
      const problems = diagnosticsOf(run);
      assert.is(problems.length, 6);
      assert.ok(problems.every(({ code, message }) => code === "pass/no-start" && refused.test(message)));
      return;
    }
    const graph = run();
    assert.is(layers(graph).split(", ").length, 6);
    assertSameValues(parseGraph(NETWORK), graph);
    assertKeepsValues(`insert-attention{to=${to},at={after=layer}}`, NETWORK);
    // Numbers of another start make a difference, so the gates do something.
    assert.not(computesAlike(graph, rewrite("stress-weights", printGraph(graph))));
  });
}

test("the rules choose layers, and all that is said must hold", () => {
  const chosen = (at: string): string => layers(insert(`to=eca,at={${at}}`));
  assert.is(layers(insert("to=eca")), "0 depthwise/act, 1 second/norm");
  assert.is(chosen("after=depthwise"), "0 depthwise/act");
  assert.is(chosen("after=pointwise"), "0 project/norm, 1 shortcut/conv");
  assert.is(chosen("after=spatial"), "1 first/act, 1 second/norm");
  assert.is(
    chosen("after=layer"),
    "0 depthwise/act, 0 project/norm, 1 first/act, 1 second/norm, 1 shortcut/conv, 1 act",
  );
  assert.is(chosen("blocks=residual"), "0 project/norm, 1 second/norm");
  assert.is(chosen("position=spatial"), "0 depthwise/act");
  assert.is(chosen("position=standard"), "0 project/norm, 1 second/norm");
  assert.is(chosen("position=post"), "0, 1 act");
  assert.is(chosen("stages=[1]"), "1 second/norm");
  assert.is(chosen("stages=[1],after=layer"), "1 first/act, 1 second/norm, 1 shortcut/conv, 1 act");
  assert.is(chosen("blocks=[0],position=post,stages=[0]"), "0");
  assert.is(
    chosen("path=/**/conv"),
    "0 depthwise/act, 0 project/norm, 1 first/act, 1 second/norm, 1 shortcut/conv",
  );
  assert.is(chosen("path=/stages/0/**"), "0 depthwise/act, 0 project/norm");
  assert.is(chosen("path=/stages/*/blocks/0/add,position=post"), "0");
});

/** The factor by which each parameter was multiplied, where it was. */
function factors(graph: Graph): string {
  const before = new Map(
    parametersOf(parseGraph(NETWORK)).map((each) => [each.name, [...numbersOf(each).data]]),
  );
  return parametersOf(graph)
    .flatMap((each) => {
      const [was, is] = [before.get(each.name), [...numbersOf(each).data]];
      const ratio = was === undefined ? 1 : Math.round(((is[0] ?? 0) / (was[0] ?? 1)) * 1e3) / 1e3;
      if (was !== undefined)
        for (const [i, value] of is.entries()) assert.ok(Math.abs(value - ratio * (was[i] ?? 0)) < 1e-5);
      return ratio === 1 ? [] : [`${each.name} ${ratio}`];
    })
    .join(", ");
}

const products = (graph: Graph): string =>
  graph.ops
    .filter(({ kind }) => kind === "mul")
    .map(({ loc }) => loc.scope)
    .join(", ");

test("the factor goes into the convolution that reads the gate, else into the layer before, else it is a product", () => {
  const after = insert("to=eca,at={after=depthwise}");
  assert.is(factors(after), "project 2");
  assert.is(products(after), "");
  const before = insert("to=coord,at={blocks=residual}");
  assert.is(factors(before), "p.weight 4, p.bias 4, s.weight 4, s.bias 4");
  assert.is(products(before), "");
  const conv = insert("to=eca,at={path=/**/shortcut/*}");
  assert.is(factors(conv), "shortcut 2");
  // The first sum is read by convolutions alone; the last activation is an output, before which both sides of a sum take it.
  const behind = insert("to=eca,at={position=post}");
  assert.is(factors(behind), "first 2, s.weight 2, s.bias 2, shortcut 4");
  assert.is(products(behind), "");
  assertSameValues(parseGraph(NETWORK), behind);
  const stays = insert("to=eca,at={position=post}", HARD_SWISH);
  assert.is(factors(stays), "first 2, shortcut 2");
  assert.is(products(stays), "/stages/1/blocks/0/act/inserted/scale");
});

/** The same with an activation at the end that no factor goes through. */
const HARD_SWISH = NETWORK.replace("relu(%sum1)", "hard_swish(%sum1)");

test("factor says where it goes, and where no layer can take it that is an error", () => {
  const multiplied = insert("to=eca,at={after=depthwise},factor=multiply");
  assert.is(factors(multiplied), "");
  assert.is(products(multiplied), "/stages/0/blocks/0/depthwise/act/inserted/scale");
  assertSameValues(parseGraph(NETWORK), multiplied);
  const [problem, ...others] = diagnosticsOf(() =>
    insert("to=eca,at={position=post},factor=fold", HARD_SWISH),
  );
  assert.is(others.length, 0);
  assert.is(problem?.code, "pass/no-linear-neighbour");
  assert.match(
    problem?.message ?? "",
    /beside \/stages\/1\/blocks\/0\/act\/inserted .* between hard_swish and an output/,
  );
  // What starts as the identity has no factor.
  assert.is(products(insert("to=nl,at={position=post},factor=fold")), "");
});

test("layers that share weights keep them, and what else reads a map reads the gated one", () => {
  const shared = NETWORK.replace(
    "return %y",
    `%again : float32[N, 32, 6, 6] = conv(%pn, @shortcut) loc(/stages/1/blocks/0/again/conv, "$.stages[1]")
  return %y, %again, %pn`,
  );
  const graph = insert("to=eca,at={after=layer}", shared);
  assert.equal(
    graph.outputs.map(({ name }) => name),
    ["y", "again", "pn"],
  );
  assertSameValues(parseGraph(shared), graph);
  assert.not.match(factors(graph), /shortcut/);
  // The map that was an output is none any more, so the layer that makes it can take the factor.
  assert.match(factors(graph), /p.weight 2, p.bias 2/);
});

test("gates of one place are told apart, and stand one behind the other", () => {
  const twice = rewrite(
    "insert-attention{to=eca,at={after=depthwise}},insert-attention{to=sam,at={after=depthwise}}",
    NETWORK,
  );
  const gates = twice.ops.filter(({ kind }) => attentionTypeOf(kind) !== undefined);
  assert.equal(gates.map(({ loc }) => loc.scope).toSorted(), [
    "/stages/0/blocks/0/depthwise/act/inserted",
    "/stages/0/blocks/0/depthwise/act/inserted_2",
  ]);
  assertSameValues(parseGraph(NETWORK), twice);
  for (const position of ["standard", "post"]) {
    const put = `insert-attention{to=eca,at={position=${position}}}`;
    const both = rewrite(`${put},${put}`, NETWORK);
    assert.is(layers(both), layers(rewrite(put, NETWORK)).replace(/[^ ,]+( [^ ,]+)?/g, "$&, $&"));
    assertSameValues(parseGraph(NETWORK), both);
  }
});

test("no gate stands inside of another, nor behind what is squeezed", () => {
  const spelled = `graph "g" {
    input %x : float32[N, 8, 5, 5]
    trainable @w = normal([8, 8, 1, 1], 0.3, "w")
    trainable @r = normal([4, 8, 1, 1], 0.3, "r")
    trainable @e = normal([8, 4, 1, 1], 0.3, "e")
    %c : float32[N, 8, 5, 5] = conv(%x, @w) loc(/conv)
    %g : float32[N, 8, 5, 5] = sigmoid(%c) loc(/silu/sigmoid)
    %a : float32[N, 8, 5, 5] = mul(%c, %g) loc(/silu/mul)
    %p : float32[N, 8, 1, 1] = global_avg_pool(%a) loc(/se/pool)
    %h : float32[N, 4, 1, 1] = conv(%p, @r) loc(/se/reduce)
    %hr : float32[N, 4, 1, 1] = relu(%h) loc(/se/relu)
    %z : float32[N, 8, 1, 1] = conv(%hr, @e) loc(/se/expand)
    %s : float32[N, 8, 1, 1] = sigmoid(%z) loc(/se/sigmoid)
    %y : float32[N, 8, 5, 5] = mul(%a, %s) loc(/se/mul)
    return %y
  }`;
  const graph = insert("to=eca,at={after=layer}", spelled);
  const gates = graph.ops.filter(({ kind }) => kind === "attention.eca");
  assert.equal(
    gates.map(({ loc, operands }) => [loc.scope, operands[0]?.name]),
    [["/silu/mul/inserted", "a"]],
  );
  assert.is(graph.ops.filter(({ kind }) => kind === "sigmoid").length, 2);
  assertSameValues(parseGraph(spelled), graph);
});

test("what has its channels on another axis is no map", () => {
  const tokens = `graph "g" {
    input %x : float32[N, 8, 5, 5]
    trainable @w = normal([8, 8, 1, 1], 0.3, "w")
    %c : float32[N, 8, 5, 5] = conv(%x, @w) loc(/conv)
    %t : float32[N, 5, 5, 8] = transpose(%c) {permutation = [0, 2, 3, 1]} loc(/turned)
    %r : float32[N, 5, 5, 8] = relu(%t) loc(/relu)
    %s : float32[N, 25, 8] = reshape(%t) {shape = [0, 25, 8]} loc(/tokens)
    %q : float32[N, 25, 8] = silu(%s) loc(/silu)
    return %r, %q
  }`;
  const graph = insert("to=eca,at={after=layer}", tokens);
  assert.equal(
    graph.ops.filter(({ kind }) => kind === "attention.eca").map(({ loc }) => loc.scope),
    ["/conv/inserted"],
  );
  assertSameValues(parseGraph(tokens), graph);
});

test("a ReLU before the last layer is never silent for every input", () => {
  for (const channels of [1, 2, 3, 8]) {
    const graph = insert(`to={type=se,channels=${channels},bias=false},at={after=depthwise}`);
    const reduce = parametersOf(graph).find(({ name }) => name.endsWith("inserted.reduce.weight"));
    const weights = reduce === undefined ? [] : [...numbersOf(reduce).data];
    const rows = Array.from({ length: channels }, (_, i) => [...weights.slice(i * 16, (i + 1) * 16)]);
    assert.ok(rows.flat().every((weight) => weight !== 0));
    const half = Math.floor(channels / 2);
    for (let i = 0; i < half; i++)
      assert.equal(
        rows[half + i],
        rows[i]?.map((weight) => -weight),
      );
    if (channels % 2 === 1) assert.ok(rows.at(-1)?.every((weight) => weight > 0));
  }
});

test("what isn't there is an error that says what is", () => {
  const [none] = diagnosticsOf(() => insert("to=eca,at={stages=[7]}"));
  assert.is(none?.code, "pass/no-site");
  assert.is(
    none?.hint,
    "there are after=depthwise: 1; after=pointwise: 2; after=spatial: 2; after=layer: 6; blocks=residual: 2; stages: 0, 1; layers are /stages/0/blocks/0/depthwise/act, /stages/0/blocks/0/project/norm, /stages/1/blocks/0/first/act, /stages/1/blocks/0/second/norm, /stages/1/blocks/0/shortcut/conv, /stages/1/blocks/0/act",
  );
  const [both] = diagnosticsOf(() => insert("to=eca,at={after=layer,position=post}"));
  assert.match(both?.message ?? "", /can't both be given/);
  const empty =
    'graph "g" {\n input %x : float32[N, 4]\n %y : float32[N, 4] = relu(%x) loc(/relu)\n return %y\n}';
  assert.match(
    diagnosticsOf(() => insert("to=eca,at={after=layer}", empty))[0]?.hint ?? "",
    /no convolution/,
  );
  const small = diagnosticsOf(() =>
    insert("to=se,at={after=layer},factor=auto", NETWORK.replaceAll("16", "8")),
  );
  assert.is(small.length, 2);
  assert.match(small[0]?.message ?? "", /leaves 0 of 8 channels/);
});

test("a stage that is named in vain beside others is a warning", () => {
  const { warnings } = runPasses(
    parseGraph(NETWORK),
    parsePipeline("insert-attention{to=eca,at={stages=[1,5]}}"),
  );
  assert.equal(
    warnings.map(({ code, message }) => `${code}: ${message}`),
    ["pass/no-match: insert-attention: `at` names stage 5, where no such place is"],
  );
});

test.run();
