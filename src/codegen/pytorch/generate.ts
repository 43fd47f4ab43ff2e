import { markdownText } from "../../base/markdown.js";
import { count } from "../../base/numbers.js";
import { type Graph, parametersOf } from "../../ir/graph.js";
import { storedLeaves } from "../../ir/weight.js";
import { selectsBoxes } from "../../language/detection/resolved.js";
import { type NetworkInput, placesOfInput } from "../../language/input.js";
import type { Preprocessing } from "../../language/preprocessing.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import type { CodegenSubject, GeneratedFile, StateNames } from "../subject.js";
import { filledTemplate, templateText } from "../template-text.js";
import { distillationFiles, distillationWords, oldNetwork } from "./distill.js";
import { insertedGates } from "./inserted.js";
import { modelText } from "./model.js";
import { type Literal, literal, printPython } from "./python.js";

/**
 * A folder of Python that trains the network: its module, the loop, and files of weights in and out. Weights that were given
 * lie beside it. The loop trains classifiers of images: others have the module alone. Where passes exchanged gates of a network of
 * images, the one before is there too, and the program that distils it.
 */
export function generatePyTorch(subject: CodegenSubject): readonly GeneratedFile[] {
  const { spec, graph, counts, stateNames, version } = subject;
  const { preprocessing } = spec;
  const trains = preprocessing !== undefined && !findsThings(spec);
  const old = preprocessing === undefined ? undefined : oldNetwork(subject);
  const knowsOld = old !== undefined && hasGivenWeights(old.graph);
  const readsImages = preprocessing !== undefined && (trains || old !== undefined);
  const files = [
    { path: "model.py", text: modelText(subject) },
    ...(trains ? [trainingLoop(spec.input)] : []),
    ...(old === undefined ? [] : distillationFiles(subject, old)),
    ...(readsImages ? imageFiles(spec.input, preprocessing) : []),
    { path: "weights.py", text: templateText("pytorch/weights.py") },
    { path: "requirements.txt", text: requirements(spec, readsImages) },
    {
      path: "README.md",
      text: filledTemplate(trains ? "pytorch/README.md" : "pytorch/README-module.md", {
        ...useWords(spec),
        title: markdownText(spec.name),
        description: markdownText(spec.description ?? ""),
        parameters: count(counts.parameters),
        version,
        names: sharedNames(stateNames),
        ...distillationWords(subject, old, knowsOld),
      }),
    },
  ];
  // Gates that were put in start as the identity with the factors that layers beside them took over: with these weights.
  return [
    ...files,
    ...(hasGivenWeights(graph) || insertedGates(graph).size > 0
      ? [{ path: "weights.safetensors", artifact: "weights" } as const]
      : []),
    ...(knowsOld ? [{ path: "teacher.safetensors", artifact: "old-weights" } as const] : []),
  ];
}

/** Whether numbers of weights were given; constants, as anchors are, lie in the graph as well. */
function hasGivenWeights(graph: Graph): boolean {
  return parametersOf(graph).some(({ role, data }) => role !== "fixed" && [...storedLeaves(data)].length > 0);
}

/** Whether a network has more outputs than a row of classes, which the training loop compares with labels. */
function findsThings({ neck, heads }: ResolvedSpec): boolean {
  return neck !== undefined || heads !== undefined;
}

/** What suppresses boxes and cuts out regions is torchvision's; so is what reads images in folders, where there is a loop. */
function requirements({ detection }: ResolvedSpec, readsImages: boolean): string {
  const torchvision = selectsBoxes(detection)
    ? "torchvision>=0.14\n"
    : readsImages
      ? "# For images in folders:\n# torchvision\n"
      : "";
  return filledTemplate("pytorch/requirements.txt", { torchvision });
}

/** What the README of a module without a training loop says of its use. */
function useWords(spec: ResolvedSpec): Readonly<Record<"needs" | "calls", string>> {
  const { input, detection, preprocessing } = spec;
  const boxes = selectsBoxes(detection);
  const axes = [boxes ? "1" : "N", input.channels, ...placesOfInput(input)].join(", ");
  const what = findsThings(spec) ? "a dict of all outputs by name" : "its output";
  const prepared =
    preprocessing === undefined
      ? ""
      : ` Pixels, from 0 to 1 and in the order ${preprocessing.channelOrder}, are normalised before by the mean [${preprocessing.mean.join(", ")}] and the deviation [${preprocessing.std.join(", ")}].`;
  return {
    needs: boxes ? "torch and torchvision" : "torch and nothing else",
    calls: `\`x\` is float32 [${axes}], the result ${what}.${prepared}${boxes ? '\n\nBoxes are selected of one image at a time, as in the ONNX file. Which they are has no gradient: a loss is of what heads say,\nwhich `"outputs": "raw"` in the spec gives under the same names of weights.' : ""}`,
  };
}

function trainingLoop(input: NetworkInput): GeneratedFile {
  const sizes = printPython(literal([input.channels, ...placesOfInput(input)]));
  return { path: "train.py", text: filledTemplate("pytorch/train.py", { input: sizes }) };
}

/** Images, and what else the loops share. */
function imageFiles(input: NetworkInput, preprocessing: Preprocessing): readonly GeneratedFile[] {
  const { mean, std, crop, resize, padding, interpolation, channelOrder } = preprocessing;
  const { at = "end", value } = padding ?? {};
  const python = (value: Literal): string => printPython(literal(value));
  return [
    { path: "common.py", text: templateText("pytorch/common.py") },
    {
      path: "data.py",
      text: filledTemplate("pytorch/data.py", {
        mean: python(mean),
        std: python(std),
        crop: python(crop),
        interpolation: interpolation.toUpperCase(),
        resize: python(resize),
        padding: python(at),
        fill: typeof value === "number" ? python(mean.map(() => value / 255)) : "MEAN",
        grey: input.channels === 1 ? "transforms.Grayscale(), " : "",
        order: channelOrder === "bgr" ? "transforms.Lambda(bgr), " : "",
      }),
    },
  ];
}

/** What the README says of the names of weights. */
function sharedNames(stateNames: StateNames | undefined): string {
  if (stateNames === undefined) return "Names and shapes of the weights are the same on both sides";
  return `The module's \`state_dict\` has the names of ${stateNames.title}, which ecagen recognises, and\nit loads files with ecagen's names too`;
}
