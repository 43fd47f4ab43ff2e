import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { RatioMeasure } from "./measures.js";
import { type Command, milliseconds } from "./ratios.js";

/** A network of ours beside timm's export of the same, and the aim for one image on one thread. */
interface Peer {
  readonly spec: string;
  readonly file: string;
  readonly most: number;
}

const PEERS: readonly Peer[] = [
  { spec: "b0-eca", file: "timm-b0-eca", most: 0.86 },
  { spec: "b0-se", file: "timm-b0-se", most: 0.94 },
  { spec: "resnet50-eca", file: "timm-r50-eca", most: 0.91 },
  { spec: "mobilenetv3-large-100", file: "timm-mnv3", most: 0.96 },
];

const ROUNDS = 15;

/** How a model is compiled and run. */
interface Setting {
  readonly threads: number;
  readonly batch: number;
  readonly target: "portable" | "cpu" | "auto";
}

const ONE: Setting = { threads: 1, batch: 1, target: "cpu" };

/** Compiled models as ONNX Runtime runs them on the CPU, as ratios to timm's exports and to each other. */
export const MODEL_RATIOS: readonly RatioMeasure[] = [
  ...PEERS.map(({ spec, file, most }) => ({
    name: `run ${spec} / timm's`,
    most,
    measure: (folder: string) => interleaved("run", ONE, compiled(spec, ONE, folder), peer(file)),
  })),
  {
    name: "run b0-eca / without attention",
    most: 1.12,
    measure: (folder) => {
      const none = compiled("b0-none", ONE, folder);
      return interleaved("run", ONE, compiled("b0-eca", ONE, folder), none);
    },
  },
  ...[
    { ...ONE, batch: 8, target: "auto" as const },
    { ...ONE, threads: 2, target: "auto" as const },
  ].flatMap((setting) =>
    PEERS.flatMap(({ spec, file }) => {
      const where = setting.batch === 1 ? `${setting.threads} threads` : `batch ${setting.batch}`;
      return [
        {
          name: `run ${spec} / timm's, ${where}`,
          most: 1,
          measure: (folder: string) =>
            interleaved("run", setting, compiled(spec, setting, folder), peer(file)),
        },
        {
          name: `run ${spec} / portable, ${where}`,
          most: 1,
          measure: (folder: string) => {
            const portable = compiled(spec, { ...setting, target: "portable" }, folder);
            return interleaved("run", setting, compiled(spec, setting, folder), portable);
          },
        },
      ];
    }),
  ),
  ...PEERS.map(({ spec, file }) => ({
    name: `run timm's ${spec} rewritten / ours`,
    most: 1,
    measure: (folder: string) =>
      interleaved("run", ONE, rewritten(file, folder), compiled(spec, ONE, folder)),
  })),
  {
    name: "create a session of b0-eca / timm's",
    most: 0.6,
    measure: (folder) => interleaved("create", ONE, compiled("b0-eca", ONE, folder), peer("timm-b0-eca")),
  },
];

function peer(file: string): string {
  return `bench/peers/${file}.onnx.gz`;
}

function compiled(spec: string, { threads, batch, target }: Setting, folder: string): string {
  const output = join(folder, `${spec}-${target}-${threads}-${batch}.onnx`);
  const flags = target === "portable" ? [] : ["--threads", String(threads)];
  cli("compile", spec, "--batch", String(batch), "--target", target, ...flags, "-o", output);
  return output;
}

function rewritten(file: string, folder: string): string {
  const [input, output] = [join(folder, `${file}.onnx`), join(folder, `${file}-cpu.onnx`)];
  writeFileSync(input, gunzipSync(readFileSync(peer(file))));
  cli("rewrite", input, "--target", "cpu", "--batch", "1", "--no-verify", "-o", output);
  return output;
}

function cli(...args: readonly string[]): void {
  const command: Command = [process.execPath, "dist/cli.js", ...args];
  milliseconds(command);
}

function interleaved(
  what: "run" | "create",
  { threads, batch }: Setting,
  model: string,
  other: string,
): number[] {
  const numbers = [threads, batch, ROUNDS].map(String);
  const args = ["bench/peers/interleaved.mjs", what, ...numbers, model, other];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as number[];
}
