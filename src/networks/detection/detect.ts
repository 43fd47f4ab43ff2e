import { Defect } from "../../base/diagnostic.js";
import type { Value } from "../../ir/graph.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";
import {
  type HeadPart,
  headPartOf,
  type ResolvedDetection,
  type ResolvedRegions,
} from "../../language/detection/resolved.js";
import type { MapSource } from "../../language/resolved-part.js";
import type { LayerBuilder } from "../blocks/layers.js";
import type { LevelHeads, MapPart, Scoring } from "./candidates.js";
import { oneStageDetections } from "./one-stage.js";
import { proposalsOf } from "./proposals.js";
import { buildBoxHead, buildKeypointHead, buildMaskHead, masksOf, regionDetections } from "./region-heads.js";
import { alignedRegions, type RegionMap } from "./regions.js";

/** What boxes are made of. */
export interface DetectionSources {
  readonly image: Sides;
  /** What a head made of its maps. */
  readonly resultsOf: (head: string) => readonly Value[];
  readonly mapOf: (source: MapSource) => Value;
  /** The layers of a part, in a scope of its own. */
  readonly enter: (scope: string, type: string, inputChannels: number) => LayerBuilder;
}

type NamedOutput = readonly [name: string, value: Value];

/**
 * The outputs of a detector beside those of its heads:
 *
 *     heads → candidates → suppression → boxes, scores, labels                                      one stage
 *     heads → proposals → regions of maps → box head → suppression → boxes, scores, labels          two stages
 *                                                                      └→ regions → mask head → masks
 *                                                                      └→ regions → key points' head → their logits
 */
export function buildDetection(
  detection: ResolvedDetection,
  sources: DetectionSources,
): readonly NamedOutput[] {
  const { outputs, regions } = detection;
  const levels = levelsOf(detection, sources);
  if (regions !== undefined) return twoStages(detection, regions, levels, sources);
  if (outputs === "raw") return [];
  const found = oneStageDetections(sources.enter("/detections", "detections", 4), levels, {
    ...detection,
    ...scoringOf(detection, sources),
  });
  return [
    ["boxes", found.boxes],
    ["scores", found.scores],
    ["labels", found.labels],
  ];
}

function levelsOf(detection: ResolvedDetection, { resultsOf }: DetectionSources): readonly LevelHeads[] {
  const [scores, boxes] = [headPartOf(detection.scores), headPartOf(detection.boxes)];
  const confidence = detection.confidence && headPartOf(detection.confidence.of);
  const partOn = (level: number, { head, part }: HeadPart): MapPart => {
    const map = resultsOf(head)[level];
    if (map === undefined) throw new Defect(`the head ${head} has no map ${level}`);
    return { map, part };
  };
  return resultsOf(scores.head).map((_, i) => ({
    scores: partOn(i, scores),
    confidence: confidence && partOn(i, confidence),
    boxes: partOn(i, boxes),
    anchors: detection.anchors?.[i],
    stride: detection.strides[i] ?? 1,
  }));
}

/** How scores and boxes follow from what heads say. */
function scoringOf({ decoder, confidence }: ResolvedDetection, { image }: DetectionSources): Scoring {
  return { decoder, join: confidence?.join, image };
}

/** With `raw` all heads look at the proposals, else those of masks and key points at what is found. */
function twoStages(
  detection: ResolvedDetection,
  { maps: from, proposals, classes, box, mask, keypoints }: ResolvedRegions,
  levels: readonly LevelHeads[],
  sources: DetectionSources,
): readonly NamedOutput[] {
  const { image, mapOf, enter } = sources;
  const { candidates, outputs, initialization, norm } = detection;
  const maps = from.map(({ after, stride }): RegionMap => ({ map: mapOf(after), stride }));
  const channels = from[0]?.channels ?? 0;
  const boxes = proposalsOf(enter("/proposals", "proposals", 4), levels, {
    ...proposals,
    candidates,
    ...scoringOf(detection, sources),
  });
  const boxLayers = enter("/regions/box", "box-head", channels);
  const start = { classes, initialization, norm };
  const logits = buildBoxHead(boxLayers, alignedRegions(boxLayers, maps, boxes, box, "regions"), {
    ...start,
    ...box,
  });
  const masksOver = (regions: Value): readonly [LayerBuilder, Value] | undefined => {
    if (mask === undefined) return undefined;
    const layers = enter("/regions/mask", "mask-head", channels);
    return [
      layers,
      buildMaskHead(layers, alignedRegions(layers, maps, regions, mask, "masked"), { ...start, ...mask }),
    ];
  };
  const keypointsOver = (regions: Value): readonly NamedOutput[] => {
    if (keypoints === undefined) return [];
    const layers = enter("/regions/keypoints", "keypoint-head", channels);
    const seen = alignedRegions(layers, maps, regions, keypoints, "seen");
    return [["keypoint_logits", buildKeypointHead(layers, seen, { ...start, ...keypoints })]];
  };
  if (outputs === "raw") {
    const masks = masksOver(boxes);
    return [
      ["proposals", boxes],
      ["class_logits", logits.classes],
      ["box_regression", logits.boxes],
      ...(masks === undefined ? [] : [["mask_logits", masks[1]] as const]),
      ...keypointsOver(boxes),
    ];
  }
  const found = regionDetections(enter("/detections", "detections", 4), boxes, logits, {
    ...detection,
    image,
  });
  const masks = masksOver(found.boxes);
  return [
    ["boxes", found.boxes],
    ["scores", found.scores],
    ["labels", found.labels],
    ...(masks === undefined ? [] : [["masks", masksOf(masks[0], masks[1], found.labels)] as const]),
    ...keypointsOver(found.boxes),
  ];
}
