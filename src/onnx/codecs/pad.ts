import { refuse } from "../../ir/types.js";
import { defineCodec } from "../codec.js";

/** https://onnx.ai/onnx/operators/onnx__Pad.html: the counts are one int64 input, all before and then all after. */
export const pad = defineCodec<"pad">({
  operator: "Pad",
  encode(op, node) {
    const pads = [...op.attributes.before, ...op.attributes.after];
    node.node("Pad", [
      ...node.operands,
      node.constant("pads", { dtype: "int64", dims: [pads.length] }, pads),
    ]);
  },
  decode(node) {
    const mode = node.string("mode", "constant");
    if (mode !== "constant") refuse(`mode ${mode} is not supported`);
    const pads = node.constant(1) ?? refuse("its pads are missing");
    if ((node.constant(2) ?? [0]).some((value) => value !== 0)) refuse("only zeros can be padded with");
    if (node.constant(3) !== undefined) refuse("pads of some axes only are not supported");
    const axes = pads.length / 2;
    return {
      operands: [node.operand(0)],
      attributes: { before: pads.slice(0, axes), after: pads.slice(axes) },
    };
  },
});
