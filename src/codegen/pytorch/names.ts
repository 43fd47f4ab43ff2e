import { blockAt, type Graph } from "../../ir/graph.js";
import type { StateNames } from "../subject.js";
import { call, list, literal, map, type Python, printPython } from "./python.js";

/** Blocks whose layers are named alike. */
interface Group {
  /** The framework's name of each block, by the module's. */
  readonly blocks: (readonly [own: string, theirs: string])[];
  /** The framework's name of each layer in them, by the module's. */
  readonly layers: readonly (readonly [own: string, theirs: string])[];
}

/** `NAMES = [...]`: what a framework calls the blocks and their layers. */
export function namesTable(graph: Graph, { names }: StateNames): string {
  const groups = new Map<string, Group>();
  for (const [block, layers] of layersByBlock(graph, names)) {
    const theirs = commonPath([...layers.values()]);
    const below = [...layers].map(
      ([layer, name]) => [layer, theirs === "" ? name : name.slice(theirs.length + 1)] as const,
    );
    const key = JSON.stringify(below);
    const group = groups.get(key) ?? { blocks: [], layers: below };
    group.blocks.push([block, theirs]);
    groups.set(key, group);
  }
  const rows = [...groups.values()].map(({ blocks, layers }) =>
    call("dict", [], { blocks: textMap(blocks), layers: textMap(layers) }),
  );
  return `NAMES = ${printPython(list(rows), "", 8)}\n`;
}

/** The framework's whole name of each layer, by the layer's path below its block, by the block's path. */
function layersByBlock(
  graph: Graph,
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const blocks = new Map<string, Map<string, string>>();
  for (const [own, theirs] of names) {
    const layer = withoutLeaf(own);
    const block = (blockAt(graph, `/${layer.replaceAll(".", "/")}`)?.scope ?? "")
      .slice(1)
      .replaceAll("/", ".");
    const layers = blocks.get(block) ?? new Map<string, string>();
    layers.set(block === "" ? layer : layer.slice(block.length + 1), withoutLeaf(theirs));
    blocks.set(block, layers);
  }
  return blocks;
}

/** The longest path that all names are below. */
function commonPath([first = "", ...others]: readonly string[]): string {
  const words = first.split(".").slice(0, -1);
  const shared = words.findIndex((_, i) => {
    const path = `${words.slice(0, i + 1).join(".")}.`;
    return others.some((other) => !other.startsWith(path));
  });
  return words.slice(0, shared < 0 ? words.length : shared).join(".");
}

function withoutLeaf(name: string): string {
  return name.slice(0, name.lastIndexOf("."));
}

function textMap(entries: readonly (readonly [string, string])[]): Python {
  return map(entries.map(([key, text]) => [key, literal(text)] as const));
}
