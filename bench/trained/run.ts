/**
 * What becomes of trained networks when their gates are swapped, judged by pictures that they were not fitted by: the table of
 * docs/trained-gates.md. Run after a build.
 *
 *     npm run bench:trained -- [classifier] [detector] [recogniser]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NETWORKS, type NetworkName, SEEDS, writeFittingImages } from "./networks.js";
import { runNode } from "./process-tree.js";

/** A way to swap a network's gates: its name, and the flags of `ecagen rewrite`. PICTURES and METRIC stand for those of the network. */
type Row = readonly [name: string, ...flags: readonly string[]];

const FITTED = ["--calibrate", "PICTURES"] as const;

const ROWS: readonly Row[] = [
  ["the original"],
  ["without its gates", "--swap", "se=none"],
  ["ECA, `init`", "--swap", "se=eca"],
  ["ECA, `neutral`", "--swap", "se=eca", "--new-gates", "neutral", ...FITTED],
  ["ECA, `fit`", "--swap", "se=eca", "--new-gates", "fit", ...FITTED],
  ["chosen, cosine 0.999", "--swap", "se=auto", "--budget", "cosine=0.999", ...FITTED],
  ["chosen, 85 % fewer", "--swap", "se=auto", "--budget", "parameters=-85%", ...FITTED],
];

/** What a row comes to. */
interface Result {
  readonly name: string;
  /** Of all gates. */
  readonly parameters: number;
  readonly metric: number;
  readonly seconds: number;
  readonly megabytes: number | undefined;
}

const isName = (text: string): text is NetworkName => Object.hasOwn(NETWORKS, text);
const asked = process.argv.slice(2).filter(isName);
const folder = mkdtempSync(join(tmpdir(), "ecagen-trained-"));
try {
  for (const name of asked.length > 0 ? asked : Object.keys(NETWORKS).filter(isName)) {
    writeFittingImages(name, join(folder, name));
    console.log(`\n| ${name} | gates' parameters | of the original's | ${NETWORKS[name].metric} | s | MB |`);
    console.log("|---|---:|---:|---:|---:|---:|");
    let original: Result | undefined;
    for (const row of ROWS) {
      const result = await resultOf(name, row);
      original ??= result;
      console.log(tableRow(result, original));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Rewrites a network and judges what comes of it. */
async function resultOf(name: NetworkName, [what, ...flags]: Row): Promise<Result> {
  const network = NETWORKS[name];
  const output = join(folder, `${name}.onnx`);
  const words: Readonly<Record<string, string>> = {
    PICTURES: join(folder, name),
    METRIC: `${process.execPath} --import tsx bench/trained/metric.ts ${name} --choosing`,
  };
  const command = ["dist/cli.js", "rewrite", network.file, "-o", output, "--json", "--no-verify"];
  const sized = ["--input-shape", network.shape];
  const { stdout, seconds, megabytes } = await runNode([
    ...command,
    ...sized,
    ...flags.map((flag) => words[flag] ?? flag),
  ]);
  const { attentionParameters } = JSON.parse(stdout) as { readonly attentionParameters: number };
  const metric = await network.judge(output, SEEDS.judging, network.pictures);
  return { name: what, parameters: attentionParameters, metric, seconds, megabytes };
}

function tableRow({ name, parameters, metric, seconds, megabytes }: Result, original: Result): string {
  const part = `${((100 * parameters) / original.parameters).toFixed(1)} %`;
  const cells = [name, parameters, part, metric.toFixed(4), seconds.toFixed(1), megabytes?.toFixed(0) ?? "-"];
  return `| ${cells.join(" | ")} |`;
}
