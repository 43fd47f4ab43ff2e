/**
 * Simplifies an ONNX file with onnxsim, in a process of its own: it prints, and its WebAssembly may end the process.
 *
 *     node --import tsx scripts/simplify-survey/onnxsim.ts IN.onnx OUT.onnx
 */
import { readFileSync, writeFileSync } from "node:fs";
import { simplify } from "onnxsim";

const [, , input = "", output = ""] = process.argv;
const { model } = await simplify(readFileSync(input));
writeFileSync(output, model);
process.exit(0);
