import { count } from "../base/numbers.js";
import type { FoldedNorms, ImageSize } from "../driver/stats.js";

/** What the MACs are counted for. */
export function imageText(input: ImageSize | null): string {
  return input === null
    ? "one item of the batch"
    : `one image of ${input.channels}x${input.height}x${input.width}`;
}

/** What is said of a file whose convolutions have biases. */
export function foldingText({ convolutions, parameters, buffers }: FoldedNorms): string {
  return `${count(convolutions)} convolutions have a bias, as folding leaves it of a BatchNorm: with these unfolded ${count(parameters)} parameters and ${count(buffers)} running statistics\n`;
}
