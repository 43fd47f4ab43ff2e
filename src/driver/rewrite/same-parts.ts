import { printWeight } from "../../ir/print.js";
import type { FileSegment, ModelParts, TensorPart } from "../../onnx/encode/layout.js";

/** Whether two models, rewritten from the same file, are the same: what is copied, what is new, and all numbers. */
export function sameParts(a: ModelParts, b: ModelParts): boolean {
  return (["before", "graph", "after"] as const).every((part) => {
    const [left, right] = [a[part], b[part]];
    return left.length === right.length && left.every((part, i) => textOf(part) === textOf(right[i]));
  });
}

function textOf(part: FileSegment | TensorPart | undefined): string {
  switch (part?.kind) {
    case undefined:
      return "";
    case "bytes":
      return Buffer.from(part.bytes).toString("latin1");
    case "copy":
      return `${part.start} ${part.byteLength}`;
    case "numbers":
      return `${part.name} ${part.dtype} ${printWeight(part.expr)}`;
    case "tensor":
      return `${Buffer.from(part.header).toString("latin1")} ${textOf(part.verbatim ?? part.data)}`;
  }
}
