import type { CodegenSubject, GeneratedFile } from "../subject.js";

export function generateTypeScript(_subject: CodegenSubject): readonly GeneratedFile[] {
  return [{ path: "model.onnx", artifact: "model" }];
}
