import type { WrittenAnchors } from "./schema.js";

/** The boxes that one map proposes around each of its pixels: of each size in each ratio, or each of its own shape. */
export type LevelAnchors =
  | {
      /** Sides of squares of the anchors' areas, in pixels of the image. */
      readonly sizes: readonly number[];
      /** Heights by widths. */
      readonly ratios: readonly number[];
    }
  | {
      /** Widths and heights, in pixels of the image. */
      readonly shapes: readonly (readonly [width: number, height: number])[];
    };

const USUAL_RATIOS = [0.5, 1, 2];

/** The anchors of each map. */
export function anchorsByLevel({
  sizes,
  ratios = USUAL_RATIOS,
  shapes,
}: WrittenAnchors): readonly LevelAnchors[] {
  return shapes?.map((own) => ({ shapes: own })) ?? sizes?.map((own) => ({ sizes: own, ratios })) ?? [];
}

/** How many boxes there are around a pixel. */
export function anchorsPerPixel(anchors: LevelAnchors): number {
  return "shapes" in anchors ? anchors.shapes.length : anchors.sizes.length * anchors.ratios.length;
}

/** As PyTorch rounds: ties to even. */
function rounded(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The anchors around the point 0, 0, each as left, top, right and bottom. Of sizes and ratios all sizes of the first ratio, then those of the
 * next, in whole numbers that are computed in float32 as torchvision's AnchorGenerator does. Shapes are as they are given.
 */
export function anchorsOfPixel(anchors: LevelAnchors): readonly (readonly number[])[] {
  if ("shapes" in anchors)
    return anchors.shapes.map(([width, height]) => [-width / 2, -height / 2, width / 2, height / 2]);
  const f = Math.fround;
  return anchors.ratios.flatMap((ratio) => {
    const tall = f(Math.sqrt(f(ratio)));
    const wide = f(1 / tall);
    return anchors.sizes.map((size) => {
      const [width, height] = [f(wide * f(size)), f(tall * f(size))];
      return [rounded(-width / 2), rounded(-height / 2), rounded(width / 2), rounded(height / 2)];
    });
  });
}
