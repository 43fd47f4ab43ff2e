import { specNetwork } from "../src/driver/network.js";
import { stressWeights } from "../src/passes/stress-weights.js";
import { traceGraph, evaluateWithout } from "../src/reference/interpreter.js";
import { randomInputs, numbersOf } from "./passes/support.js";
const rms=(d:Float64Array)=>Math.sqrt(d.reduce((a,b)=>a+b*b,0)/d.length);
const range=(d:Float64Array)=>{let a=1/0,b=-1/0;for(const v of d){if(v<a)a=v;if(v>b)b=v;}return b-a;};
for (const f of process.argv[3]!.split(",")) {
const g=specNetwork(`specs/${f}.json`,{resolution:Number(process.argv[2])}).graph;
const s=stressWeights.run(g,{seed:Number(process.argv[4]??0)});
const ins=randomInputs(s,1); const tr=traceGraph(s,ins,numbersOf); const out=tr.get(s.outputs[0]!)!.data;
const gates=s.ops.filter(o=>o.kind.startsWith("attention"));
const moved:number[]=[]; const sp:string[]=[];
gates.forEach((o,gi)=>{ const ta=tr.get(o.operands[0]!)!, a=ta.data,c=tr.get(o.results[0]!)!.data; const C=ta.dims[1]!,P=ta.dims[2]!*ta.dims[3]!; const gs:number[]=[];
 for(let i=0;i<C;i++){let best=0; for(let p=0;p<P;p++) if(Math.abs(a[i*P+p]!)>Math.abs(a[i*P+best]!)) best=p; const v=a[i*P+best]!; if(v) gs.push(c[i*P+best]!/v);} gs.sort((x,y)=>x-y); sp.push(gs[Math.floor(.05*gs.length)]!.toFixed(2)+"-"+gs[Math.floor(.95*gs.length)]!.toFixed(2));
 if (gi%Math.ceil(gates.length/8)===0||gi<2){const w=evaluateWithout(s,tr,o,numbersOf).get(s.outputs[0]!.name)!.data; let mx=0; w.forEach((v,i)=>{mx=Math.max(mx,Math.abs(v-out[i]!));}); moved.push(mx/range(out));}});
const r=s.ops.filter(o=>o.kind==="add"||o.loc.scope.endsWith("project/norm")).map(o=>rms(tr.get(o.results[0]!)!.data).toFixed(2));
const i2=new Map([...ins].map(([k,t])=>[k,{dims:t.dims,data:t.data.map(v=>-v)}])); const o2=traceGraph(s,i2 as any,numbersOf).get(s.outputs[0]!)!.data; let mx=0; o2.forEach((v,i)=>{mx=Math.max(mx,Math.abs(v-out[i]!));});
console.log(f,"rms",r.filter((_,i)=>i%Math.ceil(r.length/12)===0).join(" "),"out",rms(out).toFixed(2),"\n   gates",sp.filter((_,i)=>i%Math.ceil(sp.length/10)===0).join(" "),"\n   moved",moved.map(v=>v.toFixed(4)).join(" "),"flip",(mx/range(out)).toFixed(4)); }
