import { ATTENTION_TYPES } from "../src/ir/attention/modules.js";

/**
 * The attention modules as a pipeline's text names them: every type with its defaults, and the options that change
 * what a module computes. Widths are for maps of few channels.
 */
export const ATTENTION_VARIANTS: readonly string[] = [
  ...ATTENTION_TYPES,
  "{type=se,ratio=0.25,squeeze=max}",
  "{type=se,ratio=0.25,squeeze=none}",
  "{type=se,ratio=0.25,gate=hard_sigmoid,activation=hard_swish}",
  "{type=se,reduction=4,gate=relu}",
  "{type=se,reduction=4,gate=tanh,bias=false}",
  ...[1, 5, 7, 9].map((kernel) => `{type=eca,kernel=${kernel}}`),
  "{type=eca,padding=circular}",
  "{type=eca,kernel=9,padding=circular,bias=true}",
  "{type=ecam,kernel=5,ratio=0.5,activation=silu}",
  "{type=ese,gate=sigmoid,bias=false}",
  "{type=se-gc,groups=4}",
  "{type=se-gc,groupSize=2}",
  "{type=eca-ns,kernel=7}",
  "{type=cbam,ratio=0.25,bias=true}",
  "{type=cbam,ratio=0.25,pooling=averaged,kernel=3}",
  "{type=sam,kernel=3,pooling=averaged,gate=hard_sigmoid}",
  "{type=sam,norm=false}",
  "{type=gsop,channels=12,stride=2}",
  "{type=aa,heads=2,keys=0.5,values=0.5,keysPerHead=1,kernel=1}",
  "{type=aa,heads=4,keysPerHead=3,relative=false}",
  "{type=aa,heads=2,values=1}",
  "{type=bam,ratio=0.25,dilation=2}",
  "{type=gc,ratio=0.5,fusion=scale}",
  "{type=gc,ratio=0.5,pooling=average}",
  "{type=ge,ratio=0.25}",
  "{type=ge,ratio=0.25,extent=2}",
  "{type=ge,mlp=false,extent=4}",
  "{type=ge,ratio=0.25,parameters=true}",
  "{type=ge,ratio=0.25,parameters=true,extent=2}",
  "{type=ge,mlp=false,parameters=true,extent=4}",
  "{type=nl,pairwise=dot-product,scaled=false}",
  "{type=coord,activation=relu,gate=hard_sigmoid}",
  "{type=scse,bias=false}",
];
