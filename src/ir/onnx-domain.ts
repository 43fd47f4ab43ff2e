/** Whether a domain is that of ONNX's own operators, which has two names. */
export function isOnnxDomain(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}
