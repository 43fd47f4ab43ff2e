/**
 * What becomes of trained networks when their gates are swapped, judged by pictures that they were not fitted by. Run after a build.
 *
 *     npm run bench:trained                        all, and writes docs/trained-gates.md with its pictures
 *     npm run bench:trained -- classifier          one, whose section of the page is written anew
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NETWORKS, type NetworkName, SEEDS, type TrainedNetwork, writeFittingImages } from "./networks.js";
import { type Result, sectionsIn, sectionText, tableHead, tableRow, trainedGatesPage } from "./page.js";
import { runNode } from "./process-tree.js";

/**
 * A way to swap a network's gates: its name, and the flags of `ecagen rewrite`. PICTURES, METRIC and CURVE stand for those of the
 * network.
 */
type Row = readonly [name: string, ...flags: readonly string[]];

const FITTED = ["--calibrate", "PICTURES"] as const;

const ROWS: readonly Row[] = [
  ["the original"],
  ["without its gates", "--swap", "se=none"],
  ["mean factors alone", "--swap", "se=none", "--new-gates", "fit", ...FITTED],
  ["ECA, `init`", "--swap", "se=eca"],
  ["ECA, `neutral`", "--swap", "se=eca", "--new-gates", "neutral", ...FITTED],
  ["ECA, each by itself", "--swap", "se=eca", "--new-gates", "fit", "--fit-steps", "0", ...FITTED],
  ["ECA, `fit`", "--swap", "se=eca", "--new-gates", "fit", ...FITTED],
  ["chosen, `cosine=0.999`", "--swap", "se=auto", "--budget", "cosine=0.999", ...FITTED],
  [
    "chosen, `parameters=-85%`",
    "--swap",
    "se=auto",
    "--budget",
    "parameters=-85%",
    "--curve",
    "CURVE",
    ...FITTED,
  ],
];

/** For networks that are judged by labels. */
const BY_METRIC: Row = [
  "chosen, `metric=-0.004`",
  ...["--swap", "se=auto", "--budget", "metric=-0.004", "--metric", "METRIC", ...FITTED],
];

const FOLDER = "docs/trained-gates";
const PAGE = "docs/trained-gates.md";

const isName = (text: string): text is NetworkName => Object.hasOwn(NETWORKS, text);
const asked = process.argv.slice(2).filter(isName);
const folder = mkdtempSync(join(tmpdir(), "ecagen-trained-"));
try {
  mkdirSync(FOLDER, { recursive: true });
  const names = Object.keys(NETWORKS).filter(isName);
  const known = existsSync(PAGE) ? sectionsIn(readFileSync(PAGE, "utf8")) : new Map<string, string>();
  const sections: string[] = [];
  for (const name of names) {
    const old = asked.length === 0 || asked.includes(name) ? undefined : known.get(name);
    sections.push(old ?? (await sectionOf(name, NETWORKS[name])));
  }
  writeFileSync(PAGE, trainedGatesPage(sections));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Rewrites a network in every way, prints the table line by line, and gives its section of the page. */
async function sectionOf(name: NetworkName, network: TrainedNetwork): Promise<string> {
  writeFittingImages(name, join(folder, name));
  const lines = [tableHead(name, network)];
  console.log(`\n${lines[0]}`);
  let original: Result | undefined;
  for (const row of network.isLabelled ? [...ROWS, BY_METRIC] : ROWS) {
    const result = await resultOf(name, row);
    original ??= result;
    const line = tableRow(result, original);
    lines.push(line);
    console.log(line);
  }
  return sectionText(name, network, lines.join("\n"));
}

/** Rewrites a network and judges what comes of it. */
async function resultOf(name: NetworkName, [what, ...flags]: Row): Promise<Result> {
  const network = NETWORKS[name];
  const output = join(folder, `${name}.onnx`);
  const words: Readonly<Record<string, string>> = {
    PICTURES: join(folder, name),
    METRIC: `${process.execPath} --import tsx bench/trained/metric.ts ${name} --choosing`,
    CURVE: join(FOLDER, `${name}.svg`),
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
