// Paths met in a check, in which a repeat's body runs once and stands for all its layers.

/** The paths of every layer that a path of a check stands for. */
export function layersOf(path: string, repeats: ReadonlyMap<string, number>): readonly string[] {
  let heads: readonly string[] = [''];
  let from = 0;
  for (let dot = path.indexOf('.0'); dot >= 0 && repeats.size > 0; dot = path.indexOf('.0', dot + 2)) {
    const end = dot + 2;
    if (end < path.length && path[end] !== '.') continue;
    const times = repeats.get(path.slice(0, dot));
    if (times === undefined) continue;
    const name = path.slice(from, dot + 1);
    heads = heads.flatMap(head => Array.from({ length: times }, (_, i) => `${head}${name}${i}`));
    from = end;
  }
  const rest = path.slice(from);
  return rest === '' ? heads : heads.map(head => head + rest);
}
