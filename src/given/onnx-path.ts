/** Whether a path is that of an ONNX file: its name says so, before anything is read. */
export function isOnnx(path: string): boolean {
  return path.endsWith(".onnx");
}
