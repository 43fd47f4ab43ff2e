import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Graph } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { assertSameValues, rewrite } from "./support.js";

const test = suite("passes: gates in half precision");

/** An SE gate over a map of half precision. `pooled`: the type of its pooling; `type`: that of its layers. */
function squeezed(pooled: "float32" | "float16", type: "float32" | "float16", gate = ""): string {
  const cast = (name: string, from: string, to: string, dims: string): string =>
    `%${name} : ${to}[N, ${dims}] = cast(%${from}) {to = "${to}"} loc(/${name})`;
  const typed = type === "float16" ? " : float16" : "";
  return `graph "g" {
    input %x : float32[N, 16, 5, 4]
    trainable @stem : float16 = normal([16, 16, 1, 1], 0.5, "stem")
    trainable @a${typed} = normal([4, 16, 1, 1], 0.5, "a")
    trainable @b${typed} = normal([16, 4, 1, 1], 0.5, "b")
    ${cast("h", "x", "float16", "16, 5, 4")}
    %m : float16[N, 16, 5, 4] = conv(%h, @stem) loc(/m)
    ${pooled === "float32" ? cast("w", "m", "float32", "16, 5, 4") : "%w : float16[N, 16, 5, 4] = identity(%m) loc(/w)"}
    %p : ${pooled}[N, 16, 1, 1] = global_avg_pool(%w) loc(/p)
    ${pooled === type ? `%q : ${type}[N, 16, 1, 1] = identity(%p) loc(/q)` : cast("q", "p", type, "16, 1, 1")}
    %r : ${type}[N, 4, 1, 1] = conv(%q, @a) loc(/r)
    %s : ${type}[N, 4, 1, 1] = relu(%r) loc(/s)
    %t : ${type}[N, 16, 1, 1] = conv(%s, @b) loc(/t)
    ${gate === "" ? `%u : ${type}[N, 16, 1, 1] = sigmoid(%t) loc(/u)` : gate}
    ${type === "float32" ? cast("v", "u", "float16", "16, 1, 1") : "%v : float16[N, 16, 1, 1] = identity(%u) loc(/v)"}
    %g : float16[N, 16, 5, 4] = mul(%m, %v) loc(/g)
    ${cast("y", "g", "float32", "16, 5, 4")}
    return %y
  }`;
}

/** The element types of ops, by their kinds, without those that change them. */
function typesOf({ ops }: Graph, kinds: readonly string[]): readonly string[] {
  return ops.flatMap(({ kind, results: [y] }) => (kinds.includes(kind) ? [`${kind} ${y?.type.dtype}`] : []));
}

/** Some roundings to 11 bits; without the gate a number moves by half its range. */
const ROUNDING = 1e-3;

const FORMS = [
  ["float32", "float16"],
  ["float32", "float32"],
  ["float16", "float16"],
] as const;

for (const [pooled, type] of FORMS) {
  test(`a pooling in ${pooled} and layers in ${type} are a gate, which keeps its numbers and their type`, () => {
    const before = parseGraph(squeezed(pooled, type));
    const { graph, raised, rejected } = raiseAttention(before);
    assert.equal(rejected, []);
    assert.equal(
      raised.map(({ kind, channels, parameters }) => [kind, channels, parameters]),
      [["se", 16, 128]],
    );
    const gate = graph.ops.find(({ kind }) => kind === "attention.se");
    assert.equal(
      gate?.operands.map(({ type }) => type.dtype),
      ["float16", type, type],
    );
    assertSameValues(before, graph, ROUNDING);
    assertSameValues(before, rewrite("raise-attention,lower-attention", squeezed(pooled, type)), ROUNDING);
  });

  test(`pooled in ${pooled}, layers in ${type}: a new gate has weights of that type, and pools in float32`, () => {
    const graph = rewrite("raise-attention,swap-attention{to=eca},lower-attention", squeezed(pooled, type));
    const weights = graph.ops.flatMap(({ kind, operands: [, w] }) =>
      kind === "conv" ? [w?.type.dtype] : [],
    );
    assert.equal(weights, ["float16", type]);
    assert.equal(typesOf(graph, ["global_avg_pool", "sigmoid", "mul"]), [
      "global_avg_pool float32",
      `sigmoid ${type}`,
      "mul float16",
    ]);
    // The map to float32, the row or the gate back: no cast is there twice.
    assert.is(graph.ops.filter(({ kind }) => kind === "cast").length, 4);
  });
}

test("1/6 as half precision has it is the slope of a hard sigmoid, and another number is not", () => {
  const hard = (factor: string): string =>
    squeezed(
      "float16",
      "float16",
      `fixed @three : float16 = constant([], 3)
       fixed @f : float16 = constant([], ${factor})
       %t3 : float16[N, 16, 1, 1] = add(%t, @three) loc(/t3)
       %t6 : float16[N, 16, 1, 1] = clip(%t3) {low = 0, high = 6} loc(/t6)
       %u : float16[N, 16, 1, 1] = mul(%t6, @f) loc(/u)`,
    );
  const gatesOf = (factor: string) =>
    raiseAttention(parseGraph(hard(factor))).raised.map(({ options }) => options);
  // The float16 next to 1/6, and the one after it.
  assert.equal(gatesOf("0.1666259765625"), [{ channels: 4, gate: "hard_sigmoid", bias: false }]);
  assert.equal(gatesOf("0.166748046875"), []);
});

test.run();
