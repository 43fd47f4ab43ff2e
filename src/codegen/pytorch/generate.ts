import { storedDataOf } from "../../ir/graph.js";
import type { CodegenSubject, GeneratedFile, StateNames } from "../subject.js";
import { modelText } from "./model.js";
import { type Literal, literal, printPython, pythonRemark } from "./python.js";
import { filled, template } from "./templates.js";

/**
 * A folder of Python that trains the network: its module, the loop, and files of weights in and out. Weights that were given
 * lie beside it.
 */
export function generatePyTorch(subject: CodegenSubject): readonly GeneratedFile[] {
  const { spec, graph, counts, stateNames, version } = subject;
  const { channels, height, width } = spec.input;
  const { mean, std, crop, resize, interpolation, channelOrder } = spec.preprocessing;
  const python = (value: Literal): string => printPython(literal(value));
  const files = [
    { path: "model.py", text: modelText(subject) },
    { path: "train.py", text: filled("train.py", { input: python([channels, height, width]) }) },
    {
      path: "data.py",
      text: filled("data.py", {
        mean: python(mean),
        std: python(std),
        crop: python(crop),
        interpolation: interpolation.toUpperCase(),
        resize: python(resize),
        grey: channels === 1 ? "transforms.Grayscale(), " : "",
        order: channelOrder === "bgr" ? "transforms.Lambda(bgr), " : "",
      }),
    },
    { path: "weights.py", text: template("weights.py") },
    { path: "requirements.txt", text: template("requirements.txt") },
    {
      path: "README.md",
      text: filled("README.md", {
        title: markdownText(spec.name),
        description: markdownText(spec.description ?? ""),
        parameters: counts.parameters.toLocaleString("en-US"),
        version,
        names: sharedNames(stateNames),
      }),
    },
  ];
  return storedDataOf(graph).size === 0
    ? files
    : [...files, { path: "weights.safetensors", artifact: "weights" }];
}

/** What the README says of the names of weights. */
function sharedNames(stateNames: StateNames | undefined): string {
  if (stateNames === undefined) return "Names and shapes of the weights are the same on both sides";
  return `The module's \`state_dict\` has the names of ${stateNames.title}, which ecagen recognises, and\nit loads files with ecagen's names too`;
}

/** Any text as one line of Markdown that is only text. */
function markdownText(text: string): string {
  return pythonRemark(text).replaceAll(/[`*_{}[\]<>#|!&]/g, "\\$&");
}
