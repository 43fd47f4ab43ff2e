import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { isOp } from "../../src/ir/rewrite.js";
import { byConvention } from "../../src/reports/conventions.js";

/** Detectors against what their authors publish. */
const test = suite("networks: detectors");

interface Published {
  readonly spec: string;
  readonly passes?: string;
  readonly parameters: number;
  /** Multiply-accumulates for the spec's image, in units of 10^9, to as many digits as are published. */
  readonly gigaMacs?: string;
}

const PUBLISHED: readonly Published[] = [
  // torchvision's documentation: 34,014,999 with frozen normalisations, whose 53,120 numbers are no parameters; 151.54 GFLOPS.
  { spec: "retinanet-resnet50-fpn", parameters: 34_014_999 + 53_120, gigaMacs: "151.54" },
  // Ultralytics' summaries: 7225885 parameters and 16.5 GFLOPs of the fused network, 7235389 before; 3157200 and 8.7 GFLOPs.
  { spec: "yolov5s", parameters: 7_235_389, gigaMacs: "8.2" },
  { spec: "yolov5s", passes: "fold-batch-norm", parameters: 7_225_885 },
  { spec: "yolov8n", parameters: 3_157_200 - 16, gigaMacs: "4.4" },
  // Darknet prints 128.459 BFLOPS for images of 608 pixels, in which a multiplication and an addition are two.
  { spec: "yolov4", parameters: 64_363_101, gigaMacs: "64.2" },
  // automl/efficientdet's table, and the count of the port to PyTorch.
  { spec: "efficientdet-d0", parameters: 3_880_067, gigaMacs: "2.5" },
];

for (const { spec, passes, parameters, gigaMacs } of PUBLISHED) {
  test(`${spec}${passes === undefined ? "" : `, ${passes}`}`, () => {
    const counts = countNetwork(specNetwork(spec, { passes }).graph);
    assert.is(counts.parameters, parameters);
    if (gigaMacs === undefined) return;
    const digits = gigaMacs.split(".")[1]?.length ?? 0;
    assert.is((counts.macs / 1e9).toFixed(digits), gigaMacs);
  });
}

/**
 * What mmdetection 1 trains: all parameters of its configurations without the 225,344 of a frozen stem and first stage, reckoned by hand; the README of
 * the ECA-Net authors has these in millions. ECA's few are those of the other stages.
 */
const TRAINED: Readonly<Record<string, readonly [trained: number, millions: string]>> = {
  "mmdet-faster-rcnn-resnet50": [41_757_156 - 225_344, "41.53 M"],
  "mmdet-faster-rcnn-resnet101": [60_749_284 - 225_344, "60.52 M"],
  "mmdet-mask-rcnn-resnet50": [44_400_693 - 225_344, "44.18 M"],
  "mmdet-mask-rcnn-resnet101": [63_392_821 - 225_344, "63.17 M"],
  "retinanet-resnet50": [37_968_692 - 225_344, "37.74 M"],
  "retinanet-resnet101": [56_960_820 - 225_344, "56.74 M"],
};

for (const [spec, [trained, millions]] of Object.entries(TRAINED)) {
  test(`${spec}: parameters that are trained`, () => {
    const { parameters } = byConvention(specNetwork(spec).graph, "mmdet");
    assert.equal([parameters.exact, parameters.printed], [trained, millions]);
  });
}

test("gates of the first stage are frozen with it, those of the others are trained", () => {
  const { graph } = specNetwork("mmdet-faster-rcnn-resnet50-se");
  const { exact } = byConvention(graph, "mmdet").parameters;
  // Two matrices of C · C/16 in each block, C = 512, 1024, 2048 in stages of 4, 6 and 3 blocks.
  const gates = [4 * 512 ** 2, 6 * 1024 ** 2, 3 * 2048 ** 2].reduce((sum, each) => sum + each / 8, 0);
  assert.is(exact, 41_757_156 - 225_344 + gates);
});

test("RetinaNet's boxes are of torchvision's anchors", () => {
  const { graph, spec } = specNetwork("retinanet-resnet50-fpn-boxes");
  assert.equal(
    graph.outputs.map(({ name, type }) => [name, type.dims.length]),
    [
      ["boxes", 2],
      ["scores", 1],
      ["labels", 1],
    ],
  );
  // torchvision's _default_anchorgen.
  const sizes = [32, 64, 128, 256, 512].map((x) => [0, 1, 2].map((i) => Math.floor(x * 2 ** (i / 3))));
  assert.equal(
    spec.resolved.detection?.anchors,
    sizes.map((own) => ({ sizes: own, ratios: [0.5, 1, 2] })),
  );
});

test("SAM's gates in YOLOv4's neck are swapped for ECA, as the spec with ECA has them", () => {
  const gates = (spec: string, passes?: string): readonly unknown[] =>
    specNetwork(spec, { passes, resolution: 64 })
      .graph.ops.filter((op) => op.kind.startsWith("attention."))
      .map(({ kind, attributes, loc }) => [kind, { ...attributes }, loc.scope]);
  assert.is(gates("yolov4-eca").length, 4);
  assert.equal(gates("yolov4-sam", "swap-attention{from=sam,to=eca}"), gates("yolov4-eca"));
});

test("EfficientDet's levels share convolutions, and have normalisations of their own", () => {
  const { graph } = specNetwork("efficientdet-d0", { resolution: 128 });
  const inHead = graph.ops.filter(({ loc }) => loc.scope.startsWith("/heads/boxes/"));
  const distinct = (kind: "conv" | "batch_norm"): readonly [number, number] => {
    const ops = inHead.filter((op) => isOp(op, kind));
    return [ops.length, new Set(ops.map(({ operands }) => operands[1])).size];
  };
  // Three separable convolutions and the last one, on five levels.
  assert.equal(distinct("conv"), [5 * 8, 8]);
  assert.equal(distinct("batch_norm"), [5 * 3, 5 * 3]);
});

test.run();
