import type { Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { int, ints } from "./attribute.js";
import { defineCodecs } from "./codec.js";
import { numbers, pairOf, readPads } from "./spatial.js";

/** The sizes of the kernel, from the weight [outputs, inputs per group, ...sizes]. */
function kernelOf(weight: Value, axes: number): readonly number[] {
  const { dims } = weight.type;
  if (dims.length !== axes + 2) {
    refuse(`only ${axes}-D convolutions are supported, the weight has ${dims.length} axes`);
  }
  return dims
    .slice(2)
    .map((dim) => (typeof dim === "number" ? dim : refuse(`the kernel's size ${dim} is open`)));
}

/** Refuses a kernel_shape that the weight doesn't have. */
function checkKernel(node: NodeReader, kernel: readonly number[]): void {
  const declared = node.ints("kernel_shape") ?? kernel;
  if (declared.join() !== kernel.join()) refuse(`kernel_shape [${declared}] is not the weight's [${kernel}]`);
}

interface Windows {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}

/** The attributes that all convolutions are written with. */
function written({ strides, pads, dilations, group }: Windows, weight: Value) {
  return {
    dilations: ints(dilations),
    group: int(group),
    kernel_shape: ints(kernelOf(weight, strides.length)),
    pads: ints(pads),
    strides: ints(strides),
  };
}

/** The operands of a convolution over some spatial axes, and what the weight has there. */
function readOperands(node: NodeReader, axes: number) {
  const [x, weight, bias] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
  const kernel = kernelOf(weight, axes);
  checkKernel(node, kernel);
  return { x, kernel, operands: bias === undefined ? [x, weight] : [x, weight, bias] };
}

/** A convolution over two spatial axes, or the transpose of one. */
function readPlanar(node: NodeReader) {
  const { x, kernel, operands } = readOperands(node, 2);
  const strides = pairOf(node, "strides");
  const dilations = pairOf(node, "dilations");
  const pads = readPads(node, { x, kernel, strides, dilations }) as [number, number, number, number];
  return { operands, attributes: { strides, pads, dilations, group: node.int("group", 1) } };
}

export const convolutionCodecs = defineCodecs({
  /**
   * https://onnx.ai/onnx/operators/onnx__Conv.html, over two spatial axes. Pads are always written out: with
   * auto_pad some runtimes take a slow path, and SAME_UPPER depends on the input's size.
   */
  conv: {
    operator: "Conv",
    encode(op, node) {
      node.node("Conv", node.operands, written(op.attributes, operandsOf(op).weight));
    },
    decode: readPlanar,
  },

  /** https://onnx.ai/onnx/operators/onnx__Conv.html over one spatial axis; see also `conv`. */
  conv_1d: {
    operator: "Conv",
    general: true,
    encode(op, node) {
      const { stride, pads, dilation, group } = op.attributes;
      const windows = { strides: [stride], pads, dilations: [dilation], group };
      node.node("Conv", node.operands, written(windows, operandsOf(op).weight));
    },
    decode(node) {
      const { x, kernel, operands } = readOperands(node, 1);
      const strides = numbers(node, "strides", 1, 1);
      const dilations = numbers(node, "dilations", 1, 1);
      const [before = 0, after = 0] = readPads(node, { x, kernel, strides, dilations });
      const [[stride = 1], [dilation = 1]] = [strides, dilations];
      return {
        operands,
        attributes: { stride, pads: [before, after], dilation, group: node.int("group", 1) },
      };
    },
  },

  /**
   * https://onnx.ai/onnx/operators/onnx__ConvTranspose.html, over two spatial axes. Its sizes are written as pads, not as
   * output_shape, which not all runtimes read.
   */
  conv_transpose: {
    operator: "ConvTranspose",
    encode(op, node) {
      node.node("ConvTranspose", node.operands, {
        ...written(op.attributes, operandsOf(op).weight),
        output_padding: ints(op.attributes.outputPadding),
      });
    },
    decode(node) {
      const autoPad = node.string("auto_pad", "NOTSET");
      if (autoPad !== "NOTSET" && autoPad !== "VALID") refuse(`auto_pad ${autoPad} is not supported`);
      if (node.ints("output_shape") !== undefined) refuse("output_shape is not supported");
      const { operands, attributes } = readPlanar(node);
      const outputPadding = pairOf(node, "output_padding", () => 0);
      return { operands, attributes: { ...attributes, outputPadding } };
    },
  },
});
