import { didYouMean } from "../../base/suggest.js";
import { anchorsPerPixel, type ResolvedDetection } from "../detection/resolved.js";
import type { ResolvedMapHead } from "../neck/resolved.js";
import type { Report, SpecRule } from "./rule.js";

export const detectionFitsItsHeads: SpecRule = {
  name: "detection-fits-its-heads",
  doc: "The heads of `detection` must have four numbers and at least one logit per anchor, on as many maps as there are sizes; normalised regions must have convolutions.",
  remedy: "Correct the channels of the heads, or the sizes and ratios of the anchors.",
  check({ resolved }, report) {
    const { detection, heads = [] } = resolved ?? {};
    if (detection === undefined) return;
    const named = (["scores", "boxes"] as const).map((key) => {
      const head = heads.find(({ name }) => name === detection[key]);
      if (head === undefined) {
        const hint = didYouMean(
          detection[key],
          heads.map(({ name }) => name),
        );
        report(["detection", key], `there is no head ${JSON.stringify(detection[key])}`, hint);
      }
      return head;
    });
    const [scores, boxes] = named;
    if (scores !== undefined && boxes !== undefined) checkHeads(detection, scores, boxes, report);
    checkRegions(detection, report);
  },
};

function checkHeads(
  detection: ResolvedDetection,
  scores: ResolvedMapHead,
  boxes: ResolvedMapHead,
  report: Report,
): void {
  const { anchors } = detection;
  const levels = scores.levels.map(({ name }) => name);
  if (levels.join() !== boxes.levels.map(({ name }) => name).join()) {
    report(["detection", "boxes"], `${boxes.name} and ${scores.name} are not applied to the same maps`);
    return;
  }
  if (anchors.sizes.length !== levels.length) {
    report(
      ["detection", "anchors", "sizes"],
      `there are ${anchors.sizes.length} lists of sizes for ${levels.length} maps`,
      `a list for each of ${levels.join(", ")}`,
    );
    return;
  }
  const perPixel = anchors.sizes.map((sizes) => anchorsPerPixel(sizes, anchors.ratios));
  scores.levels.forEach(({ name, channels }, i) => {
    const map = { name, perPixel: perPixel[i] ?? 0, logits: channels, steps: boxes.levels[i]?.channels ?? 0 };
    checkChannels(detection, map, report);
  });
  const classes = new Set(scores.levels.map(({ channels }, i) => channels / (perPixel[i] ?? 0)));
  if (classes.size > 1) {
    report(["detection", "scores"], `the maps have logits of ${[...classes].join(", ")} classes`);
  }
  for (const head of detection.outputs === "raw" ? [scores, boxes] : []) {
    if (head.output !== "none") continue;
    report(
      ["detection", "outputs"],
      `${head.name} is not an output, so its settings would be lost`,
      'its `output` says how it is one, for example { "values": 4 }',
    );
  }
}

/** What the heads say of a map, in channels. */
interface LevelChannels {
  readonly name: string;
  readonly perPixel: number;
  readonly logits: number;
  readonly steps: number;
}

function checkChannels(
  { scores, boxes, regions }: ResolvedDetection,
  { name, perPixel, logits, steps }: LevelChannels,
  report: Report,
): void {
  const where = `on ${name}, which has ${perPixel} anchors for each pixel`;
  const fits = regions === undefined ? logits % perPixel === 0 : logits === perPixel;
  if (!fits) {
    const wanted = regions === undefined ? `a multiple of ${perPixel}` : `${perPixel}`;
    report(["detection", "scores"], `${scores} has ${logits} channels ${where}`, `it needs ${wanted}`);
  }
  if (steps !== 4 * perPixel) {
    report(["detection", "boxes"], `${boxes} has ${steps} channels ${where}`, `it needs ${4 * perPixel}`);
  }
}

function checkRegions({ regions }: ResolvedDetection, report: Report): void {
  const { maps = [] } = regions ?? {};
  for (const part of ["box", "mask", "keypoints"] as const) {
    const { normalized = false, channels = [] } = regions?.[part] ?? {};
    if (normalized && channels.length === 0) {
      report(
        ["detection", "regions", part, "normalized"],
        "normalisations follow convolutions, and `channels` has none",
      );
    }
  }
  maps.forEach(({ name, stride, channels }, i) => {
    const [before, path] = [maps[i - 1], ["detection", "regions", "from", i]];
    if (before === undefined) return;
    if (stride !== 2 * before.stride) {
      report(
        path,
        `${name} has the stride ${stride}, after ${before.stride} of ${before.name}`,
        "each map has twice the stride of the one before it",
      );
    }
    if (channels !== before.channels) {
      report(path, `${name} has ${channels} channels, ${before.name} has ${before.channels}`);
    }
  });
}
