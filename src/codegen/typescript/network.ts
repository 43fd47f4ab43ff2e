import { InputError } from "../../base/diagnostic.js";
import type { Graph, GraphInput, Value } from "../../ir/graph.js";
import type { Preprocessing } from "../../language/preprocessing.js";
import type { InterfaceSubject } from "../subject.js";

/** A tensor that goes in or comes out; null is the batch, which is open, or what a run finds. */
export interface PackageTensor {
  readonly name: string;
  readonly dtype: "float32" | "float16" | "int64";
  readonly dims: readonly (number | null)[];
}

/** What a network needs to classify images. */
export interface Classifier {
  readonly input: string;
  readonly output: string;
  readonly size: { readonly channels: number; readonly height: number; readonly width: number };
  readonly classes: number;
  readonly labels: readonly string[] | undefined;
  readonly preprocessing: Preprocessing;
}

/** What the generated package says of a network. */
export interface NetworkInterface {
  readonly inputs: readonly PackageTensor[];
  readonly outputs: readonly PackageTensor[];
  /** Undefined for a network that does not make one row of classes of one image of red, green and blue, or grey. */
  readonly classifier: Classifier | undefined;
  /** Whether it takes one image, of which it finds as many things as there are: null is no batch then. */
  readonly single?: boolean;
}

/**
 * What a network takes and gives: any batch, or one image where it finds things, as a detector does.
 *
 * Errors: `InputError` for tensors whose first size is not the batch, or that have other open sizes.
 */
export function networkInterface({ graph, spec }: InterfaceSubject): NetworkInterface {
  if (findsThings(graph)) {
    const inputs = graph.inputs.map((each) => ({ ...floatPort(each), dims: each.type.dims.map(Number) }));
    return { inputs, outputs: graph.outputs.map(foundPort), classifier: undefined, single: true };
  }
  const inputs = graph.inputs.map(portOf);
  const outputs = graph.outputs.map(portOf);
  return { inputs, outputs, classifier: classifierOf(inputs, outputs, spec) };
}

/** Whether inputs are of one image and outputs are not: they have a row for each thing that is found in it. */
function findsThings({ inputs, outputs }: Graph): boolean {
  const isOne = ({ type: { dims } }: Value): boolean => dims[0] === 1;
  return (
    inputs.every((each) => isOne(each) && each.type.dims.every((dim) => typeof dim === "number")) &&
    !outputs.every(isOne)
  );
}

function foundPort(value: Value): PackageTensor {
  const { dims, dtype } = value.type;
  const port = dtype === "int64" ? { name: value.name, dtype } : floatPort(value);
  return { ...port, dims: dims.map((dim) => (typeof dim === "number" ? dim : null)) };
}

function floatPort({
  name,
  type: { dtype },
}: GraphInput | Value): Pick<PackageTensor, "name"> & { readonly dtype: "float32" | "float16" } {
  if (dtype !== "float32" && dtype !== "float16") {
    throw InputError.of(
      "codegen/element-type",
      `${name} is a tensor of ${dtype === "other" ? "something else than numbers" : dtype}`,
      {
        hint: "generated packages take networks whose inputs and outputs are float32 or float16",
      },
    );
  }
  return { name, dtype };
}

function portOf(value: GraphInput | Value): PackageTensor {
  const { dims } = value.type;
  const { name, dtype } = floatPort(value);
  const [batch, ...rest] = dims;
  const sizes = rest.filter((dim) => typeof dim === "number");
  if (typeof batch !== "string" || sizes.length < rest.length) {
    const problem =
      typeof batch === "string"
        ? "which has other open sizes than the batch"
        : "whose first size is no open batch";
    throw InputError.of("codegen/open-sizes", `${name} is [${dims.join(", ")}], ${problem}`, {
      hint: "generated packages take networks whose first size is the batch, and whose other sizes are fixed",
    });
  }
  return { name, dtype, dims: [null, ...sizes] };
}

function classifierOf(
  inputs: readonly PackageTensor[],
  outputs: readonly PackageTensor[],
  { labels, preprocessing }: InterfaceSubject["spec"],
): Classifier | undefined {
  const [input, otherInput] = inputs;
  const [output, otherOutput] = outputs;
  if ((input === undefined || output === undefined || otherInput) ?? otherOutput) return undefined;
  const [, channels, height, width] = input.dims;
  const [, classes, more] = output.dims;
  if (typeof width !== "number" || typeof height !== "number") return undefined;
  if (channels !== 1 && channels !== 3) return undefined;
  if (typeof classes !== "number" || more !== undefined || preprocessing === undefined) return undefined;
  return {
    input: input.name,
    output: output.name,
    size: { channels, height, width },
    classes,
    labels: labels?.length === classes ? labels : undefined,
    preprocessing,
  };
}
