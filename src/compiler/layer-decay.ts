// Layer-wise decay of the learning rate: each layer of a stack learns at a share of the next one's rate, as in ELECTRA
// (arXiv:2003.10555) and BEiT (arXiv:2106.08254).

/**
 * The share of the rate for each weight, by its path, in the order in which a part makes them. Of the d layers of a
 * part's outermost repeat, layer i has decay^(d − i); what the part makes before them, as embeddings, decay^(d + 1);
 * what it makes after them, and every part without layers, has all of it.
 */
export function layerShares(
  paths: readonly string[],
  repeats: ReadonlyMap<string, number>,
  decay: number,
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const begun = new Set<string>();
  for (const path of [...paths].reverse()) {
    const [part = ''] = path.split('.');
    const layer = outermostLayer(path, repeats);
    if (layer !== undefined) begun.add(part);
    depths.set(path, layer ?? (begun.has(part) ? stackOf(part, paths, repeats) + 1 : 0));
  }
  return new Map([...depths].map(([path, depth]) => [path, decay ** depth]));
}

/** How many layers stand behind this one, itself counted; undefined outside of layers. */
function outermostLayer(path: string, repeats: ReadonlyMap<string, number>): number | undefined {
  const names = path.split('.');
  for (let i = 1; i < names.length; i++) {
    const times = repeats.get(names.slice(0, i).join('.'));
    if (times !== undefined) return times - Number(names[i]);
  }
  return undefined;
}

/** The layers of the first stack in a part. */
function stackOf(part: string, paths: readonly string[], repeats: ReadonlyMap<string, number>): number {
  for (const path of paths) {
    const layer = path.split('.')[0] === part ? outermostLayer(path, repeats) : undefined;
    if (layer !== undefined) return layer;
  }
  return 0;
}
