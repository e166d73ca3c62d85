// What a wrong spec of the gallery is made from: a right one in which something is replaced, or a text of its own;
// « » mark where its errors must point.

/** A wrong spec with its mended twin. */
export interface Mistake {
  readonly name: string;
  readonly code: string;
  /** Why the rule is there; of each code one mistake says it, and `mm explain CODE` shows that one. */
  readonly why?: string;
  /** A part of the message or of the help. */
  readonly says: string;
  /** The spec with « » around each place that an error must point at. */
  readonly wrong: string;
  readonly mended: string;
  /** Other files, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A marked piece of a text, as offsets and by its characters. */
export interface Marked {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text without « and », and what stood between them; marks may nest. */
export function unmark(marked: string): { readonly text: string; readonly marks: readonly Marked[] } {
  let text = '';
  const open: number[] = [];
  const found: { start: number; end: number }[] = [];
  for (const c of marked) {
    if (c === '«') open.push(text.length);
    else if (c === '»') found.push({ start: open.pop() ?? 0, end: text.length });
    else text += c;
  }
  const marks = found.map(m => ({ ...m, text: text.slice(m.start, m.end) }));
  return { text, marks: marks.sort((a, b) => a.start - b.start || a.end - b.end) };
}

/** A small model that is right. */
export const stamps = `model Stamps(width: int = 16) version "1.0.0" {
  modality picture: Image(height: 16, width: 16)
  modality caption: Text(tokenizer: bpe(300), length: 8)
  labels Kind { flower, bird, ship }
  space shared(12)

  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 16) |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    let words = embedding(c.ids, width: width) |> positions(max: 8)
    return words |> transformer(depth: 1, heads: 4) |> mean(axis: -2) |> into(shared)
  }

  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  objective sort(picture: picture[B], kind: index(Kind)[B]) {
    return cross_entropy(linear(look(picture), out: Kind), kind)
  }

  stage align {
    minimize seen + 0.5 * sort on stamps.train batch 8
    train all
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 10), decay: 0.1)
    steps 20
    measure recall(seen, at: [1, 5]) on stamps.validation every 10
  }

  export name(p: picture[B], among: caption[K]) -> index(K)[B] {
    return nearest(look(p), read(among))
  }
}
`;

/** The right model with its only `was` replaced by `wrong`, and by `right` in its twin. */
export function inStamps(was: string, wrong: string, right: string = was): Pick<Mistake, 'wrong' | 'mended'> {
  const pieces = stamps.split(was);
  const [before, after] = pieces;
  if (pieces.length !== 2 || before === undefined || after === undefined)
    throw new Error(`"${was}" stands ${pieces.length - 1} times in the model of the gallery`);
  return { wrong: `${before}${wrong}${after}`, mended: `${before}${right}${after}` };
}

/** A block in a file of its own. */
export function block(wrong: string, mended: string): Pick<Mistake, 'wrong' | 'mended'> {
  return { wrong: `${wrong}\n`, mended: `${mended}\n` };
}
