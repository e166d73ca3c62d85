// Attention in every spelling: who attends to whom × how heads are laid out × where the scale goes × how softmax is
// written × what masks and biases there are. Each spelling is a small model with one attention over texts that end
// early.

/** `latents` and `one latent` are learned queries without a batch, `pooled` is one query for each row. */
export const whoms = ['self', 'cross', 'latents', 'one latent', 'memory', 'pooled'] as const;
export const layouts = [
  'matmul',
  'einsum',
  'heads in the middle',
  'heads in the batch',
  'keys first',
  'keys transposed',
  'one head',
  'multi-query',
  'grouped',
  'packed',
  'rotary',
] as const;
export const scales = ['quotient', 'product', 'of queries', 'of keys', 'of both', 'none', 'learned'] as const;
export const softmaxes = ['function', 'exp', 'max', 'fixed max', 'late', 'max, late'] as const;
export const masks = [
  'none',
  'causal',
  'causal, hidden',
  'causal, added',
  'window',
  'bias',
  'alibi',
  'bias and causal',
] as const;

export interface Spelling {
  readonly whom: (typeof whoms)[number];
  readonly layout: (typeof layouts)[number];
  readonly scale: (typeof scales)[number];
  readonly softmax: (typeof softmaxes)[number];
  readonly mask: (typeof masks)[number];
}

/** Names of the axes of queries, keys and the result in einsum, by layout. */
interface Forms {
  /** Statements that make q, k and v of the layout from a[n, t, d] and c[n, s, d]. */
  readonly heads: readonly string[];
  readonly scores: string;
  /** The product of weights p with v. */
  readonly product: (p: string) => string;
  /** From the product to [n, t, d]. */
  readonly merge: (y: string) => string;
  /** Whether scores are [.., s, t]. */
  readonly keysFirst?: true;
}

const linear = (x: string, name: string, out = 'D'): string => `linear(${x}, out: ${out}) as ${name}`;
const cut = (x: string, pattern: string, sizes = 'h: heads'): string =>
  `rearrange(${x}, "${pattern}", ${sizes})`;

function forms({ layout, whom }: Spelling): Forms {
  // Learned queries and memories stand without a batch.
  const n = whom === 'latents' || whom === 'one latent' ? '' : 'n ';
  const m = whom === 'memory' ? '' : 'n ';
  const t = whom === 'one latent' || whom === 'pooled' ? '' : 't ';
  const a = whom === 'latents' || whom === 'one latent' ? 'latents' : linear('a', 'q');
  const c = { k: linear('c', 'k'), v: linear('c', 'v') };
  const split = {
    q: `let q = ${cut(a, `${n}${t}(h k) -> ${n}h ${t}k`)}`,
    k: `let k = ${cut(c.k, `${m}s (h k) -> ${m}h s k`)}`,
    v: `let v = ${cut(c.v, `${m}s (h k) -> ${m}h s k`)}`,
  };
  const merge = (y: string): string => cut(y, `n h ${t}k -> n ${t}(h k)`).replace(', h: heads', '');
  const einsum = {
    scores: `einsum("${n}h ${t}k, ${m}h s k -> n h ${t}s", q, k)`,
    product: (p: string) => `einsum("n h ${t}s, ${m}h s k -> n h ${t}k", ${p}, v)`,
  };
  switch (layout) {
    case 'matmul':
      return { heads: Object.values(split), scores: 'q @ transpose(k)', product: p => `${p} @ v`, merge };
    case 'einsum':
      return { heads: Object.values(split), ...einsum, merge };
    case 'rotary':
      return {
        heads: [
          split.q.replace('let q', 'let q0'),
          split.k.replace('let k', 'let k0'),
          split.v,
          'let q = turned(q0)',
          'let k = turned(k0)',
        ],
        ...einsum,
        merge,
      };
    case 'heads in the middle':
      return {
        heads: [
          `let q = reshape(${a}, [${n === '' ? '' : 'N, '}${t === '' ? '' : 'T, '}heads, D / heads])`,
          `let k = reshape(${c.k}, [${m === '' ? '' : 'N, '}S, heads, D / heads])`,
          `let v = reshape(${c.v}, [${m === '' ? '' : 'N, '}S, heads, D / heads])`,
        ],
        scores: `einsum("${n}${t}h k, ${m}s h k -> n h ${t}s", q, k)`,
        product: p => `einsum("n h ${t}s, ${m}s h k -> n ${t}h k", ${p}, v)`,
        merge: y => `reshape(${y}, [N, ${t === '' ? '' : 'T, '}D])`,
      };
    case 'heads in the batch':
      return {
        heads: [
          `let q = ${cut(a, 'n t (h k) -> (n h) t k')}`,
          `let k = ${cut(c.k, 'n s (h k) -> (n h) s k')}`,
          `let v = ${cut(c.v, 'n s (h k) -> (n h) s k')}`,
        ],
        scores: 'q @ transpose(k)',
        product: p => `${p} @ v`,
        merge: y => cut(y, '(n h) t k -> n t (h k)'),
      };
    case 'keys first':
      return {
        heads: Object.values(split),
        scores: 'k @ transpose(q)',
        product: p => `transpose(${p}) @ v`,
        merge,
        keysFirst: true,
      };
    case 'keys transposed':
      return {
        heads: [split.q, `let k = ${cut(c.k, `${m}s (h k) -> ${m}h k s`)}`, split.v],
        scores: 'q @ k',
        product: p => `${p} @ v`,
        merge,
      };
    case 'one head':
      return {
        heads: [`let q = ${a}`, `let k = ${c.k}`, `let v = ${c.v}`],
        scores: `einsum("${n}${t}k, ${m}s k -> n ${t}s", q, k)`,
        product: p => `einsum("n ${t}s, ${m}s k -> n ${t}k", ${p}, v)`,
        merge: y => y,
      };
    case 'multi-query':
      return {
        heads: [
          split.q,
          `let k = ${linear('c', 'k', 'D / heads')}`,
          `let v = ${linear('c', 'v', 'D / heads')}`,
        ],
        scores: `einsum("${n}h ${t}k, ${m}s k -> n h ${t}s", q, k)`,
        product: p => `einsum("n h ${t}s, ${m}s k -> n h ${t}k", ${p}, v)`,
        merge,
      };
    case 'grouped':
      return {
        heads: [
          `let q = ${cut(a, `${n}${t}(g r k) -> ${n}g r ${t}k`, 'g: 2, r: 2')}`,
          `let k = ${cut(linear('c', 'k', 'D / 2'), `${m}s (g k) -> ${m}g s k`, 'g: 2')}`,
          `let v = ${cut(linear('c', 'v', 'D / 2'), `${m}s (g k) -> ${m}g s k`, 'g: 2')}`,
        ],
        scores: `einsum("${n}g r ${t}k, ${m}g s k -> n g r ${t}s", q, k)`,
        product: p => `einsum("n g r ${t}s, ${m}g s k -> n g r ${t}k", ${p}, v)`,
        merge: y => cut(y, `n g r ${t}k -> n ${t}(g r k)`).replace(', h: heads', ''),
      };
    case 'packed':
      return {
        heads: [
          `let kv = rearrange(linear(c, out: 2 * D) as kv, "${m}s (two h k) -> two ${m}h s k", two: 2, h: heads)`,
          split.q,
          'let k = kv[0]',
          'let v = kv[1]',
        ],
        ...einsum,
        merge,
      };
    default:
      return layout satisfies never;
  }
}

/** Spellings that there are: a matrix product needs both batches, a causal mask as many keys as queries, and so on. */
export function exists({ whom, layout, mask }: Spelling): boolean {
  const matrices = ['matmul', 'heads in the batch', 'keys first', 'keys transposed'].includes(layout);
  if (matrices && whom !== 'self' && whom !== 'cross') return false;
  const square = mask.includes('causal') || mask === 'window';
  if (square && whom !== 'self') return false;
  const onePerRow = whom === 'pooled' || whom === 'one latent';
  if (layout === 'rotary' && onePerRow) return false;
  // Their biases would have other axes.
  const plain = [
    'matmul',
    'einsum',
    'heads in the middle',
    'packed',
    'rotary',
    'keys transposed',
    'multi-query',
  ];
  if (mask === 'bias' || mask === 'bias and causal' || mask === 'alibi')
    return plain.includes(layout) && !onePerRow && (mask !== 'alibi' || whom === 'self' || whom === 'cross');
  return true;
}

interface Pieces {
  /** Parameters and body of the block `mix`, which holds the attention. */
  readonly params: string;
  readonly body: string;
  readonly given: string;
  readonly encoder: readonly string[];
  readonly fields: string;
  readonly score: string;
}

function modelOf({ params, body, given, encoder, fields, score }: Pieces): string {
  return `model Mix(heads: int = 4) {
  modality text: Text(tokenizer: bpe(260), length: 6)
  modality other: Text(tokenizer: bpe(260), length: 5)
  labels Yes { no, yes }
  block turned(x: float[N..., H, T, K]) -> float[N..., H, T, K] {
    require K % 2 == 0
    let rate = 100 ^ (-2 * to_float(iota(K / 2)) / K)
    let angle = to_float(iota(T))[:, new] * rate[new, :]
    let low, high = x[..., :K / 2], x[..., K / 2:]
    return concat(low * cos(angle) - high * sin(angle), low * sin(angle) + high * cos(angle), axis: -1)
  }
  block mix(${params}) {
    ${body}
  }
  encoder score(${given}) -> float[N..., Yes] {
    ${encoder.join('\n    ')}
  }
  objective right(${fields}, truth: index(Yes)[B]) {
    return cross_entropy(score(${score}), truth)
  }
  stage fit {
    minimize right on pairs.train batch 4
    train all
    optimizer adamw(rate: 3e-3)
    steps 30
  }
}
`;
}

/** A model whose block makes [n, t, d] of words a: float[N..., T, D], with q, k and v split into heads. */
export function selfSpec(body: readonly string[]): string {
  const heads = forms({ whom: 'self', layout: 'einsum', scale: 'none', softmax: 'function', mask: 'none' });
  return modelOf({
    params: 'a: float[N..., T, D], c: float[N..., T, D]',
    body: [...heads.heads, ...body].join('\n    '),
    given: 't: text[N..., T]',
    encoder: [
      'let words = embedding(t.ids, width: 16) as words',
      'return mix(words, words) |> mean(axis: -2) |> linear(out: Yes) as head',
    ],
    fields: 'text: text[B, T]',
    score: 'text',
  });
}

export function specOf(spelling: Spelling): string {
  const { whom, scale, softmax, mask, layout } = spelling;
  const { heads, scores, product, merge, keysFirst } = forms(spelling);
  const [rows, columns] = ['iota(T)[:, new]', 'iota(S)[new, :]'];
  const [query, key] = keysFirst ? ['iota(T)[new, :]', 'iota(S)[:, new]'] : [rows, columns];
  const width = layout === 'one head' ? 'D' : layout === 'grouped' ? 'D / 4' : 'D / heads';
  const root = `sqrt(${width})`;
  const by: Readonly<Record<Spelling['scale'], readonly string[]>> = {
    quotient: [`let s0 = ${scores} / ${root}`],
    product: [`let s0 = ${scores} * (${width}) ^ -0.5`],
    'of queries': [`let s0 = ${scores.replace(/\bq\b(?=[,) @]|$)/, '(q / ROOT)')}`.replace('ROOT', root)],
    'of keys': [
      `let s0 = ${scores.replace(/\bk\)/, 'k * rsqrt(WIDTH))').replace(/(?<=[@] )k$|^k(?= @)/, '(k * rsqrt(WIDTH))')}`.replaceAll(
        'WIDTH',
        width,
      ),
    ],
    'of both': [
      `let u = (${width}) ^ -0.25`,
      `let s0 = ${scores
        .replace(/\bq\b(?=[,) @]|$)/, '(q * u)')
        .replace(/\bk\)/, 'k * u)')
        .replace(/(?<=[@] )k$|^k(?= @)/, '(k * u)')}`,
    ],
    none: [`let s0 = ${scores}`],
    learned: ['param warmth: float = constant(0.3)', `let s0 = exp(warmth) * (${scores})`],
  };
  const seen: Readonly<Record<Spelling['mask'], readonly string[]>> = {
    none: ['let s = s0'],
    causal: [`let s = where(${query} >= ${key}, s0, -1e30)`],
    'causal, hidden': [`let s = where(${query} < ${key}, -1e9, s0)`],
    'causal, added': [`let s = s0 + to_float(${query} < ${key}) * -1e9`],
    window: [
      `let far = to_float(${query}) - to_float(${key})`,
      'let s = where(far >= 0 and far < 3, s0, -1e30)',
    ],
    bias: [
      `param bias: float[heads, ${whom === 'latents' ? 3 : 6}, ${whom === 'memory' || whom === 'cross' ? 5 : 6}] = normal(0.5)`,
      'let s = s0 + bias',
    ],
    alibi: [
      `let away = abs(to_float(${query}) - to_float(${key}))`,
      'let slope = 2 ^ (-8 * (to_float(iota(heads)) + 1) / heads)',
      'let s = s0 - slope[:, new, new] * away',
    ],
    'bias and causal': [
      'param bias: float[heads, 6, 6] = normal(0.5)',
      `let s = where(${query} >= ${key}, s0 + bias, -1e30)`,
    ],
  };
  const axis = keysFirst ? -2 : -1;
  const row = keysFirst ? '[..., new, :]' : '[..., new]';
  const max = `max(s, axis: ${axis})${row}`;
  // Behind the product with v, sums stand beside its rows.
  const total = `sum(e, axis: ${axis})`;
  const onePerRow = whom === 'pooled' || whom === 'one latent';
  const late = `${layout === 'heads in the middle' && !onePerRow ? `transpose(${total})` : total}[..., new]`;
  const normed: Readonly<
    Record<Spelling['softmax'], readonly [statements: readonly string[], p: string, y: (y: string) => string]>
  > = {
    function: [[], `softmax(s, axis: ${axis})`, y => y],
    exp: [['let e = exp(s)'], `(e / sum(e, axis: ${axis})${row})`, y => y],
    max: [[`let e = exp(s - ${max})`], `(e / sum(e, axis: ${axis})${row})`, y => y],
    'fixed max': [[`let e = exp(s - stop(${max}))`], `(e / sum(e, axis: ${axis})${row})`, y => y],
    late: [['let e = exp(s)'], 'e', y => `(${y}) / ${late}`],
    'max, late': [[`let e = exp(s - ${max})`], 'e', y => `(${y}) / ${late}`],
  };
  const [before, p, after] = normed[softmax];
  const lines = [
    ...(whom === 'latents' ? ['param latents: float[3, D] = normal(0.5)'] : []),
    ...(whom === 'one latent' ? ['param latents: float[D] = normal(0.5)'] : []),
    ...(mask === 'bias' || mask === 'bias and causal'
      ? [
          `require T == ${whom === 'latents' ? 3 : 6} and S == ${whom === 'memory' || whom === 'cross' ? 5 : 6}`,
        ]
      : []),
    ...heads,
    ...by[scale],
    ...seen[mask],
    ...before,
    `let y = ${after(product(p))}`,
    `return ${merge('y')}`,
  ].join('\n    ');
  // Latents are three.
  const body = whom === 'latents' ? lines.replaceAll('T,', '3,').replace('T == 3 and ', '') : lines;
  const a = {
    self: 'a: float[N..., T, D]',
    cross: 'a: float[N..., T, D]',
    memory: 'a: float[N..., T, D]',
    latents: 'T: int, D: int',
    'one latent': 'D: int',
    pooled: 'a: float[N..., D]',
  }[whom];
  const c = whom === 'memory' ? 'c: float[S, D]' : 'c: float[N..., S, D]';
  const params = whom === 'latents' || whom === 'one latent' ? 'c: float[N..., S, D]' : `${a}, ${c}`;
  const call = {
    self: 'mix(words, words)',
    cross: 'mix(words, more)',
    memory: 'mix(words, table)',
    latents: 'mix(words)',
    'one latent': 'mix(words)',
    pooled: 'mix(mean(words, axis: -2), words)',
  }[whom];
  const sequence = whom === 'pooled' || whom === 'one latent' ? '' : ' |> mean(axis: -2)';
  const given = whom === 'cross' ? 't: text[N..., T], o: other[N..., S]' : 't: text[N..., T]';
  const fields = whom === 'cross' ? 'text: text[B, T], other: other[B, S]' : 'text: text[B, T]';
  const text = modelOf({
    params,
    body,
    given,
    fields,
    score: whom === 'cross' ? 'text, other' : 'text',
    encoder: [
      ...(whom === 'memory' ? ['param table: float[5, 16] = normal(0.5)'] : []),
      'let words = embedding(t.ids, width: 16) as words',
      ...(whom === 'cross' ? ['let more = embedding(o.ids, width: 16) as more'] : []),
      `return ${call}${sequence} |> linear(out: Yes) as head`,
    ],
  });
  if (whom === 'self') return text.replace(/\bS\b/g, 'T');
  return text;
}

export const spellings: readonly Spelling[] = whoms
  .flatMap(whom => layouts.map(layout => ({ whom, layout })))
  .flatMap(s => scales.map(scale => ({ ...s, scale })))
  .flatMap(s => softmaxes.map(softmax => ({ ...s, softmax })))
  .flatMap(s => masks.map(mask => ({ ...s, mask })))
  .filter(exists);

const axesOf = (s: Spelling): readonly string[] =>
  Object.entries(s).map(([axis, choice]) => `${axis}: ${choice}`);

const pairsOf = (s: Spelling): readonly string[] => {
  const all = axesOf(s);
  return all.flatMap((a, i) => all.slice(i + 1).map(b => `${a}, ${b}`));
};

/** Few spellings in which any two choices that go together meet. */
export function pairwise(): readonly Spelling[] {
  const open = new Set(spellings.flatMap(pairsOf));
  const chosen: Spelling[] = [];
  // Strides, so that neighbours in the list differ in everything.
  for (let least = 10; least > 0; least--) {
    for (let i = 0; i < spellings.length; i++) {
      const s = spellings[(i * 1009) % spellings.length]!;
      const fresh = pairsOf(s).filter(pair => open.has(pair));
      if (fresh.length < least) continue;
      chosen.push(s);
      for (const pair of fresh) open.delete(pair);
    }
  }
  return chosen;
}
