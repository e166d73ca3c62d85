// What a stage fits: parts whose states learn from data without gradients, and tokenizers.

import { nearestName } from '../../base/nearest-name.ts';
import type { Expr, FitClause, StageMember } from '../syntax/ast.ts';
import type { Declared } from './declare.ts';
import { fieldsRead } from './measured-values.ts';
import type { Fit, FitLength, FitStage, Pattern, TokenizerFit } from './model.ts';
import { lookUp } from './scope.ts';
import { readNumber } from './settings.ts';
import { readData } from './stage-data.ts';
import { readAll, readPattern, type StageContext } from './stages.ts';
import { complain } from './trace.ts';
import { showExpr } from './type-names.ts';
import { patternMatches } from './weight-pattern.ts';

type Fits = Pick<FitStage, 'kind' | 'reached' | 'fits' | 'tokenizers'>;

/** The fits of a stage that has some; undefined where something is wrong, which is reported. */
export function readFits(context: StageContext, member: StageMember): Fits | undefined {
  const { frame } = context.declared;
  const others = member.clauses.flatMap(c => (c.kind === 'fit' || c.kind === 'measure' ? [] : [c]));
  for (const { kind, span } of others)
    complain(frame, 'clause-in-fit', { stage: member.name.text, clause: kind }, span);
  const read = readAll(member.clauses, c => (c.kind === 'fit' ? readFit(context, c) : 'another'));
  if (read === undefined || others.length > 0) return undefined;
  const seen: Pattern[] = [];
  for (const f of read) {
    const own = f.kind === 'part' ? f.fit.pattern : { text: `${f.fit.modality}.tokenizer`, span: f.fit.span };
    const earlier = seen.find(p => overlap(p.text, own.text));
    seen.push(own);
    if (earlier === undefined) continue;
    complain(frame, 'fit-twice', { target: own.text }, own.span, {
      related: [{ span: earlier.span, message: 'fitted here already' }],
    });
    return undefined;
  }
  return {
    kind: 'fit',
    reached: [],
    fits: read.flatMap(f => (f.kind === 'part' ? [f.fit] : [])),
    tokenizers: read.flatMap(f => (f.kind === 'tokenizer' ? [f.fit] : [])),
  };
}

/** Whether one of two patterns names what the other stands for. */
const overlap = (a: string, b: string): boolean => patternMatches(a, b) || patternMatches(b, a);

type ReadFit =
  | { readonly kind: 'part'; readonly fit: Fit }
  | { readonly kind: 'tokenizer'; readonly fit: TokenizerFit };

function readFit(context: StageContext, clause: FitClause): ReadFit | undefined {
  const [head, ...rest] = clause.target.text.split('.');
  const isTokenizer = head !== undefined && context.declared.modalities.has(head) && rest[0] === 'tokenizer';
  if (isTokenizer) {
    const fit = readTokenizerFit(context, clause, head);
    return fit === undefined ? undefined : { kind: 'tokenizer', fit };
  }
  const fit = readPartFit(context, clause);
  return fit === undefined ? undefined : { kind: 'part', fit };
}

function readPartFit(context: StageContext, clause: FitClause): Fit | undefined {
  const { declared } = context;
  const { frame } = declared;
  const { target, value, span } = clause;
  const pattern = readTarget(declared, target);
  const data = readData(context, clause.data, true);
  const length = readLength(context, clause);
  if (value === undefined) {
    complain(frame, 'fit-of-nothing', { target: target.text }, target.span);
    return undefined;
  }
  const name = `fit ${target.text}`;
  const fields = fieldsRead(declared, context.objectives.values(), [value], { name, span });
  const isIdle = fields.params.length === 0;
  if (isIdle) complain(frame, 'fit-reads-nothing', { value: showExpr(value) }, value.span);
  if (pattern === undefined || data === undefined || length === undefined || isIdle) return undefined;
  return { pattern, value, fields, data, length, span };
}

/** The pattern, which begins with a part or an encoder of the model, or with `*`. */
function readTarget({ frame, scope }: Declared, target: Pattern): Pattern | undefined {
  const [head = ''] = target.text.split('.');
  const value = lookUp(scope, head)?.value;
  if (/[*{]/.test(head) || value?.kind === 'file' || value?.kind === 'model') return target;
  if (value?.kind === 'error') return undefined;
  if ((value?.kind === 'part' || value?.kind === 'block') && value.path !== undefined)
    return readPattern(frame, target);
  const parts = [...scope.names].flatMap(([name, n]) =>
    n.value.kind === 'part' || (n.value.kind === 'block' && n.value.path !== undefined) ? [name] : [],
  );
  complain(
    frame,
    'unknown-name',
    { name: head, what: 'part', suggestion: nearestName(head, parts) },
    target.span,
  );
  return undefined;
}

function readLength({ declared: { frame } }: StageContext, clause: FitClause): FitLength | undefined {
  const { target, data, length } = clause;
  if (length === undefined) {
    const set = `${data.set.text}.${data.split.text}`;
    complain(frame, 'fit-without-end', { target: target.text, data: set }, data.span);
    return undefined;
  }
  const where = `${length.kind} of ${target.text}`;
  const count = readNumber(frame, length.value, where, { whole: true, least: 1, most: 1e9 });
  return count === undefined ? undefined : { kind: length.kind, count };
}

/** `fit caption.tokenizer on books.train`: all texts of a field of the split, once. */
function readTokenizerFit(
  context: StageContext,
  clause: FitClause,
  modality: string,
): TokenizerFit | undefined {
  const { declared } = context;
  const { frame } = declared;
  const { target, value, data, length, span } = clause;
  if (target.text !== `${modality}.tokenizer` || declared.modalities.get(modality)?.spec.kind !== 'text') {
    const expected = 'a part, or the tokenizer of a text modality, as in text.tokenizer';
    complain(frame, 'wrong-kind', { where: 'what is fitted', expected, got: target.text }, target.span);
    return undefined;
  }
  const idle = [
    ...(data.batch === undefined ? [] : [['batch', data.batch.span] as const]),
    ...(data.transforms[0] === undefined ? [] : [['with', data.transforms[0].field.span] as const]),
    ...(length === undefined ? [] : [[length.kind, length.span] as const]),
  ];
  for (const [setting, place] of idle)
    complain(
      frame,
      'bad-setting',
      { setting: `${setting} of ${target.text}`, reason: 'means nothing: all texts are read once' },
      place,
    );
  const field = fieldName(value, modality);
  if (field === undefined)
    complain(
      frame,
      'wrong-kind',
      {
        where: `what ${target.text} is fitted on`,
        expected: 'the name of a field of the data',
        got: value === undefined ? 'nothing' : showExpr(value),
      },
      value?.span ?? target.span,
    );
  const read = readData(context, { ...data, batch: undefined, transforms: [] }, false);
  if (idle.length > 0 || field === undefined || read === undefined) return undefined;
  return { modality, field, data: read, span };
}

const fieldName = (value: Expr | undefined, modality: string): string | undefined =>
  value === undefined ? modality : value.kind === 'name' ? value.text : undefined;

/** No tokenizer is fitted by two stages. */
export function checkTokenizerFits({ frame }: Declared, stages: readonly FitStage[]): void {
  const seen = new Map<string, TokenizerFit>();
  for (const fit of stages.flatMap(s => s.tokenizers)) {
    const earlier = seen.get(fit.modality);
    if (earlier === undefined) seen.set(fit.modality, fit);
    else
      complain(frame, 'fit-twice', { target: `${fit.modality}.tokenizer` }, fit.span, {
        related: [{ span: earlier.span, message: 'fitted here already' }],
      });
  }
}
