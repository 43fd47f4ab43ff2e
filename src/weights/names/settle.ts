import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { didYouMean, nearestWords } from "../../base/suggest.js";
import { matchesText } from "../../base/wildcard.js";
import type { Parameter } from "../../ir/graph.js";
import { concreteDims } from "../../ir/types.js";
import type { StoredTensor, TensorSource } from "../formats/tensor-source.js";
import { adaptableTo } from "./adapt-input.js";
import { BY_ORDER } from "./by-order.js";
import { foldedHint, isFloating, type Match } from "./match.js";

/** What a match leaves open, and the user allows. */
export interface Settled {
  /** Parameters that keep their initial values. */
  readonly initial: readonly Parameter[];
  /** Tensors that are not used. */
  readonly unused: readonly StoredTensor[];
}

/**
 * Holds a match to what the user allows: patterns of parameters, in either's names, that may keep their initial values,
 * and of tensors that may stay unused.
 *
 * Errors: `InputError` with everything that is missing, left over or of the wrong shape, each with the nearest names
 * of the other side.
 */
export function settleMatch(match: Match, allowMissing: readonly string[], source: TensorSource): Settled {
  const { names, found, misfits, missing, leftOver } = match;
  const known = [...found.keys(), ...misfits.keys(), ...missing].flatMap((parameter) => [
    parameter.name,
    ...theirName(match, parameter),
  ]);
  const allowed = anyNamePattern("--allow-missing", allowMissing, [
    ...known,
    ...leftOver.map(({ name }) => name),
  ]);
  const mayStay = (parameter: Parameter): boolean =>
    [parameter.name, ...theirName(match, parameter)].some(allowed);
  const lacking = missing.filter((parameter) => !mayStay(parameter));
  const wrong = [...misfits].filter(([parameter]) => !mayStay(parameter));
  const extra = leftOver.filter(({ name }) => !allowed(name));

  const extraNames = extra.map(({ name }) => name);
  const lackingNames = lacking.flatMap((parameter) => theirName(match, parameter));
  const diagnostics: readonly Omit<Diagnostic, "file">[] = [
    ...wrong.map(([parameter, tensor]) => misfit(parameter, tensor)),
    ...lacking.map((parameter) => {
      const name = names.get(parameter)?.name;
      return name === undefined ? unnamed(parameter, match) : absent(parameter, name, extraNames);
    }),
    ...extra.map((tensor) => surplus(tensor, lackingNames)),
  ];
  if (diagnostics.length > 0) {
    throw new InputError([
      ...diagnostics.map((each) => ({ ...each, file: source.file })),
      summary(match, [wrong.length, lacking.length, extra.length], source),
    ]);
  }
  return {
    initial: [...missing, ...misfits.keys()],
    unused: [...leftOver, ...misfits.values()],
  };
}

function theirName({ names }: Match, parameter: Parameter): readonly string[] {
  const name = names.get(parameter)?.name;
  return name === undefined ? [] : [name];
}

function misfit(parameter: Parameter, tensor: StoredTensor): Diagnostic {
  const { name, type } = parameter;
  const needed = `${name} needs [${concreteDims(type.dims).join(", ")}]`;
  const has = isFloating(tensor.dtype)
    ? `has the shape [${tensor.dims.join(", ")}]`
    : `holds elements of ${tensor.dtype}, and weights are floating-point numbers`;
  const message = `${JSON.stringify(tensor.name)} ${has}; ${needed}`;
  const hint =
    adaptableTo(tensor, parameter) === undefined
      ? undefined
      : "--adapt-input makes it that of other channels: summed, or repeated";
  return { code: "weights/shape", message, hint };
}

function absent(parameter: Parameter, name: string, extra: readonly string[]): Diagnostic {
  return {
    code: "weights/missing",
    message: `${JSON.stringify(name)} is missing, for ${parameter.name} [${concreteDims(parameter.type.dims).join(", ")}]`,
    hint: nearest("unused in the file", name, extra),
  };
}

function unnamed({ name, type }: Parameter, { map }: Match): Diagnostic {
  if (map === BY_ORDER) {
    const dims = concreteDims(type.dims).join(", ");
    const message = `${name} [${dims}] is not paired: the file has more or fewer tensors of that size than the network`;
    return { code: "weights/missing", message };
  }
  return { code: "weights/missing", message: `${name} is missing: ${map.title} has no such layer` };
}

function surplus({ name, dims }: StoredTensor, lacking: readonly string[]): Diagnostic {
  return {
    code: "weights/left-over",
    message: `${JSON.stringify(name)} [${dims.join(", ")}] has no place in the network`,
    hint: nearest("missing", name, lacking),
  };
}

function nearest(what: string, name: string, others: readonly string[]): string | undefined {
  const near = nearestWords(name, others);
  return near.length === 0 ? undefined : `${what}: ${near.join(", ")}`;
}

function summary(
  { map, naming, found }: Match,
  counts: readonly [number, number, number],
  source: TensorSource,
): Diagnostic {
  const [wrong, missing, extra] = counts;
  return {
    code: "weights/names",
    message: `read ${map === BY_ORDER ? "by" : "under the names of"} ${map.title} (${naming.title}): ${found.size} tensors fit, ${wrong} have the wrong shape, ${missing} are missing, ${extra} are left over`,
    file: source.file,
    hint:
      foldedHint(source) ??
      "--allow-missing PATTERN lets parameters keep their initial values and tensors stay unused, as in --allow-missing '*.attention.*'; --names KIND reads other names",
  };
}

/**
 * Whether a name matches one of the patterns, in which `*` stands for any characters: `*.attention.*`,
 * `head.classifier.*`. A pattern that no known name matches is a mistake.
 *
 * Errors: `InputError` for such patterns, all of them.
 */
function anyNamePattern(
  flag: string,
  patterns: readonly string[],
  known: readonly string[],
): (name: string) => boolean {
  const idle = patterns.filter((pattern) => !known.some((name) => matchesText(pattern, name)));
  if (idle.length > 0) {
    throw new InputError(
      idle.map((pattern) => ({
        code: "weights/idle-pattern",
        message: `${flag} ${JSON.stringify(pattern)} matches no parameter of the network and no tensor of the file`,
        hint: didYouMean(pattern.replaceAll("*", ""), known) ?? "* matches any characters",
      })),
    );
  }
  return (name) => patterns.some((pattern) => matchesText(pattern, name));
}
