import { anchorsOfPixel } from "../../language/detection/anchors.js";
import {
  type ResolvedDetection,
  type ResolvedRegions,
  selectsBoxes,
} from "../../language/detection/resolved.js";
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

/** The templates of what selects boxes, in their order; the last has the network. */
export function detectionTemplates({ regions }: ResolvedDetection): readonly string[] {
  return regions === undefined ? ["boxes"] : ["boxes", "region_heads", ...regionHeads(regions)];
}

/** What is particular of how heads' results become boxes, as tables. */
export function detectionTables(
  detection: ResolvedDetection,
  common: StyleWords,
): readonly (readonly [string, Python])[] {
  const { anchors, scores, boxes, candidates, scoreThreshold, nmsThreshold, detections } = detection;
  const ofLevels = anchors.sizes.map((sizes) => literal(anchorsOfPixel({ sizes, ratios: anchors.ratios })));
  const words: Literal = {
    ...{ scores, boxes, candidates },
    ...(detection.outputs === "raw"
      ? { raw: true }
      : { least: scoreThreshold, overlap: nmsThreshold, detections }),
    style: styleChanges(styleOf(detection), common),
  };
  const { regions } = detection;
  return [
    ["ANCHORS", list(ofLevels)],
    ["DETECTION", literal(words)],
    ...(regions === undefined ? [] : [["REGIONS", literal(regionWords(regions))] as const]),
  ];
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
