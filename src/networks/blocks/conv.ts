import type { StandardizedWeights } from "../../language/definitions/resolved-layers.js";
import type { LayerDefaults } from "../../language/resolved-part.js";
import type { Extent, WindowPadding } from "./windows.js";

/** A convolution: its output channels, and what its weight and padding follow from. */
export interface Conv extends Pick<LayerDefaults, "initialization"> {
  readonly channels: number;
  readonly kernel: Extent;
  readonly stride: Extent;
  readonly dilation?: Extent;
  readonly groups?: number;
  readonly padding: WindowPadding;
  readonly standardized?: StandardizedWeights | undefined;
}

/** A normalisation. */
export interface Norm extends Pick<LayerDefaults, "norm" | "initialization"> {
  /** Whether it ends the branch of a residual block, which decides how its scale starts. */
  readonly endsBranch?: boolean;
}

/** A convolution with its normalisation. */
export interface ConvNorm extends Conv, Norm {}
