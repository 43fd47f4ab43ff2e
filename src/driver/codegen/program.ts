import { isAbsolute, relative, sep } from "node:path";
import { countNetwork } from "../../analysis/counts.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { GENERATORS, LANGUAGES, type Language, type LanguageName } from "../../codegen/registry.js";
import type {
  CodegenSubject,
  Generator,
  InterfaceGenerator,
  OldNetwork,
  StateNames,
  Variant,
} from "../../codegen/subject.js";
import { packageVersion } from "../../files/package.js";
import type { Graph, Value } from "../../ir/graph.js";
import { tensorType } from "../../ir/types.js";
import type { ExportOptions } from "../../networks/export.js";
import { ownNames } from "../../networks/own-names.js";
import type { SpecNetwork } from "../../networks/spec-network.js";
import type { InsertFlags } from "../../passes/insert/flags.js";
import { nameMapOf } from "../../weights/names/registry.js";
import { type FrameworkNames, frameworkNames } from "./state-names.js";
import {
  describeVariant,
  planVariants,
  solePlan,
  type VariantNetwork,
  type VariantsOptions,
  withVariants,
} from "./variants.js";

/** Which program is generated, of which networks. */
export interface ProgramOptions extends VariantsOptions, ExportOptions {
  /** The language of the program, or `templates` instead. */
  readonly language?: LanguageName | undefined;
  /** A folder of templates, instead of a language. */
  readonly templates?: string | undefined;
}

/** Options of code generation. */
export interface CodegenOptions extends ProgramOptions, InsertFlags {
  /** The folder for the program; created if missing. */
  readonly output: string;
  /** Overwrites files that ecagen did not generate or that were changed since. */
  readonly force?: boolean | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** The networks of a program, and what its generator is told of them. */
export interface Program {
  readonly subject: CodegenSubject;
  /** The spec's own first; that alone where the language has no variants. */
  readonly variants: readonly [VariantNetwork, ...VariantNetwork[]];
  /** The names of the spec's own weights in files of weights; undefined for those of the network. */
  readonly stateNames: FrameworkNames | undefined;
  /** The network before passes exchanged its gates; undefined where none did. */
  readonly old: NamedOldNetwork | undefined;
  readonly warnings: readonly Diagnostic[];
}

/** The network before passes exchanged its gates, and the names of its weights in files. */
export interface NamedOldNetwork extends OldNetwork {
  readonly stateNames: FrameworkNames | undefined;
}

/** Builds the networks of a program, whose weights are open for as long as `use` takes. */
export async function withProgram<T>(
  specFile: string,
  options: ProgramOptions,
  use: (program: Program) => Promise<T>,
): Promise<T> {
  const compares = hasVariants(options);
  if (!compares && options.variantWeights !== undefined) throw noVariants(options);
  const { plans, warnings } = compares
    ? planVariants(specFile, options)
    : { plans: [solePlan(options)], warnings: [] };
  return await withVariants(specFile, plans, options, async (variants) => {
    const described = compares ? variants.map((each) => describeVariant(each, options)) : [];
    const [{ network }] = variants;
    const stateNames = stateNamesFor(network, options);
    const old = oldNetworkOf(network, options);
    const subject = codegenSubject(network, { ...options, stateNames, old, variants: described });
    return await use({ subject, variants, stateNames, old, warnings });
  });
}

/** Whether a program holds the networks against each other that the gates can become. */
export function hasVariants({ language }: ProgramOptions): boolean {
  return language !== undefined && GENERATORS[language].hasVariants;
}

/** How the generator is loaded of programs that only run an ONNX file; undefined for others. */
export function runnerOf({ language }: ProgramOptions): (() => Promise<InterfaceGenerator>) | undefined {
  if (language === undefined) return undefined;
  const found: Language = GENERATORS[language];
  return found.loadRunner;
}

/** How the generator is loaded that the options ask for: that of a language, or that of the user's templates. */
export function generatorOf({
  language,
  templates,
  output,
}: ProgramOptions & { readonly output: string }): () => Promise<Generator> {
  if ((language === undefined) === (templates === undefined)) {
    const both = language !== undefined;
    throw InputError.of(
      "codegen/what",
      both ? "--lang and --templates can't both be given" : "what to generate is not said",
      { hint: `give either --lang ${LANGUAGES.join("|")} or --templates DIR` },
    );
  }
  if (language !== undefined) return GENERATORS[language].load;
  const folder = templates ?? "";
  const way = relative(folder, output);
  if (!isAbsolute(way) && way.split(sep)[0] !== "..") {
    throw InputError.of("codegen/own-templates", `the output is in the folder of the templates`, {
      file: output,
      hint: "what is written there would be taken for templates the next time",
    });
  }
  return async () => (await import("../../codegen/user-templates/generate.js")).userTemplates(folder);
}

/** A network whose file has inputs and outputs of float16, as those see it who only read what these are. */
function withEndsDeclaredHalf(graph: Graph): Graph {
  const half = <V extends Value>(value: V): V =>
    value.type.dtype === "float32" ? { ...value, type: tensorType(value.type.dims, "float16") } : value;
  return { ...graph, inputs: graph.inputs.map(half), outputs: graph.outputs.map(half) };
}

interface SubjectOptions extends Pick<ProgramOptions, "batch" | "resolution" | "halfIo"> {
  readonly stateNames?: StateNames | undefined;
  readonly old?: OldNetwork | undefined;
  readonly variants?: readonly Variant[] | undefined;
}

/** What generators are told of a network. */
export function codegenSubject(
  network: SpecNetwork,
  { batch, resolution, halfIo, stateNames, old, variants = [] }: SubjectOptions,
): CodegenSubject {
  const { resolved } = network.spec;
  const size = resolution === undefined ? {} : { height: resolution, width: resolution };
  return {
    spec: { ...resolved, input: { ...resolved.input, ...size } },
    graph: halfIo === true ? withEndsDeclaredHalf(network.graph) : network.graph,
    counts: countNetwork(network.graph),
    variants,
    batch: batch === "dynamic" ? undefined : batch,
    stateNames,
    old,
    version: packageVersion(),
  };
}

/** The names that `--names` asks for; undefined for the network's own, and for programs without names of weights. */
function stateNamesFor(
  { graph, spec }: Pick<SpecNetwork, "graph" | "spec">,
  { language, names }: ProgramOptions,
): FrameworkNames | undefined {
  const hasNames = language !== undefined && GENERATORS[language].namesWeights;
  const isOwn = names === undefined || names === "ecagen" || names === "order";
  return isOwn || !hasNames ? undefined : frameworkNames(graph, nameMapOf(names, ownNames(spec.resolved)));
}

/** What is generated of the network before the gates were exchanged, with the weights that are of it. */
function oldNetworkOf(
  { exchange, exchanged, spec }: SpecNetwork,
  options: ProgramOptions,
): NamedOldNetwork | undefined {
  const graph = (exchange ?? exchanged)?.before;
  return graph && { graph, counts: countNetwork(graph), stateNames: oldNames({ graph, spec }, options) };
}

/** The framework's names; undefined, for ecagen's own, where it has none for the old gates. */
function oldNames(
  network: Pick<SpecNetwork, "graph" | "spec">,
  options: ProgramOptions,
): FrameworkNames | undefined {
  try {
    return stateNamesFor(network, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

function noVariants({ language }: ProgramOptions): InputError {
  const compared = LANGUAGES.filter((each) => GENERATORS[each].hasVariants);
  const asked = language === undefined ? "--templates" : `--lang ${language}`;
  return InputError.of("codegen/variant-weights", `programs of ${asked} hold one network`, {
    hint: `give its weights by --weights; --variant-weights is for --lang ${compared.join(" or ")}`,
  });
}
