// Paths met in a check, in which a repeat's body runs once and stands for all its layers.

/** The paths of every layer that a path of a check stands for. */
export function layersOf(path: string, repeats: ReadonlyMap<string, number>): readonly string[] {
  let heads: readonly string[] = [''];
  let met = '';
  for (const name of path.split('.')) {
    const times = name === '0' ? repeats.get(met) : undefined;
    const names = times === undefined ? [name] : Array.from({ length: times }, (_, i) => String(i));
    heads = heads.flatMap(head => names.map(n => (head === '' ? n : `${head}.${n}`)));
    met = met === '' ? name : `${met}.${name}`;
  }
  return heads;
}
