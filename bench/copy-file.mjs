// Copies a file through memory, a MiB at a time: node copy-file.mjs FROM TO
import { closeSync, openSync, readSync, writeSync } from "node:fs";

const [from, to] = process.argv.slice(2);
const [input, output] = [openSync(from), openSync(to, "w")];
const buffer = Buffer.alloc(1 << 20);
for (let count = readSync(input, buffer); count > 0; count = readSync(input, buffer)) {
  writeSync(output, buffer, 0, count);
}
closeSync(input);
closeSync(output);
