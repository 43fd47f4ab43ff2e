import { count } from "../../base/numbers.js";
import type { ActivationName } from "../../ir/activations.js";
import type { ResolvedBlock } from "../../language/blocks/registry.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import type { ResolvedDetection } from "../../language/detection/resolved.js";
import { axesOf, type MapAxes } from "../../language/input.js";
import type { CodegenSubject } from "../subject.js";
import { filledTemplate } from "../template-text.js";
import { blockEmitters, blockTemplates } from "./blocks.js";
import { type DefinedClass, definedClasses } from "./defined-classes.js";
import { boxSelection, detectionTemplates, regionHeadsTable } from "./detection.js";
import { gateEmitters } from "./gates.js";
import { insertedGates, insertedTable } from "./inserted.js";
import { namesTable } from "./names.js";
import { layersFunctions, layersTable } from "./neck-functions.js";
import { type ModuleParts, networkParts } from "./network-parts.js";
import { map, name, printPython, pythonRemark } from "./python.js";
import { tables } from "./tables.js";

/**
 * `model.py`: what is particular of the network as tables, then the classes that it uses, then the network. The classes are
 * templates; only those of blocks that the spec defines are written here.
 *
 * Errors: `InputError` for a network whose layers a pass has folded or lowered.
 */
export function modelText({ spec: whole, graph, counts, stateNames }: CodegenSubject): string {
  const parts = networkParts(graph);
  const scopes = new Set(graph.blocks.map(({ scope }) => scope));
  // A backbone ends with its last feature.
  const blocks = whole.blocks.filter(({ stage, index }) => scopes.has(`/stages/${stage}/blocks/${index}`));
  const spec = { ...whole, blocks };
  const inserted = insertedGates(graph);
  const findsThings = whole.neck !== undefined || whole.heads !== undefined;
  const detection = boxSelection(spec.detection);
  const words = {
    ...INPUT_WORDS[axesOf(spec.input)],
    heads: detection === undefined ? "Network" : "HeadsNetwork",
    imports: detection === undefined ? "" : BOX_IMPORTS,
  };
  const text = (path: string): string => filledTemplate(`pytorch/model/${path}.py`, words);
  const library = [
    text("layers"),
    ...(parts.gateTypes.size > 0 ? [text("attention")] : []),
    ...unique([...parts.gateTypes].flatMap((type) => gateEmitters[type].templates)).map((file) =>
      text(`attention/${file}`),
    ),
    ...(inserted.size > 0 ? [text("inserted")] : []),
    ...unique([
      "block",
      ...blocks.flatMap(classFiles),
      ...(findsThings ? ["layers"] : []),
      ...(parts.standardizes ? ["standardized"] : []),
    ]).map((file) => text(`blocks/${file}`)),
  ];
  const naming =
    stateNames === undefined
      ? []
      : [
          namesTable(graph, stateNames),
          filledTemplate("pytorch/model/names.py", { title: stateNames.title }),
        ];
  const network = filledTemplate("pytorch/model/network.py", {
    name: findsThings ? "Backbone" : "Network",
    base: stateNames === undefined ? "nn.Module" : "OtherNames",
    ...words,
    insert: inserted.size === 0 ? "" : "\n        insert(self)",
  });
  const heads = [
    ...(findsThings ? [text("heads")] : []),
    ...(detection === undefined
      ? []
      : detectionTemplates(detection).map((file) => text(`detection/${file}`))),
  ];
  const defined = blocks.filter((block): block is ResolvedDefined => block.block === "defined");
  const boxes = detection === undefined ? [] : boxNetwork(detection, text);
  const named = definedNames([...library, ...naming, network, ...heads, ...boxes]);
  const classes = definedClasses(defined, parts, named);
  const functions = layersFunctions(spec, parts, named);
  const sections = [
    filledTemplate("pytorch/model/head.py", {
      imports: words.imports,
      title: pythonRemark(spec.name),
      description: spec.description === undefined ? "" : `: ${pythonRemark(spec.description)}`,
      parameters: count(counts.parameters),
      names: stateNames === undefined ? "those of ecagen's weight files" : `those of ${stateNames.title}`,
    }),
    tables(spec, parts, classes, functions),
    ...(inserted.size === 0 ? [] : [`INSERTED = ${printPython(insertedTable(inserted), "", 11)}`]),
    ...library,
    activationTable(),
    ...classes.map(({ text }) => text),
    wordTables(blocks, parts, classes),
    ...functions.map(({ text }) => text),
    ...(findsThings ? [layersTable(functions)] : []),
    ...naming,
    network,
    ...heads,
    ...boxes,
  ];
  return sections.map((section) => `${section.trim()}\n`).join("\n\n");
}

/** What suppresses boxes and cuts regions out of maps is torchvision's. */
const BOX_IMPORTS = "from torchvision.ops import nms, roi_align\n";

/** The network that selects boxes, and the table of its heads over regions. */
function boxNetwork({ regions }: ResolvedDetection, text: (path: string) => string): readonly string[] {
  if (regions === undefined) return [text("detection/one_stage")];
  return [regionHeadsTable(regions), text("detection/two_stages")];
}

/** What templates say of networks of signals, and of images. Gates take a signal as a map with one row. */
const INPUT_WORDS: { readonly [axes in MapAxes]: Readonly<Record<string, string>> } = {
  1: {
    d: "1d",
    pair: "value,",
    ones: "1",
    linear: "linear",
    gated: "gate(x.unsqueeze(2)).squeeze(2)",
    input: "Signals [N, C, L]",
  },
  2: {
    d: "2d",
    pair: "value, value",
    ones: "1, 1",
    linear: "bilinear",
    gated: "gate(x)",
    input: "Images [N, C, H, W]",
  },
};

function classFiles(block: ResolvedBlock): readonly string[] {
  return block.block === "defined" ? ["layers"] : blockTemplates(block);
}

function activationTable(): string {
  const entries = Object.entries(ACTIVATION_MODULES).map(([word, module]) => [word, name(module)] as const);
  return `ACTIVATIONS = ${printPython(map(entries), "", 14)}\n`;
}

/** The words of rows and gates, and their classes. */
function wordTables(
  blocks: readonly ResolvedBlock[],
  { gateTypes }: ModuleParts,
  classes: readonly DefinedClass[],
): string {
  const builtIn = unique(blocks.map(({ block }) => block)).flatMap((type) =>
    type === "defined" ? [] : [[type, name(blockEmitters[type].className)] as const],
  );
  const own = classes.map(({ className }) => [className, name(className)] as const);
  const gates = [...gateTypes].map((type) => [type, name(gateEmitters[type].className)] as const);
  const blockTable = `BLOCKS = ${printPython(map([...builtIn, ...own]), "", 9)}\n`;
  return gates.length === 0 ? blockTable : `GATES = ${printPython(map(gates), "", 8)}\n\n${blockTable}`;
}

/** The names that the templates define. */
function definedNames(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(/^(?:class|def) (\w+)/gm)].flatMap(([, found]) => found ?? []),
  );
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

/** The module of each activation; one without a line is a compile error. */
const ACTIVATION_MODULES: { readonly [A in ActivationName]: string } = {
  relu: "nn.ReLU",
  relu6: "nn.ReLU6",
  silu: "nn.SiLU",
  hard_swish: "nn.Hardswish",
  hard_sigmoid: "nn.Hardsigmoid",
  "hard_sigmoid_0.2": "HardSigmoidFifth",
  sigmoid: "nn.Sigmoid",
  tanh: "nn.Tanh",
  gelu: "nn.GELU",
  mish: "nn.Mish",
  "leaky_relu_0.1": "lambda: nn.LeakyReLU(0.1)",
  "leaky_relu_0.01": "lambda: nn.LeakyReLU(0.01)",
  "leaky_relu_0.001": "lambda: nn.LeakyReLU(0.001)",
};
