import { type ByteRange, concatBytes, utf8 } from "../../base/bytes.js";
import { FIELD, fieldHeader } from "../file/proto.js";
import { type WireField, WireReader } from "../file/wire.js";

/** Other names for a node's inputs and outputs, by their places; what is left out keeps its own. */
export interface NodeRenames {
  readonly inputs: ReadonlyMap<number, string>;
  readonly outputs: ReadonlyMap<number, string>;
}

/** The message of a node with other inputs and outputs; every other byte of it is what it was. */
export function patchNode(range: ByteRange, node: WireField, { inputs, outputs }: NodeRenames): Uint8Array {
  const wire = new WireReader(range);
  const places = { [FIELD.nodeInput]: 0, [FIELD.nodeOutput]: 0 };
  const pieces: Uint8Array[] = [];
  for (const { number, begin, end } of wire.fields(node.start, node.end)) {
    let name: string | undefined;
    if (number === FIELD.nodeInput) name = inputs.get(places[number]++);
    else if (number === FIELD.nodeOutput) name = outputs.get(places[number]++);
    if (name === undefined) {
      pieces.push(wire.read(begin, end));
    } else {
      const text = utf8(name);
      pieces.push(fieldHeader(number, text.length), text);
    }
  }
  return concatBytes(pieces);
}
