import { anchorsOfPixel } from "../../language/detection/anchors.js";
import {
  headPartOf,
  type ResolvedDetection,
  type ResolvedRegions,
  selectsBoxes,
} from "../../language/detection/resolved.js";
import type { WrittenHeadPart } from "../../language/detection/schema.js";
import { type Literal, list, literal, map, name, type Python, printPython } from "./python.js";
import { sourceWords } from "./sources.js";
import { type StyleWords, styleChanges, styleOf } from "./style.js";

/** A detector whose module selects boxes; undefined for other networks. */
export function boxSelection(detection: ResolvedDetection | undefined): ResolvedDetection | undefined {
  return selectsBoxes(detection) ? detection : undefined;
}

/** The heads over regions that a spec may leave out, with their classes. */
const REGION_HEADS = { mask: "MaskHead", keypoints: "KeypointHead" } as const satisfies {
  [head in keyof ResolvedRegions]?: string;
};

type RegionHeadName = keyof typeof REGION_HEADS;

function regionHeads(regions: ResolvedRegions): readonly RegionHeadName[] {
  const names = Object.keys(REGION_HEADS) as readonly RegionHeadName[];
  return names.filter((head) => regions[head] !== undefined);
}

/** The templates of what selects boxes, in their order, but for that of the network. */
export function detectionTemplates({ decoder, regions }: ResolvedDetection): readonly string[] {
  const moves = decoder.type === "offsets" || regions !== undefined ? ["moves"] : [];
  const decoding = ["boxes", ...moves, `decoders/${decoder.type}`];
  return regions === undefined ? decoding : [...decoding, "region_heads", ...regionHeads(regions)];
}

/** What is particular of how heads' results become boxes, as tables. */
export function detectionTables(
  detection: ResolvedDetection,
  common: StyleWords,
): readonly (readonly [string, Python])[] {
  const { decoder, confidence, scores, boxes, candidates, clip, strides } = detection;
  const { scoreThreshold, nmsThreshold, detections } = detection;
  const { type: _, ...options } = decoder;
  const words: Literal = {
    scores: partWords(scores),
    confidence: confidence && { of: partWords(confidence.of), join: confidence.join },
    boxes: partWords(boxes),
    decoder: decoder.type === "distances" ? { ...options, strides } : options,
    candidates,
    ...(detection.regions === undefined ? { clip } : {}),
    ...(detection.outputs === "raw"
      ? { raw: true }
      : { least: scoreThreshold, overlap: nmsThreshold, detections }),
    style: styleChanges(styleOf(detection), common),
  };
  const { regions } = detection;
  return [
    ["ANCHORS", list(anchorTables(detection))],
    ["DETECTION", literal(words)],
    ...(regions === undefined ? [] : [["REGIONS", literal(regionWords(regions))] as const]),
  ];
}

/** For each map the anchors around a pixel; None where boxes are relative to points. */
function anchorTables({ anchors, strides }: ResolvedDetection): readonly Python[] {
  return strides.map((_, i) => {
    const own = anchors?.[i];
    return literal(own && anchorsOfPixel(own));
  });
}

/** A head by its name, or `[name, start, end]`. */
function partWords(written: WrittenHeadPart): Literal {
  const { head, part } = headPartOf(written);
  return part === undefined ? head : [head, part.start, part.end];
}

function regionWords(regions: ResolvedRegions): Literal {
  const { maps, proposals, classes, box } = regions;
  return {
    maps: maps.map(({ after }) => sourceWords(after)),
    strides: maps.map(({ stride }) => stride),
    inputs: maps[0]?.channels ?? 0,
    count: proposals.count,
    overlap: proposals.nmsThreshold,
    classes,
    box,
    ...Object.fromEntries(regionHeads(regions).map((head) => [head, regions[head]])),
  };
}

/** `REGION_HEADS = {...}`: the classes of the heads over regions beside that of boxes. */
export function regionHeadsTable(regions: ResolvedRegions): string {
  const entries = regionHeads(regions).map((head) => [head, name(REGION_HEADS[head])] as const);
  return `REGION_HEADS = ${printPython(map(entries), "", 15)}\n`;
}
