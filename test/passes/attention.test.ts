import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ATTENTION_TYPES, type AttentionType } from "../../src/ir/attention/modules.js";
import type { Graph } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { assertRewrites, assertUnchanged, diagnosticsOf, rewrite } from "./support.js";

/** A gate line: its scope is that of its block and `/attention`. */
function gate(y: string, x: string, block: string, channels: number, op: string, specPath: string): string {
  const type = `float32[N, ${channels}, 4, 4]`;
  return `%${y} : ${type} = ${op.replace("(", `(%${x}, `)} loc(${block}/attention, "${specPath}")`;
}

/** Three SE gates: two in stage 0, one in stage 1 that stands over 128 channels, where k changes from 3 to 5. */
const SE_NETWORK = `graph "g" {
  block /stages/0/blocks/0 "inverted-residual" channels 8 stage 0 index 0 at "$.stages[0]"
  block /stages/0/blocks/1 "inverted-residual" channels 16 stage 0 index 1 at "$.stages[0]"
  block /stages/1/blocks/0 "inverted-residual" channels 32 stage 1 index 0 at "$.stages[1]"
  input %x : float32[N, 64, 4, 4]
  input %z : float32[N, 128, 4, 4]
  trainable @r0 = normal([2, 64, 1, 1], 1, "r0")
  trainable @e0 = normal([64, 2, 1, 1], 1, "e0")
  trainable @r1 = normal([2, 64, 1, 1], 1, "r1")
  trainable @e1 = normal([64, 2, 1, 1], 1, "e1")
  trainable @r2 = normal([2, 128, 1, 1], 1, "r2")
  trainable @e2 = normal([128, 2, 1, 1], 1, "e2")
  ${gate("a", "x", "/stages/0/blocks/0", 64, "attention.se(@r0, @e0)", "$.stages[0]")}
  ${gate("b", "a", "/stages/0/blocks/1", 64, "attention.se(@r1, @e1)", "$.stages[0]")}
  ${gate("c", "z", "/stages/1/blocks/0", 128, "attention.se(@r2, @e2)", "$.stages[1]")}
  return %b, %c
}`;

/** Options that are not the defaults, for a kind that has some. */
const OTHER_OPTIONS: { readonly [T in AttentionType]?: string } = {
  se: "{type=se,channels=2,activation=silu,bias=false}",
  eca: "{type=eca,rule=timm,gamma=1,padding=circular,bias=true}",
  cbam: "{type=cbam,channels=3}",
  ese: "{type=ese,gate=hard_sigmoid}",
  gc: "{type=gc,fusion=scale}",
};

function kinds(graph: Graph): readonly string[] {
  return graph.ops.map((op) => op.kind.replace("attention.", ""));
}

function kernels(graph: Graph): readonly unknown[] {
  return graph.ops.map((op) => ("kernel" in op.attributes ? op.attributes.kernel : undefined));
}

const swap = suite("passes: swap-attention");

swap("an SE gate becomes an ECA gate of its scope and place in the spec, with k by its channels", () => {
  assertRewrites(
    "swap-attention{to=eca,at={stages=[1]}},eliminate-dead-code",
    SE_NETWORK,
    SE_NETWORK.replace(/trainable @[re]2.*\n/g, "")
      .replace(
        /%c : .*/,
        `%c : float32[N, 128, 4, 4] = attention.eca(%z, @stages.1.blocks.0.attention.conv.weight) {kernel = 5, rule = "eca-net"} loc(/stages/1/blocks/0/attention, "$.stages[1]" by swap-attention)`,
      )
      .replace(
        "%a :",
        `trainable @stages.1.blocks.0.attention.conv.weight = uniform([1, 1, 5], -0.4472135954999579, 0.4472135954999579, "stages.1.blocks.0.attention.conv.weight")
        %a :`,
      ),
  );
});

swap("k follows from the channels at each gate, can be fixed, and can go by stage", () => {
  assert.equal(kernels(rewrite("swap-attention{to=eca}", SE_NETWORK)), [3, 3, 5]);
  assert.equal(kernels(rewrite("swap-attention{to={type=eca,kernel=9}}", SE_NETWORK)), [9, 9, 9]);
  assert.equal(kernels(rewrite("swap-attention{to={type=eca,kernels=[7,3]}}", SE_NETWORK)), [7, 7, 3]);
});

swap("ECA becomes SE: a ratio of the block's input channels", () => {
  const eca = printGraph(rewrite("swap-attention{to=eca}", SE_NETWORK));
  const se = rewrite("swap-attention{to={type=se,ratio=0.25,ratioOf=block-input}}", eca);
  assert.equal(
    se.ops.map((op) => op.operands[1]?.type.dims[0]),
    [2, 4, 8],
  );
});

swap("the selector chooses by stage, by index in the stage, and by path; all must hold", () => {
  const selected = (at: string): string =>
    kinds(rewrite(`swap-attention{to=eca,at={${at}}}`, SE_NETWORK)).join(" ");
  assert.is(selected("stages=[0]"), "eca eca se");
  assert.is(selected("blocks=[0]"), "eca se eca");
  assert.is(selected("stages=[0],blocks=[1]"), "se eca se");
  assert.is(selected("path=/stages/1/**"), "se se eca");
  assert.is(selected("path=/stages/*/blocks/0/attention"), "eca se eca");
});

swap("only the kind that is asked for is replaced", () => {
  const mixed = printGraph(rewrite("swap-attention{to={type=eca,kernel=9},at={stages=[1]}}", SE_NETWORK));
  const graph = rewrite("swap-attention{from=se,to=eca}", mixed);
  assert.equal(kernels(graph), [3, 3, 9]);
});

swap("a derived k is derived again; one that a person wrote holds until another is given", () => {
  const derived = printGraph(rewrite("swap-attention{to=eca}", SE_NETWORK));
  assert.equal(kernels(rewrite("swap-attention{to={type=eca,gamma=1}}", derived)), [7, 7, 9]);
  const fixed = printGraph(rewrite("swap-attention{to={type=eca,kernel=7}}", SE_NETWORK));
  assertUnchanged("swap-attention{to=eca}", fixed);
  assert.equal(kernels(rewrite("swap-attention{to={type=eca,kernel=5}}", fixed)), [5, 5, 5]);
  assert.equal(kernels(rewrite("swap-attention{to={type=eca,kernels=[3,5]}}", fixed)), [3, 3, 5]);
});

swap("a gate that is what the options ask for keeps its weights", () => {
  assertUnchanged("swap-attention{to=eca}", printGraph(rewrite("swap-attention{to=eca}", SE_NETWORK)));
});

swap("a gate of the same kind stays, whatever its options are, unless options ask for others", () => {
  for (const type of ATTENTION_TYPES) {
    // Where a site is too small for the defaults, a gate that is there stays all the same.
    const text = printGraph(rewrite(`swap-attention{to=${OTHER_OPTIONS[type] ?? type}}`, SE_NETWORK));
    assertUnchanged(`swap-attention{to=${type}}`, text);
    assertUnchanged(`swap-attention{from=any,to={type=${type}}}`, text);
  }
  const options = "swap-attention{to={type=se,reduction=4}}";
  assert.not.equal(
    printGraph(rewrite(options, SE_NETWORK)),
    printGraph(rewrite("swap-attention{to=se}", SE_NETWORK)),
  );
});

swap("outside of all blocks the gated channels stand for the block's", () => {
  const bare = SE_NETWORK.replace(/block .*\n/g, "");
  assert.equal(kernels(rewrite("swap-attention{to=eca}", bare)), [3, 3, 5]);
});

swap("a selector or a kind that matches nothing is a mistake, and the message lists what there is", () => {
  const [stage] = diagnosticsOf(() => rewrite("swap-attention{to=eca,at={stages=[7]}}", SE_NETWORK));
  assert.is(stage?.code, "pass/no-gate");
  assert.match(stage?.message ?? "", "swap-attention: no gate where `at` says");
  assert.match(stage?.hint ?? "", "se at /stages/0/blocks/0/attention, se at /stages/0/blocks/1/attention");
  const [kind] = diagnosticsOf(() => rewrite("swap-attention{from=eca,to=se}", SE_NETWORK));
  assert.match(kind?.message ?? "", 'no gate of the kind "eca"');
});

swap("options that a gate's place doesn't allow are a mistake at its place in the spec", () => {
  const [problem] = diagnosticsOf(() => rewrite("swap-attention{to={type=eca,kernels=[3]}}", SE_NETWORK));
  assert.match(problem?.message ?? "", "`kernels` has 1 values and none for stage 1");
  assert.equal(problem?.path, ["stages", 1]);
});

const LATE = ["swap-attention{to=eca}", "swap-attention{from=se,to=eca}", "remove-attention"];

for (const pass of [...LATE, "swap-attention{to=eca,at={stages=[0]}}"]) {
  swap(`${pass} after the gates were taken apart is a mistake`, () => {
    const [late] = diagnosticsOf(() => rewrite(`lower-attention,fold-batch-norm,${pass}`, SE_NETWORK));
    assert.is(late?.code, "pass/lowered");
    assert.match(
      late?.message ?? "",
      /no gate is left, because lower-attention before it took the gates apart/,
    );
    // Where they were put together again, there are gates.
    rewrite(`lower-attention,raise-attention,${pass}`, SE_NETWORK);
  });
}

const NO_GATE = `graph "g" {
  input %x : float32[N, 3]
  %y : float32[N, 3] = relu(%x) loc(/y)
  return %y
}`;

/** What a pipeline warns of. */
function warningsOf(pipeline: string, text: string): readonly string[] {
  return runPasses(parseGraph(text), parsePipeline(pipeline)).warnings.map(
    ({ code, message }) => `${message} [${code}]`,
  );
}

swap("what is asked for in vain is a warning where no kind is named, and an error where one is", () => {
  for (const pass of ["swap-attention{to=eca}", "remove-attention"]) {
    const [name] = pass.split("{");
    assert.equal(warningsOf(pass, NO_GATE), [`${name}: the network has no attention gate [pass/no-match]`]);
    assert.equal(warningsOf(pass, SE_NETWORK), []);
  }
  for (const pass of [
    "swap-attention{from=any,to=eca}",
    "swap-attention{from=se,to=eca}",
    "remove-attention{kind=any}",
  ]) {
    assert.is(diagnosticsOf(() => rewrite(pass, NO_GATE))[0]?.code, "pass/no-gate");
  }
});

swap("what is added to the gate's result is there twice without the gate", () => {
  const text = (ops: string) => `graph "g" {
  input %x : float32[N, 64, 4, 4]
  trainable @r0 = normal([2, 64, 1, 1], 1, "r0")
  trainable @e0 = normal([64, 2, 1, 1], 1, "e0")
  ${ops}
  return %y
}`;
  const gated = gate("a", "x", "/stages/0/blocks/0", 64, "attention.se(@r0, @e0)", "$.stages[0]");
  for (const operands of ["%a, %x", "%x, %a"]) {
    const { graph } = runPasses(
      parseGraph(text(`${gated}\n  %y : float32[N, 64, 4, 4] = add(${operands}) loc(/y)`)),
      parsePipeline("remove-attention"),
    );
    assert.equal(kinds(graph), ["mul"]);
    assert.match(printGraph(graph), /fixed @y\.two = constant\(\[\], 2\)/);
  }
});

swap("each stage and block of `at` without such a gate is named", () => {
  assert.equal(warningsOf("swap-attention{to=eca,at={stages=[0,1]}}", SE_NETWORK), []);
  assert.equal(warningsOf("remove-attention{at={stages=[0,7],blocks=[0,5]}}", SE_NETWORK), [
    "remove-attention: `at` names stage 7, where no such gate is [pass/no-match]",
    "remove-attention: `at` names block 5, where no such gate is [pass/no-match]",
  ]);
});

swap("kinds that raising was asked for and doesn't find are named", () => {
  assert.equal(warningsOf("lower-attention,raise-attention{kinds=[se,cbam]}", SE_NETWORK), [
    'raise-attention: it found no gate of the kind "cbam" [pass/no-match]',
  ]);
});

swap("a network without gates has nothing to swap", () => {
  assertUnchanged(
    "swap-attention{to=eca}",
    `graph "g" {
      input %x : float32[N, 3]
      %y : float32[N, 3] = relu(%x) loc(/y)
      return %y
    }`,
  );
});

swap("a gate starts as the network's initialisation says: biases as PyTorch's in a ResNet, else zero", () => {
  const biasOf = (init: string): string => {
    const graph = `graph "g" {
  block /stages/0/blocks/0 "basic" channels 64 stage 0 index 0${init}
  input %x : float32[N, 64, 4, 4]
  trainable @w = normal([1, 1, 3], 1, "w")
  ${gate("y", "x", "/stages/0/blocks/0", 64, "attention.eca(@w) {kernel = 3}", "$.stages[0]")}
  return %y
}`;
    const swapped = printGraph(rewrite("swap-attention{to=se}", graph));
    return /reduce\.bias = (\w+)/.exec(swapped)?.[1] ?? "none";
  };
  assert.is(biasOf(" init resnet"), "uniform");
  assert.is(biasOf(""), "constant");
});

swap.run();

const remove = suite("passes: remove-attention");

const CONV_GATE = `graph "g" {
  block /stages/0/blocks/0 "inverted-residual" channels 8 stage 0 index 0
  input %x : float32[N, 4, 4, 4]
  trainable @k = uniform([1, 1, 3], -1, 1, "k")
  %a : float32[N, 4, 4, 4] = relu(%x) loc(/stages/0/blocks/0/act)
  %b : float32[N, 4, 4, 4] = attention.eca(%a, @k) {kernel = 3} loc(/stages/0/blocks/0/attention)
  %y : float32[N, 4, 4, 4] = tanh(%b) loc(/y)
  return %y
}`;

remove("what was gated goes on as it is, and the gate's parameters go with it", () => {
  assertRewrites(
    "remove-attention",
    CONV_GATE,
    `graph "g" {
      block /stages/0/blocks/0 "inverted-residual" channels 8 stage 0 index 0
      input %x : float32[N, 4, 4, 4]
      %a : float32[N, 4, 4, 4] = relu(%x) loc(/stages/0/blocks/0/act)
      %y : float32[N, 4, 4, 4] = tanh(%a) loc(/y)
      return %y
    }`,
  );
});

remove("kind and selector choose the gates", () => {
  const mixed = printGraph(rewrite("swap-attention{to=eca,at={stages=[1]}}", SE_NETWORK)).replace(
    "return %b, %c",
    "%d : float32[N, 128, 4, 4] = relu(%c) loc(/d)\n return %b, %d",
  );
  assert.equal(kinds(rewrite("remove-attention{kind=eca}", mixed)), ["se", "se", "relu"]);
  assert.equal(kinds(rewrite("remove-attention{at={blocks=[1]}}", CONV_GATE.replace("index 0", "index 1"))), [
    "relu",
    "tanh",
  ]);
  assert.is(diagnosticsOf(() => rewrite("remove-attention{kind=se}", CONV_GATE))[0]?.code, "pass/no-gate");
});

remove.run();
