import type { OpOf } from "../../ir/graph.js";
import type { AttributesInput } from "../../ir/ops/registry.js";
import { numberDType, refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { ints, type OnnxAttributes, text } from "./attribute.js";
import { defineCodecs, type NodeWriter } from "./codec.js";

/** Before this opset the counts and the value are attributes. */
const PADS_INPUT_OPSET = 11;

/** As of this opset a node says how it takes positions, and may have sizes; before, positions are taken as i / scale. */
const COORDINATES_OPSET = 11;
/** As of this opset inputs in between may be left out. */
const OPTIONAL_OPSET = 13;

type Attributes = AttributesInput<"resize">;

function floats(node: NodeWriter, label: string, values: readonly number[]): string {
  return node.constant(label, { dtype: "float32", dims: [values.length] }, values);
}

/** Refuses what is about functions that the op lacks, where it is not as ever. */
function expectUsual(node: NodeReader): void {
  node.expectInt("antialias", 0, 0);
  node.expectInt("exclude_outside", 0, 0);
  node.float("cubic_coeff_a", -0.75);
  node.float("extrapolation_value", 0);
  const policy = node.string("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") refuse(`keep_aspect_ratio_policy ${policy} is not supported`);
}

interface Paddings {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** @param value a further input, where the padding is not the usual zeros */
function writePad(
  { before, after }: Paddings,
  node: NodeWriter,
  { mode = {}, value }: { readonly mode?: OnnxAttributes; readonly value?: (() => string) | undefined } = {},
): void {
  const pads = [...before, ...after];
  if (node.opset < PADS_INPUT_OPSET) {
    node.node("Pad", node.operands, { ...mode, pads: ints(pads) });
    return;
  }
  const counts = node.constant("pads", { dtype: "int64", dims: [pads.length] }, pads);
  node.node("Pad", [...node.operands, counts, ...(value === undefined ? [] : [value()])], mode);
}

/**
 * ONNX Runtime makes zeros before a pooling the pooling's own padding, which for a maximum is none of its numbers, and may hold no whole
 * window. It looks at the bytes of the zero: -0 is another.
 */
function padWithZeros({ attributes, results: [result] }: OpOf<"pad">, node: NodeWriter): void {
  const readers = node.readers();
  const isPooled = readers.has("max_pool") || readers.has("avg_pool");
  const dtype = isPooled && result !== undefined ? numberDType(result.type) : undefined;
  const value = dtype && (() => node.constant("value", { dtype, dims: [] }, [-0]));
  writePad(attributes, node, { value });
}

function readPad(node: NodeReader, wanted: "constant" | "reflect") {
  const mode = node.string("mode", "constant");
  if (mode !== wanted) refuse(`mode ${mode} is not supported`);
  const asInput = node.opset >= PADS_INPUT_OPSET;
  const pads = (asInput ? node.constant(1) : node.ints("pads")) ?? refuse("its pads are missing");
  const value = asInput ? node.number(2, 0) : node.float("value", 0);
  if (mode === "constant" && value !== 0) refuse("only zeros can be padded with");
  if (pads.some((count) => count < 0)) refuse("negative pads are not supported");
  if (asInput && node.constant(3) !== undefined) refuse("pads of some axes only are not supported");
  const axes = pads.length / 2;
  return {
    operands: [node.operand(0)],
    attributes: { before: pads.slice(0, axes), after: pads.slice(axes) },
  };
}

export const resizingCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__Pad.html: the counts are one int64 input, all before and then all after. */
  pad: {
    operator: "Pad",
    encode: padWithZeros,
    decode: (node) => readPad(node, "constant"),
  },

  /** The same with mode reflect. */
  reflect_pad: {
    operator: "Pad",
    encode: (op, node) => writePad(op.attributes, node, { mode: { mode: text("reflect") } }),
    decode: (node) => readPad(node, "reflect"),
  },

  /** https://onnx.ai/onnx/operators/onnx__Resize.html over all axes, without antialias, cropping or cubic functions. */
  resize: {
    operator: "Resize",
    since: 10,
    encode({ attributes: { scales, mode, coordinates, rounding } }, node) {
      const [x = "", sizes] = node.operands;
      if (node.opset < COORDINATES_OPSET) {
        if (
          scales === undefined ||
          coordinates !== "asymmetric" ||
          (mode === "nearest" && rounding !== "floor")
        ) {
          refuse(`before opset ${COORDINATES_OPSET} places are rounded down, by scales`);
        }
        node.node("Resize", [x, floats(node, "scales", scales)], { mode: text(mode) });
        return;
      }
      const none = (label: string): string => (node.opset < OPTIONAL_OPSET ? floats(node, label, []) : "");
      const inputs = [x, none("roi"), scales === undefined ? none("scales") : floats(node, "scales", scales)];
      node.node("Resize", sizes === undefined ? inputs : [...inputs, sizes], {
        coordinate_transformation_mode: text(coordinates),
        mode: text(mode),
        ...(mode === "nearest" && { nearest_mode: text(rounding) }),
      });
    },
    decode(node) {
      const x = node.operand(0);
      const mode = node.string("mode", "nearest") as Attributes["mode"];
      if (node.opset < COORDINATES_OPSET) {
        const scales = [...(node.constant(1) ?? [])];
        return { operands: [x], attributes: { scales, mode, coordinates: "asymmetric", rounding: "floor" } };
      }
      expectUsual(node);
      // The region of interest is of interest to tf_crop_and_resize alone.
      node.constant(1);
      const scales = node.constant(2) ?? [];
      const sizes = scales.length > 0 ? undefined : node.operand(3, "fixed");
      const coordinates = node.string(
        "coordinate_transformation_mode",
        "half_pixel",
      ) as Attributes["coordinates"];
      const rounding = node.string("nearest_mode", "round_prefer_floor") as Attributes["rounding"];
      if (coordinates === "align_corners" && scales.some((scale) => !Number.isInteger(scale))) {
        refuse("align_corners with scales that are no whole numbers is not supported");
      }
      return {
        operands: sizes === undefined ? [x] : [x, sizes],
        attributes: {
          ...(sizes === undefined && { scales: [...scales] }),
          mode,
          coordinates,
          // Where there is a mean of two, neither is the nearest.
          ...(mode === "nearest" && { rounding }),
        },
      };
    },
  },
});
