import { isDeepStrictEqual } from "node:util";
import { Defect } from "../../base/diagnostic.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import { type Sketch, sketchLayers } from "./defined-layers.js";
import type { ModuleParts } from "./network-parts.js";
import {
  call,
  className,
  identifier,
  type Literal,
  literal,
  map,
  name,
  type Python,
  packed,
  printPython,
  pythonRemark,
} from "./python.js";

/** A class for the blocks of a definition that have the same layers, but for their numbers. */
export interface DefinedClass {
  readonly className: string;
  readonly text: string;
  /** The word for it in rows, and its constructor's arguments, for each of its blocks. */
  readonly rows: ReadonlyMap<ResolvedDefined, { readonly [word: string]: Literal }>;
}

/** A block with its layers, in three lists. */
interface Sketched {
  readonly block: ResolvedDefined;
  readonly lists: readonly (Sketch | undefined)[];
}

/** Arguments that every class has. */
const TAKEN = ["self", "style", "gate", "position", "drop_path"];

/**
 * The classes of all defined blocks, in the order of their first blocks. Names that are taken are left to others.
 *
 *     layers that differ in whether they are there     → two classes
 *     numbers that differ                              → an argument; those that always agree share one
 */
export function definedClasses(
  blocks: readonly ResolvedDefined[],
  parts: ModuleParts,
  takenNames: Iterable<string>,
): readonly DefinedClass[] {
  const groups = new Map<string, [Sketched, ...Sketched[]]>();
  for (const block of blocks) {
    const site = { block, parts, scope: scopeOf(block), channels: block.inputChannels };
    const last = (block.shortcut ?? block.layers).at(-1)?.channels ?? block.inputChannels;
    const lists = [
      sketchLayers(block.layers, "layers", site),
      block.shortcut && sketchLayers(block.shortcut, "shortcut", site),
      sketchLayers(block.after, "after", { ...site, channels: block.layers.at(-1)?.channels ?? last }),
    ];
    const key = JSON.stringify([block.definition, lists], (field, value) =>
      field === "filling" ? undefined : value,
    );
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ block, lists }]);
    else group.push({ block, lists });
  }
  const taken = new Set(takenNames);
  return [...groups.values()].map((group) => {
    const wanted = `${className(group[0].block.definition)}Block`;
    let free = wanted;
    for (let i = 2; taken.has(free); i++) free = `${wanted}${i}`;
    taken.add(free);
    return classOf(free, group);
  });
}

function scopeOf({ stage, index }: ResolvedDefined): string {
  return `/stages/${stage}/blocks/${index}`;
}

function classOf(title: string, group: readonly [Sketched, ...Sketched[]]): DefinedClass {
  const blocks = group.map(({ block }) => block);
  const shared = new SharedArguments([
    { word: "inputs", values: blocks.map(({ inputChannels }) => inputChannels) },
    { word: "outputs", values: blocks.map(({ channels }) => channels) },
    { word: "stride", values: blocks.map(({ stride }) => stride) },
  ]);
  const [first] = group;
  const lists = first.lists.map((_, i) => {
    const sketches = group.flatMap(({ lists }) => lists[i] ?? []);
    return sketches.length === 0 ? literal(undefined) : merged(sketches, shared);
  });
  const args = shared.all();
  // A row leaves out what it has none of.
  const [absent, given] = [args.filter(mayBeAbsent), args.filter((each) => !mayBeAbsent(each))];
  const own = [
    "self",
    ...given.map(({ word }) => word),
    "style",
    "*",
    ...absent.map(({ word }) => `${word}=None`),
  ];
  const parameters = [...own, "gate=None", 'position="standard"', "drop_path=0.0"].map((each) => `${each},`);
  const body = call("super().__init__", [name("style"), ...lists], {
    gate: name("gate"),
    position: name("position"),
    drop_path: name("drop_path"),
  });
  const text = `class ${title}(DefinedBlock):
    """The block ${pythonRemark(first.block.definition)} of the spec."""

    def __init__(
${packed(parameters, "        ")}    ):
        ${printPython(body, "        ")}
`;
  const rows = group.map(
    ({ block }, i) => [block, Object.fromEntries(args.map(({ word, values }) => [word, values[i]]))] as const,
  );
  return { className: title, text, rows: new Map(rows) };
}

function mayBeAbsent({ values }: Argument): boolean {
  return values.includes(undefined);
}

/** The arguments of a class, or of a function: each is a word, and a value for every block of the class. */
export class SharedArguments {
  readonly #known: readonly Argument[];
  readonly #used: Argument[] = [];

  /** @param known words that values have anyway, which come first */
  constructor(known: readonly Argument[]) {
    this.#known = known;
  }

  /** The word for values that differ; values that agree with those of another argument share it. */
  wordFor(hint: string, values: readonly Literal[]): string {
    const same = ({ values: others }: Argument): boolean => isDeepStrictEqual(others, values);
    const used = this.#used.find(same);
    if (used !== undefined) return used.word;
    const known = this.#known.find(same);
    const taken = new Set(
      [...TAKEN, ...this.#known, ...this.#used].map((each) => (typeof each === "string" ? each : each.word)),
    );
    const wanted = identifier(hint.replace(/^(layers|shortcut|after)\/(?=\D)/, ""));
    let word = known?.word ?? wanted.replace(/^_+/, "");
    if (known === undefined) for (let i = 2; taken.has(word); i++) word = `${wanted}_${i}`;
    this.#used.push({ word, values });
    return word;
  }

  all(): readonly Argument[] {
    const order = this.#known.map(({ word }) => word);
    const rank = ({ word }: Argument): number => (order.includes(word) ? order.indexOf(word) : order.length);
    return [...this.#used].sort((a, b) => rank(a) - rank(b));
  }
}

interface Argument {
  readonly word: string;
  readonly values: readonly Literal[];
}

/** One expression for sketches of the same form. */
export function merged(sketches: readonly Sketch[], shared: SharedArguments): Python {
  const [first] = sketches;
  if (first === undefined) throw new Defect("no sketches to merge");
  switch (first.kind) {
    case "style":
      return name("style");
    case "hole": {
      const values = valuesOf(sketches);
      const same = values.every((value) => isDeepStrictEqual(value, values[0]));
      return same ? literal(values[0]) : name(shared.wordFor(first.hint, values));
    }
    case "layers":
      return call("Layers", [
        map(
          first.layers.map(([layer], i) => [
            layer,
            merged(
              sketches.flatMap((each) => (each.kind === "layers" ? (each.layers[i]?.[1] ?? []) : [])),
              shared,
            ),
          ]),
        ),
      ]);
    case "call": {
      const calls = sketches.filter((each) => each.kind === "call");
      const items = first.items.map((_, i) =>
        merged(
          calls.flatMap((each) => each.items[i] ?? []),
          shared,
        ),
      );
      const words = first.words.flatMap(({ word, usual, mayBeAbsent }, i) => {
        const given = calls.flatMap((each) => each.words[i]?.value ?? []);
        const isUsual = mayBeAbsent && valuesOf(given).every((value) => isDeepStrictEqual(value, usual));
        return isUsual ? [] : [[word, merged(given, shared)] as const];
      });
      return call(first.name, items, Object.fromEntries(words));
    }
  }
}

function valuesOf(sketches: readonly Sketch[]): readonly Literal[] {
  return sketches.map((each) => (each.kind === "hole" ? each.filling : each)) as readonly Literal[];
}
