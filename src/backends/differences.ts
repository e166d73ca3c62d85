// Where engines may answer otherwise than the reference, each with its reason: the only exceptions to their agreement.
// Tests compare everything else, and fail where an entry has become needless; docs/engines.md shows the table.

export interface Difference {
  readonly engines: readonly ('onnx' | 'tensorflow' | 'tfjs' | 'tfjs-cpu' | 'webgpu')[];
  readonly ops: readonly string[];
  readonly where: string;
  /** What an engine named here may give. */
  readonly gives: string;
  readonly because: string;
}

export const differences = {
  'sign of zero': {
    engines: ['onnx', 'tensorflow', 'tfjs', 'tfjs-cpu', 'webgpu'],
    ops: ['sign', 'max', 'min', 'rem', 'reduce_sum', 'reduce_max', 'dot_general', 'conv2d', 'scatter_add'],
    where: 'a zero that an op of several numbers, or sign, gives, and what composites make of one',
    gives: '0 or −0',
    because: 'kernels start from either or choose between equals; only 1 / x tells them apart',
  },
  'subnormal numbers': {
    engines: ['onnx', 'tensorflow'],
    ops: ['mul', 'exp'],
    where: 'a float nearer to 0 than 1.2e-38',
    gives: '0',
    because: 'TensorFlow, and vector forms of exp, flush what takes the slow path of processors',
  },
  'NaN in an order': {
    engines: ['tensorflow', 'webgpu'],
    ops: ['argmax', 'top_k'],
    where: 'a row that holds a NaN',
    gives: 'any index of the row',
    because: 'a NaN has no place in an order, and looking for one would cost a second pass',
  },
  'NaN in a maximum': {
    engines: ['onnx'],
    ops: ['reduce_max'],
    where: 'a row that holds a NaN',
    gives: 'the largest number of the row',
    because: "ONNX Runtime's kernel passes over NaN, and looking for one would cost a second pass",
  },
  'NaN behind a mask': {
    engines: ['onnx'],
    ops: ['attention'],
    where: 'a key whose scores a causal mask covers and are NaN',
    gives: 'NaN in every row',
    because: 'the mask is added to the scores; values at dropped positions are numbers before they get there',
  },
  'infinity in a logsumexp': {
    engines: ['onnx'],
    ops: ['logsumexp'],
    where: 'a row with ∞, or of −∞ alone',
    gives: '∞ or −∞ where the reference gives NaN',
    because: "ONNX Runtime's kernel looks for infinities first",
  },
  'overflow of a sum': {
    engines: ['onnx'],
    ops: ['reduce_sum'],
    where: 'a sum of i32 that leaves i32',
    gives: 'the nearest i32 where the reference wraps',
    because: 'ONNX Runtime sums i32 in floats',
  },
  'sine of the tiny and huge': {
    engines: ['tfjs', 'webgpu'],
    ops: ['sin', 'cos'],
    where: 'an argument nearer to 0 than 1e-7, or beyond 1e7; on webgpu beyond 1e5 alone',
    gives: '0 for the tiny, any number from −1 to 1 for the huge',
    because: 'arguments are brought to one turn in f32; WGSL defines its own sine from −π to π alone',
  },
  'erf of the tiny': {
    engines: ['tfjs-cpu'],
    ops: ['erf'],
    where: 'an argument nearer to 0 than 1e-7',
    gives: 'a number up to 1e-7 away',
    because: 'the kernel has an absolute error of 1e-7 (Abramowitz and Stegun 7.1.26)',
  },
  'tails of gelu': {
    engines: ['tensorflow'],
    ops: ['gelu', 'gelu_grad'],
    where: 'the exact form below −5, where 1 + erf(x / √2) is lost to rounding',
    gives: 'up to 1.2e-7 · |x| beside 0, and −∞ for −∞ where the reference gives NaN',
    because: 'XLA computes erf to a unit in the last place and not to its limit',
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceName = keyof typeof differences;
