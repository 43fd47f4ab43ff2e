/** As onnxruntime-web declares itself: so that the package compiles where only onnxruntime-node is installed. */
declare module "onnxruntime-web/webgpu" {
  export * from "onnxruntime-common";
}
