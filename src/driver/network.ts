import { InputError } from "../base/diagnostic.js";
import { buildNetwork } from "../blocks/network.js";
import type { Graph } from "../ir/graph.js";
import { type PassReport, type PipelineHooks, runPasses } from "../passes/manager.js";
import type { PassInvocation } from "../passes/pass.js";
import { parsePipeline } from "../passes/pipeline.js";
import { isPassName, passOf } from "../passes/registry.js";
import { type LoadedSpec, loadSpec } from "../spec/load.js";

export interface NetworkOptions {
  /** More passes after the spec's own, in pipeline text form. */
  readonly passes?: string | undefined;
  /** Height and width in place of the spec's. */
  readonly resolution?: number | undefined;
  readonly hooks?: PipelineHooks | undefined;
}

/** A spec's network: built, and rewritten by the spec's passes and the caller's. */
export interface SpecNetwork {
  readonly spec: LoadedSpec;
  /** As the blocks built it, before any pass. */
  readonly built: Graph;
  /** After the spec's own passes: what `expect` is about. */
  readonly declared: Graph;
  /** After the caller's passes as well. */
  readonly graph: Graph;
  /**
   * What `graph` has to compute: the network with only those of the passes that mean to change its function.
   * Folding and lowering are not among them, so a wrong one shows.
   */
  readonly meant: Graph;
  /** The passes that lead from `meant` to `graph`, where they come last, as they should. */
  readonly keeping: readonly PassInvocation[];
  readonly invocations: readonly PassInvocation[];
  readonly reports: readonly PassReport[];
}

/** Reads a spec and gives its network at model level. Every problem with the spec is an `InputError`. */
export function specNetwork(file: string, options: NetworkOptions = {}): SpecNetwork {
  const extra =
    options.passes === undefined ? [] : parsePipeline(options.passes, pipelineText(options.passes));
  if (file.endsWith(".onnx")) throw notASpec(file);
  const spec = loadSpec(file);
  const { resolved } = atResolution(spec, options.resolution);
  return locateErrors(spec, () => {
    const built = buildNetwork(resolved);
    const own = runPasses(built, resolved.passes, options.hooks);
    const more = runPasses(own.graph, extra, options.hooks);
    const invocations = [...resolved.passes, ...extra];
    const changes = ({ pass }: PassInvocation): boolean =>
      isPassName(pass) && passOf(pass).preserves === "signature";
    const keeping = invocations.filter((invocation) => !changes(invocation));
    return {
      spec,
      built,
      declared: own.graph,
      graph: more.graph,
      meant: keeping.length === 0 ? more.graph : runPasses(built, invocations.filter(changes)).graph,
      keeping,
      invocations,
      reports: [...own.reports, ...more.reports],
    };
  });
}

function notASpec(file: string): InputError {
  return InputError.of("spec/onnx", `${file} is an ONNX file, and this reads specs`, {
    file,
    hint: `verify takes one: ecagen verify ${file}, or with its spec: ecagen verify SPEC --against ${file}`,
  });
}

function pipelineText(text: string): { source: { file: string; text: string }; offset: number } {
  return { source: { file: "--passes", text }, offset: 0 };
}

function atResolution(spec: LoadedSpec, resolution: number | undefined): LoadedSpec {
  if (resolution === undefined) return spec;
  const input = { ...spec.resolved.input, height: resolution, width: resolution };
  return { ...spec, resolved: { ...spec.resolved, input } };
}

/** An error that knows its JSON path gets the place in the file that wrote it. */
export function locateErrors<T>(spec: LoadedSpec, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.diagnostics.map((diagnostic) =>
        diagnostic.range !== undefined || diagnostic.path === undefined
          ? diagnostic
          : { ...diagnostic, range: spec.document.locate(diagnostic.path) },
      ),
    );
  }
}
