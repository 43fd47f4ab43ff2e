import * as z from "zod";
import { once } from "../../base/late.js";
import { late } from "../../base/late-schemas.js";
import { channelCount } from "../fields.js";
import { readName, valueName } from "../values.js";
import { decoderSchema } from "./decoders.js";

// What heads say becomes boxes.

const part = once(() => z.number().min(0).max(1));
const many = once(() => z.int().min(1).max(100_000));
const side = once(() => z.number().positive().max(8192));

const anchorsSchema = late(() =>
  z
    .strictObject({
      sizes: z
        .array(z.array(side()).min(1).max(64))
        .min(1)
        .max(64)
        .optional()
        .describe(
          "Sizes of the anchors of each map: the square roots of their areas, in pixels of the image. Their sides are rounded, as torchvision's are.",
        ),
      ratios: z
        .array(z.number().positive().max(100))
        .min(1)
        .max(64)
        .optional()
        .describe(
          "Ratios of height to width; every map has anchors of each size in each ratio. Default: 0.5, 1 and 2.",
        ),
      shapes: z
        .array(
          z
            .array(z.tuple([side(), side()]))
            .min(1)
            .max(64),
        )
        .min(1)
        .max(64)
        .optional()
        .describe(
          "In place of sizes and ratios: the width and height of each anchor of each map, in pixels of the image, in the order of the head's channels.",
        ),
    })
    .refine(
      ({ sizes, ratios, shapes }) =>
        (sizes === undefined) !== (shapes === undefined) && (ratios === undefined || shapes === undefined),
      { error: "anchors have either `sizes`, with `ratios`, or `shapes`" },
    ),
);

export type WrittenAnchors = z.output<typeof anchorsSchema>;

const headPart = late(() =>
  z.union(
    [
      valueName,
      z.strictObject({
        head: valueName.describe("Name of the head."),
        start: z
          .int()
          .min(0)
          .max(65536)
          .describe("The first of the numbers that the head has for an anchor, from 0."),
        end: z.int().min(1).max(65536).describe("The number after the last."),
      }),
    ],
    { error: 'expected the name of a head, or a part of it: { "head": "rows", "start": 0, "end": 4 }' },
  ),
);

export type WrittenHeadPart = z.output<typeof headPart>;

const confidenceSchema = late(() =>
  z.strictObject({
    of: headPart.describe("The head with one logit per anchor, or a part of a head: one of its numbers."),
    join: z
      .enum(["product", "geometric-mean"])
      .default("product")
      .describe(
        "The score, from the sigmoids of the class's logit and of this one. product: the product (YOLO's objectness). geometric-mean: the square root of the product (FCOS' centre-ness).",
      ),
  }),
);

const grid = (size: number) => ({
  size: z.int().min(1).max(64).default(size).describe("Cells along each side of a region's map."),
  samples: z
    .int()
    .min(0)
    .max(16)
    .default(2)
    .describe("Sampling points along each side of a cell; 0: one per pixel of the cell, rounded up."),
});

const normalized = once(() =>
  z
    .boolean()
    .default(false)
    .describe("Whether batch normalisations follow the convolutions, which then have no bias."),
);

const proposalsSchema = late(() =>
  z.strictObject({
    count: many()
      .default(1000)
      .describe(
        "Number of proposals, those with the highest scores of all maps. If fewer are left, they are padded with empty boxes.",
      ),
    nmsThreshold: part()
      .default(0.7)
      .describe(
        "Non-maximum suppression among the boxes of one map: above this intersection over union, the box with the lower score is dropped.",
      ),
  }),
);

const regionsSchema = late(() =>
  z.strictObject({
    from: z
      .array(readName)
      .min(1)
      .max(16)
      .describe(
        "The maps that regions are extracted from, the finest first: a region of 224 pixels is extracted from the map of stride 16.",
      ),
    proposals: proposalsSchema.prefault({}).describe("Which anchors become regions."),
    classes: z.int().min(2).max(100_000).describe("Number of classes, the first of which is the background."),
    box: z
      .strictObject({
        ...grid(7),
        channels: z
          .array(channelCount)
          .max(16)
          .default([])
          .describe("Outputs of 3×3 convolutions before the dense layers."),
        normalized: normalized(),
        hidden: z
          .array(channelCount)
          .max(16)
          .default([1024, 1024])
          .describe("Outputs of the dense layers before those for class and box."),
      })
      .prefault({})
      .describe("Class and exact box of each region (Fast R-CNN)."),
    mask: z
      .strictObject({
        ...grid(14),
        channels: z
          .array(channelCount)
          .max(16)
          .default([256, 256, 256, 256])
          .describe("Outputs of the 3×3 convolutions."),
        normalized: normalized(),
        hidden: channelCount
          .default(256)
          .describe("Outputs of the layer that doubles the map's height and width."),
      })
      .optional()
      .describe("Masks of the detections (Mask R-CNN). Default: none."),
    keypoints: z
      .strictObject({
        count: z
          .int()
          .min(1)
          .max(1000)
          .default(17)
          .describe("Number of key points per detection; 17 as for COCO's persons."),
        ...grid(14),
        channels: z
          .array(channelCount)
          .max(16)
          .default(Array.from({ length: 8 }, () => 512))
          .describe("Outputs of the 3×3 convolutions."),
        normalized: normalized(),
      })
      .optional()
      .describe(
        "Key points of the detections (Keypoint R-CNN): for each key point a map over the box, with four times the cells along each side. Default: none.",
      ),
  }),
);

export const OUTPUTS = ["detections", "raw"] as const;

export const detectionSchema = late(() =>
  z.strictObject({
    outputs: z
      .enum(OUTPUTS)
      .default("detections")
      .describe(
        "detections: boxes, scores and labels of one image, and masks if there are any. raw: the results of the heads, and those of regions for each proposal.",
      ),
    scores: headPart.describe(
      "The head with one logit per class and anchor, or a part of a head; with `regions`, one logit per anchor.",
    ),
    confidence: confidenceSchema
      .optional()
      .describe("A factor of the scores that is the same for all classes. Default: none."),
    boxes: headPart.describe("The head with the numbers of each anchor's box, or a part of a head."),
    decoder: decoderSchema
      .default("offsets")
      .describe("How the numbers of `boxes` become boxes: a type alone, or with options."),
    anchors: anchorsSchema
      .optional()
      .describe("The boxes around each pixel of the heads' maps, for decoders that are relative to them."),
    candidates: many()
      .default(1000)
      .describe(
        "Maximum number of anchors of each map that are considered, once for each class, those with the highest scores.",
      ),
    regions: regionsSchema
      .optional()
      .describe("A second stage over the anchors' proposals. Default: none, anchors become detections."),
    scoreThreshold: part().default(0.05).describe("Detections need a higher score than this."),
    nmsThreshold: part()
      .default(0.5)
      .describe(
        "Non-maximum suppression among the boxes of one class: above this intersection over union, the box with the lower score is dropped.",
      ),
    clip: z
      .enum(["before-nms", "after-nms"])
      .default("before-nms")
      .describe(
        "When boxes are cut off at the borders of the image: before non-maximum suppression (torchvision), or after it (YOLO).",
      ),
    detections: many().default(100).describe("Maximum number of detections, those with the highest scores."),
  }),
);

export type WrittenDetection = z.output<typeof detectionSchema>;
