import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ZodError } from "zod";
import { cbam } from "../../src/ir/attention/cbam/module.js";
import { eca } from "../../src/ir/attention/eca/module.js";
import { adaptiveKernel } from "../../src/ir/attention/eca-kernel.js";
import { ge } from "../../src/ir/attention/ge/module.js";
import type { AttentionSite } from "../../src/ir/attention/module.js";
import { ATTENTION_TYPES, attentionModules, attentionTypeOf } from "../../src/ir/attention/modules.js";
import { se } from "../../src/ir/attention/se/module.js";
import { seGc } from "../../src/ir/attention/se-gc/module.js";
import { inferTypes } from "../../src/ir/op.js";
import { definitionOf } from "../../src/ir/ops/registry.js";
import { formatType, TypeRefusal, tensorType } from "../../src/ir/types.js";
import { throwsError } from "../throws.js";

const kernels = suite("ir: eca kernel");

kernels("k is the published one, and changes exactly at 128, 2048 and 32768 channels", () => {
  const k = (channels: number): number => adaptiveKernel(channels, "eca-net", 2, 1).kernel;
  const table = [
    [8, 3],
    [16, 3],
    [64, 3],
    [127, 3],
    [128, 5],
    [256, 5],
    [512, 5],
    [2047, 5],
    [2048, 7],
    [32767, 7],
    [32768, 9],
  ];
  for (const [channels, kernel] of table) assert.is(k(channels ?? 0), kernel, `${channels} channels`);
});

kernels("timm's rule differs where k would be 1", () => {
  assert.is(adaptiveKernel(1, "eca-net", 2, 1).kernel, 1);
  assert.is(adaptiveKernel(1, "timm", 2, 1).kernel, 3);
  assert.is(adaptiveKernel(128, "timm", 2, 1).kernel, 5);
});

kernels("gamma and b shift it, and the steps to it can be shown", () => {
  const steps = (gamma: number, b: number): readonly number[] => {
    const { exact, truncated, kernel } = adaptiveKernel(64, "eca-net", gamma, b);
    return [exact, truncated, kernel];
  };
  assert.equal(steps(1, 0), [6, 6, 7]);
  assert.equal(steps(2, 1), [3.5, 3, 3]);
  assert.equal(steps(2, -20), [-7, 7, 7]);
});

kernels.run();

const modules = suite("ir: attention modules");

const SITE: AttentionSite = { channels: 96, blockInputChannels: 16, map: [7, 7], stage: 1 };

modules("a module is registered under its type, with the op of that name", () => {
  for (const type of ATTENTION_TYPES) {
    assert.is(attentionModules[type].type, type);
    assert.is(attentionTypeOf(`attention.${type}`), type);
    assert.is(definitionOf(`attention.${type}`), attentionModules[type].op);
  }
  assert.is(attentionTypeOf("relu"), undefined);
});

modules("every option has a description", () => {
  for (const { options } of Object.values(attentionModules)) {
    for (const [name, option] of Object.entries(options.shape)) {
      assert.ok((option as { description?: string }).description, name);
    }
  }
});

modules("what a module plans is what its op takes", () => {
  for (const { op, options, plan } of Object.values(attentionModules)) {
    const { attributes, parameters } = (
      plan as (given: unknown, site: AttentionSite) => ReturnType<typeof se.plan>
    )(options.parse({}), SITE);
    const x = tensorType(["N", SITE.channels, 7, 7]);
    const operands = [x, ...parameters.map(({ dims }) => tensorType(dims))];
    assert.equal(inferTypes(op, operands, op.attributes.parse(attributes)).map(formatType), [formatType(x)]);
  }
});

const squeezed = (given: Parameters<typeof se.options.parse>[0], site = SITE): unknown =>
  se.plan(se.options.parse(given), site).parameters[0]?.dims[0];

modules(
  "SE's width is a ratio of the gated channels or of the block's input, rounded to even or a divisor",
  () => {
    assert.is(squeezed({}), 6);
    assert.is(squeezed({ ratio: 0.25, ratioOf: "block-input" }), 4);
    assert.is(squeezed({ ratio: 0.25 }, { ...SITE, channels: 10 }), 2);
    assert.is(squeezed({ ratio: 0.25 }, { ...SITE, channels: 14 }), 4);
    assert.is(squeezed({ ratio: 0.25, divisor: 8 }), 24);
    assert.is(squeezed({ ratio: 0.1, divisor: 8 }, { ...SITE, channels: 96 }), 16);
    assert.is(squeezed({ channels: 5, ratio: 0.25 }), 5);
    throwsError(
      () => squeezed({ ratio: 0.01 }, { ...SITE, channels: 8 }),
      TypeRefusal,
      /a ratio of 0.01 leaves 0 of 8 channels/,
    );
  },
);

modules("SE has biases unless it is told not to", () => {
  const names = (bias: boolean): readonly string[] =>
    se.plan(se.options.parse({ bias }), SITE).parameters.map(({ name }) => name);
  assert.equal(names(true), ["reduce.weight", "expand.weight", "reduce.bias", "expand.bias"]);
  assert.equal(names(false), ["reduce.weight", "expand.weight"]);
});

modules("ECA's kernel is derived, fixed, or fixed by stage, and the op says which", () => {
  const plan = (given: object, site = SITE) => eca.plan(eca.options.parse(given), site).attributes;
  const plain = { padding: "zeros", squeeze: "average", ownKernels: false, gate: "sigmoid" };
  const derived = { kernel: 3, rule: "eca-net", gamma: 2, b: 1, kernelOf: "gated" };
  assert.equal(plan({}), { ...derived, ...plain });
  const wide = { ...SITE, channels: 128 };
  assert.equal(plan({ rule: "timm" }, wide), { ...derived, kernel: 5, rule: "timm", ...plain });
  // C of the rule are the channels that enter the block.
  const entered = { ...wide, blockInputChannels: 16 };
  assert.equal(plan({ kernelOf: "block-input" }, entered), {
    ...derived,
    kernelOf: "block-input",
    ...plain,
  });
  assert.is(plan({ kernel: 9 }).rule, "fixed");
  assert.is(plan({ kernel: 9 }).kernel, 9);
  assert.is(plan({ kernels: [3, 5, 7] }).kernel, 5);
  throwsError(() => plan({ kernel: 3, kernels: [3] }), TypeRefusal, /can't both be given/);
  throwsError(() => plan({ kernels: [3] }), TypeRefusal, /`kernels` has 1 values and none for stage 1/);
  throwsError(
    () => plan({ kernels: [3] }, { ...SITE, stage: undefined }),
    TypeRefusal,
    /none for stage \(outside of the stages\)/,
  );
  throwsError(() => plan({ kernel: 4 }), ZodError, /must be odd/);
});

modules("of an ECA gate that is replaced by ECA, a fixed kernel holds unless another is given", () => {
  const inherited = (given: object, rule: "fixed" | "eca-net") =>
    eca.inherit?.(
      eca.options.parse(given),
      eca.op.attributes.parse({ kernel: 7, rule, gamma: 2, b: 1, padding: "zeros" }),
    );
  assert.is(inherited({}, "fixed")?.kernel, 7);
  assert.is(inherited({ kernel: 5 }, "fixed")?.kernel, 5);
  assert.is(inherited({ kernels: [5] }, "fixed")?.kernel, undefined);
  assert.is(inherited({}, "eca-net")?.kernel, undefined);
});

modules("a gate is described in the words of a reader", () => {
  const [x, taps] = [tensorType(["N", 96, 7, 7]), tensorType([1, 1, 5])];
  const ofEca = { x, weight: taps, more: [] };
  const described = (more: object): string =>
    eca.describe(eca.op.attributes.parse({ kernel: 5, ...more }), ofEca);
  assert.is(described({ rule: "eca-net" }), "k = 5");
  assert.is(described({ padding: "circular" }), "k = 5 (fixed), circular");
  assert.is(
    described({ squeeze: "both", ownKernels: true, gate: "tanh" }),
    "k = 5 (fixed), squeeze both, tanh, two kernels",
  );
  const operands = { x, reduce: tensorType([4, 96, 1, 1]), expand: tensorType([96, 4, 1, 1]) };
  const functions = { hidden: "relu", gate: "sigmoid", epsilon: 1e-5 } as const;
  assert.is(se.describe({ squeeze: "average", ...functions }, operands), "96 → 4 → 96");
  assert.is(se.describe({ squeeze: "max", ...functions }, operands), "squeeze max, 96 → 4 → 96");
});

modules("a reduction is a ratio, the papers' r, or a number of channels", () => {
  assert.is(squeezed({ reduction: 16 }), 6);
  assert.is(squeezed({ reduction: 4, ratioOf: "block-input" }), 4);
  assert.is(squeezed({ ratio: 0.1, divisor: 8 }, { ...SITE, channels: 120 }), 16);
  assert.is(squeezed({ ratio: 0.1, divisor: 8, roundLimit: 0 }, { ...SITE, channels: 115 }), 8);
  assert.is(squeezed({ ratio: 0.1, divisor: 8, roundLimit: 0.9 }, { ...SITE, channels: 115 }), 16);
  throwsError(
    () => squeezed({ reduction: 16, channels: 6 }),
    TypeRefusal,
    /`channels` and `reduction` can't both be given/,
  );
  throwsError(
    () => squeezed({ reduction: 1000 }),
    TypeRefusal,
    /a reduction of 1000 leaves 0 of 96 channels/,
  );
});

modules("SE-GC's groups must be equal, and be said in one way", () => {
  const group = (given: object): number => seGc.plan(seGc.options.parse(given), SITE).attributes.group;
  assert.is(group({}), 16);
  assert.is(group({ groups: 8 }), 8);
  assert.is(group({ groupSize: 8 }), 12);
  throwsError(
    () => group({ groups: 7 }),
    TypeRefusal,
    /96 channels can't be cut into equal groups: 7 is no divisor/,
  );
  throwsError(() => group({ groupSize: 7 }), TypeRefusal, /7 is no divisor/);
  throwsError(() => group({ groups: 8, groupSize: 8 }), TypeRefusal, /can't both be given/);
});

modules("a ring of channels is not shorter than half a kernel", () => {
  const plan = (channels: number) =>
    eca.plan(eca.options.parse({ kernel: 9, padding: "circular" }), { ...SITE, channels });
  assert.is(plan(4).attributes.kernel, 9);
  throwsError(() => plan(3), TypeRefusal, /a circular kernel of 9 goes round 3 channels more than once/);
});

modules("a spatial kernel is odd", () => {
  throwsError(() => cbam.options.parse({ kernel: 6 }), ZodError, /must be odd/);
});

modules("running statistics are buffers, and a gather of the whole map is as large as the map", () => {
  const given = ge.options.parse({ parameters: true, mlp: false });
  const { parameters } = ge.plan(given, { ...SITE, map: [7, 5] });
  assert.equal(
    parameters.map(({ name, dims, role }) => [name, dims, role]),
    [
      ["gather.conv1.weight", [96, 1, 7, 5], undefined],
      ["gather.norm1.weight", [96], undefined],
      ["gather.norm1.bias", [96], undefined],
      ["gather.norm1.running_mean", [96], "buffer"],
      ["gather.norm1.running_var", [96], "buffer"],
    ],
  );
});

modules.run();
