import { isDeepStrictEqual } from "node:util";
import { InputError } from "../../base/diagnostic.js";
import type { ResolvedMapHead, ResolvedNeck } from "../../language/neck/resolved.js";
import { merged, SharedArguments } from "./defined-classes.js";
import { type Sketch, sketchLayers } from "./defined-layers.js";
import type { ModuleParts } from "./network-parts.js";
import { identifier, type Literal, map, name, printPython, pythonRemark } from "./python.js";

/** A function that makes the layers of a neck or head, and its arguments for each set of them. */
export interface LayersFunction {
  /** What `LAYERS` calls it: `neck`, or the head's name after `heads.`. */
  readonly key: string;
  readonly functionName: string;
  readonly text: string;
  readonly rows: readonly { readonly [word: string]: Literal }[];
}

/** The functions of a network's neck and heads. Names that are taken are left to others. */
export function layersFunctions(
  {
    neck,
    heads = [],
  }: { readonly neck?: ResolvedNeck | undefined; readonly heads?: readonly ResolvedMapHead[] | undefined },
  parts: ModuleParts,
  takenNames: Iterable<string>,
): readonly LayersFunction[] {
  const taken = new Set(takenNames);
  const free = (wanted: string): string => {
    let name = wanted;
    for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
    taken.add(name);
    return name;
  };
  const ofNeck =
    neck === undefined
      ? []
      : [
          functionOf("neck", free("neck_layers"), "the neck", [
            sketchLayers(neck.layers, "layers", {
              block: { ...neck, gates: [] },
              parts,
              scope: "/neck",
              channels: neck.inputChannels,
            }),
          ]),
        ];
  const ofHeads = heads.map((head) =>
    functionOf(
      headKey(head),
      free(`${identifier(head.name)}_layers`),
      `the head ${head.name}`,
      sketchesOf(head, parts),
    ),
  );
  return [...ofNeck, ...ofHeads];
}

/** The sets of layers of a head: one of all maps, or one for each. */
function sketchesOf(head: ResolvedMapHead, parts: ModuleParts): readonly Sketch[] {
  const sketches = head.levels.map((level, i) =>
    sketchLayers(head.lists[i] ?? head.lists[0] ?? [], "layers", {
      block: { ...head, gates: [] },
      parts,
      scope: `/heads/${head.name}/${level.name}`,
      channels: level.inputChannels,
    }),
  );
  if (head.share === "none") return sketches;
  const differs = sketches.findIndex((sketch) => !isDeepStrictEqual(sketch, sketches[0]));
  if (differs < 0) return sketches.slice(0, 1);
  const names = [0, differs].map((i) => head.levels[i]?.name).join(" and ");
  throw InputError.of(
    "codegen/lowered",
    `the maps ${names} share the layers of the head ${head.name}, and not its gates`,
    {
      hint: "a module that is trained has one set of layers for them: remove the gates of all maps, or of none",
    },
  );
}

/** What a head's layers are called in `LAYERS`. */
export function headKey({ name }: ResolvedMapHead): string {
  return `heads.${name}`;
}

function functionOf(
  key: string,
  functionName: string,
  title: string,
  sketches: readonly Sketch[],
): LayersFunction {
  const shared = new SharedArguments([]);
  const body = merged(sketches, shared);
  const args = shared.all();
  const parameters = [...args.map(({ word }) => word), "style"].join(", ");
  const text = `def ${functionName}(${parameters}):
    """The layers of ${pythonRemark(title)}."""
    return ${printPython(body, "    ", 11)}
`;
  const rows = sketches.map((_, i) =>
    Object.fromEntries(args.map(({ word, values }) => [word, values[i]] as const)),
  );
  return { key, functionName, text, rows };
}

/** `LAYERS = {...}` */
export function layersTable(functions: readonly LayersFunction[]): string {
  const entries = functions.map(({ key, functionName }) => [key, name(functionName)] as const);
  return `LAYERS = ${printPython(map(entries), "", 9)}\n`;
}

/** The arguments of each set of layers; none where there is one set, whose function has none. */
export function rowsOf({ rows }: LayersFunction): Literal {
  return rows.length === 1 && rows.every((row) => Object.keys(row).length === 0) ? undefined : rows;
}
