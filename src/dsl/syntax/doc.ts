// Documents in the manner of Wadler ("A prettier printer", 2003): text, places where a line may break, and groups
// that stand on one line where they fit and break at all of their own places where they don't.

export type Doc = string | readonly Doc[] | Line | Indent | Group | IfBroken | Suffix;

interface Line {
  readonly kind: 'line';
  /** What stands here where the group is on one line. */
  readonly flat: string;
  /** Always breaks, and all groups around it do. */
  readonly hard: boolean;
  /** Stays a space behind a line that holds nothing but what closes a bracket. */
  readonly hug: boolean;
}
interface Indent {
  readonly kind: 'indent';
  readonly by: number;
  readonly doc: Doc;
}
interface Group {
  readonly kind: 'group';
  readonly doc: Doc;
  readonly broken: boolean;
}
interface IfBroken {
  readonly kind: 'if-broken';
  readonly text: string;
}
interface Suffix {
  readonly kind: 'suffix';
  readonly text: string;
}

const lineOf = (flat: string, hard: boolean, hug: boolean): Line => ({ kind: 'line', flat, hard, hug });

/** A space or a line break. */
export const line = lineOf(' ', false, false);
/** Nothing or a line break. */
export const softline = lineOf('', false, false);
export const hardline = lineOf(' ', true, false);
/** A line break that stays a space behind `)`, where a long call has just closed. */
export const hugline = lineOf(' ', false, true);
export const hardHugline = lineOf(' ', true, true);

export const indent = (by: number, doc: Doc): Doc => ({ kind: 'indent', by, doc });
export const group = (doc: Doc): Doc => ({ kind: 'group', doc, broken: breaks(doc) });
/** Text that stands only where the group around it is broken. */
export const ifBroken = (text: string): Doc => ({ kind: 'if-broken', text });
/** A comment at the end of the line, whatever else comes on it; undefined for none. */
export const suffix = (text: string | undefined): Doc => (text === undefined ? [] : { kind: 'suffix', text });

export const join = (docs: readonly Doc[], by: Doc): Doc => docs.map((d, i) => (i === 0 ? d : [by, d]));

/** Whether something within demands a line break. */
function breaks(doc: Doc): boolean {
  if (typeof doc === 'string') return false;
  if (!('kind' in doc)) return doc.some(breaks);
  switch (doc.kind) {
    case 'line':
      return doc.hard;
    case 'indent':
      return breaks(doc.doc);
    case 'group':
      return doc.broken;
    case 'suffix':
      return true;
    case 'if-broken':
      return false;
    default:
      return doc satisfies never;
  }
}

/** A part of a document that is still to be written, and how. */
interface Task {
  readonly doc: Doc;
  readonly indent: number;
  readonly flat: boolean;
}

/** The document as text, in lines of at most this width where its groups allow it. */
export function render(doc: Doc, width: number): string {
  const done: string[] = [];
  let now = '';
  let margin = 0;
  let comment = '';
  const tasks: Task[] = [{ doc, indent: 0, flat: false }];
  const write = (text: string): void => {
    if (text !== '') now = `${now === '' ? ' '.repeat(margin) : now}${text}`;
  };
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { doc: d, indent: by, flat } = task;
    if (typeof d === 'string') write(d);
    else if (!('kind' in d)) pushAll(tasks, d, by, flat);
    else if (d.kind === 'indent') tasks.push({ doc: d.doc, indent: by + d.by, flat });
    else if (d.kind === 'if-broken') write(flat ? '' : d.text);
    else if (d.kind === 'suffix') comment += `  ${d.text}`;
    else if (d.kind === 'group') {
      const whole: Task = { doc: d.doc, indent: by, flat: flat || !d.broken };
      const room = width - (now === '' ? margin : now.length);
      tasks.push(flat || (!d.broken && fits(whole, tasks, room)) ? whole : { ...whole, flat: false });
    } else if ((flat && !d.hard) || (d.hug && /^ *[)\]}]+( as \w+)?$/.test(now))) write(d.flat);
    else {
      done.push(now + comment);
      [now, margin, comment] = ['', by, ''];
    }
  }
  return [...done, now + comment].join('\n');
}

function pushAll(tasks: Task[], docs: readonly Doc[], by: number, flat: boolean): void {
  for (let i = docs.length - 1; i >= 0; i--) tasks.push({ doc: docs[i] as Doc, indent: by, flat });
}

/** Whether the task on one line, and what follows it up to the next possible break, fits. */
function fits(task: Task, rest: readonly Task[], width: number): boolean {
  const own = [task];
  let behind = rest.length;
  for (let room = width; room >= 0; ) {
    const next = own.pop() ?? rest[--behind];
    if (next === undefined) return true;
    const { doc: d, flat } = next;
    if (typeof d === 'string') room -= d.length;
    else if (!('kind' in d)) pushAll(own, d, 0, flat);
    else if (d.kind === 'indent') own.push({ doc: d.doc, indent: 0, flat });
    else if (d.kind === 'group') own.push({ doc: d.doc, indent: 0, flat: flat && !d.broken });
    else if (d.kind === 'if-broken') room -= flat ? 0 : d.text.length;
    else if (d.kind === 'line') {
      if (!flat || d.hard) return true;
      room -= d.flat.length;
    }
  }
  return false;
}
