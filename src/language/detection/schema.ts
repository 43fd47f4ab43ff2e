import * as z from "zod";
import { channelCount } from "../fields.js";
import { readName, valueName } from "../values.js";

// What heads say becomes boxes.

const part = z.number().min(0).max(1);
const many = z.int().min(1).max(100_000);
const side = z.number().positive().max(8192);

const anchorsSchema = z.strictObject({
  sizes: z
    .array(z.array(side).min(1).max(64))
    .min(1)
    .max(64)
    .describe("For each map the sides of squares of its anchors' areas, in pixels of the image."),
  ratios: z
    .array(z.number().positive().max(100))
    .min(1)
    .max(64)
    .default([0.5, 1, 2])
    .describe("Heights by widths; every map has anchors of each size in each ratio."),
});

const grid = (size: number) => ({
  size: z.int().min(1).max(64).default(size).describe("Cells along each side of what a region becomes."),
  samples: z
    .int()
    .min(0)
    .max(16)
    .default(2)
    .describe("Positions along each side of a cell; 0: as many as it has pixels, rounded up."),
});

const normalized = z
  .boolean()
  .default(false)
  .describe("Whether batch normalisations follow the convolutions, which then have no bias.");

const proposalsSchema = z.strictObject({
  count: many
    .default(1000)
    .describe("Proposals, the best of all maps. Where fewer are left, empty boxes fill them up."),
  nmsThreshold: part
    .default(0.7)
    .describe("The share of their union above which the box of lower score goes, of boxes of one map."),
});

const regionsSchema = z.strictObject({
  from: z
    .array(readName)
    .min(1)
    .max(16)
    .describe(
      "The maps that regions are cut out of, the finest first: a region of 224 pixels is cut out of that of stride 16.",
    ),
  proposals: proposalsSchema.prefault({}).describe("Which anchors become regions."),
  classes: z.int().min(2).max(100_000).describe("Classes, of which the first is none."),
  box: z
    .strictObject({
      ...grid(7),
      channels: z
        .array(channelCount)
        .max(16)
        .default([])
        .describe("Outputs of 3×3 convolutions before the dense layers."),
      normalized,
      hidden: z
        .array(channelCount)
        .max(16)
        .default([1024, 1024])
        .describe("Outputs of the dense layers before those that say class and box."),
    })
    .prefault({})
    .describe("What a region is, and where exactly (Fast R-CNN)."),
  mask: z
    .strictObject({
      ...grid(14),
      channels: z
        .array(channelCount)
        .max(16)
        .default([256, 256, 256, 256])
        .describe("Outputs of the 3×3 convolutions."),
      normalized,
      hidden: channelCount
        .default(256)
        .describe("Outputs of the layer that makes the map twice as high and wide."),
    })
    .optional()
    .describe("Which pixels belong to what was found (Mask R-CNN); left out, there are no masks."),
  keypoints: z
    .strictObject({
      count: z
        .int()
        .min(1)
        .max(1000)
        .default(17)
        .describe("Key points of a thing; 17 are COCO's of a person."),
      ...grid(14),
      channels: z
        .array(channelCount)
        .max(16)
        .default(Array.from({ length: 8 }, () => 512))
        .describe("Outputs of the 3×3 convolutions."),
      normalized,
    })
    .optional()
    .describe(
      "Where the key points of what was found are (Keypoint R-CNN): a map of four times the cells over each box for each of them; left out, there are none.",
    ),
});

export const OUTPUTS = ["detections", "raw"] as const;

export const detectionSchema = z.strictObject({
  outputs: z
    .enum(OUTPUTS)
    .default("detections")
    .describe(
      "detections: boxes, scores and labels of one image, and masks where there are any. raw: what the heads say, and those of regions say of each proposal.",
    ),
  scores: valueName.describe(
    "The head that has a logit of each class for each anchor; before `regions`, one.",
  ),
  boxes: valueName.describe("The head that says how each anchor's box moves: four numbers for each anchor."),
  anchors: anchorsSchema.describe("The boxes around each pixel of the heads' maps."),
  candidates: many.default(1000).describe("The best anchors of each map that are looked at."),
  regions: regionsSchema
    .optional()
    .describe(
      "A second stage, which looks at what the anchors propose; left out, anchors become detections.",
    ),
  scoreThreshold: part.default(0.05).describe("Only what has a higher score is found."),
  nmsThreshold: part
    .default(0.5)
    .describe("The share of their union above which the box of lower score goes, of boxes of one class."),
  detections: many.default(100).describe("Detections at most, the best."),
});

export type WrittenDetection = z.output<typeof detectionSchema>;
