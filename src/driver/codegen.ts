import { dirname, join } from "node:path";
import { countNetwork } from "../analysis/counts.js";
import { writeAtomically } from "../base/atomic-file.js";
import { CheckError, InputError } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { packageVersion } from "../base/package.js";
import { GENERATORS, type LanguageName } from "../codegen/registry.js";
import type { CodegenSubject } from "../codegen/subject.js";
import { writeModel } from "../onnx/write.js";
import { type ExportOptions, encode, lower } from "./compile.js";
import { checkExpectations, expectationDiagnostics } from "./expectations.js";
import { exportWeights } from "./export-weights.js";
import { checkOwnership, contentHash, MANIFEST, manifestText } from "./generated-folder.js";
import { type WeightsOptions, type WeightsReport, withOpenWeights } from "./load-weights.js";
import { type NetworkOptions, type SpecNetwork, specNetwork } from "./network.js";

export interface CodegenOptions
  extends Pick<NetworkOptions, "passes" | "resolution">,
    WeightsOptions,
    ExportOptions {
  readonly language: LanguageName;
  /** The folder that gets the program; made if need be. */
  readonly output: string;
  /** Overwrites files that ecagen did not generate or that were changed since. */
  readonly force?: boolean | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** What `ecagen codegen --json` prints. */
export interface CodegenReport {
  readonly output: string;
  readonly language: LanguageName;
  /** The files that were written, relative to `output`. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** What became of the weights that were given. */
  readonly weights?: WeightsReport;
}

/**
 * Generates a program that runs or trains the network of a spec, into a folder:
 *
 *     SPEC ── IR, rewritten ── files of text
 *                           └─ model.onnx, weights: where the language wants them
 *
 * Errors: `InputError` for a wrong spec or option and for a folder with files of somebody else, `CheckError` for a missed
 * expectation; none leaves a file.
 */
export function codegen(specFile: string, options: CodegenOptions): Promise<CodegenReport> {
  return withOpenWeights(options, async (given) => {
    const network = specNetwork(specFile, { ...options, given });
    if (options.resolution === undefined) refuseMissedExpectations(network);
    const generate = await GENERATORS[options.language].load();
    const files = generate(codegenSubject(network, options));
    checkOwnership(
      options.output,
      files.map(({ path }) => path),
      options.force === true,
    );
    makeFolder(options.output);
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
      if (folder !== ".") makeFolder(join(options.output, folder));
    }
    const written: { path: string; bytes: number }[] = [];
    const texts = new Map<string, Uint8Array>();
    for (const file of files) {
      if ("text" in file) {
        const bytes = Buffer.from(file.text);
        texts.set(file.path, bytes);
        written.push({ path: file.path, bytes: bytes.length });
      } else {
        const bytes = await artifacts[file.artifact](join(options.output, file.path), network, options);
        written.push({ path: file.path, bytes });
      }
    }
    const hashes = new Map([...texts].map(([path, bytes]) => [path, contentHash(bytes)]));
    const manifest = Buffer.from(manifestText({ version: packageVersion(), ...options, hashes }));
    const all = [...texts, [MANIFEST, manifest] as const];
    await writeAtomically(
      all.map(([path]) => join(options.output, path)),
      async (...sinks) => {
        for (const [i, sink] of sinks.entries()) await sink.write(all[i]?.[1] ?? new Uint8Array());
      },
    );
    return {
      output: options.output,
      language: options.language,
      files: [...written, { path: MANIFEST, bytes: manifest.length }],
      ...(network.weights === undefined ? {} : { weights: network.weights }),
    };
  });
}

/** What generators are told of a network. */
export function codegenSubject(
  network: SpecNetwork,
  { batch, resolution }: Pick<CodegenOptions, "batch" | "resolution">,
): CodegenSubject {
  const { resolved } = network.spec;
  const input = { ...resolved.input };
  return {
    spec: {
      ...resolved,
      input: resolution === undefined ? input : { ...input, height: resolution, width: resolution },
    },
    graph: network.graph,
    counts: countNetwork(network.graph),
    batch,
    version: packageVersion(),
  };
}

/** Makes a file of the network; each gives its size in bytes. */
const artifacts = {
  async model(file: string, network: SpecNetwork, options: CodegenOptions): Promise<number> {
    const { graph } = lower(network, options);
    const { bytes, externalData } = await writeModel(file, encode(network, graph, options), {
      seed: options.seed ?? 0,
      digest: false,
      onProgress: (part) => options.onProgress?.("writing the model", part),
    });
    if (externalData !== undefined) {
      throw InputError.of("codegen/too-large", "the model exceeds 2 GiB, which one file can't hold", {
        file,
      });
    }
    return bytes;
  },
  async weights(file: string, network: SpecNetwork, options: CodegenOptions): Promise<number> {
    const { bytes } = await exportWeights(file, network.graph, options.seed ?? 0, (part) =>
      options.onProgress?.("writing weights", part),
    );
    return bytes;
  },
};

function refuseMissedExpectations(network: SpecNetwork): void {
  const checks = checkExpectations(network.spec, countNetwork(network.declared));
  const failed = expectationDiagnostics(network.spec, checks);
  if (failed.length > 0) throw new CheckError(failed);
}
