import type { ByteRange, OpenBeside } from "../../base/bytes.js";
import { byReason, InputError, type Problem, sayTogether } from "../../base/diagnostic.js";
import { quoteName } from "../../base/visible-text.js";
import { refuse, TypeRefusal } from "../../ir/types.js";
import { LatestBytes } from "../../weights/formats/latest.js";
import type { StoredTensor } from "../../weights/formats/tensor-source.js";
import { asModel, graphAmong } from "./document.js";
import { FIELD } from "./proto.js";
import { readInitializer, storedInitializer } from "./tensors.js";
import { WireReader } from "./wire.js";

/**
 * The initializers of an ONNX file as tensors, those with external data too. The file is walked over, not held: data is read by
 * slices.
 *
 * Errors: `InputError` for a file that is no model, and with every initializer that can't be read.
 */
export function readInitializers(
  range: ByteRange,
  file: string,
  openData: OpenBeside,
): ReadonlyMap<string, StoredTensor> {
  const wire = new WireReader(range);
  const reading = { range, wire, openData, latest: new LatestBytes() };
  const tensors = new Map<string, StoredTensor>();
  const problems: Problem[] = [];
  asModel(range, file, () => {
    const graph = graphAmong([...wire.fields(0, range.size)]);
    let count = 0;
    for (const field of wire.fields(graph.start, graph.end)) {
      if (field.number !== FIELD.graphInitializer) continue;
      let called = `initializer ${count++}`;
      try {
        const initializer = readInitializer(wire, field);
        if (initializer.tensor.name) called = quoteName(initializer.tensor.name);
        const tensor = storedInitializer(reading, initializer);
        if (tensors.has(tensor.name)) refuse("there are two of that name");
        tensors.set(tensor.name, tensor);
      } catch (error) {
        if (!(error instanceof TypeRefusal)) throw error;
        problems.push({ subject: called, reason: error.message });
      }
    }
  });
  if (problems.length === 0) return tensors;
  throw InputError.ofFile("onnx/initializer", file, "", byReason(problems).map(sayTogether));
}
