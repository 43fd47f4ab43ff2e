import { type LentNumbers, storedWeight, type WeightExpr } from "../../ir/weight.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";
import { anchorsOfPixel, type LevelAnchors } from "../../language/detection/anchors.js";

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
