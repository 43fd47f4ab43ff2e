import { InputError } from "../base/diagnostic.js";
import type { Graph, Parameter } from "../ir/graph.js";
import { parametersOf } from "../ir/graph.js";
import { storedLeaves } from "../ir/weight.js";
import type { ResolvedSpec } from "../language/resolved.js";
import { roundedNames, type TensorSource } from "../weights/formats/tensor-source.js";
import { adaptInput } from "../weights/names/adapt-input.js";
import type { Match } from "../weights/names/match.js";
import { type NamesChoice, recognizeNames } from "../weights/names/recognize.js";
import type { Renaming } from "../weights/names/renaming.js";
import { settleMatch } from "../weights/names/settle.js";
import { bindTensors } from "../weights/values/bind.js";
import { checkSettings, type OtherSetting, settingErrors } from "./implied-settings.js";
import { ownNames } from "./own-names.js";

/** Trained weights for a network, with their options. */
export interface WeightsOptions {
  /** The file or folder. */
  readonly weights?: string | undefined;
  /** Names of the file. Default: detected. order: tensors are paired by order and shape. */
  readonly names?: NamesChoice | undefined;
  /** A file of regular expressions that rename tensors before they are matched. */
  readonly namesMap?: string | undefined;
  /** Adapts the weights of an RGB stem to the network's channels, as timm does. */
  readonly adaptInput?: boolean | undefined;
  /**
   * Patterns of names, the network's or the file's: such parameters may keep their initial values, such tensors may
   * stay unused. `*` stands for any characters.
   */
  readonly allowMissing?: readonly string[] | undefined;
  /** Accepts settings of the spec that differ from those that the names imply: another ε, another padding. */
  readonly allowOtherSettings?: boolean | undefined;
  /** The key of the weights in a PyTorch checkpoint. Default: averaged weights, else the usual keys. */
  readonly weightsKey?: string | undefined;
}

/** Weights that are open for reading. */
export interface GivenWeights extends Omit<WeightsOptions, "weights" | "weightsKey" | "namesMap"> {
  readonly source: TensorSource;
  readonly renaming?: Renaming | undefined;
}

/** How the weights of a file were used; lists contain names. */
export interface WeightsReport {
  readonly file: string;
  /** Whose names they are: `timm`. */
  readonly names: string;
  /** The family of networks: `ResNet`. */
  readonly family: string;
  /** How many parameters and running statistics have their numbers from the file. */
  readonly loaded: number;
  /** Parameters that keep their initial values, because the file lacks them or a pass made them. */
  readonly initial: readonly string[];
  /** Tensors of the file without a parameter in the network. */
  readonly unused: readonly string[];
  /** Tensors of the file that belonged to parts that a pass removed. */
  readonly dropped: readonly string[];
  /** Tensors of float64, whose numbers are rounded to float32. */
  readonly rounded: readonly string[];
  /** Settings of the spec that differ from those that the names imply, accepted by `--allow-other-settings`. */
  readonly otherSettings: readonly OtherSetting[];
  /** For names that are paired by order and shape: the tensor of each parameter. */
  readonly pairs?: readonly { readonly parameter: string; readonly tensor: string }[];
  /** Further notes on the settings. */
  readonly notes: readonly string[];
}

/** Weights that have found their network. */
export interface LoadedWeights {
  /** Which of the networks they fit. */
  readonly index: number;
  /** Gives the numbers to that network's parameters, by their names. */
  bind(graph: Graph): Graph;
  /** What became of them in a network that was made of that one. */
  report(graph: Graph): WeightsReport;
}

/**
 * Finds the network that a file's weights are for: of those before and after a swap of gates, the one whose gates
 * the file has.
 *
 * Errors: `InputError` where the names are unknown, for what is missing, left over or of the wrong shape, and for settings of
 * the spec that are others than the names imply.
 */
export function loadWeights(
  spec: ResolvedSpec,
  graphs: readonly Graph[],
  { source, names, renaming, adaptInput: adapts, allowMissing = [], allowOtherSettings }: GivenWeights,
): LoadedWeights {
  const {
    graph,
    match: read,
    notes: said,
  } = recognizeNames(graphs, source, {
    ...{ kind: names, renaming },
    own: ownNames(spec),
  });
  const { match, notes: adapted } =
    adapts === true ? adaptInput(read, graph, source.file) : { match: read, notes: [] };
  if (adapts === true && adapted.length === 0) throw nothingToAdapt(spec, source);
  const { unused } = settleMatch(match, allowMissing, source);
  const { differing, notes } = checkSettings(spec, match.map, match.naming);
  if (differing.length > 0 && allowOtherSettings !== true) {
    throw new InputError(settingErrors(differing, `${match.map.title} (${match.naming.title})`));
  }
  const tensors = new Map([...match.found].map(([parameter, tensor]) => [parameter.name, tensor]));
  return {
    index: graphs.indexOf(graph),
    bind: (each) => bindTensors(each, tensors, source.file),
    report(made) {
      const left = parametersOf(made).filter(({ role }) => role !== "fixed");
      const labels = new Set(left.flatMap(labelsOf));
      const dropped = [...match.found.values()].filter(({ name }) => !labels.has(name));
      return {
        file: source.file,
        names: match.map.kind,
        family: match.naming.title,
        loaded: match.found.size - dropped.length,
        initial: left.filter((parameter) => labelsOf(parameter).length === 0).map(({ name }) => name),
        unused: unused.map(({ name }) => name),
        dropped: dropped.map(({ name }) => name),
        rounded: roundedNames(match.found.values()),
        otherSettings: differing.map(({ path: _, ...other }) => other),
        ...(names === "order" ? { pairs: pairsOf(match) } : {}),
        notes: [...(source.notes ?? []), ...said, ...adapted, ...notes],
      };
    },
  };
}

function pairsOf({ found }: Match): readonly { readonly parameter: string; readonly tensor: string }[] {
  return [...found].map(([parameter, tensor]) => ({ parameter: parameter.name, tensor: tensor.name }));
}

function nothingToAdapt({ input }: ResolvedSpec, { file }: TensorSource): InputError {
  return InputError.of(
    "flag/unused",
    `--adapt-input changes nothing: no convolution of the image in ${file} is for 3 channels where the network has ${input.channels}`,
    { file },
  );
}

/** The names of the stored numbers that a parameter is made of. */
function labelsOf({ data }: Parameter): readonly string[] {
  return [...storedLeaves(data)].map(([label]) => label);
}
