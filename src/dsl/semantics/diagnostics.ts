// Everything that checking a model can say: code, typed parameters, wording. The parser has its own table.

import type { DiagnosticRule } from '../../base/diagnostic.ts';
import { defineDiagnostics } from '../../base/diagnostic.ts';
import { metrics } from '../metrics/table.ts';

function error<P>(
  message: (p: P) => string,
  help?: (p: P) => string | undefined,
  label?: (p: P) => string | undefined,
): DiagnosticRule<P> {
  return {
    severity: 'error',
    message,
    ...(help === undefined ? {} : { help }),
    ...(label === undefined ? {} : { label }),
  };
}

const suggest = (p: { readonly suggestion: string | undefined }): string | undefined =>
  p.suggestion === undefined ? undefined : `did you mean ${p.suggestion}?`;

/** What a stage that minimizes says and one that fits doesn't. */
export type MinimizeClauseKind = 'minimize' | 'train' | 'freeze' | 'optimizer' | 'steps';

/** Why it means nothing in a stage that fits. */
const whyNotInFit: Readonly<Record<MinimizeClauseKind, string>> = {
  minimize: 'a stage minimizes or fits: make two stages, one from the other',
  train: 'what learns is said by fit, all else stays as it is',
  freeze: 'what learns is said by fit, all else stays as it is',
  optimizer: 'a fit needs no gradients and no optimizer',
  steps: 'say it of each fit: passes 5, or steps 500, behind its data',
};

/** What to write for a clause that is said twice. */
const clauseOnce: Readonly<Record<string, string>> = {
  train: 'name all in one clause: train look, read',
  freeze: 'name all in one clause: freeze look, read',
  minimize: 'add the terms up in one clause: minimize a on … + b on …',
};

export const semanticRules = {
  // ── Names
  'unknown-name': error<{ name: string; what: string; suggestion: string | undefined }>(
    p => `there is no ${p.what} named ${p.name} here`,
    suggest,
  ),
  'defined-twice': error<{ name: string; what: string }>(
    p => `${p.name} is defined twice: this ${p.what} and an earlier one have the same name`,
    () => 'give one of them another name',
    () => 'defined again here',
  ),
  'shadows-std': {
    severity: 'warning',
    message: (p: { name: string }) => `this file's ${p.name} takes the place of the standard library's`,
    help: () => 'give it another name if both are wanted',
  } satisfies DiagnosticRule<{ name: string }>,
  'shadowed-name': error<{ name: string }>(
    p => `${p.name} would hide the ${p.name} that is already in reach here`,
    p =>
      `choose another name; inside repeat or scan, ${p.name} = … (without let) gives the next value of what is carried`,
  ),
  'not-carried': error<{ name: string }>(
    p => `${p.name} can't be given a new value here`,
    () =>
      'a value is defined once, with let; only what repeat or scan carries changes, and only inside its body',
  ),
  'unknown-field': error<{
    field: string;
    of: string;
    known: readonly string[];
    suggestion: string | undefined;
  }>(
    p => `${p.of} has no field ${p.field}`,
    p =>
      p.suggestion === undefined ? `it has ${p.known.join(', ') || 'none'}` : `did you mean ${p.suggestion}?`,
  ),
  'file-not-found': error<{ path: string }>(
    p => `there is no file ${p.path}`,
    () => 'the path is relative to the file that uses it',
  ),
  'use-cycle': error<{ path: string }>(
    p => `${p.path} uses this file, directly or through others`,
    () => 'move what both need into a third file',
  ),
  'which-model': error<{ file: string; known: readonly string[] }>(
    p =>
      p.known.length === 0
        ? `${p.file} holds no model`
        : `${p.file} holds several models: ${p.known.join(', ')}`,
    p => (p.known[0] === undefined ? undefined : `say which: ${p.file}.${p.known[0]}`),
  ),
  'not-in-model': error<{
    name: string;
    of: string;
    known: readonly string[];
    suggestion: string | undefined;
  }>(
    p => `${p.of} has no variant, part or other member ${p.name}`,
    p =>
      p.suggestion === undefined ? `it has ${p.known.join(', ') || 'none'}` : `did you mean ${p.suggestion}?`,
  ),
  'alias-kind': error<{ what: string; name: string; got: string }>(
    p => `${p.what} ${p.name} takes ${p.what} of another model; this is ${p.got}`,
    p => `write: ${p.what} ${p.name} = Other.NAME, where NAME is ${p.what} there`,
  ),
  redefined: error<{ name: string; what: string; base: string }>(
    p => `${p.base} has the ${p.what} ${p.name} already, and a model that extends another adds to it`,
    () => 'give it another name',
  ),
  'adapts-nothing': error<{
    pattern: string;
    part: string;
    known: readonly string[];
    suggestion: string | undefined;
  }>(
    p => `${p.pattern} matches no weight of ${p.part}`,
    p =>
      p.suggestion !== undefined
        ? `did you mean ${p.suggestion}?`
        : p.known.length === 0
          ? `nothing in this model calls ${p.part}, or it has no weights of its own`
          : `its weights are ${p.known.join(', ')}${p.known.length < 4 ? '' : ' …'}`,
  ),
  'adapt-changes': error<{ by: string; weight: string; made: string }>(
    p => `${p.by} must keep the type of a weight: it gets ${p.weight} and makes ${p.made}`,
  ),
  'no-such-stage': error<{
    name: string;
    model: string;
    known: readonly string[];
    suggestion: string | undefined;
  }>(
    p => `${p.model} has no stage ${p.name}`,
    p =>
      p.known.length === 0
        ? 'it has none: nothing trains it'
        : p.suggestion === undefined
          ? `it has ${p.known.join(', ')}`
          : `did you mean ${p.suggestion}?`,
  ),
  'starts-twice': error<{ stage: string; what: string }>(
    p => `stage ${p.stage} starts from two stages with ${p.what}: a weight has one start`,
    () => 'leave one of them out, or name the parts that each gives: from A.pretrain(eye), A.tune(head)',
  ),
  'untrained-setting': error<{ stage: string; model: string }>(
    p =>
      `no run can hold ${p.stage} of ${p.model} in this setting: models are trained as they are, or as variants`,
    p => `give the setting a name in its file, variant NAME = …, and take ${p.model}.NAME`,
  ),
  'not-of-model': error<{ part: string; got: string; model: string; stage: string }>(
    p => `${p.stage} gives weights of ${p.model}, and ${p.part} isn't of it: it is ${p.got} of this model`,
    p => `name parts that stand on ${p.model}, as in part NAME = ${p.model}.PART`,
  ),
  'nothing-taken': error<{ stage: string; from: string }>(
    p => `stage ${p.stage} reaches no weight that ${p.from} would give`,
    () => 'use its parts in an objective of this stage, or leave it out',
  ),
  'not-in-stage': error<{ from: string; paths: readonly string[] }>(
    p =>
      `${p.from} never reached ${p.paths.slice(0, 3).join(', ')}${p.paths.length > 3 ? ` and ${p.paths.length - 3} more weights` : ''}: here ${p.paths.length === 1 ? 'it' : 'they'} would start at random`,
    () => 'start from a stage that trains them, or name the parts that are taken: from Other.stage(part)',
  ),
  'model-in-block': error<{ model: string }>(
    p => `parts of ${p.model} are taken in a model; this stands in a block of a file`,
    () => 'give the block the part as a parameter, part: block, or move it into the model',
  ),
  'two-settings': error<{ root: string; a: string; b: string }>(
    p => `this model stands on ${p.a} and on ${p.b}, whose weights would both be ${p.root}.*`,
    p => `take one setting for all, or use the file twice under two names: use "…" as ${p.root}2`,
  ),
  'model-cycle': error<{ model: string }>(
    p => `${p.model} stands on itself, directly or through others`,
    () => 'move what both need into a third model',
  ),
  'no-model': error<{ file: string }>(
    p => `${p.file} holds no model`,
    () => 'write: model Name { … }',
  ),

  // ── Types and shapes
  'wrong-kind': error<{ expected: string; got: string; where: string }>(
    p => `${p.where} must be ${p.expected}; this is ${p.got}`,
  ),
  'not-a-type': error<{ name: string; suggestion: string | undefined }>(
    p => `${p.name} is not a type`,
    p =>
      p.suggestion === undefined
        ? 'types are float, index(…), bool, int, number, string, block, dim, tensor, and the modalities and spaces of the model'
        : `did you mean ${p.suggestion}?`,
  ),
  'static-with-dims': error<{ base: string }>(
    p => `${p.base} is known before the model runs, so it has no dims`,
    () =>
      'of tensors there are float[…], positions index(D)[…] and conditions mask[…]; or leave the brackets out',
  ),
  'dims-differ': error<{
    what: string;
    left: string;
    right: string;
    a: string;
    b: string;
    counterexample: string | undefined;
  }>(
    p => `${p.what}: ${p.a} and ${p.b} differ`,
    p =>
      p.counterexample === undefined
        ? undefined
        : `they differ where ${p.counterexample}; where they must be equal, say so: require ${p.a} == ${p.b}`,
    p => (p.right === '' ? p.left : `${p.left} and ${p.right}`),
  ),
  'field-changes-type': error<{ field: string; of: string; was: string; is: string; why: string }>(
    p => `${p.field} of ${p.of} is ${p.was}; this is ${p.is}`,
    p =>
      p.why === '' ? 'with puts other values in the fields of a record, of the types that they have' : p.why,
  ),
  'argument-type': error<{ callee: string; param: string; expected: string; got: string; why: string }>(
    p => `${p.callee} wants ${p.param}: ${p.expected}; this is ${p.got}`,
    p => (p.why === '' ? undefined : p.why),
  ),
  'broken-promise': error<{ name: string; promised: string; returned: string; why: string }>(
    p => `${p.name} promises ${p.promised} and returns something else`,
    p => (p.why === '' ? undefined : p.why),
    p => `returned: ${p.returned}`,
  ),
  'not-unit': error<{ callee: string; param: string; got: string }>(
    p => `${p.callee} compares vectors of length one, and ${p.param} isn't known to be: ${p.got}`,
    () => 'end the encoder with |> into(SPACE), or call unit(x)',
  ),
  'two-vocabularies': error<{ callee: string; a: string; b: string }>(
    p => `${p.callee}: scores are over ${p.a}, the targets point into ${p.b}`,
    p => `make the last layer as wide as ${p.b}: linear(x, out: ${p.b})`,
  ),
  'not-scores': error<{ wanted: string; got: string }>(
    p => `generate needs scores over the vocabulary at every position: ${p.wanted}; this gives ${p.got}`,
    () => 'end it with a layer as wide as the vocabulary: linear(x, out: V), or x @ transpose(words.weight)',
  ),
  'soft-index': error<{ op: string; got: string }>(
    p => `${p.op} needs entries and this holds weights over all of them: ${p.got}`,
    () => 'look the entries up first: embedding(c.ids, width: …), or gather(table, ids)',
  ),
  'not-a-choice': error<{ wanted: string; got: string }>(
    p => `by chooses an entry of the vocabulary from its scores: ${p.wanted}; this gives ${p.got}`,
    () =>
      'write by: greedy(), by: sample(temperature: 0.8), or by: scores => argmax(scores); what gives weights over the vocabulary, float[..., V], makes a soft text',
  ),
  'op-refused': error<{ op: string; reason: string }>(p =>
    p.reason.startsWith(p.op) ? p.reason : `${p.op}: ${p.reason}`,
  ),
  'not-whole': error<{ value: string; where: string }>(
    p => `${p.where} must be a whole number; this is ${p.value}`,
  ),
  'axis-out-of-range': error<{ axis: number; type: string }>(
    p => `there is no axis ${p.axis} in ${p.type}`,
    () => 'axes count from 0, or from the end: -1 is the last',
  ),
  'pattern-wrong': error<{ pattern: string; reason: string }>(
    p => `the pattern "${p.pattern}" doesn't fit: ${p.reason}`,
  ),
  'pack-misplaced': error<{ name: string }>(
    p => `${p.name}... stands for leading dims, so it comes first and only once in a type`,
    () => 'a block has one pack, the same in all its parameters',
  ),
  'unbound-dim': error<{ name: string; suggestion: string | undefined }>(
    p => `the dim ${p.name} stands nowhere on its own among the parameters, so nothing says how large it is`,
    p =>
      p.suggestion === undefined
        ? 'use it bare in the type of a parameter, or make it an int parameter'
        : `did you mean ${p.suggestion}?`,
  ),
  'requirement-failed': error<{ condition: string; facts: string }>(
    p => `require ${p.condition} doesn't hold: ${p.facts}`,
  ),
  'branches-differ': error<{ a: string; b: string }>(
    p => `both branches must give the same type: one gives ${p.a}, the other ${p.b}`,
  ),
  'carry-changes': error<{ by: 'repeat' | 'scan'; name: string; before: string; after: string }>(
    p => `${p.by} carries ${p.name}, so its type must stay: it was ${p.before} and becomes ${p.after}`,
  ),
  'not-static': error<{ where: string }>(
    p => `${p.where} must be known before the model runs; this is computed by it`,
  ),
  'units-differ': error<{ op: string; a: string; b: string }>(
    p => `${p.op} joins ${p.a} and ${p.b}: their units differ`,
    () => 'both are times, both frequencies, or both plain numbers; a time * a frequency is a plain number',
  ),
  'units-remain': error<{ where: string; what: string; got: string }>(
    p => `${p.where} is a plain number, and ${p.what} is ${p.got}`,
    () => 'a time cancels with a frequency: 25ms * 16kHz is 400, and 10s / 10ms is 1000',
  ),
  'not-whole-samples': error<{
    what: string;
    time: string;
    rate: string;
    samples: number;
    near: string;
  }>(
    p => `${p.what} is no whole number of samples: ${p.time} at ${p.rate} are ${p.samples}`,
    p => (p.near === '' ? undefined : `the nearest that are: ${p.near}`),
  ),
  'unknown-unit': error<{ unit: string }>(
    p => `${p.unit} is not a unit`,
    () => 'units are s, ms, Hz, kHz and fps',
  ),

  // ── Calls
  'not-callable': error<{ name: string; got: string; hides: boolean }>(
    p => `${p.name} can't be called: it is ${p.got}`,
    p => (p.hides ? `it hides the ${p.name} that can be called: give one of them another name` : undefined),
  ),
  'nothing-to-name': error<Record<string, never>>(
    () => 'as names the part that a call makes, and this is no call',
    () => 'write it behind the call: linear(x, out: 8) as first',
  ),
  'unknown-argument': error<{
    callee: string;
    name: string;
    known: readonly string[];
    suggestion: string | undefined;
  }>(
    p => `${p.callee} has no parameter ${p.name}`,
    p =>
      p.suggestion === undefined
        ? `it takes ${p.known.join(', ') || 'nothing'}`
        : `did you mean ${p.suggestion}?`,
  ),
  'too-many-arguments': error<{ callee: string; takes: number; known: readonly string[] }>(
    p => `${p.callee} takes ${p.takes} argument${p.takes === 1 ? '' : 's'}; this is one more`,
    p => (p.known.length === 0 ? undefined : `it takes ${p.known.join(', ')}`),
  ),
  'missing-argument': error<{ callee: string; name: string; type: string }>(
    p => `${p.callee} needs ${p.name}: ${p.type}`,
    p => `add ${p.name}: …`,
  ),
  'argument-twice': error<{ callee: string; name: string }>(p => `${p.name} of ${p.callee} is given twice`),
  'twin-repeats': error<{ name: string }>(
    p => `two repeats named ${p.name} in one body each own weights or draws`,
    () => 'give them names of their own: repeat 4 as low { … }',
    () => 'the second one',
  ),
  'twin-parts': error<{ name: string }>(
    p => `two calls of ${p.name} in one body each own weights or draws, and have the same name`,
    p =>
      `name them: ${p.name}(…) as first; to share weights, write part shared = ${p.name}(…) and call it twice`,
    () => 'the second one',
  ),
  'part-not-called': error<{ part: string; field: string }>(
    p => `${p.part}.${p.field} is read before ${p.part} is called, so its size isn't known yet`,
    p => `call ${p.part}(…) first`,
  ),
  'part-shape-changed': error<{ path: string; before: string; after: string }>(
    p => `${p.path} is shared by two calls that need it in two sizes: ${p.before} and ${p.after}`,
  ),
  'recursive-block': error<{ name: string }>(
    p => `${p.name} calls itself, directly or through others`,
    () => 'use repeat',
  ),
  'no-return': error<{ name: string }>(
    p => `${p.name} ends without returning anything`,
    () => 'end its body with return …',
  ),
  'return-in-loop': error<{ by: 'repeat' | 'scan' }>(
    p =>
      `the body of ${p.by} runs once for each ${p.by === 'repeat' ? 'layer' : 'position'}, so it returns nothing`,
    () => 'give what it carries a new value, x = …, and return after it',
  ),
  'collect-misplaced': error<{ name: string }>(
    p => `collect ${p.name} = … stands directly in the body of a scan, and here is none`,
    () => 'collect gathers one value for each position; to choose between two, use where',
  ),
  'scan-gives-nothing': error<Record<string, never>>(
    () => 'this scan carries nothing and collects nothing, so it has no effect',
    () => 'give a name from before it a new value, x = …, or collect one: collect y = …',
  ),
  'after-return': error<Record<string, never>>(() => 'nothing after return is ever reached'),
  'weight-of-data-size': error<{ path: string; dim: string; why: string }>(
    p => `the weight ${p.path} would be as large as the data: ${p.dim} ${p.why}`,
    () =>
      "a weight has the size of something written in the spec; pad to a fixed length, or use the modality's own maximum",
  ),
  'not-an-initializer': error<{ got: string; suggestion: string | undefined }>(
    p => `${p.got} is not an initializer`,
    p =>
      p.suggestion === undefined
        ? 'initializers are zeros(), ones(), constant(value), normal(std), uniform(low, high)'
        : `did you mean ${p.suggestion}?`,
  ),

  // ── States
  'not-a-state': error<{ name: string; got: string }>(
    p => `${p.name} can't be updated: it is ${p.got}`,
    () => 'only a state changes by update: state mean: float[D] = zeros()',
  ),
  'updated-twice': error<{ name: string; by: 'repeat' | 'scan' | undefined }>(
    p =>
      p.by === undefined
        ? `${p.name} is updated twice in one body`
        : `${p.name} would be updated once for each round of this ${p.by}`,
    p => {
      if (p.by === undefined) return 'a state gets one new value in a step: put both into one expression';
      return p.by === 'scan'
        ? 'carry the value through the scan and update the state behind it'
        : 'declare it inside the repeat, so that each layer has its own, or update it behind it';
    },
  ),
  'state-changes': error<{ name: string; state: string; when: 'starts as' | 'becomes'; got: string }>(
    p => `${p.name} is ${p.state}, and ${p.when} ${p.got}`,
  ),
  'state-never-updated': {
    severity: 'warning',
    message: (p: { name: string }) => `nothing updates the state ${p.name}: it stays what it starts as`,
    help: (p: { name: string }) => `write: update ${p.name} = …, or make it a param that is learned`,
  } satisfies DiagnosticRule<{ name: string }>,
  'export-updates': error<{ name: string; export: string }>(
    p => `an export never learns, so ${p.export} would never update ${p.name}`,
    () => 'update it in the body of an objective, or of a part that a stage trains',
  ),
  'names-a-state': error<{ pattern: string; path: string; copy: boolean }>(
    p =>
      p.pattern === p.path
        ? `${p.path} is ${p.copy ? 'a copy' : 'a state'}, which no stage trains or freezes`
        : `${p.pattern} names ${p.path}, ${p.copy ? 'a copy' : 'a state'}, which no stage trains or freezes`,
    p =>
      p.copy
        ? 'leave it out: a copy follows what it copies where that is trained'
        : 'leave it out: a state is updated where its part is trained',
  ),
  'copy-collides': error<{ copy: string; name: string }>(
    p => `${p.copy} would hold two parts named ${p.name}: one of the model and one of what it copies`,
    () => 'give one of the two another name',
  ),

  // ── Models
  'unknown-modality-kind': error<{ name: string; suggestion: string | undefined }>(
    p => `${p.name} is not a kind of modality`,
    p =>
      p.suggestion === undefined
        ? 'Image(height:, width:), Text(tokenizer:, length:), Audio(rate:, length:, features:) and Video(frames:, height:, width:, rate:) are'
        : `did you mean ${p.suggestion}?`,
  ),
  'bad-setting': error<{ setting: string; reason: string }>(p => `${p.setting} ${p.reason}`),
  'several-in-a-row': error<{ name: string; of: string; why: string }>(
    p => `${p.name} is a list of ${p.of} in every row of the data: ${p.why}`,
    p => `say how many a row has at most, and name the axis of each: ${p.of}[B, 5, T]`,
  ),
  'special-token': error<{ token: string; why: string }>(
    p => `${p.token} can't be a special token: ${p.why}`,
    () => 'name those that the text needs beside pad, begin and end: special: [cls, sep, mask]',
  ),
  'field-type': error<{ name: string; got: string }>(
    p => `${p.name} can't be a field of the data: ${p.got}`,
    () =>
      'fields are modalities (picture[B]), labels (index(Thing)[B]) and numbers (float[B]), both also along the axis of a text or recording (index(Tag)[B, T]), and positions on one (index(T)[B])',
  ),
  'field-axis': error<{ name: string; axis: string }>(
    p => `${p.name} goes along ${p.axis}, and no field beside it has an axis of that name`,
    p => `name the axis at the text, recording or video that ${p.name} belongs to: text[B, ${p.axis}]`,
  ),
  'export-parameter': error<{ name: string; got: string }>(
    p => `${p.name} can't be given by who calls an export: ${p.got}`,
    () => 'callers give modalities (picture[B]), labels (index(Thing)[B]) and numbers (float[B])',
  ),
  'export-result': error<{ name: string; got: string }>(
    p => `export ${p.name} must give tensors; this is ${p.got}`,
    () => 'what is known before the model runs needs no export',
  ),
  'unused-part': {
    severity: 'warning',
    message: (p: { name: string }) => `part ${p.name} is never called`,
    help: () => 'call it, or remove it',
  } satisfies DiagnosticRule<{ name: string }>,
  'fields-of-other-rows': error<{ a: string; b: string }>(
    p =>
      `all fields of an objective come from the same rows, so they share their first dim: ${p.a} and ${p.b} don't`,
    p => `write ${p.a} for both`,
  ),
  'not-a-loss': error<{ name: string; got: string }>(
    p => `${p.name} must give one number to minimize; it gives ${p.got}`,
    () => 'end with mean(…), or another reduction to a single float',
  ),
  'no-fields': error<{ name: string; align: boolean }>(
    p => `${p.name} reads no data, so there is nothing to learn from`,
    p =>
      p.align
        ? 'call its sides on modalities: look(picture) <-> read(caption)'
        : 'name the fields that it reads: (picture: picture[B], kind: index(Kind)[B])',
  ),
  'stage-lacks': error<{ stage: string; clause: string; example: string }>(
    p => `stage ${p.stage} has no ${p.clause} clause`,
    p => `add: ${p.example}`,
  ),
  'clause-twice': error<{ clause: string }>(
    p => `${p.clause} is said twice in this stage`,
    p => clauseOnce[p.clause] ?? 'leave one of them out',
  ),
  'objective-twice': error<{ objective: string }>(
    p => `${p.objective} is minimized twice on the same data`,
    () => 'write one term with the weights added up',
  ),
  'no-data': error<{ objective: string }>(
    p => `${p.objective} is minimized on no data`,
    () => 'write: minimize … on SET.SPLIT batch SIZE',
  ),
  'no-batch': error<{ data: string }>(
    p => `how many rows of ${p.data} make a batch?`,
    () => 'write: on SET.SPLIT batch 128',
  ),
  'clause-in-fit': error<{ stage: string; clause: MinimizeClauseKind }>(
    p => `stage ${p.stage} fits, so it has no ${p.clause} clause`,
    p => whyNotInFit[p.clause],
  ),
  'fit-of-nothing': error<{ target: string }>(
    p => `what is computed on each batch to fit ${p.target}?`,
    p => `write: fit ${p.target}: CALL on SET.SPLIT batch 64 passes 5`,
  ),
  'fit-reads-nothing': error<{ value: string }>(
    p => `${p.value} reads no data, so there is nothing to fit to`,
    () => 'name fields of the data in it: modalities, and what the objectives of the model read',
  ),
  'fit-without-end': error<{ target: string; data: string }>(
    p => `how long is ${p.target} fitted on ${p.data}?`,
    () => 'write passes 5 behind it, over all rows, or steps 500, of a batch each',
  ),
  'fit-twice': error<{ target: string }>(
    p => `${p.target} is fitted twice`,
    () => 'one fit says it all: leave one of the two out',
  ),
  'fit-misses': error<{ target: string; value: string }>(
    p => `${p.value} doesn't call ${p.target}, so it can't be fitted by it`,
    p => `put a call of ${p.target} into what is computed`,
  ),
  'fit-without-state': error<{ target: string }>(
    p => `nothing of ${p.target} can be fitted: it updates no state`,
    () => 'weights are moved by minimize; what a fit renews is declared by state and said by update',
  ),
  'matches-nothing': error<{
    pattern: string;
    parts: readonly string[];
    suggestion: string | undefined;
  }>(
    p => `${p.pattern} matches no weight that this stage's objectives reach`,
    p => suggest(p) ?? (p.parts.length === 0 ? undefined : `they reach weights of ${p.parts.join(', ')}`),
  ),
  'owns-no-weights': error<{ name: string; through: readonly string[] }>(
    p => `${p.name} owns no weights: it computes with those of ${p.through.join(', ')}`,
    p => `name the owners: ${p.through.join(', ')}`,
  ),
  'trained-and-frozen': error<{ path: string }>(p => `${p.path} is both trained and frozen`),
  'neither-trained-nor-frozen': error<{ paths: readonly string[] }>(
    p =>
      `${p.paths.slice(0, 3).join(', ')}${p.paths.length > 3 ? ` and ${p.paths.length - 3} more` : ''} ${p.paths.length === 1 ? 'is' : 'are'} neither trained nor frozen`,
    () => 'add: train rest, or freeze rest',
  ),
  'everything-frozen': error<{ stage: string }>(
    p => `stage ${p.stage} trains nothing`,
    () => 'add: train all',
  ),
  'frozen-objective': {
    severity: 'warning',
    message: (p: { objective: string; stage: string }) =>
      `${p.objective} teaches nothing in stage ${p.stage}: every weight that it depends on is frozen there`,
    help: () => 'leave it out of minimize, or train one of its parts',
  } satisfies DiagnosticRule<{ objective: string; stage: string }>,
  'sees-the-answer': error<{ objective: string; input: string; ahead: number }>(
    p => {
      const positions = (n: number): string => (n === 1 ? 'one position' : `${n} positions`);
      const where = p.ahead < 0 ? `${positions(-p.ahead)} back` : `${positions(p.ahead)} ahead`;
      return `${p.objective} predicts ${p.input} ${p.ahead === 0 ? 'where it stands' : where}, from a value that has read it already`;
    },
    p =>
      p.ahead <= 0
        ? 'what each position foretells is the next one: scores[:, :-1, :] against ids[:, 1:]; to predict what is hidden, hide it in the input: where(hide, …)'
        : 'let no position read those after it: causal: true; to predict what is hidden instead, hide it in the input: where(hide, …)',
  ),
  'frozen-at-random': {
    severity: 'warning',
    message: (p: { stage: string; paths: readonly string[] }) =>
      `${p.paths.slice(0, 3).join(', ')}${p.paths.length > 3 ? ` and ${p.paths.length - 3} more weights` : ''} ${p.paths.length === 1 ? 'is' : 'are'} frozen in stage ${p.stage} before any stage has trained ${p.paths.length === 1 ? 'it' : 'them'}: ${p.paths.length === 1 ? 'it stays' : 'they stay'} at random numbers`,
    help: (p: { stage: string }) =>
      `start from a stage that trains them: stage ${p.stage} from STAGE, or from Other.STAGE(part)`,
  } satisfies DiagnosticRule<{ stage: string; paths: readonly string[] }>,
  'not-fitted-yet': {
    severity: 'warning',
    message: (p: { stage: string; target: string; fitting: string }) =>
      `stage ${p.stage} reads ${p.target} before it is fitted: it doesn't start from ${p.fitting}, so ${p.target} is as it began`,
    help: (p: { stage: string; fitting: string }) =>
      `write: stage ${p.stage} from ${p.fitting}, or from a stage behind it`,
  } satisfies DiagnosticRule<{ stage: string; target: string; fitting: string }>,
  'dead-objective': error<{ objective: string }>(
    p => `${p.objective} depends on no weight, so it can't be minimized`,
  ),
  'unreached-weights': {
    severity: 'warning',
    message: (p: { paths: readonly string[] }) =>
      `no objective of any stage reaches ${p.paths.slice(0, 3).join(', ')}${p.paths.length > 3 ? ` and ${p.paths.length - 3} more weights` : ''}: nothing would change what ${p.paths.length === 1 ? 'it starts' : 'they start'} as`,
    help: () => 'use it in an objective, or remove it',
  } satisfies DiagnosticRule<{ paths: readonly string[] }>,
  'stage-cycle': error<{ stage: string }>(
    p => `stage ${p.stage} starts from itself, directly or through others`,
  ),
  'unknown-metric': error<{ name: string; suggestion: string | undefined }>(
    p => `${p.name} is neither a metric nor an objective`,
    p =>
      p.suggestion === undefined
        ? `metrics are ${[...metrics.keys()].join(', ')} and the objectives themselves`
        : `did you mean ${p.suggestion}?`,
  ),
  'metric-wants-align': error<{ metric: string; got: string }>(
    p => `${p.metric} measures an align; ${p.got} isn't one`,
  ),
  'measure-owns-weights': error<{ metric: string; paths: readonly string[] }>(
    p =>
      `${p.metric} makes ${p.paths.length === 1 ? 'a weight' : 'weights'} of its own, which no stage trains: ${p.paths.map(path => path.split('.').slice(1).join('.')).join(', ')}`,
    () => 'declare it once, part head = linear(out: …), and call it in the objective and here',
  ),
  'export-type-missing': error<{ name: string }>(
    p => `export ${p.name} must say what it returns`,
    () => 'callers rely on it: export name(…) -> type { … }',
  ),
  'variant-of-nothing': error<{ variant: string; model: string; suggestion: string | undefined }>(
    p => `variant ${p.variant} is of a model ${p.model} that isn't here`,
    suggest,
  ),
  'config-needed': error<{ model: string; names: readonly string[] }>(
    p => `model ${p.model} leaves open: ${p.names.join(', ')}`,
    p =>
      `give each a default, or check a variant: variant Small = ${p.model}(${p.names.map(n => `${n}: …`).join(', ')})`,
  ),
  'rename-from-present': error<{ old: string }>(
    p => `${p.old} is still there, so nothing is renamed from it`,
    () => 'name what is gone; what still has its name keeps its weights',
  ),
  'rename-twice': error<{ old: string }>(
    p => `two are renamed from ${p.old}`,
    () => 'leave the one that has its weights; a migration can make two of one: migrate from "1.x" { … }',
  ),
  'rename-by-path': error<{ what: 'block' | 'export'; name: string; old: string }>(
    p => `${p.what} ${p.name} stands at no path, so it isn't renamed from ${p.old}`,
    p => `write the name that it had: ${p.what} ${p.name} renamed from ${p.old.split('.').at(-1)}(…)`,
  ),
  'migration-version': error<{ text: string; problem: string }>(
    p => `nothing migrates from "${p.text}": ${p.problem}`,
    () => 'name earlier versions, "1.x", "1.4.x" or "1.4.2", and raise that of the model: version "2.0.0"',
  ),
  'migration-twice': error<{ a: string; b: string }>(
    p => `"${p.a}" and "${p.b}" are both from some versions`,
    () => 'put them together, or name versions that are in one of them only',
  ),
  'migration-path': error<{ path: string; problem: string }>(
    p => `${p.path} can't stand here: ${p.problem}`,
    () => 'write each look.layers.* { norm.scale = ln.weight }, or each look.layers.* = old.blocks.* { … }',
  ),
  'weight-given-twice': error<{ path: string }>(
    p => `${p.path} is given twice`,
    () => 'leave the line that is right',
  ),
  'more-errors': error<{ shown: number }>(
    p => `there are more than ${p.shown} errors; the rest isn't shown`,
    () => 'mend the first ones and check again',
  ),
  'too-large': error<{ what: string; limit: string }>(p => `${p.what} is too large: ${p.limit}`),
} as const;

export const diagnose = defineDiagnostics(semanticRules);
export type SemanticCode = keyof typeof semanticRules;
