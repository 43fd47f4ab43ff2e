import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gatedChain } from "../gated-chain.js";
import { peakMemory } from "../measure.js";
import { type Command, milliseconds, ratios, works } from "./ratios.js";

/** A ratio that should be at most `most`. `measure` uses a folder of its own, and gives undefined where the peer can't run here. */
export interface RatioMeasure {
  readonly name: string;
  readonly most: number;
  readonly measure: (folder: string) => readonly number[] | undefined;
}

/** Peak memory, in MB, that should be at most `most`. */
export interface MemoryMeasure {
  readonly name: string;
  readonly most: number;
  readonly measure: (folder: string) => number;
}

const CLI = "dist/cli.js";
const B0 = "specs/b0-eca.json";
const EMPTY = node("-e", "0");

/** Rounds of commands of a fraction of a second, and of those of many. */
const SHORT = 15;
const LONG = 3;

/** Numbers of ops of the synthetic networks. */
const [FEW, MANY] = [10_000, 100_000] as const;

export const RATIOS: readonly RatioMeasure[] = [
  againstEmpty("--help", 3, () => [CLI, "--help"]),
  againstEmpty("list", 2, () => [CLI, "list"]),
  againstEmpty("stats b0-eca", 2.5, () => [CLI, "stats", B0]),
  againstEmpty("diff b0-se b0-eca", 2.7, () => [CLI, "diff", "specs/b0-se.json", B0]),
  againstEmpty("compile b0-eca", 3.9, (folder) => compiling("b0-eca", folder)),
  againstPython("onnx.helper and numpy", 1, "onnx, numpy", "onnx_b0.py"),
  againstPython("torchvision and torch.onnx", 0.12, "torch, torchvision", "torchvision_b0.py"),
  againstFloats("b7-eca"),
  againstFloats("l2-eca", "--external-data"),
  {
    name: `rewrite ${MANY} ops / ${FEW} ops, without the start`,
    most: 12,
    measure(folder) {
      const [few, many] = [rewriting(FEW, folder), rewriting(MANY, folder)];
      const start = node(CLI, "rewrite", "--help");
      return Array.from({ length: LONG }, () => {
        const [started, short, long] = [start, few, many].map(milliseconds) as [number, number, number];
        return (long - started) / (short - started);
      });
    },
  },
];

export const MEMORY: readonly MemoryMeasure[] = [
  { name: "compile b0-eca", most: 100, measure: (folder) => peakMemory(compiling("b0-eca", folder)) },
  { name: "compile b7-eca", most: 130, measure: (folder) => peakMemory(compiling("b7-eca", folder)) },
  {
    name: "compile l2-eca",
    most: 130,
    measure: (folder) => peakMemory([...compiling("l2-eca", folder), "--external-data"]),
  },
  {
    name: `rewrite ${MANY} ops`,
    most: 600,
    measure: (folder) => peakMemory(rewriting(MANY, folder).slice(1)),
  },
];

function node(...args: readonly string[]): Command {
  return [process.execPath, ...args];
}

function compiling(spec: string, folder: string): readonly string[] {
  const output = join(folder, spec);
  mkdirSync(output, { recursive: true });
  return [CLI, "compile", `specs/${spec}.json`, "-o", join(output, `${spec}.onnx`)];
}

/** Swaps the gates of a chain of so many ops, whose file is made. */
function rewriting(ops: number, folder: string): Command {
  const file = join(folder, `${ops}.onnx`);
  writeFileSync(file, gatedChain(ops));
  const output = join(folder, `${ops}-eca.onnx`);
  return node(CLI, "rewrite", file, "--swap", "se=eca", "--no-verify", "-o", output);
}

function againstEmpty(name: string, most: number, args: (folder: string) => readonly string[]): RatioMeasure {
  return {
    name: `${name} / node -e 0`,
    most,
    measure: (folder) => ratios(node(...args(folder)), EMPTY, SHORT),
  };
}

/** Compiling B0 against a script of bench/peers/, run by `$PYTHON` or python3. */
function againstPython(name: string, most: number, modules: string, script: string): RatioMeasure {
  const python = process.env.PYTHON ?? "python3";
  return {
    name: `compile b0-eca / ${name}`,
    most,
    measure(folder) {
      if (!works([python, "-c", `import ${modules}`])) return undefined;
      const peer: Command = [python, join("bench/peers", script), join(folder, "peer.onnx")];
      return ratios(node(...compiling("b0-eca", folder)), peer, SHORT);
    },
  };
}

/** Compiling a large network against writing as many bytes of random floats. */
function againstFloats(spec: string, ...flags: readonly string[]): RatioMeasure {
  return {
    name: `compile ${spec} / random floats`,
    most: 2,
    measure(folder) {
      const command = node(...compiling(spec, folder), ...flags);
      milliseconds(command);
      const out = join(folder, spec);
      const bytes = readdirSync(out).reduce((sum, file) => sum + statSync(join(out, file)).size, 0);
      const floats = join(folder, "floats");
      mkdirSync(floats, { recursive: true });
      return ratios(command, node("bench/peers/random-floats.mjs", String(bytes), join(floats, spec)), LONG);
    },
  };
}
