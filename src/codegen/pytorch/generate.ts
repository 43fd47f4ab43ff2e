import { markdownText } from "../../base/markdown.js";
import { count } from "../../base/numbers.js";
import { storedDataOf } from "../../ir/graph.js";
import { type NetworkInput, placesOfInput } from "../../language/input.js";
import type { Preprocessing } from "../../language/preprocessing.js";
import type { CodegenSubject, GeneratedFile, StateNames } from "../subject.js";
import { filledTemplate, templateText } from "../template-text.js";
import { insertedGates } from "./inserted.js";
import { modelText } from "./model.js";
import { type Literal, literal, printPython } from "./python.js";

/**
 * A folder of Python that trains the network: its module, the loop, and files of weights in and out. Weights that were given
 * lie beside it. The loop reads images: a network of signals has none.
 */
export function generatePyTorch(subject: CodegenSubject): readonly GeneratedFile[] {
  const { spec, graph, counts, stateNames, version } = subject;
  const { preprocessing } = spec;
  const files = [
    { path: "model.py", text: modelText(subject) },
    ...(preprocessing === undefined ? [] : trainingFiles(spec.input, preprocessing)),
    { path: "weights.py", text: templateText("pytorch/weights.py") },
    { path: "requirements.txt", text: templateText("pytorch/requirements.txt") },
    {
      path: "README.md",
      text: filledTemplate(preprocessing === undefined ? "pytorch/README-signals.md" : "pytorch/README.md", {
        title: markdownText(spec.name),
        description: markdownText(spec.description ?? ""),
        parameters: count(counts.parameters),
        version,
        names: sharedNames(stateNames),
      }),
    },
  ];
  // Gates that were put in start as the identity with the factors that layers beside them took over: with these weights.
  return storedDataOf(graph).size === 0 && insertedGates(graph).size === 0
    ? files
    : [...files, { path: "weights.safetensors", artifact: "weights" }];
}

/** The training loop and its images. */
function trainingFiles(input: NetworkInput, preprocessing: Preprocessing): readonly GeneratedFile[] {
  const { mean, std, crop, resize, padding, interpolation, channelOrder } = preprocessing;
  const { at = "end", value } = padding ?? {};
  const python = (value: Literal): string => printPython(literal(value));
  return [
    {
      path: "train.py",
      text: filledTemplate("pytorch/train.py", { input: python([input.channels, ...placesOfInput(input)]) }),
    },
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
