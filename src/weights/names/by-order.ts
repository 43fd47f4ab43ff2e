import { InputError } from "../../base/diagnostic.js";
import type { Parameter } from "../../ir/graph.js";
import { concreteDims } from "../../ir/types.js";
import type { StoredTensor } from "../formats/tensor-source.js";
import { isFloating, type Match, STEP_COUNT } from "./match.js";
import type { NameMap } from "./name-map.js";
import type { NetworkParts } from "./name-parameters.js";

/** What `--names order` stands for: no names at all. */
export const BY_ORDER: NameMap = { kind: "order", title: "order and shape", namings: [] };

/** The last words of PyTorch's names, which tell vectors of one length apart. */
const LEAVES = ["weight", "bias", "gain", "running_mean", "running_var"];

/**
 * Pairs parameters and tensors of the same sizes and the same last word in the order in which they come, whatever they are called. Where
 * one side has more of a kind than the other, none of that kind is paired: the order of those would say nothing.
 *
 * Errors: `InputError` for tensors in the order of the alphabet, which is not that of the network.
 */
export function matchByOrder(
  parts: NetworkParts,
  tensors: ReadonlyMap<string, StoredTensor>,
  file: string,
): Match {
  const given = [...tensors.values()].filter(
    ({ name, dtype }) => isFloating(dtype) && !name.endsWith(`.${STEP_COUNT}`),
  );
  const isWorded = given.every(({ name }) => LEAVES.includes(leafOf(name)));
  refuseAlphabet(given, file);
  const ours = classes(parts.parameters, ({ name, type }) => kindOf(name, concreteDims(type.dims), isWorded));
  const theirs = classes(given, ({ name, dims }) => kindOf(name, dims, isWorded));
  const paired = new Map<Parameter, StoredTensor>();
  for (const [kind, parameters] of ours) {
    const own = theirs.get(kind) ?? [];
    if (own.length !== parameters.length) continue;
    parameters.forEach((parameter, i) => {
      paired.set(parameter, own[i] as StoredTensor);
    });
  }
  const found = new Map(
    parts.parameters.flatMap((parameter) => {
      const tensor = paired.get(parameter);
      return tensor === undefined ? [] : [[parameter, tensor] as const];
    }),
  );
  const used = new Set(found.values());
  return {
    map: BY_ORDER,
    naming: { title: "any network", blocks: [], gates: [] },
    names: new Map(),
    found,
    misfits: new Map(),
    missing: parts.parameters.filter((parameter) => !found.has(parameter)),
    leftOver: given.filter((tensor) => !used.has(tensor)),
  };
}

function kindOf(name: string, dims: readonly number[], isWorded: boolean): string {
  return `${isWorded ? leafOf(name) : ""} ${dims.filter((size) => size !== 1).join("x")}`;
}

function leafOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function classes<T>(all: readonly T[], kindOf: (each: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const each of all) {
    const kind = kindOf(each);
    found.set(kind, [...(found.get(kind) ?? []), each]);
  }
  return found;
}

/** Fewer names may be in the order of the alphabet by chance. */
const FEW = 8;

/** safetensors writes tensors by their names, and the alphabet puts `blocks.10` before `blocks.2`. */
function refuseAlphabet(tensors: readonly StoredTensor[], file: string): void {
  const names = tensors.map(({ name }) => name);
  const isSorted = names.every((name, i) => i === 0 || (names[i - 1] ?? "") < name);
  if (names.length <= FEW || !isSorted) return;
  throw InputError.of(
    "weights/ambiguous-names",
    `${file} has its tensors in the order of the alphabet, as safetensors writes them: that is not the network's order`,
    {
      file,
      hint: "save the state dict by torch.save, which keeps its order, or rename by --names-map FILE.json",
    },
  );
}
