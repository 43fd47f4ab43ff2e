import type { Variant } from "../subject.js";
import { dataFile } from "../typescript/data-file.js";
import type { Json } from "../typescript/syntax.js";
import { weightsNote } from "./weights-note.js";

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
