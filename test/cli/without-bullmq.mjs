// Preloaded with --import.
import { without } from "./without-package.mjs";

without("bullmq");
