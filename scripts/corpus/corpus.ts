import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/files/package.js";
import { COMMAND_NAMES } from "./cells.js";
import { cliPool } from "./cli-pool.js";
import {
  backendFiles,
  type CorpusFile,
  type MissingFile,
  madeFiles,
  npmFiles,
  torchvisionFamilies,
  torchvisionFiles,
} from "./files.js";
import { Oracle } from "./oracle.js";
import { type CorpusResult, mergedRows, resultOf } from "./result.js";
import { eachOf, type Row, rowOf } from "./survey.js";

/*
 * Runs the commands on ONNX files that people have, and judges them by what isn't ecagen: docs/corpus.md says how, and what came out.
 *
 *     npm run corpus -- --groups npm,torchvision,made,onnx,operators --commands stats,verify
 *
 * --program runs another build than dist/, so that one can go on working. Each file is a line of --log as soon as it is done; a run that was ended goes on from there with --resume. Files that are
 * fetched and exported stay in --folder. --write keeps the result as docs/corpus.json.
 */

const { values } = parseArgs({
  options: {
    groups: { type: "string", default: "npm,made,torchvision,onnx,operators" },
    files: { type: "string", default: "" },
    commands: { type: "string", default: COMMAND_NAMES.join(",") },
    folder: { type: "string", default: join(tmpdir(), "ecagen-corpus") },
    program: { type: "string", default: join(packageRoot(), "dist", "cli.js") },
    log: { type: "string", default: join(tmpdir(), "ecagen-corpus.jsonl") },
    resume: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const { folder, log } = values;
const groups = values.groups.split(",");
const commands = COMMAND_NAMES.filter((name) => values.commands.split(",").includes(name));
mkdirSync(folder, { recursive: true });
if (!values.resume) rmSync(log, { force: true });
const rows: Row[] = existsSync(log) ? linesOf(readFileSync(log, "utf8")) : [];
const missing: MissingFile[] = [];
const pool = cliPool(2, values.program);
const oracle = new Oracle();
try {
  await eachOf(files(), 2, async (file) => {
    if ("why" in file) missing.push(file);
    else await add(file);
  });
} finally {
  pool.close();
  oracle.close();
}
const result: CorpusResult = resultOf(mergedRows(rows), missing);
process.stdout.write(`${JSON.stringify(result.totals, null, 2)}\n`);
if (values.write)
  writeFileSync(join(packageRoot(), "docs", "corpus.json"), `${JSON.stringify(result, null, 1)}\n`);

async function add(file: CorpusFile): Promise<void> {
  const done = mergedRows(rows).find(({ group, name }) => group === file.group && name === file.name);
  const left = commands.filter((name) => done?.cells[name] === undefined);
  if (left.length === 0) return;
  const row = await rowOf(file, { pool, oracle }, left);
  rows.push(row);
  appendFileSync(log, `${JSON.stringify(row)}\n`);
  for (const [name, { status, why }] of Object.entries(row.cells))
    if (status === "wrong") process.stderr.write(`${row.group} ${row.name}: ${name}: ${why}\n`);
}

/** The files of the groups that were asked for; those that have to be made are when their turn comes. */
function* files(): Generator<CorpusFile | MissingFile> {
  for (const file of allFiles())
    if (groups.includes(file.group) && file.name.includes(values.files)) yield file;
}

function* allFiles(): Generator<CorpusFile | MissingFile> {
  if (groups.includes("npm")) yield* npmFiles(folder);
  yield* madeFiles();
  if (groups.includes("torchvision"))
    for (const family of torchvisionFamilies().filter((each) =>
      each.includes(values.files.split("-")[0] ?? ""),
    ))
      yield* torchvisionFiles(family, folder);
  yield* backendFiles();
}

function linesOf(text: string): Row[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}
