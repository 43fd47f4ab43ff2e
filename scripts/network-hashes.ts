import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { compile } from "../src/driver/compile/compile.js";

/*
 * The SHA-256 of the ONNX file of every network that ecagen ships, of the spec's own options: the same spec gives the same
 * bytes, on any machine. A change that should not change networks shows here that it doesn't.
 *
 *     npm run hashes                compiles all of them (some minutes), says which are not as kept, exits 1 where one isn't
 *     npm run hashes -- b0-eca      some of them
 *     npm run hashes -- --write     keeps them in test/data/network-hashes.json
 */

const KEPT = "test/data/network-hashes.json";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false } },
});
const all = readdirSync("specs")
  .filter((file) => file.endsWith(".json"))
  .map((file) => basename(file, ".json"))
  .sort();
const names = positionals.length > 0 ? positionals : all;

const kept: Record<string, string> = JSON.parse(readFileSync(KEPT, "utf8"));
const folder = mkdtempSync(join(tmpdir(), "ecagen-hashes-"));
const found: Record<string, string> = {};
try {
  for (const name of names) {
    const { sha256 } = await compile(`specs/${name}.json`, { output: join(folder, "network.onnx") });
    found[name] = sha256 ?? "";
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
  }
} finally {
  rmSync(folder, { recursive: true });
}

if (values.write) writeFileSync(KEPT, `${JSON.stringify({ ...kept, ...found }, null, 2)}\n`);
const other = names.filter((name) => found[name] !== kept[name]);
for (const name of other)
  console.log(`${name}: ${found[name]}, kept is ${kept[name] ?? "none"}${values.write ? "; written" : ""}`);
console.log(`${names.length - other.length} of ${names.length} networks have the bytes that are kept`);
if (other.length > 0 && !values.write) process.exitCode = 1;
