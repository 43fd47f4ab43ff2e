import { nchw, type Tensor } from "../tensor.js";

/** The squeeze: z[n,c] = mean of x[n,c,·,·] (SENet, CVPR 2018, eq. 2). */
export function channelMeans(x: Tensor): Float64Array {
  const [n, channels, height, width] = nchw(x);
  return Float64Array.from({ length: n * channels }, (_, i) => {
    let sum = 0;
    for (let p = 0; p < height * width; p++) sum += x.data[i * height * width + p] as number;
    return sum / (height * width);
  });
}

/** The scale: x[n,c,h,w] · gate[n,c] (SENet, eq. 4). */
export function gateChannels(x: Tensor, gate: Float64Array): Tensor {
  const [, , height, width] = nchw(x);
  return {
    dims: x.dims,
    data: x.data.map((value, i) => value * (gate[Math.floor(i / (height * width))] as number)),
  };
}
