import { jsonText } from "../../base/json-text.js";
import { parametersOf } from "../../ir/graph.js";
import { concreteDims, type TensorType } from "../../ir/types.js";
import { axesOf } from "../../language/input.js";
import { nameForms, uniqueIdentifiers } from "../names.js";
import type { CodegenSubject, GeneratedFile } from "../subject.js";
import { blocksData } from "./blocks.js";
import type { BlockData, TemplateData } from "./data-schema.js";
import { countOf, mapOf, shapeOf, withLast } from "./forms.js";

/** What templates are given, as a file: for other template engines, and to look up what a tag would write. */
export function generateJson(subject: CodegenSubject): readonly GeneratedFile[] {
  return [{ path: "network.json", text: jsonText(templateData(subject)) }];
}

/** What templates are told of a network; `templateDataSchema` says what each key means. */
export function templateData(subject: CodegenSubject): TemplateData {
  const { spec, graph, counts, batch, version } = subject;
  const blocks = blocksData(subject);
  const strides = new Map(spec.features.map(({ name, place }) => [name, place?.stride]));
  return {
    version,
    name: nameForms(spec.name),
    description: spec.description ?? null,
    family: spec.family ?? null,
    parameters: countOf(counts.parameters),
    attentionParameters: countOf(counts.attentionParameters),
    buffers: countOf(counts.buffers),
    macs: countOf(counts.macs),
    attentionMacs: countOf(counts.attentionMacs),
    batch: batch ?? null,
    input: mapOf(graph.inputs[0]?.type.dims ?? [], axesOf(spec.input)),
    inputs: ports(graph.inputs, strides),
    outputs: ports(graph.outputs, strides),
    classes: spec.head?.classes ?? null,
    labels: withLast((spec.labels ?? []).map((text, index) => ({ index, text }))),
    preprocessing: preprocessingData(spec),
    blocks: [...blocks],
    stages: stagesOf(blocks),
    weights: weightsOf(subject),
  };
}

function preprocessingData({ preprocessing }: CodegenSubject["spec"]): TemplateData["preprocessing"] {
  if (preprocessing === undefined) return null;
  const { mean, std, crop, resize, padding = null, interpolation, channelOrder } = preprocessing;
  const numbers = (values: readonly number[]) => withLast(values.map((value) => ({ value })));
  return {
    ...{ resize, padding, interpolation, crop, channelOrder },
    ...{ mean: numbers(mean), std: numbers(std) },
  };
}

function ports(
  values: readonly { readonly name: string; readonly type: TensorType }[],
  strides: ReadonlyMap<string, number | undefined>,
): TemplateData["inputs"] {
  const identifiers = uniqueIdentifiers(values.map(({ name }) => name));
  return withLast(
    values.map(({ name, type }, i) => ({
      name,
      identifier: identifiers[i] ?? "",
      dtype: type.dtype,
      shape: shapeOf(concreteDims(type.dims).slice(1)),
      stride: strides.get(name) ?? null,
    })),
  );
}

function stagesOf(blocks: readonly BlockData[]): TemplateData["stages"] {
  const indices = [...new Set(blocks.flatMap(({ stage }) => stage ?? []))];
  const stages = indices.flatMap((index) => {
    const own = blocks.filter(({ stage }) => stage === index);
    const [first, final] = [own[0], own.at(-1)];
    if (first === undefined || final === undefined) return [];
    const sum = (of: "parameters" | "macs") => countOf(own.reduce((all, each) => all + each[of].number, 0));
    return {
      index,
      input: first.input,
      output: final.output,
      blocks: withLast(own),
      parameters: sum("parameters"),
      macs: sum("macs"),
    };
  });
  return withLast(stages);
}

function weightsOf({ graph }: CodegenSubject): TemplateData["weights"] {
  const weights = parametersOf(graph).filter(({ role }) => role !== "fixed");
  const identifiers = uniqueIdentifiers(weights.map(({ name }) => name));
  return withLast(
    weights.map(({ name, type, role }, i) => ({
      name,
      identifier: identifiers[i] ?? "",
      dtype: type.dtype,
      shape: shapeOf(concreteDims(type.dims)),
      trainable: role === "trainable",
    })),
  );
}
