import { quoted } from "../base/json-text.js";
import { count, macs } from "../base/numbers.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { InspectedBlock, InspectedTensor, InspectReport } from "../driver/inspect/inspect.js";
import { opsetText, shape, table, tableWidth, tensorName } from "./format.js";
import { foldingText, inputText, uncountedText } from "./report-counts.js";
import { terminalColumns, wrappedLines } from "./wrap.js";

export function inspectText(report: InspectReport): string {
  const { blocks, input } = report;
  const prose = (text: string): string => wrappedLines(text, terminalColumns());
  return [
    ...report.inputs.map((tensor) => prose(`input ${tensorText(tensor)}\n`)),
    ...report.outputs.map((tensor) => prose(`output ${tensorText(tensor)}\n`)),
    "\n",
    blocksTable(report),
    "\n",
    prose(
      [
        `${oneVisibleLine(report.file)}: ${count(report.nodes)} nodes of ${opsetText(report)}, IR version ${report.irVersion}${producerText(report)}\n`,
        `${stagesText(blocks)}; ${count(report.parameters)} parameters, ${count(report.attentionParameters)} of them attention's; `,
        `${count(report.buffers)} running statistics; ${macs(report.macs)} MACs for ${inputText(input)}\n`,
        uncountedText(report),
        report.beforeFolding === null ? "" : foldingText(report.beforeFolding),
        report.noSpec === null ? "" : `no spec says it: ${oneVisibleLine(report.noSpec)}\n`,
      ].join(""),
    ),
    rejectedText(report),
    opaqueText(report),
  ].join("");
}

/** The table of the blocks; in a terminal that is too narrow with fewer columns and shorter numbers. */
function blocksTable({ blocks, parameters, macs: products }: InspectReport): string {
  const head = ["block", "type", "channels", "kernel", "stride", "map", "attention", "parameters", "MACs"];
  const right = ["stride", "parameters", "MACs"];
  const total = ["total", "", "", "", "", "", "", count(parameters), count(products)];
  const rows = [...blocks.map(row), total];
  if (tableWidth(head, rows) <= (terminalColumns() ?? Number.POSITIVE_INFINITY))
    return table(head, rows, right);
  const short = [...blocks.map((block) => narrowRow(row(block), block.macs)), narrowRow(total, products)];
  const names = ["block", "type", "channels", "kernel", "map", "attention", "parameters", "MACs"];
  const used = names.map((_, column) => short.some((each) => each[column] !== ""));
  const kept = (cells: readonly string[]): readonly string[] => cells.filter((_, column) => used[column]);
  return table(kept(names), short.map(kept), right);
}

/** The stride stands behind the kernel, and products are counted in thousands, millions or billions. */
function narrowRow(cells: readonly string[], products: number): readonly string[] {
  const [
    block = "",
    type = "",
    channels = "",
    kernel = "",
    stride = "",
    map = "",
    attention = "",
    parameters = "",
  ] = cells;
  const strided = stride === "" ? kernel : `${kernel} /${stride}`.trim();
  return [block, type, channels, strided, map, attention, parameters, macs(products)];
}

function row(block: InspectedBlock): readonly string[] {
  const { path, channels, kernel, stride, map, attention } = block;
  const [inputs, outputs] = channels;
  return [
    tensorName(path),
    block.block,
    `${inputs ?? "?"} → ${outputs ?? "?"}`,
    kernel,
    stride === 1 ? "" : String(stride),
    map,
    attention.join(", "),
    count(block.parameters),
    count(block.macs),
  ];
}

function tensorText({ name, dtype, dims }: InspectedTensor): string {
  return `${tensorName(name)}: ${dtype}${shape(dims)}`;
}

/** `2 stages of 2 and 3 blocks` */
function stagesText(blocks: readonly InspectedBlock[]): string {
  const sizes = new Map<number, number>();
  for (const { stage } of blocks) if (stage !== null) sizes.set(stage, (sizes.get(stage) ?? 0) + 1);
  const numbers = [...sizes.values()];
  if (numbers.length === 0) return "no stages";
  return `${count(numbers.length)} stages of ${numbers.join(", ")} blocks`;
}

function producerText({ producer: { name, version } }: InspectReport): string {
  return name === "" ? "" : `, by ${quoted(`${name} ${version}`.trim())}`;
}

function rejectedText({ rejected }: InspectReport): string {
  if (rejected.length === 0) return "";
  const rows = rejected.map(({ at, op, reason }) => [tensorName(at), op, reason]);
  return `\nnot taken for gates:\n${table(["at", "op", "why"], rows)}`;
}

/** The operators that ecagen doesn't know, as a table; nothing where it knows all. */
export function opaqueText({ opaque }: Pick<InspectReport, "opaque">): string {
  if (opaque.length === 0) return "";
  const rows = opaque.map(({ operator, domain, count: times, reason }) => [
    tensorName(operator),
    domain === "" ? "ONNX" : tensorName(domain),
    count(times),
    reason,
  ]);
  return `\nnodes that are handed on as they are:\n${table(["operator", "domain", "nodes", "why"], rows, ["nodes"])}`;
}
