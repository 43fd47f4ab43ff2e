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
