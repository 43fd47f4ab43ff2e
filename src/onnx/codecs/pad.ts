import { refuse } from "../../ir/types.js";
import { ints } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** Before this opset the counts and the value are attributes. */
const PADS_INPUT_OPSET = 11;

/** https://onnx.ai/onnx/operators/onnx__Pad.html: the counts are one int64 input, all before and then all after. */
export const pad = defineCodec<"pad">({
  operator: "Pad",
  encode(op, node) {
    const pads = [...op.attributes.before, ...op.attributes.after];
    if (node.opset < PADS_INPUT_OPSET) {
      node.node("Pad", node.operands, { pads: ints(pads) });
      return;
    }
    node.node("Pad", [
      ...node.operands,
      node.constant("pads", { dtype: "int64", dims: [pads.length] }, pads),
    ]);
  },
  decode(node) {
    const mode = node.string("mode", "constant");
    if (mode !== "constant") refuse(`mode ${mode} is not supported`);
    const asInput = node.opset >= PADS_INPUT_OPSET;
    const pads = (asInput ? node.constant(1) : node.ints("pads")) ?? refuse("its pads are missing");
    const value = asInput ? node.number(2, 0) : node.float("value", 0);
    if (value !== 0) refuse("only zeros can be padded with");
    if (pads.some((count) => count < 0)) refuse("negative pads are not supported");
    if (asInput && node.constant(3) !== undefined) refuse("pads of some axes only are not supported");
    const axes = pads.length / 2;
    return {
      operands: [node.operand(0)],
      attributes: { before: pads.slice(0, axes), after: pads.slice(axes) },
    };
  },
});
