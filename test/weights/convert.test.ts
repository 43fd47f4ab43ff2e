import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { convertWeights } from "../../src/driver/weights/convert.js";
import { openWeights } from "../../src/given/weights.js";
import type { FileDType } from "../../src/weights/formats/file-dtypes.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { isStepCount, stateDict, writeStateDict } from "./state-dict.js";

interface Network {
  readonly spec: string;
  readonly dtype: FileDType;
  readonly family: string;
  /** Names of some of timm's tensors in torchvision, by its source. */
  readonly samples: Readonly<Record<string, string>>;
}

const NETWORKS: Readonly<Record<string, Network>> = {
  efficientnet_b0: {
    spec: "specs/b0-se.json",
    dtype: "F32",
    family: "efficientnet",
    samples: {
      "conv_stem.weight": "features.0.0.weight",
      "bn1.num_batches_tracked": "features.0.1.num_batches_tracked",
      // Its first block has no expansion, so everything comes one place earlier.
      "blocks.0.0.conv_dw.weight": "features.1.0.block.0.0.weight",
      "blocks.0.0.se.conv_reduce.bias": "features.1.0.block.1.fc1.bias",
      "blocks.0.0.bn2.weight": "features.1.0.block.2.1.weight",
      "blocks.1.1.conv_pw.weight": "features.2.1.block.0.0.weight",
      "blocks.4.2.se.conv_expand.weight": "features.5.2.block.2.fc2.weight",
      "blocks.6.0.bn3.running_var": "features.7.0.block.3.1.running_var",
      "conv_head.weight": "features.8.0.weight",
      "bn2.bias": "features.8.1.bias",
      "classifier.weight": "classifier.1.weight",
    },
  },
  mobilenetv3_large_100: {
    spec: "specs/mobilenetv3-large-100.json",
    dtype: "F32",
    family: "mobilenet_v3",
    samples: {
      "blocks.0.0.conv_dw.weight": "features.1.block.0.0.weight",
      "blocks.1.1.bn3.weight": "features.3.block.2.1.weight",
      "blocks.2.0.se.conv_reduce.weight": "features.4.block.2.fc1.weight",
      "blocks.5.2.conv_pwl.weight": "features.15.block.3.0.weight",
      "blocks.6.0.conv.weight": "features.16.0.weight",
      "blocks.6.0.bn1.running_mean": "features.16.1.running_mean",
      "conv_head.weight": "classifier.0.weight",
      "classifier.bias": "classifier.3.bias",
    },
  },
  resnet50: {
    spec: "specs/resnet50.json",
    dtype: "F16",
    family: "resnet, resnext, wide_resnet",
    samples: { "layer2.0.downsample.1.bias": "layer2.0.downsample.1.bias", "fc.weight": "fc.weight" },
  },
};

const test = suite("weights: from one framework's names to another's");

for (const [name, { spec, dtype, family, samples }] of Object.entries(NETWORKS)) {
  test(`${name}: timm to torchvision and back is the same file`, () =>
    inTemporaryFolder(async (folder) => {
      const [timm, torchvision, back] = ["timm", "torchvision", "back"].map((each) =>
        join(folder, `${each}.safetensors`),
      ) as [string, string, string];
      await writeStateDict(timm, stateDict(name), dtype);

      const there = await convertWeights(timm, { spec, output: torchvision, to: "torchvision" });
      assert.equal(
        [there.from.names, there.to, there.missing, there.unused],
        ["timm", { names: "torchvision", family }, [], []],
      );
      for (const [from, to] of Object.entries(samples)) {
        assert.ok(bytesOf(timm, from).equals(bytesOf(torchvision, to)), `${from} is ${to}`);
      }

      const { from } = await convertWeights(torchvision, { spec, output: back, to: "timm" });
      // Both name ResNet-50 alike, and then the first map is said.
      assert.is(from.names, name === "resnet50" ? "timm" : "torchvision");
      assert.ok(readFileSync(timm).equals(readFileSync(back)));
    }));
}

test("MobileNetV3's convolution after the pooling is fully connected in torchvision", () =>
  inTemporaryFolder(async (folder) => {
    const [timm, torchvision] = [join(folder, "a.safetensors"), join(folder, "b.safetensors")];
    await writeStateDict(timm, stateDict("mobilenetv3_small_100"));
    const spec = "specs/mobilenetv3-small-100.json";
    await convertWeights(timm, { spec, output: torchvision, to: "torchvision" });
    const source = openWeights(torchvision);
    assert.equal(source.tensors.get("classifier.0.weight")?.dims, [1024, 576]);
    source.close();
  }));

test("EfficientNet-PyTorch counts its blocks through, and its first block has no _bn0", () =>
  inTemporaryFolder(async (folder) => {
    const [timm, theirs] = [join(folder, "a.safetensors"), join(folder, "b.safetensors")];
    await writeStateDict(timm, stateDict("efficientnet_b0"));
    await convertWeights(timm, { spec: "specs/b0-se.json", output: theirs, to: "efficientnet-pytorch" });
    for (const [from, to] of Object.entries({
      "conv_stem.weight": "_conv_stem.weight",
      "bn1.weight": "_bn0.weight",
      "blocks.0.0.bn1.weight": "_blocks.0._bn1.weight",
      "blocks.0.0.conv_pw.weight": "_blocks.0._project_conv.weight",
      "blocks.1.0.conv_pw.weight": "_blocks.1._expand_conv.weight",
      "blocks.2.1.se.conv_reduce.weight": "_blocks.4._se_reduce.weight",
      "blocks.6.0.bn3.running_mean": "_blocks.15._bn2.running_mean",
      "bn2.bias": "_bn1.bias",
      "classifier.weight": "_fc.weight",
    })) {
      assert.ok(bytesOf(timm, from).equals(bytesOf(theirs, to)), `${from} is ${to}`);
    }
  }));

test("through ecagen's own names nothing is lost", () =>
  inTemporaryFolder(async (folder) => {
    const [timm, own, back] = ["timm", "own", "back"].map((each) => join(folder, `${each}.safetensors`)) as [
      string,
      string,
      string,
    ];
    const tensors = stateDict("efficientnet_b0-eca");
    await writeStateDict(timm, tensors);
    const spec = "specs/b0-eca.json";
    const report = await convertWeights(timm, { spec, output: own, to: "ecagen" });
    assert.is(report.tensors, Object.keys(tensors).length);
    assert.ok(
      bytesOf(timm, "blocks.2.0.se.conv.weight").equals(
        bytesOf(own, "stages.2.blocks.0.attention.conv.weight"),
      ),
    );
    await convertWeights(own, { spec, output: back, to: "timm" });
    assert.ok(readFileSync(timm).equals(readFileSync(back)));
  }));

test("a gate that a framework doesn't have is said, and nothing is written", () =>
  inTemporaryFolder(async (folder) => {
    const [timm, output] = [join(folder, "a.safetensors"), join(folder, "b.safetensors")];
    const small = Object.fromEntries(
      Object.entries(stateDict("resnet50-eca")).filter(([name]) => !isStepCount(name)),
    );
    await writeStateDict(timm, small);
    try {
      await convertWeights(timm, { spec: "specs/resnet50-eca.json", output, to: "torchvision" });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, InputError);
      const { diagnostics } = error as InputError;
      assert.is(diagnostics.length, 16);
      assert.is(
        diagnostics[0]?.message,
        "torchvision (resnet, resnext, wide_resnet) has no name for stages.0.blocks.0.attention.conv.weight",
      );
    }
    assert.not(existsSync(output));
  }));

function bytesOf(file: string, name: string): Buffer {
  const source = openWeights(file);
  const tensor = source.tensors.get(name);
  if (tensor === undefined) assert.unreachable(`${name} is missing`);
  const bytes = Buffer.alloc(tensor?.byteLength ?? 0);
  tensor?.readInto(bytes, 0);
  source.close();
  return bytes;
}

test.run();
