export { specJsonSchema } from "../spec/schema.js";
