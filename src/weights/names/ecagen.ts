import { defineNameMap } from "./name-map.js";

/** ecagen's own names: the scope, with dots. */
export const ecagen = defineNameMap({
  kind: "ecagen",
  title: "ecagen's own",
  namings: [
    {
      title: "any network",
      blocks: [{ at: "{scope}", layers: [{ "": "" }] }],
      gates: [{ ofSeveral: true, layers: { "": "" } }],
    },
  ],
});
