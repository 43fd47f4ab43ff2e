export { NEW_GATE_STARTS, type NewGateStart } from "../new-gates/starts.js";
