import type { Diagnostic } from "../../base/diagnostic.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { type SizeOptions, takenSizes, withSizes } from "../../networks/input-sizes.js";
import { isOnnx } from "../../onnx/file/names.js";
import type { Port } from "../../runtime/protocol.js";

/** An input with the sizes that were asked for; an array may have any in those that are left open. */
export interface SizedPort extends Port {
  /** The sizes of a batch of images, which are made for it: with numbers for the sizes that were not requested as well. */
  readonly imageDims: Port["dims"];
  /** On the numbers that were not requested. */
  readonly notes: readonly Diagnostic[];
}

/** The inputs of a model with the sizes that the flags give to open ones. Errors: `InputError` for flags that don't fit. */
export function sizedPorts(
  ports: readonly Port[],
  model: string,
  options: SizeOptions,
): readonly SizedPort[] {
  // A spec was built at the size that was asked for.
  const { sizes, assumed, noteOf, usesResolution } = takenSizes(ports, model, isOnnx(model) ? options : {});
  if (isOnnx(model) && !usesResolution)
    refuseUnusedFlags({ "a file has its size": true }, options, { model });
  const asked = Object.fromEntries(Object.entries(sizes).filter(([symbol]) => !assumed.includes(symbol)));
  return ports.map((port) => {
    const note = noteOf.get(port.name);
    return {
      ...port,
      dims: withSizes(port.dims, asked),
      imageDims: withSizes(port.dims, sizes),
      notes: note === undefined ? [] : [note],
    };
  });
}
