/**
 * Prints one number: how well a model does on the bench's pictures for judging, or for choosing gates by.
 *
 *     node --import tsx bench/trained/metric.ts classifier [--choosing] model.onnx
 */
import { NETWORKS, type NetworkName, SEEDS } from "./networks.js";

const words = process.argv.slice(2);
const isChoosing = words.includes("--choosing");
const [name = "", model] = words.filter((word) => word !== "--choosing");
const isName = (text: string): text is NetworkName => Object.hasOwn(NETWORKS, text);

if (!isName(name) || model === undefined) {
  console.error(`metric.ts takes ${Object.keys(NETWORKS).join(", ")}, and a model`);
  process.exit(2);
}
const seed = isChoosing ? SEEDS.choosing : SEEDS.judging;
console.log(await NETWORKS[name].judge(model, seed, NETWORKS[name].pictures));
