import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specNetwork } from "../../src/given/spec-file.js";
import { stagewiseNumbering } from "../../src/weights/names/block-numbers.js";
import { nameParameters, networkParts } from "../../src/weights/names/name-parameters.js";
import { type NameKind, nameMapOf, nameMaps } from "../../src/weights/names/registry.js";
import { targetNames } from "../../src/weights/names/target.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { givenStateDict } from "./given-tensors.js";
import { isStepCount, stateDict } from "./state-dict.js";

/** Names as the frameworks' sources make them, for parameters of networks of the gallery. */
const NAMES: readonly {
  readonly spec: string;
  readonly kind: NameKind;
  readonly family: string;
  readonly names: Readonly<Record<string, string>>;
}[] = [
  {
    spec: "v2-s-se",
    kind: "torchvision",
    family: "efficientnet",
    names: {
      // A fused block whose expansion is 1 is one convolution.
      "stages.0.blocks.1.conv.weight": "features.1.1.block.0.0.weight",
      "stages.0.blocks.1.norm.running_mean": "features.1.1.block.0.1.running_mean",
      "stages.1.blocks.0.expand.conv.weight": "features.2.0.block.0.0.weight",
      "stages.1.blocks.0.project.norm.bias": "features.2.0.block.1.1.bias",
      "stages.5.blocks.14.attention.reduce.weight": "features.6.14.block.2.fc1.weight",
      "head.conv.weight": "features.7.0.weight",
      "head.classifier.bias": "classifier.1.bias",
    },
  },
  {
    spec: "mobilenetv2-100",
    kind: "torchvision",
    family: "mobilenet_v2",
    names: {
      "stages.0.blocks.0.depthwise.conv.weight": "features.1.conv.0.0.weight",
      "stages.0.blocks.0.project.conv.weight": "features.1.conv.1.weight",
      "stages.0.blocks.0.project.norm.weight": "features.1.conv.2.weight",
      "stages.1.blocks.1.depthwise.norm.weight": "features.3.conv.1.1.weight",
      "stages.6.blocks.0.project.norm.bias": "features.17.conv.3.bias",
      "head.conv.weight": "features.18.0.weight",
      "head.norm.weight": "features.18.1.weight",
    },
  },
  {
    spec: "wide-resnet50-2",
    kind: "torchvision",
    family: "resnet, resnext, wide_resnet",
    names: {
      "stem.norm.weight": "bn1.weight",
      "stages.0.blocks.2.spatial.conv.weight": "layer1.2.conv2.weight",
      "stages.3.blocks.0.shortcut.norm.running_var": "layer4.0.downsample.1.running_var",
    },
  },
  {
    spec: "resnet50-eca-k3557",
    kind: "ecanet",
    family: "eca_resnet",
    names: { "stages.2.blocks.5.attention.conv.weight": "layer3.5.eca.conv.weight" },
  },
  {
    spec: "official-eca-mobilenetv2-100",
    kind: "ecanet",
    family: "eca_mobilenetv2",
    names: {
      // The gate comes last: after two elements where there is no expansion, after three where there is one.
      "stages.0.blocks.0.attention.conv.weight": "features.1.conv.3.conv.weight",
      "stages.1.blocks.0.attention.conv.weight": "features.2.conv.4.conv.weight",
    },
  },
  {
    spec: "resnet50d-eca",
    kind: "timm",
    family: "ResNet-D",
    names: {
      "stem.deep.1.conv.weight": "conv1.3.weight",
      "stem.deep.1.norm.weight": "conv1.4.weight",
      "stem.conv.weight": "conv1.6.weight",
      "stages.0.blocks.0.shortcut.conv.weight": "layer1.0.downsample.1.weight",
      "stages.1.blocks.0.shortcut.norm.weight": "layer2.0.downsample.2.weight",
      "stages.1.blocks.0.attention.conv.weight": "layer2.0.se.conv.weight",
    },
  },
  {
    spec: "mobilenetv3-large-100",
    kind: "timm",
    family: "EfficientNet, MobileNetV2, MobileNetV3",
    names: {
      // The spec needs ten stages where timm has seven.
      "stages.2.blocks.0.expand.conv.weight": "blocks.1.1.conv_pw.weight",
      "stages.6.blocks.1.project.norm.weight": "blocks.3.3.bn3.weight",
      "stages.9.blocks.0.conv.weight": "blocks.6.0.conv.weight",
      "head.conv.bias": "conv_head.bias",
    },
  },
  {
    spec: "skresnet50d",
    kind: "timm",
    family: "ResNet-D",
    names: {
      "stages.0.blocks.0.layers.kernels.branches.1.0.norm.weight": "layer1.0.conv2.paths.1.bn.weight",
      "stages.0.blocks.0.layers.kernels.select.select.weight": "layer1.0.conv2.attn.fc_select.weight",
      "stages.1.blocks.0.shortcut.1.conv.weight": "layer2.0.downsample.1.weight",
    },
  },
  {
    spec: "skresnet18",
    kind: "timm",
    family: "ResNet, SKNet",
    names: {
      "stages.1.blocks.0.layers.kernels.branches.0.0.conv.weight": "layer2.0.conv1.paths.0.conv.weight",
      "stages.1.blocks.0.layers.1.norm.bias": "layer2.0.conv2.bn.bias",
    },
  },
];

const test = suite("weights: name maps");

for (const { spec, kind, family, names } of NAMES) {
  test(`${spec} under the names of ${kind}`, () => {
    const { graph } = specNetwork(`specs/${spec}.json`);
    const { parameters } = networkParts(graph);
    const target = targetNames(graph, nameMapOf(kind), parameters);
    assert.is(target.naming.title, family);
    const found = new Map([...target.names].map(([parameter, { name }]) => [parameter.name, name]));
    assert.is(found.size, parameters.length);
    for (const [ours, theirs] of Object.entries(names)) assert.is(found.get(ours), theirs);
  });
}

test("no two parameters of a network have the same name", () => {
  for (const spec of ["b0-se", "v2-s-se", "mobilenetv3-small-100", "resnet18d-se", "skresnet18", "small"]) {
    const { graph } = specNetwork(`specs/${spec}.json`);
    const parts = networkParts(graph);
    for (const { kind, namings } of nameMaps) {
      for (const naming of namings) {
        const names = [...nameParameters(parts, naming, stagewiseNumbering(graph)).values()];
        const distinct = new Set(names.map(({ name }) => name));
        assert.is(distinct.size, names.length, `${spec}, ${kind} (${naming.title})`);
      }
    }
  }
});

test("under ecagen's own names every parameter has its name", () => {
  for (const spec of ["b0-se", "skresnet50d", "bn-inception-se", "cifar-preact-resnet164-se"]) {
    const { graph } = specNetwork(`specs/${spec}.json`);
    const { parameters } = networkParts(graph);
    const { names } = targetNames(graph, nameMapOf("ecagen"), parameters);
    for (const parameter of parameters) assert.is(names.get(parameter)?.name, parameter.name);
  }
});

test("gates that a block has as a list have ecagen's own names, and no framework's", () =>
  inTemporaryFolder((folder) => {
    const attention = [
      { type: "se", channels: 4 },
      { type: "eca", position: "post" },
    ];
    const spec = join(folder, "several.json");
    const stem = { channels: 8 };
    const stages = [{ block: "basic", channels: 8, attention }];
    writeFileSync(
      spec,
      JSON.stringify({ input: { channels: 3, height: 8, width: 8 }, stem, stages, head: { classes: 2 } }),
    );
    const { graph } = specNetwork(spec);
    const parts = networkParts(graph);
    const inList = /\battention\.\d\./;
    for (const { kind, namings } of nameMaps) {
      for (const naming of namings) {
        const named = [...nameParameters(parts, naming, stagewiseNumbering(graph)).keys()];
        const count = named.filter(({ name }) => inList.test(name)).length;
        assert.is(count, kind === "ecagen" ? 5 : 0, kind);
      }
    }
  }));

for (const [title, rename, names] of [
  [
    "timm's legacy SENets",
    [
      [/^(conv1|bn1)\./, "layer0.$1."],
      [/\.se\./, ".se_module."],
      [/^fc\./, "last_linear."],
    ],
    ["timm", "SENet (timm's legacy_ networks)"],
  ],
  ["ECA-Net's authors", [[/\.se\./, ".eca."]], ["ecanet", "eca_resnet"]],
] as const) {
  test(`a ResNet-50 of ${title} is recognised`, () => {
    const eca = names[0] === "ecanet";
    const theirs = Object.fromEntries(
      Object.entries(stateDict(eca ? "resnet50-eca" : "seresnet50")).map(([name, dims]) => [
        (rename as readonly (readonly [RegExp, string])[]).reduce(
          (text, [pattern, other]) => text.replace(pattern, other),
          name,
        ),
        dims,
      ]),
    );
    const { weights } = specNetwork(`specs/${eca ? "resnet50-eca" : "resnet50-se"}.json`, {
      given: { source: givenStateDict(theirs) },
    });
    assert.equal([weights?.names, weights?.family, weights?.initial, weights?.unused], [...names, [], []]);
    assert.is(weights?.loaded, Object.keys(theirs).filter((name) => !isStepCount(name)).length);
  });
}

test.run();
