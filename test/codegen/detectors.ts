/** Small detectors, of which every kind of the selection of boxes is one. */

const conv = { layer: "conv", norm: false, bias: true };
const plain = { ...conv, activation: "none" };

const BACKBONE = {
  input: { channels: 3, height: 96, width: 128 },
  defaults: { activation: "relu", initialization: "resnet" },
  stem: { channels: 12, stride: 2 },
  stages: [
    { block: "basic", channels: 12, stride: 2, as: "c2" },
    { block: "bottleneck", channels: 16, stride: 2, attention: "eca", as: "c3" },
    { block: "basic", channels: 16, stride: 2 },
  ],
  neck: {
    layers: [
      { ...plain, channels: 16, as: "p4" },
      { ...plain, channels: 16, from: "c3", as: "side" },
      { layer: "upsample", from: "p4", to: "side", as: "up" },
      { ...plain, channels: 16, kernel: 3, from: { sum: ["side", "up"] }, as: "p3" },
      { ...plain, channels: 16, kernel: 3, from: "c2", as: "p2" },
    ],
  },
  head: { classifier: false },
};

const LEVELS = ["p2", "p3", "p4"];
const ANCHORS = {
  sizes: [
    [8, 12],
    [16, 25],
    [32, 45],
  ],
  ratios: [0.5, 1, 2],
};

const head = (name: string, values: number) => ({
  name,
  from: LEVELS,
  output: { values },
  layers: [
    { ...conv, channels: 16, kernel: 3 },
    { ...plain, channels: 6 * values, kernel: 3 },
  ],
});

/** A head of rows: the numbers of each anchor, of which a pixel has so many. */
const rows = (name: string, values: number, anchors: number) => ({
  name,
  from: LEVELS,
  share: "none",
  output: { values, order: "anchors" },
  layers: [{ ...plain, channels: anchors * values, kernel: 3 }],
});

const PROPOSING = {
  ...BACKBONE,
  heads: [head("objectness", 1), head("moves", 4)],
};

const PROPOSALS = { scores: "objectness", boxes: "moves", anchors: ANCHORS, candidates: 150 };

/** By name. */
export const DETECTORS: Readonly<Record<string, object>> = {
  "one stage": {
    ...BACKBONE,
    heads: [
      head("classes", 5),
      head("moves", 4),
      { name: "depth", from: ["p2"], layers: [{ ...plain, channels: 1 }] },
    ],
    detection: { scores: "classes", boxes: "moves", anchors: ANCHORS, candidates: 200, detections: 120 },
  },
  "cells of a head of rows": {
    ...BACKBONE,
    heads: [rows("found", 10, 2)],
    detection: {
      boxes: { head: "found", start: 0, end: 4 },
      confidence: { of: { head: "found", start: 4, end: 5 } },
      scores: { head: "found", start: 5, end: 10 },
      decoder: { type: "cells", reach: [1.2, 2, 1.05], sides: "square" },
      anchors: {
        shapes: [
          [
            [8, 10],
            [14, 9],
          ],
          [
            [20, 24],
            [30, 20],
          ],
          [
            [50, 40],
            [44, 70],
          ],
        ],
      },
      candidates: 200,
      clip: "after-nms",
      detections: 120,
    },
  },
  "distributions of distances": {
    ...BACKBONE,
    heads: [rows("classes", 6, 1), rows("sides", 32, 1)],
    detection: {
      boxes: "sides",
      scores: "classes",
      decoder: { type: "distances", bins: 8, at: "centre" },
      candidates: 200,
      clip: "after-nms",
      detections: 120,
    },
  },
  "distances, with centre-ness": {
    ...BACKBONE,
    heads: [
      rows("classes", 6, 1),
      {
        ...rows("sides", 4, 1),
        layers: [
          { ...plain, channels: 4, kernel: 3 },
          { layer: "activation", activation: "relu" },
        ],
      },
      rows("centres", 1, 1),
    ],
    detection: {
      boxes: "sides",
      scores: "classes",
      confidence: { of: "centres", join: "geometric-mean" },
      decoder: "distances",
      candidates: 200,
      detections: 120,
    },
  },
  "offsets from the middle, y first": {
    ...BACKBONE,
    heads: [head("classes", 5), head("moves", 4)],
    detection: {
      boxes: "moves",
      scores: "classes",
      decoder: { type: "offsets", order: "yx", at: "centre" },
      anchors: ANCHORS,
      candidates: 200,
      detections: 120,
    },
  },
  "two stages": {
    ...PROPOSING,
    detection: {
      ...PROPOSALS,
      regions: {
        from: LEVELS,
        classes: 4,
        proposals: { count: 120 },
        box: { size: 3, hidden: [24, 20] },
        mask: { size: 4, channels: [8, 8], hidden: 6 },
        keypoints: { count: 3, size: 3, channels: [10, 8] },
      },
    },
  },
  "two stages, normalised, of one map": {
    ...PROPOSING,
    defaults: { activation: "silu" },
    detection: {
      ...PROPOSALS,
      nmsThreshold: 0.8,
      scoreThreshold: 0.1,
      regions: {
        from: ["p3"],
        classes: 6,
        // More than there can be.
        proposals: { count: 500, nmsThreshold: 0.9 },
        box: { size: 2, samples: 0, channels: [12], normalized: true, hidden: [] },
        mask: { size: 3, samples: 1, channels: [], normalized: false, hidden: 4 },
      },
    },
  },
  "two stages, raw": {
    ...PROPOSING,
    features: [{ name: "P2", from: "p2" }],
    detection: {
      ...PROPOSALS,
      outputs: "raw",
      regions: {
        from: ["p3", "p4"],
        classes: 4,
        proposals: { count: 80 },
        box: { size: 3, hidden: [16] },
        mask: { size: 4, channels: [8], normalized: true, hidden: 6 },
        keypoints: { count: 2, size: 2, channels: [6], normalized: true },
      },
    },
  },
};
