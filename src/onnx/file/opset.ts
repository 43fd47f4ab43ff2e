import { InputError } from "../../base/diagnostic.js";
import { isOnnxDomain } from "../../ir/onnx-domain.js";

/** The versions of the ONNX operator set (domain `ai.onnx`) that specs are compiled to. */
export const OPSETS = { first: 13, last: 21, default: 17 } as const;

/** The versions whose operators are read as ops of the IR; those of older files stay opaque, newer files are refused. */
export const READ_OPSETS = { first: 7, last: 26 } as const;

/** The version of the file format that files get: 8 holds everything needed, and old runtimes accept it. */
export const IR_VERSION = 8;

export function isDefaultDomain(domain: string | null | undefined): boolean {
  return isOnnxDomain(domain ?? "");
}

/** One text for each operator, whichever way ONNX's own domain is written. */
export function operatorKey(name: string | null | undefined, domain: string | null | undefined): string {
  return JSON.stringify([isDefaultDomain(domain) ? "" : domain, name]);
}

/** The version that a file imports; null where it has no operators of ONNX's own, which is read as 0. */
export function importedOpset(opset: number): number | null {
  return opset === 0 ? null : opset;
}

export function checkOpset(opset: number): void {
  if (Number.isInteger(opset) && opset >= OPSETS.first && opset <= OPSETS.last) return;
  throw InputError.of("onnx/opset", `opset ${opset} is not supported: ${OPSETS.first} to ${OPSETS.last} are`);
}
