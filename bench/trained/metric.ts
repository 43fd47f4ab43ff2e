/**
 * Prints one number: how well a model does on the bench's pictures for judging.
 *
 *     node --import tsx bench/trained/metric.ts classifier model.onnx
 */
import { NETWORKS, type NetworkName } from "./networks.js";

const [name = "", model] = process.argv.slice(2);
const isName = (text: string): text is NetworkName => Object.hasOwn(NETWORKS, text);

if (!isName(name) || model === undefined) {
  console.error(`metric.ts takes ${Object.keys(NETWORKS).join(", ")}, and a model`);
  process.exit(2);
}
console.log(await NETWORKS[name].judge(model));
