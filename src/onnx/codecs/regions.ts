import { shortestDecimal } from "../../base/shortest-decimal.js";
import { refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { float, int, text } from "./attribute.js";
import { defineCodecs } from "./codec.js";

/** As of this opset a node says whether half a pixel is taken off; before, none is. */
const ALIGNED_OPSET = 16;

/** A bound that is left out bounds nothing. */
function bound(node: NodeReader, index: number): number | undefined {
  return node.constant(index) === undefined ? undefined : shortestDecimal(node.number(index));
}

export const regionCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html; the bounds are inputs, which must stand in the file. */
  non_max_suppression: {
    operator: "NonMaxSuppression",
    since: 10,
    encode({ attributes: { most, overlap, least, centred } }, node) {
      const float32 = (label: string, value: number): string =>
        node.constant(label, { dtype: "float32", dims: [1] }, [value]);
      const bounds = [
        node.constant("most", { dtype: "int64", dims: [1] }, [most]),
        float32("overlap", overlap),
        ...(least === undefined ? [] : [float32("least", least)]),
      ];
      node.node(
        "NonMaxSuppression",
        [...node.operands, ...bounds],
        centred ? { center_point_box: int(1) } : {},
      );
    },
    decode(node) {
      const least = bound(node, 4);
      return {
        operands: [node.operand(0), node.operand(1)],
        attributes: {
          most: node.number(2, 0),
          overlap: bound(node, 3) ?? 0,
          ...(least !== undefined && { least }),
          centred: node.int("center_point_box", 0) !== 0,
          count: node.openSize(0),
        },
      };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__RoiAlign.html */
  roi_align: {
    operator: "RoiAlign",
    since: 10,
    encode({ attributes: { height, width, samples, scale, aligned } }, node) {
      if (aligned && node.opset < ALIGNED_OPSET)
        refuse(`half a pixel can't be taken off before opset ${ALIGNED_OPSET}`);
      node.node("RoiAlign", node.operands, {
        output_height: int(height),
        output_width: int(width),
        sampling_ratio: int(samples),
        spatial_scale: float(scale),
        ...(!aligned &&
          node.opset >= ALIGNED_OPSET && { coordinate_transformation_mode: text("output_half_pixel") }),
      });
    },
    decode(node) {
      const mode = node.string("mode", "avg");
      if (mode !== "avg") refuse(`mode ${mode} is not supported, only avg is`);
      const usual = node.opset < ALIGNED_OPSET ? "output_half_pixel" : "half_pixel";
      const coordinates = node.string("coordinate_transformation_mode", usual);
      if (coordinates !== "half_pixel" && coordinates !== "output_half_pixel")
        refuse(`coordinate_transformation_mode ${coordinates} is not known`);
      return {
        operands: [node.operand(0), node.operand(1), node.operand(2, "fixed")],
        attributes: {
          height: node.int("output_height", 1),
          width: node.int("output_width", 1),
          samples: node.int("sampling_ratio", 0),
          scale: node.float("spatial_scale", 1),
          aligned: coordinates === "half_pixel",
        },
      };
    },
  },
});
