import { type LentNumbers, storedWeight, type WeightExpr } from "../../ir/weight.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";

/** The boxes that one map proposes around each of its pixels. */
export interface LevelAnchors {
  /** Sides of squares of the anchors' areas, in pixels of the image. */
  readonly sizes: readonly number[];
  /** Heights by widths. */
  readonly ratios: readonly number[];
}

/** As PyTorch rounds: ties to even. */
function rounded(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The anchors around the pixel 0, 0, each as left, top, right and bottom: all sizes of the first ratio, then those of the next. Whole
 * numbers, computed in float32 as torchvision's AnchorGenerator does.
 */
export function anchorsOfPixel({ sizes, ratios }: LevelAnchors): readonly (readonly number[])[] {
  const f = Math.fround;
  return ratios.flatMap((ratio) => {
    const tall = f(Math.sqrt(f(ratio)));
    const wide = f(1 / tall);
    return sizes.map((size) => {
      const [width, height] = [f(wide * f(size)), f(tall * f(size))];
      return [rounded(-width / 2), rounded(-height / 2), rounded(width / 2), rounded(height / 2)];
    });
  });
}

/**
 * The anchors of a map as `label`, [height · width · A, 4]: those of the first pixel, then of the next in its row. A pixel lies ⌊image / map⌋ pixels of
 * the image after the one before it, which is the level's stride where that divides the image.
 */
export function anchorsOf(label: string, level: LevelAnchors, map: Sides, image: Sides): WeightExpr {
  const ofPixel = anchorsOfPixel(level);
  const [rows, columns] = map;
  const [down, right] = [Math.floor(image[0] / rows), Math.floor(image[1] / columns)];
  const count = rows * columns * ofPixel.length;
  const data: LentNumbers = {
    length: 4 * count,
    copyTo(target, start) {
      for (let i = 0; i < target.length; i++) {
        const [anchor, side] = [Math.floor((start + i) / 4), (start + i) % 4];
        const pixel = Math.floor(anchor / ofPixel.length);
        const at = side % 2 === 0 ? (pixel % columns) * right : Math.floor(pixel / columns) * down;
        target[i] = at + (ofPixel[anchor % ofPixel.length]?.[side] ?? 0);
      }
    },
  };
  return storedWeight([count, 4], label, data);
}
