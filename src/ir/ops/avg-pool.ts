import * as z from "zod";
import { defineOp } from "../op.js";
import { nchw, operandAt, zeros } from "../tensor.js";
import { featureMap, refuse, tensorType } from "../types.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

export const avgPool = defineOp({
  name: "avg_pool",
  level: "primitive",
  doc: "the mean over the part of each window that lies inside the map",
  source: "https://onnx.ai/onnx/operators/onnx__AveragePool.html (count_include_pad 0, ceil_mode 0)",
  operands: ["x"],
  attributes: z.strictObject({
    kernel: z.tuple([positive, positive]),
    strides: z.tuple([positive, positive]).default([1, 1]),
    /** How far windows reach over the map at the top, left, bottom and right. */
    pads: z.tuple([padding, padding, padding, padding]).default([0, 0, 0, 0]),
  }),
  infer([x], attributes) {
    const [n, channels, height, width] = featureMap(x, "x");
    const { kernel, pads } = attributes;
    if (pads.some((pad, side) => pad >= operandAt(kernel, side % 2))) {
      refuse(`pads of ${pads.join(", ")} leave windows outside of the map`);
    }
    const [rows, columns] = [windowsAlong(height, 0, attributes), windowsAlong(width, 1, attributes)];
    if (rows < 1 || columns < 1)
      refuse(`a map of ${height}x${width} is too small for a ${kernel.join("x")} window`);
    return [tensorType([n, channels, rows, columns], x?.dtype)];
  },
  evaluate(operands, attributes) {
    const x = operandAt(operands, 0);
    const { kernel, strides, pads } = attributes;
    const [n, channels, height, width] = nchw(x);
    const [rows, columns] = [windowsAlong(height, 0, attributes), windowsAlong(width, 1, attributes)];
    const y = zeros([n, channels, rows, columns]);
    for (let i = 0; i < y.data.length; i++) {
      const [row, column] = [Math.floor(i / columns) % rows, i % columns];
      const plane = Math.floor(i / (rows * columns)) * height * width;
      const [top, left] = [row * strides[0] - pads[0], column * strides[1] - pads[1]];
      let [sum, count] = [0, 0];
      for (let h = Math.max(0, top); h < Math.min(height, top + kernel[0]); h++) {
        for (let w = Math.max(0, left); w < Math.min(width, left + kernel[1]); w++) {
          sum += operandAt(x.data, plane + h * width + w);
          count++;
        }
      }
      y.data[i] = sum / count;
    }
    return [y];
  },
});

interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

function windowsAlong(size: number, axis: 0 | 1, { kernel, strides, pads }: Windows): number {
  const [before, after] = axis === 0 ? [pads[0], pads[2]] : [pads[1], pads[3]];
  return Math.floor((size + before + after - kernel[axis]) / strides[axis]) + 1;
}
