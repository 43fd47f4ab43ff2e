import { InputError } from "../../base/diagnostic.js";
import { activations } from "../../ir/activations.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import { blockAt, type Graph, type Op, producersOf, type Value } from "../../ir/graph.js";
import { insertedPlace, insertedScale } from "../../ir/inserted.js";
import { gateArguments } from "./gates.js";
import { call, type Literal, literal, map, type Python } from "./python.js";

type Words = { readonly [word: string]: Literal };

/** The gates behind a module, in their order, by the names of their own modules below it. */
type GatesBehind = ReadonlyMap<string, Words>;

/**
 * The gates that a pass put behind layers, by the path of the module that each layer is.
 *
 * Errors: `InputError` for one behind what is no module of its own.
 */
export function insertedGates(graph: Graph): ReadonlyMap<string, GatesBehind> {
  const makers = producersOf(graph);
  const found = new Map<string, Map<string, Words>>();
  for (const op of graph.ops) {
    const scaled = insertedScale(op);
    const type = attentionKindOf(op.kind);
    const place = scaled ?? (type && insertedPlace(op));
    if (place === undefined) continue;
    const path = modulePath(graph, layerBehind(op, makers), place.layer);
    const behind = found.get(path) ?? new Map<string, Words>();
    const words = scaled === undefined ? type && gateArguments(type, op) : { factor: scaled.scale };
    behind.set(place.name, { ...(behind.get(place.name) ?? { type: "none" }), ...words });
    found.set(path, behind);
  }
  return found;
}

/** The table of such gates. */
export function insertedTable(gates: ReadonlyMap<string, GatesBehind>): Python {
  return map(
    [...gates].map(([path, behind]) => [
      path,
      map([...behind].map(([name, words]) => [name, call("dict", [], literals(words))] as const)),
    ]),
  );
}

function literals(words: Words): Readonly<Record<string, Python>> {
  const given = Object.entries(words).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([word, value]) => [word, literal(value)]));
}

/** What makes the map that a gate stands behind, before all gates behind it. */
function layerBehind({ operands: [x] }: Op, makers: ReadonlyMap<Value, Op>): Op | undefined {
  const maker = x && makers.get(x);
  const isBehind =
    maker !== undefined &&
    (insertedScale(maker) !== undefined ||
      (attentionKindOf(maker.kind) !== undefined && insertedPlace(maker) !== undefined));
  return isBehind ? layerBehind(maker, makers) : maker;
}

function modulePath(graph: Graph, layer: Op | undefined, scope: string): string {
  const block = blockAt(graph, scope);
  const isSum = layer?.kind === "add" && scope === block?.scope;
  const isModule = layer !== undefined && layer.loc.scope === scope && isModuleKind(layer);
  if (block === undefined || block.shared !== undefined || !(isSum || isModule)) {
    throw InputError.of(
      "codegen/inserted",
      `${scope} is not a module of its own, so no gate can be put behind it`,
      {
        hint: "put the gate behind a convolution, a normalisation or an activation of the stem, the stages or the head",
      },
    );
  }
  return scope.slice(1).replaceAll("/", ".");
}

/** Whether an op is a module of PyTorch, under its scope. */
function isModuleKind({ kind, operands }: Op): boolean {
  if (kind === "conv" || kind === "conv_1d" || kind === "conv_transpose" || kind === "batch_norm")
    return true;
  return attentionKindOf(kind) !== undefined || (operands.length === 1 && Object.hasOwn(activations, kind));
}
