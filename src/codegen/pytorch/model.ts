import type { ResolvedDefined } from "../../spec/resolved.js";
import type { CodegenSubject } from "../subject.js";
import { ACTIVATION_MODULES } from "./activations.js";
import { blockEmitters, blockRow } from "./blocks.js";
import { type DefinedClass, definedClasses } from "./defined-classes.js";
import { gateEmitters } from "./gates.js";
import { type NetworkParts, networkParts } from "./network-parts.js";
import {
  call,
  type Literal,
  list,
  literal,
  map,
  name,
  type Python,
  printPython,
  pythonRemark,
} from "./python.js";
import { commonStyle, type StyleWords, styleChanges, styleOf } from "./style.js";
import { filled, template } from "./templates.js";

type Words = { readonly [word: string]: Literal };

/**
 * `model.py`: what is particular of the network as tables, then the classes that it uses, then the network. The classes are
 * templates; only those of blocks that the spec defines are written here.
 */
export function modelText({ spec, graph, counts }: CodegenSubject): string {
  const parts = networkParts(graph);
  const styles = [spec.stem, ...spec.blocks, spec.head].flatMap((part) =>
    part === undefined ? [] : [styleOf(part)],
  );
  const common = commonStyle(styles);
  const library = [
    template("model/layers.py"),
    ...(parts.gateTypes.size > 0 ? [template("model/attention.py")] : []),
    ...gateTemplates(parts),
    ...blockTemplates(spec.blocks),
  ];
  const defined = spec.blocks.filter((block): block is ResolvedDefined => block.block === "defined");
  const classes = definedClasses(defined, parts, classNames([...library, template("model/network.py")]));

  const sections = [
    filled("model/head.py", {
      title: pythonRemark(spec.name),
      description: pythonRemark(spec.description ?? ""),
      parameters: String(counts.parameters),
    }),
    tables(spec, parts, common, classes),
    activationTable(),
    ...library,
    ...classes.map(({ text }) => text),
    registryTables(spec.blocks, parts, classes),
    template("model/network.py"),
  ];
  return sections.map((section) => `${section.trim()}\n`).join("\n\n");
}

function tables(
  spec: CodegenSubject["spec"],
  parts: NetworkParts,
  common: StyleWords,
  classes: readonly DefinedClass[],
): string {
  const { stem, head, blocks } = spec;
  const stages = [...new Set(blocks.map(({ stage }) => stage))];
  const rows = stages.map((stage) =>
    list(
      blocks
        .filter((block) => block.stage === stage)
        .map((block) => {
          const scope = `/stages/${block.stage}/blocks/${block.index}`;
          const gate = parts.gateAt(`${scope}/attention`);
          const rate = parts.rateAt(`${scope}/drop_path`);
          const usual = block.block === "defined" ? "standard" : blockEmitters[block.block].position;
          const shared = {
            gate,
            position:
              gate === undefined || block.attentionPosition === usual ? undefined : block.attentionPosition,
            drop_path: rate === 0 ? undefined : rate,
            style: styleChanges(styleOf(block), common),
          };
          if (block.block === "defined") {
            const found = classes.find(({ rows }) => rows.has(block));
            return words({ block: found?.className, ...found?.rows.get(block), ...shared });
          }
          const { inputChannels, channels, stride } = block;
          const { kernel, ...row } = blockRow(block);
          return words({
            block: block.block,
            inputs: inputChannels,
            outputs: channels,
            kernel,
            stride: stride === 1 ? undefined : stride,
            ...row,
            ...shared,
          });
        }),
    ),
  );
  return [
    ["STYLE", words(common)],
    ["STEM", stem === undefined ? literal(undefined) : words(stemWords(spec, stem, common))],
    [
      "STAGES",
      list(
        rows,
        stages.map((stage) => `stage ${stage}`),
      ),
    ],
    ["HEAD", words(headWords(spec, head, parts, common))],
  ]
    .map(
      ([title, value]) =>
        `${title as string} = ${printPython(value as Python, "", (title as string).length + 3)}\n`,
    )
    .join("\n");
}

function stemWords(
  { input }: CodegenSubject["spec"],
  stem: NonNullable<CodegenSubject["spec"]["stem"]>,
  common: StyleWords,
): Words {
  const { channels, kernel, stride, deep, normalized, pool } = stem;
  return {
    inputs: input.channels,
    outputs: channels,
    kernel,
    stride: stride === 1 ? undefined : stride,
    deep: deep.length === 0 ? undefined : deep,
    normalized: normalized ? undefined : false,
    pool: pool && { kernel: pool.kernel, stride: pool.stride, padding: pool.padding },
    style: styleChanges(styleOf(stem), common),
  };
}

function headWords(
  { input, stem, blocks }: CodegenSubject["spec"],
  head: CodegenSubject["spec"]["head"],
  parts: NetworkParts,
  common: StyleWords,
): Words {
  const { channels, classes, poolFirst, bias, preactivation } = head;
  const dropout = parts.rateAt("/head/dropout");
  return {
    inputs: blocks.at(-1)?.channels ?? stem?.channels ?? input.channels,
    classes,
    channels,
    dropout: dropout === 0 ? undefined : dropout,
    pool_first: poolFirst || undefined,
    bias: (poolFirst && bias) || undefined,
    preactivation: preactivation || undefined,
    style: styleChanges(styleOf(head), common),
  };
}

/** `dict(...)`, broken between its words where it is long. */
function words(of: Words): Python {
  const given = Object.entries(of).filter(([, value]) => value !== undefined);
  return call("dict", [], Object.fromEntries(given.map(([word, value]) => [word, literal(value)])));
}

function activationTable(): string {
  const entries = Object.entries(ACTIVATION_MODULES).map(([word, module]) => [word, name(module)] as const);
  return `ACTIVATIONS = ${printPython(map(entries), "", 14)}\n`;
}

function gateTemplates({ gateTypes }: NetworkParts): readonly string[] {
  const files = [...gateTypes].flatMap((type) => gateEmitters[type].templates);
  return [...new Set(files)].map((file) => template(`model/attention/${file}.py`));
}

function blockTemplates(blocks: CodegenSubject["spec"]["blocks"]): readonly string[] {
  const files = blocks.flatMap(({ block }) =>
    block === "defined" ? ["layers"] : blockEmitters[block].templates,
  );
  return ["block", ...new Set(files)].map((file) => template(`model/blocks/${file}.py`));
}

/** The words of rows and gates, and their classes. */
function registryTables(
  blocks: CodegenSubject["spec"]["blocks"],
  { gateTypes }: NetworkParts,
  classes: readonly DefinedClass[],
): string {
  const builtIn = [...new Set(blocks.map(({ block }) => block))].flatMap((type) =>
    type === "defined" ? [] : [[type, name(blockEmitters[type].className)] as const],
  );
  const own = classes.map(({ className }) => [className, name(className)] as const);
  const tables: string[] = [];
  if (gateTypes.size > 0) {
    const gates = [...gateTypes].map((type) => [type, name(gateEmitters[type].className)] as const);
    tables.push(`GATES = ${printPython(map(gates), "", 8)}\n`);
  }
  tables.push(`BLOCKS = ${printPython(map([...builtIn, ...own]), "", 9)}\n`);
  return tables.join("\n");
}

function classNames(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(/^(?:class|def) (\w+)/gm)].map(([, found]) => found as string),
  );
}
