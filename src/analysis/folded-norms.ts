import { type Graph, usesOf } from "../ir/graph.js";
import { isOp } from "../ir/rewrite.js";

/** What a network would have if the biases of its convolutions were normalisations that were folded. */
export interface FoldedNorms {
  /** Convolutions with such a bias. */
  readonly convolutions: number;
  /** Trainable scalars of the network with normalisations in place of the biases: a scale and a shift each. */
  readonly parameters: number;
  /** Their running statistics. */
  readonly buffers: number;
}

/**
 * Exports fold each batch normalisation into the convolution before it, whose bias is all that is left of two trainable
 * vectors. A convolution with a bias may as well have been trained so; what is counted are those on maps, outside of
 * gates. Undefined for a network that has normalisations, or no such bias.
 */
export function foldedNorms(graph: Graph, parameters: number): FoldedNorms | undefined {
  if (graph.ops.some(({ kind }) => kind === "batch_norm")) return undefined;
  const uses = usesOf(graph);
  let convolutions = 0;
  let channels = 0;
  for (const op of graph.ops) {
    const [x, weight, bias] = op.operands;
    if (!isOp(op, "conv") || bias?.kind !== "parameter" || x === undefined) continue;
    // After the pooling there is one pixel, and layers with a bias of their own. So have heads that say what they see.
    if (x.type.dims.slice(2).every((size) => size === 1) || op.results.every((each) => !uses.has(each)))
      continue;
    convolutions++;
    channels += Number(weight?.type.dims[0]);
  }
  return convolutions === 0
    ? undefined
    : { convolutions, parameters: parameters + channels, buffers: 2 * channels };
}
