import type { Variant } from "../subject.js";
import { dataFile } from "../typescript/data-file.js";
import type { Json } from "../typescript/syntax.js";

/** What the page says of its network as a whole. */
export interface PageData {
  readonly name: string;
  readonly description: string;
  readonly variants: readonly Variant[];
}

/** The ONNX file of a variant, as the page finds it. */
export function modelPath({ id }: Variant): string {
  return `models/${id}.onnx`;
}

/** The text of variants.ts: the networks of the page, with their counts. */
export function variantsFile({ name, description, variants }: PageData): string {
  return dataFile(
    "./page/variant.js",
    ["NetworkText", "Variant"],
    [
      {
        name: "network",
        doc: "What the page is about.",
        type: "NetworkText",
        value: { name, description },
      },
      {
        name: "variants",
        doc: "The networks that the page compares; the first is the spec's own.",
        type: "readonly Variant[]",
        value: variants.map(dataOf),
      },
    ],
  );
}

function dataOf(variant: Variant): Json {
  const { id, title, description, passes, gates, counts } = variant;
  const { parameters, attentionParameters, macs } = counts;
  return {
    id,
    title,
    description,
    model: modelPath(variant),
    passes,
    gates,
    parameters,
    attentionParameters,
    macs,
    weights: { ...weightsNote(variant) },
  };
}

/** What the page says of a variant's weights, and whether its classes mean what they say. */
interface WeightsNote {
  /** Whether all weights are from a file that was made for this very variant. */
  readonly trained: boolean;
  readonly text: string;
}

/** Weights that were not trained together give classes that mean little, which a reader of the page has to know. */
export function weightsNote({ weights: { file, seed, initial, dropped } }: Variant): WeightsNote {
  if (file === undefined) {
    return {
      trained: false,
      text: `Not trained: the initial weights of seed ${seed}. Its classes mean nothing.`,
    };
  }
  if (initial > 0) {
    return {
      trained: false,
      text: `Weights of ${file}, and ${tensors(initial)} of new, untrained gates. Its classes mean little.`,
    };
  }
  if (dropped > 0) {
    return {
      trained: false,
      text: `Weights of ${file}, which were trained with gates that are not here. Its classes mean little.`,
    };
  }
  return { trained: true, text: `Weights of ${file}.` };
}

function tensors(count: number): string {
  return count === 1 ? "1 tensor" : `${count} tensors`;
}
