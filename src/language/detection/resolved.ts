import type { JsonPath } from "../../base/json-path.js";
import { headOutputs, type ResolvedMapHead } from "../neck/resolved.js";
import type { LayerDefaults, MapSource } from "../resolved-part.js";
import type { MapShape } from "../values.js";
import type { WrittenDetection } from "./schema.js";

type Regions = NonNullable<WrittenDetection["regions"]>;

/** How the heads' results become boxes. */
export interface ResolvedDetection extends Omit<WrittenDetection, "regions">, LayerDefaults {
  readonly specPath: JsonPath;
  readonly regions?: ResolvedRegions | undefined;
}

/** The second stage. */
export interface ResolvedRegions extends Omit<Regions, "from"> {
  /** The maps that regions are cut out of, by name. */
  readonly maps: readonly RegionSource[];
}

export interface RegionSource extends MapShape {
  readonly name: string;
  readonly after: MapSource;
}

/** The boxes around each pixel of a map: one of each size in each ratio. */
export function anchorsPerPixel(sizes: readonly number[], ratios: readonly number[]): number {
  return sizes.length * ratios.length;
}

/** Whether a network selects boxes, which those of one image are. */
export function selectsBoxes(detection: ResolvedDetection | undefined): boolean {
  return detection !== undefined && (detection.outputs === "detections" || detection.regions !== undefined);
}

/** The outputs that take the place of the heads', or come after them. */
export function detectionOutputs({ outputs, regions }: ResolvedDetection): readonly string[] {
  const masks = regions?.mask === undefined ? [] : [outputs === "raw" ? "mask_logits" : "masks"];
  const keypoints = regions?.keypoints === undefined ? [] : ["keypoint_logits"];
  if (outputs === "detections") return ["boxes", "scores", "labels", ...masks, ...keypoints];
  return regions === undefined ? [] : ["proposals", "class_logits", "box_regression", ...masks, ...keypoints];
}

/** The outputs of a head, of which there are none where detections are made of its results. */
export function outputsOfHead(
  head: ResolvedMapHead,
  detection: ResolvedDetection | undefined,
): ReturnType<typeof headOutputs> {
  const isUsed =
    detection?.outputs === "detections" && [detection.scores, detection.boxes].includes(head.name);
  return isUsed ? [] : headOutputs(head);
}
