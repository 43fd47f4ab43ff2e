import { readSources } from "../../scripts/house/source-tree.js";

/** The files of src/, read once for the tests of one process. */
export const sources = readSources(".");
