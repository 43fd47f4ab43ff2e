// node bench/peers/interleaved.mjs run|create THREADS BATCH ROUNDS MODEL PEER
//
// Runs two models (.onnx, or .onnx.gz) on the CPU in turn, every second round in the opposite order, or creates their sessions. Prints the
// ratios of the first to the second as JSON, one for each round: each of the medians of TIMES runs.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { InferenceSession, Tensor } from "onnxruntime-node";

const [what, threads, batch, rounds, ...files] = process.argv.slice(2);
const TIMES = 7;
const [HEIGHT, WIDTH] = [224, 224];
const options = {
  ...{ executionProviders: ["cpu"], intraOpNumThreads: Number(threads), interOpNumThreads: 1 },
  logSeverityLevel: 3,
};
const models = files.map((file) =>
  file.endsWith(".gz") ? gunzipSync(readFileSync(file)) : readFileSync(file),
);
const data = Float32Array.from(
  { length: Number(batch) * 3 * HEIGHT * WIDTH },
  (_, i) => 1.5 * Math.sin(12.9898 * i),
);
const x = new Tensor("float32", data, [Number(batch), 3, HEIGHT, WIDTH]);
const sessions = [];
for (const model of models) sessions.push(await InferenceSession.create(model, options));

async function once(i) {
  const start = performance.now();
  if (what === "create") await (await InferenceSession.create(models[i], options)).release();
  else await sessions[i].run({ [sessions[i].inputNames[0]]: x });
  return performance.now() - start;
}

async function middle(i) {
  // The first run of a turn fills the caches with its own weights.
  if (what === "run") await once(i);
  const times = [];
  for (let time = 0; time < TIMES; time++) times.push(await once(i));
  return times.sort((a, b) => a - b)[TIMES >> 1];
}

const ratios = [];
for (let round = 0; round < Number(rounds); round++) {
  const found = [];
  for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) found[i] = await middle(i);
  ratios.push(found[0] / found[1]);
}
console.log(JSON.stringify(ratios));
