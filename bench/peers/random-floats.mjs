// Writes a file of so many bytes of fresh random floats, and has the disk keep it: node bench/peers/random-floats.mjs BYTES FILE
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

const [bytes, file] = process.argv.slice(2);
const floats = new Float32Array(1 << 18);
const output = openSync(file, "w");
for (let left = Number(bytes); left > 0; left -= floats.byteLength) {
  for (let i = 0; i < floats.length; i++) floats[i] = Math.random();
  writeSync(output, new Uint8Array(floats.buffer, 0, Math.min(left, floats.byteLength)));
}
fsyncSync(output);
closeSync(output);
