import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specNetwork } from "../../src/given/spec-file.js";
import { givenStateDict } from "./given-tensors.js";
import { isStepCount, stateDict } from "./state-dict.js";

interface Network {
  readonly spec: string;
  readonly passes?: string;
}

/** Full-size networks of timm, by exactly its names and shapes. */
const NETWORKS: Readonly<Record<string, Network>> = {
  efficientnet_b0: { spec: "b0-se" },
  "efficientnet_b0-eca": { spec: "b0-eca" },
  efficientnet_b1: { spec: "b1-se" },
  "efficientnet_b1-eca": { spec: "b1-eca" },
  efficientnet_lite0: { spec: "lite0" },
  efficientnetv2_s: { spec: "v2-s-se" },
  mobilenetv2_100: { spec: "mobilenetv2-100" },
  mobilenetv3_large_100: { spec: "mobilenetv3-large-100" },
  mobilenetv3_small_100: { spec: "mobilenetv3-small-100" },
  resnet50: { spec: "resnet50" },
  "resnet50-eca": { spec: "resnet50-eca" },
  seresnet50: { spec: "resnet50-se" },
  seresnext50_32x4d: { spec: "resnext50-32x4d-se" },
  "resnet50-cbam": { spec: "resnet50-se", passes: "swap-attention{to=cbam}" },
  "resnet50-gc": { spec: "resnet50-se", passes: "swap-attention{to={type=gc,fusion=scale}}" },
};

const test = suite("weights: full-size networks");

for (const [name, { spec, passes }] of Object.entries(NETWORKS)) {
  test(`${spec}.json takes timm's ${name}, nothing missing and nothing left over`, () => {
    const tensors = stateDict(name);
    const { weights } = specNetwork(`specs/${spec}.json`, {
      passes,
      given: { source: givenStateDict(tensors) },
    });
    // What the names don't tell is said in the notes, which have their own test.
    const { notes: _, ...report } = weights ?? {};
    assert.equal(report, {
      file: "timm.safetensors",
      names: "timm",
      family: spec.startsWith("res") ? "ResNet, SKNet" : "EfficientNet, MobileNetV2, MobileNetV3",
      loaded: Object.keys(tensors).filter((each) => !isStepCount(each)).length,
      initial: [],
      unused: [],
      dropped: [],
      rounded: [],
      otherSettings: [],
    });
  });
}

test.run();
