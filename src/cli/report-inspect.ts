import { quoted } from "../base/json-text.js";
import { count, macs } from "../base/numbers.js";
import { counted, type Table } from "../base/table.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { InspectedBlock, InspectedTensor, InspectReport } from "../driver/inspect/inspect.js";
import { opsetText, shape, table, tableWidth, tensorName } from "./format.js";
import { foldingText, inputText, uncountedText } from "./report-counts.js";
import { terminalTable } from "./tables/table.js";
import { tableColumns, terminalColumns, wrappedLines } from "./wrap.js";

export function inspectText(report: InspectReport): string {
  const prose = (text: string): string => wrappedLines(text, terminalColumns());
  return [
    ...report.inputs.map((tensor) => prose(`input ${tensorText(tensor)}\n`)),
    ...report.outputs.map((tensor) => prose(`output ${tensorText(tensor)}\n`)),
    "\n",
    blocksTable(report),
    "\n",
    prose(besideInspected(report)),
    rejectedText(report),
    opaqueText(report),
  ].join("");
}

/** What is said of the file besides its tables. */
export function besideInspected(report: InspectReport): string {
  return [
    `${oneVisibleLine(report.file)}: ${count(report.nodes)} nodes of ${opsetText(report)}, IR version ${report.irVersion}${producerText(report)}\n`,
    `${stagesText(report.blocks)}; ${count(report.parameters)} parameters, ${count(report.attentionParameters)} of them attention's; `,
    `${count(report.buffers)} running statistics; ${macs(report.macs)} MACs for ${inputText(report.input)}\n`,
    uncountedText(report),
    report.beforeFolding === null ? "" : foldingText(report.beforeFolding),
    report.noSpec === null ? "" : `no spec says it: ${oneVisibleLine(report.noSpec)}\n`,
  ].join("");
}

/** The blocks, what is nearly a gate, and the operators that are handed on, where there are some. */
export function inspectTables(report: InspectReport): readonly Table[] {
  const { parameters, macs: products } = report;
  const blocks: Table = {
    head: HEAD,
    rows: report.blocks.map((block) => [
      ...row(block).slice(0, -2),
      counted(block.parameters),
      counted(block.macs),
    ]),
    foot: [["total", "", "", "", "", "", "", counted(parameters), counted(products)]],
  };
  return [blocks, rejectedTable(report), opaqueTable(report)].filter(({ rows }) => rows.length > 0);
}

const HEAD = ["block", "type", "channels", "kernel", "stride", "map", "attention", "parameters", "MACs"];

/** The table of the blocks; in a terminal that is too narrow with fewer columns and shorter numbers. */
function blocksTable({ blocks, parameters, macs: products }: InspectReport): string {
  const right = ["stride", "parameters", "MACs"];
  const total = ["total", "", "", "", "", "", "", count(parameters), count(products)];
  const rows = [...blocks.map(row), total];
  if (tableWidth(HEAD, rows) <= (tableColumns() ?? Number.POSITIVE_INFINITY)) return table(HEAD, rows, right);
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

function rejectedText(report: InspectReport): string {
  const table = rejectedTable(report);
  return table.rows.length === 0 ? "" : `\n${table.title}:\n${terminalTable(table)}`;
}

function rejectedTable({ rejected }: InspectReport): Table {
  return {
    title: "not taken for gates",
    head: ["at", "op", "why"],
    rows: rejected.map(({ at, op, reason }) => [tensorName(at), op, reason]),
  };
}

/** The operators that ecagen doesn't know, as a table; nothing where it knows all. */
export function opaqueText(report: Pick<InspectReport, "opaque">): string {
  const table = opaqueTable(report);
  return table.rows.length === 0 ? "" : `\n${table.title}:\n${terminalTable(table)}`;
}

function opaqueTable({ opaque }: Pick<InspectReport, "opaque">): Table {
  return {
    title: "nodes that are handed on as they are",
    head: ["operator", "domain", "nodes", "why"],
    rows: opaque.map(({ operator, domain, count: times, reason }) => [
      tensorName(operator),
      domain === "" ? "ONNX" : tensorName(domain),
      counted(times),
      reason,
    ]),
  };
}
