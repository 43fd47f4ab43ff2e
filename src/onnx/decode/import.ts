import type { ByteRange, OpenBeside } from "../../base/bytes.js";
import { byReason, type Diagnostic, InputError, sayTogether } from "../../base/diagnostic.js";
import { didYouMean } from "../../base/suggest.js";
import type { Graph } from "../../ir/graph.js";
import { formatType } from "../../ir/types.js";
import { KNOWN_OPERATORS } from "../codecs/registry.js";
import { type ModelDocument, readDocument } from "../file/document.js";
import { IR_VERSION, isDefaultDomain, READ_OPSETS } from "../file/opset.js";
import { toInteger } from "../file/proto.js";
import type { Sizes } from "../file/value-info.js";
import { type DecodedGraph, GraphDecoder } from "./graph-decoder.js";
import { withBranches, withoutCalls } from "./inlining.js";
import type { ForeignNode } from "./opaque-node.js";
import { type ModelSource, OVERRIDABLE_IR_VERSION } from "./source.js";

export type { ForeignNode } from "./opaque-node.js";

/** An ONNX file as IR, and what it says of itself. */
export interface ImportedModel {
  readonly graph: Graph;
  /** The version of ONNX's own operators; 0 for a file that uses none. */
  readonly opset: number;
  readonly irVersion: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly metadata: Readonly<Record<string, string>>;
  /** The nodes that no op of the IR can say, in order: they are opaque ops. */
  readonly foreign: readonly ForeignNode[];
  /** Where ops and tensors lie in the file. */
  readonly source: ModelSource;
  /** Notes on how the file was read. */
  readonly notes: readonly Diagnostic[];
}

/**
 * Reads an ONNX model, one op for each node: those that the IR can't say become opaque. The numbers of its tensors stay
 * in the file, and in those with its external data, until they are needed.
 *
 * @param file its name, for messages
 * @param sizes numbers that symbols of the inputs' sizes are taken for; the file itself stays open
 *
 * Errors: `InputError` for bytes that are no ONNX model or contradict themselves; all of it at once, each with its node.
 */
export function importModel(
  range: ByteRange,
  file: string,
  openData: OpenBeside,
  sizes: Sizes = {},
): ImportedModel {
  const document = withoutCalls(readDocument(range, file));
  const opset = opsetOf(document);
  const { model } = document;
  const irVersion = toInteger(model.irVersion);
  const decoded = decodeDocument(document, opset, openData, sizes);
  return {
    ...decoded,
    opset,
    irVersion,
    producer: { name: model.producerName ?? "", version: model.producerVersion ?? "" },
    metadata: Object.fromEntries(
      (model.metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""]),
    ),
    notes: [
      ...(irVersion > IR_VERSION ? [newerFormat(irVersion, file)] : []),
      ...openMaps(decoded.graph, file),
      ...inputsWithDefaults(document, file),
    ],
  };
}

/** More levels of Ifs in Ifs than any real file has. */
const MOST_ROUNDS = 16;

/**
 * Ifs whose branch is known by then are the nodes of that branch, which may decide others. What is known only of assumed sizes
 * decides none: the file stays open.
 */
function decodeDocument(
  document: ModelDocument,
  opset: number,
  openData: OpenBeside,
  sizes: Sizes,
): DecodedGraph {
  let current = document;
  for (let round = 1; ; round++) {
    const decoded = new GraphDecoder(current, opset, openData, {}).decode();
    if (decoded.branches.size === 0 || round === MOST_ROUNDS) {
      const isOpen = Object.keys(sizes).length > 0;
      return isOpen ? new GraphDecoder(current, opset, openData, sizes).decode() : decoded;
    }
    current = withoutCalls(withBranches(current, decoded.branches));
  }
}

/** Errors: `InputError` with the nodes that are opaque by themselves, not for what they read: those of one reason as one. */
export function refuseForeign(model: Pick<ImportedModel, "foreign">, file: string): void {
  const diagnostics = foreignProblems(model, file);
  if (diagnostics.length > 0) throw new InputError(diagnostics);
}

/** One for all opaque nodes of one reason, without those that are opaque for what they read. */
export function foreignProblems(
  { foreign }: Pick<ImportedModel, "foreign">,
  file: string,
): readonly Diagnostic[] {
  const problems = foreign
    .filter(({ hangs }) => !hangs)
    .map((node) => ({ ...node, subject: `node ${node.label}` }));
  return byReason(problems).map((nodes): Diagnostic => {
    const [{ operator, domain, unknown }] = nodes;
    const isMisspelt = unknown && isDefaultDomain(domain);
    return {
      code: unknown ? "onnx/unknown-operator" : "onnx/unsupported",
      message: sayTogether(nodes),
      file,
      ...(isMisspelt ? { hint: didYouMean(operator, KNOWN_OPERATORS) } : {}),
    };
  });
}

/** The version of ONNX's own operators. Errors: `InputError` for one that is newer than this program. */
function opsetOf({ model, file }: ModelDocument): number {
  const own = model.opsetImport?.find(({ domain }) => isDefaultDomain(domain));
  const opset = toInteger(own?.version);
  if (opset >= 0 && opset <= READ_OPSETS.last) return opset;
  throw InputError.of("onnx/opset", `${file} has opset ${opset}; up to ${READ_OPSETS.last} are supported`, {
    file,
  });
}

/** Maps whose sizes are open have no convolutions in the IR, and so no gates. */
function openMaps({ inputs }: Graph, file: string): readonly Diagnostic[] {
  return inputs
    .filter(({ type: { dims } }) => dims.length === 4 && dims.slice(2).some((dim) => typeof dim === "string"))
    .map(({ name, type }) => ({
      code: "onnx/open-map",
      message: `the height and width of the input ${name} are open (${formatType(type)}): what is computed from it stays opaque, and no gate is found there`,
      file,
      hint: "export it with a fixed height and width; the batch may stay open",
    }));
}

/** As of IR version 4 an initializer is an input too only where it may be given another value. */
function inputsWithDefaults(
  { model, inputs, initializers }: ModelDocument,
  file: string,
): readonly Diagnostic[] {
  if (toInteger(model.irVersion) < OVERRIDABLE_IR_VERSION) return [];
  const tensors = new Set(initializers.map(({ tensor }) => tensor.name));
  const names = inputs.flatMap(({ message: { name } }) => (name && tensors.has(name) ? [name] : []));
  const [first, ...more] = names;
  if (first === undefined) return [];
  const which = more.length === 0 ? `the input ${first} has` : `${names.length} inputs (${first}, …) have`;
  return [
    {
      code: "onnx/input-defaults",
      message: `${which} a default value: it is taken for a weight, and no other can be given`,
      file,
    },
  ];
}

function newerFormat(irVersion: number, file: string): Diagnostic {
  return {
    code: "onnx/newer-format",
    message: `${file} has IR version ${irVersion}; what came after version ${IR_VERSION} is copied, and not read`,
    file,
  };
}
