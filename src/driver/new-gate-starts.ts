export { NEW_GATE_STARTS, type NewGateStart } from "../weights/new-gates/starts.js";
