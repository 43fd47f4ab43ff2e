import { didYouMean } from "../../base/suggest.js";
import { decoderNeeds } from "../detection/decoders.js";
import { boxesPerPixel, type HeadPart, headParts, type ResolvedDetection } from "../detection/resolved.js";
import type { ResolvedMapHead } from "../neck/resolved.js";
import type { Report, SpecRule } from "./rule.js";

export const detectionFitsItsHeads: SpecRule = {
  name: "detection-fits-its-heads",
  doc: "The heads of `detection` must have as many numbers per anchor as its decoder takes, one for `confidence` and at least one logit, on the same maps; there must be anchors for each map where the decoder is relative to them; normalised regions must have convolutions.",
  remedy: "Correct the channels of the heads, the parts of them that are read, or the anchors.",
  check({ resolved }, report) {
    const { detection, heads = [] } = resolved ?? {};
    if (detection === undefined) return;
    const read = headParts(detection).flatMap(({ key, path, of }): readonly ReadHead[] => {
      const head = heads.find(({ name }) => name === of.head);
      if (head !== undefined) return [{ key, path, of, head }];
      const hint = didYouMean(
        of.head,
        heads.map(({ name }) => name),
      );
      report(path, `there is no head ${JSON.stringify(of.head)}`, hint);
      return [];
    });
    if (read.length === headParts(detection).length) checkHeads(detection, read, report);
    checkRegions(detection, report);
  },
};

/** A head that `detection` reads, by its key there. */
interface ReadHead {
  readonly key: ReturnType<typeof headParts>[number]["key"];
  readonly path: ReturnType<typeof headParts>[number]["path"];
  readonly of: HeadPart;
  readonly head: ResolvedMapHead;
}

function levelNames({ levels }: ResolvedMapHead): readonly string[] {
  return levels.map(({ name }) => name);
}

function checkHeads(detection: ResolvedDetection, read: readonly ReadHead[], report: Report): void {
  const [first, ...others] = read;
  if (first === undefined) return;
  const levels = levelNames(first.head);
  const elsewhere = others.find(({ head }) => levelNames(head).join() !== levels.join());
  if (elsewhere !== undefined) {
    const names = `${elsewhere.head.name} and ${first.head.name}`;
    report(elsewhere.path, `${names} are not applied to the same maps`);
    return;
  }
  if (!checkAnchors(detection, levels, report)) return;
  for (const each of read) checkNumbers(detection, each, report);
  const { head, of } = first;
  const classes = new Set(
    of.part === undefined ? head.levels.map(({ channels }, i) => channels / boxesPerPixel(detection, i)) : [],
  );
  if (classes.size > 1) report(first.path, `the maps have logits of ${[...classes].join(", ")} classes`);
  for (const lost of detection.outputs === "raw" ? new Set(read.map((each) => each.head)) : []) {
    if (lost.output !== "none") continue;
    report(
      ["detection", "outputs"],
      `${lost.name} is not an output, so its settings would be lost`,
      'its `output` says how it is one, for example { "values": 4 }',
    );
  }
}

/** Whether there are anchors for each map, or none where none are needed. */
function checkAnchors(
  { anchors, decoder }: ResolvedDetection,
  levels: readonly string[],
  report: Report,
): boolean {
  const { hasAnchors, perMap } = decoderNeeds(decoder);
  const each = `one for each of ${levels.join(", ")}`;
  if (perMap !== undefined && perMap.count !== levels.length) {
    const { option, count } = perMap;
    report(["detection", "decoder", option], `there are ${count} numbers for ${levels.length} maps`, each);
  }
  if (anchors === undefined) {
    if (!hasAnchors) return true;
    report(
      ["detection"],
      `boxes are relative to anchors with the decoder ${decoder.type}, and there are none`,
      '`anchors` has their sizes, for example { "sizes": [[32], [64]] }',
    );
    return false;
  }
  if (!hasAnchors) {
    report(["detection", "anchors"], `the decoder ${decoder.type} has no anchors`, "leave `anchors` out");
    return false;
  }
  if (anchors.length === levels.length) return true;
  const key = anchors.some((own) => "shapes" in own) ? "shapes" : "sizes";
  report(
    ["detection", "anchors", key],
    `there are ${anchors.length} lists of ${key} for ${levels.length} maps`,
    `a list for each of ${levels.join(", ")}`,
  );
  return false;
}

/** How many numbers a head must have for each anchor: just so many, or any. */
function wantedNumbers({ decoder, regions }: ResolvedDetection, key: ReadHead["key"]): number | undefined {
  if (key === "boxes") return decoderNeeds(decoder).numbers;
  return key === "confidence" || regions !== undefined ? 1 : undefined;
}

function checkNumbers(
  detection: ResolvedDetection,
  { key, path, of: { part }, head }: ReadHead,
  report: Report,
): void {
  const wanted = wantedNumbers(detection, key);
  if (part !== undefined) {
    const { start, end } = part;
    if (end <= start) report(path, `nothing is from ${start} to before ${end}`);
    else if (wanted !== undefined && end - start !== wanted) {
      const what = wanted === 1 ? "one number" : `${wanted} numbers`;
      report(path, `it has ${end - start} numbers for an anchor`, `\`${key}\` needs ${what}`);
    }
  }
  head.levels.forEach(({ name, channels }, i) => {
    const perPixel = boxesPerPixel(detection, i);
    const what = detection.anchors === undefined ? "box" : "anchor";
    const anchors = perPixel === 1 ? `one ${what}` : `${perPixel} ${what}s`;
    const where = `on ${name}, which has ${anchors} for each pixel`;
    const refuse = (hint: string): void =>
      report(path, `${head.name} has ${channels} channels ${where}`, `it needs ${hint}`);
    if (part !== undefined) {
      if (channels % perPixel !== 0) refuse(`a multiple of ${perPixel}`);
      else if (channels < part.end * perPixel) refuse(`${part.end * perPixel} or more`);
    } else if (wanted !== undefined) {
      if (channels !== wanted * perPixel) refuse(`${wanted * perPixel}`);
    } else if (channels % perPixel !== 0) refuse(`a multiple of ${perPixel}`);
  });
}

function checkRegions({ regions, clip }: ResolvedDetection, report: Report): void {
  if (regions === undefined) return;
  const { maps } = regions;
  if (clip !== "before-nms") {
    report(["detection", "clip"], "regions are cut out of the image, so their boxes are cut off before");
  }
  for (const part of ["box", "mask", "keypoints"] as const) {
    const { normalized = false, channels = [] } = regions[part] ?? {};
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
