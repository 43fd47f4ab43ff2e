import { GraphBuilder } from "../src/ir/builder.js";
import { tensorType } from "../src/ir/types.js";
import { stressWeights, DEBUG } from "../src/passes/stress-weights.js";
import { traceGraph } from "../src/reference/interpreter.js";
import { LayerBuilder } from "../src/blocks/layers.js";
import { randomInputs, numbersOf } from "./passes/support.js";
const W=Number(process.argv[2]??16), act=process.argv[3]??"relu", gate=process.argv[4]??"eca", side=Number(process.argv[5]??8), N=Number(process.argv[6]??3);
const b = new GraphBuilder("deep");
let x: any = b.input("input", tensorType(["N",3,side,side]));
const norm={epsilon:1e-5,momentum:.1}, d={activation:act as any,norm,padding:"symmetric" as const};
x = new LayerBuilder(b,{scope:"/stem"}).convNormAct(x,"",{...d,channels:W,kernel:3,stride:1});
for (let i=0;i<N;i++){ const L=new LayerBuilder(b,{scope:`/stages/0/blocks/${i}`}); b.block({scope:`/stages/0/blocks/${i}`,type:"ir",inputChannels:W,stage:0,index:i});
 let y=L.convNormAct(x,"expand",{...d,channels:4*W,kernel:1,stride:1}); y=L.convNormAct(y,"dw",{...d,channels:4*W,kernel:3,stride:1,groups:4*W});
 y=L.attention(y,{attention: gate==="se"?{type:"se",ratio:.25,ratioOf:"block-input",divisor:1,activation:act,gate:"sigmoid",bias:true} as any:{type:"eca",rule:"eca-net",gamma:2,b:1} as any,inputChannels:W,stage:0}) as any;
 y=L.convNorm(y,"project",{...d,channels:W,kernel:1,stride:1}); x=L.residual(x,y,{residual:i%5!==0,dropPath:0}); }
const g=b.finish([x]);
const ins=randomInputs(g,2);
const s=stressWeights.run(g,{seed:Number(process.argv[7]??0)});
const tr=traceGraph(s,ins,numbersOf);
s.ops.forEach((o,i)=>{ const t=tr.get(o.results[0]!)!; const [n,c,h,w]=t.dims as any; const pl=h*w; let p=0,st=0; const m=DEBUG.get(g.ops[i]!.results[0]!)!;
 for(let a=0;a<n;a++)for(let k=0;k<c;k++){let mu=0; for(let q=0;q<pl;q++){const v=t.data[(a*c+k)*pl+q]!; mu+=v/pl; p+=v*v;} st+=mu*mu;}
 p/=n*c*pl; st/=n*c; console.log(o.loc.scope.padEnd(40),"power",p.toFixed(3),"expected",m.power.toFixed(3)," steady",st.toFixed(3),"expected",m.steady.toFixed(3)); });
