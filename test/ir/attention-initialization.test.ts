import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Parameter } from "../../src/ir/graph.js";
import { parametersOf } from "../../src/ir/graph.js";
import type { InitializationName } from "../../src/ir/initializers.js";
import { tensorType } from "../../src/ir/types.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { ATTENTION_VARIANTS } from "../attention-variants.js";

/**
 * How the layers of a gate start, as timm's models do. In a ResNet `ResNet.init_weights` (timm/models/resnet.py) gives each
 * Conv2d N(0, √(2 / fan_out)), groups not divided, and leaves its bias as PyTorch made it: U(±1/√fan_in). In an EfficientNet
 * `_init_weight_goog` (timm/models/_efficientnet_builder.py) divides by the groups and sets biases to 0. Conv1d layers are
 * PyTorch's in both.
 */
const test = suite("ir: initialization of gates");

function gateParameters(options: string, initialization: InitializationName): readonly Parameter[] {
  const builder = new GraphBuilder("gate");
  const scope = "/stages/0/blocks/0";
  builder.block({ scope, type: "bottleneck", inputChannels: 16, stage: 0, index: 0, initialization });
  const x = builder.input("x", tensorType(["N", 64, 8, 8]));
  const site = { channels: 64, blockInputChannels: 16, map: [8, 8], stage: 0 } as const;
  const y = builder.attention(x, { type: "se-var1" }, site, { scope: `${scope}/attention` });
  const pipeline = parsePipeline(`swap-attention{from=se-var1,to=${options}}`);
  return parametersOf(runPasses(builder.finish([y]), pipeline).graph);
}

function describe({ data }: Parameter): string {
  switch (data.kind) {
    case "normal":
      return `normal ${data.std.toPrecision(6)}`;
    case "uniform":
      return `uniform ${data.high.toPrecision(6)}`;
    case "constant":
      return `constant ${data.value}`;
    default:
      return data.kind;
  }
}

/** Modules that start a layer in a way of their own, in every network. */
const OWN_WAY: readonly { readonly gates: RegExp; readonly parameter: RegExp; readonly start: string }[] = [
  // NonLocalAttn.reset_parameters: biases 0, and the normalisation starts as nothing.
  { gates: /nl/, parameter: /(theta|phi|g|out)\.bias|norm\.weight/, start: "constant 0" },
  // GCNet's code: what is added starts as nothing; the scores' weights are kaiming by fan-in.
  { gates: /^gc|^\{type=gc,ratio=0.5,pooling/, parameter: /expand\.(weight|bias)/, start: "constant 0" },
  {
    gates: /gc/,
    parameter: /attention\.attention\.weight/,
    start: `normal ${Math.sqrt(2 / 64).toPrecision(6)}`,
  },
  // The one map of scSE's spatial gate feeds no further layer.
  { gates: /scse/, parameter: /spatial\.weight/, start: `normal ${Math.sqrt(2 / 64).toPrecision(6)}` },
  { gates: /se-var2/, parameter: /weight/, start: "constant 1" },
];

/** The groups of the convolutions that have some. */
function groupsOf(options: string, { name, type }: Parameter): number {
  // GSoP's row-wise convolution has a group for each row of the matrix.
  if (/gsop/.test(options) && /rows\.weight/.test(name)) return Number(type.dims[2]);
  const grouped = /gather/.test(name) || /se-gc/.test(options);
  return grouped ? 64 / Number(type.dims[1]) : 1;
}

function expected(options: string, parameter: Parameter, all: readonly Parameter[], resnet: boolean): string {
  const own = OWN_WAY.find((way) => way.gates.test(options) && way.parameter.test(parameter.name));
  if (own !== undefined) return own.start;
  // The appendix of Bello et al. (ICCV 2019): embeddings of a head of dₖ keys are N(0, 1/dₖ).
  if (/aa/.test(options) && /\.(rows|columns)$/.test(parameter.name))
    return `normal ${(Number(parameter.type.dims[1]) ** -0.5).toPrecision(6)}`;
  if (/running_mean/.test(parameter.name)) return "constant 0";
  if (/running_var|norm\d*\.weight/.test(parameter.name)) return "constant 1";
  if (/norm\d*\.bias/.test(parameter.name)) return "constant 0";
  const weight = all.find(({ name }) => name === parameter.name.replace(/bias$/, "weight")) as Parameter;
  const [outputs = 1, ...inputs] = weight.type.dims.map(Number);
  const fanIn = inputs.reduce((product, size) => product * size, 1);
  // The convolutions along the channels are Conv1d.
  if (weight.type.dims.length === 3) return `uniform ${(1 / Math.sqrt(fanIn)).toPrecision(6)}`;
  if (parameter !== weight) return resnet ? `uniform ${(1 / Math.sqrt(fanIn)).toPrecision(6)}` : "constant 0";
  const [, ...kernel] = inputs;
  const fanOut = kernel.reduce((product, size) => product * size, outputs);
  const groups = resnet ? 1 : groupsOf(options, weight);
  return `normal ${Math.sqrt((2 * groups) / fanOut).toPrecision(6)}`;
}

for (const options of ATTENTION_VARIANTS) {
  for (const scheme of ["resnet", "efficientnet"] as const) {
    test(`${options} in a network of the scheme ${scheme}`, () => {
      const parameters = gateParameters(options, scheme);
      assert.equal(
        parameters.map((each) => `${each.name} ${describe(each)}`),
        parameters.map((each) => `${each.name} ${expected(options, each, parameters, scheme === "resnet")}`),
      );
    });
  }
}

test("the schemes differ where a layer has a bias", () => {
  const biasOf = (scheme: InitializationName) =>
    gateParameters("ge", scheme).flatMap((each) => (each.name.endsWith("bias") ? [describe(each)] : []));
  assert.equal(biasOf("resnet"), [`uniform ${(1 / 8).toPrecision(6)}`, `uniform ${(1 / 2).toPrecision(6)}`]);
  assert.equal(biasOf("efficientnet"), ["constant 0", "constant 0"]);
});

test.run();
