import type { JsonPath } from "../../base/json-path.js";
import { headOutputs, type ResolvedMapHead } from "../neck/resolved.js";
import type { LayerDefaults, MapSource } from "../resolved-part.js";
import type { MapShape } from "../values.js";
import { anchorsPerPixel, type LevelAnchors } from "./anchors.js";
import type { ResolvedDecoder } from "./decoders.js";
import type { WrittenDetection, WrittenHeadPart } from "./schema.js";

type Regions = NonNullable<WrittenDetection["regions"]>;

/** How the heads' results become boxes. */
export interface ResolvedDetection
  extends Omit<WrittenDetection, "regions" | "decoder" | "anchors">,
    LayerDefaults {
  readonly specPath: JsonPath;
  readonly decoder: ResolvedDecoder;
  /** Those of each map, for decoders that are relative to them. */
  readonly anchors?: readonly LevelAnchors[] | undefined;
  /** Pixels of the image that one of each map of the head of boxes stands for. */
  readonly strides: readonly number[];
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

/** A head that is read, or the part of the numbers that it has for each anchor. */
export interface HeadPart {
  readonly head: string;
  /** The first number, and that after the last; left out, all. */
  readonly part?: { readonly start: number; readonly end: number };
}

export function headPartOf(written: WrittenHeadPart): HeadPart {
  if (typeof written === "string") return { head: written };
  const { head, start, end } = written;
  return { head, part: { start, end } };
}

/** What is read of heads, by the key that says so. */
export function headParts({
  scores,
  confidence,
  boxes,
}: Pick<WrittenDetection, "scores" | "confidence" | "boxes">): readonly {
  readonly key: "scores" | "confidence" | "boxes";
  readonly path: JsonPath;
  readonly of: HeadPart;
}[] {
  return [
    { key: "scores", path: ["detection", "scores"], of: headPartOf(scores) },
    ...(confidence === undefined
      ? []
      : [
          {
            key: "confidence",
            path: ["detection", "confidence", "of"],
            of: headPartOf(confidence.of),
          } as const,
        ]),
    { key: "boxes", path: ["detection", "boxes"], of: headPartOf(boxes) },
  ];
}

/** How many boxes there are around each pixel of a map. */
export function boxesPerPixel({ anchors }: ResolvedDetection, level: number): number {
  const own = anchors?.[level];
  return own === undefined ? 1 : anchorsPerPixel(own);
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
    detection?.outputs === "detections" && headParts(detection).some(({ of }) => of.head === head.name);
  return isUsed ? [] : headOutputs(head);
}
