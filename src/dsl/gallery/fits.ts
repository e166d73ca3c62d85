// Stages that fit: what is fitted by what, on which data, for how long.

import { inStamps, type Mistake } from './base.ts';

const members = `  block centering(x: float[N..., D]) -> float[N..., D] {
    state total: float[D] = zeros()
    state seen: float[D] = zeros()
    update total = total + sum(x, axis: 0)
    update seen = seen + sum(x == x, axis: 0)
    return x - total / max(seen, 1)
  }
  part centre = centering()
  encoder place(p: picture[N...]) -> float[N..., shared] { return centre(look(p)) }

`;
const right = 'fit centre: place(picture) on stamps.train batch 8 passes 2';

/** In the model of the gallery with a part that a stage fits: clauses with a mistake, and right ones. */
export const fitting = (wrong: string, mended: string = right): Pick<Mistake, 'wrong' | 'mended'> => {
  const stage = (clauses: string): string => `${members}  stage centring {\n    ${clauses}\n  }\n\n`;
  return inStamps('  stage align {', `${stage(wrong)}  stage align {`, `${stage(mended)}  stage align {`);
};

const unfitted = (stage: string, term: string): string =>
  `${members}  objective central(picture: picture[B]) { return mean(square(place(picture))) }
  stage centring { ${right} }

  ${stage} {\n    minimize seen + 0.5 * sort + ${term}`;

export const fits: readonly Mistake[] = [
  {
    name: 'an optimizer for a fit',
    code: 'clause-in-fit',
    why: 'A stage minimizes, and then an optimizer moves weights along their gradients; or it fits, and then parts renew their own states. Clauses of the one mean nothing in the other.',
    says: 'a fit needs no gradients and no optimizer',
    ...fitting(`${right}\n    «optimizer adamw(rate: 1e-3)»`),
  },
  {
    name: 'a stage that minimizes and fits',
    code: 'clause-in-fit',
    says: 'make two stages, one from the other',
    ...fitting(`«minimize seen on stamps.train batch 8»\n    ${right}`),
  },
  {
    name: 'steps of a stage and not of its fit',
    code: 'clause-in-fit',
    says: 'behind its data',
    ...fitting(`«steps 10»\n    ${right}`),
  },
  {
    name: 'a stage that reads what it does not start from',
    code: 'not-fitted-yet',
    why: 'What a stage fits is as it began until then: k-means at random centres names targets that mean nothing, and a stage learns them all the same.',
    says: 'write: stage align from centring',
    ...inStamps(
      '  stage align {\n    minimize seen + 0.5 * sort on stamps.train batch 8',
      unfitted('stage align', '«central on stamps.train batch 8»'),
      unfitted('stage align from centring', 'central on stamps.train batch 8'),
    ),
  },
  {
    name: 'a fit that computes nothing',
    code: 'fit-of-nothing',
    why: 'A part learns from what it is called with, so a fit says what is computed on each batch; that call leads to the part.',
    says: 'fit centre: CALL on',
    ...fitting('fit «centre» on stamps.train batch 8 passes 2'),
  },
  {
    name: 'a fit that reads no data',
    code: 'fit-reads-nothing',
    why: 'The names in what a fit computes are fields of the data: modalities by their own names, other fields as the objectives of the model call them.',
    says: 'pictures',
    ...fitting('fit centre: «place(pictures)» on stamps.train batch 8 passes 2'),
  },
  {
    name: 'a fit without an end',
    code: 'fit-without-end',
    why: 'How often a part sees the data decides what it becomes, so it is said: in passes over the whole split, or in steps.',
    says: 'passes 5',
    ...fitting('fit centre: place(picture) on «stamps.train batch 8»'),
  },
  {
    name: 'a fit of zero passes',
    code: 'bad-setting',
    says: 'passes of centre must be at least 1',
    ...fitting('fit centre: place(picture) on stamps.train batch 8 passes «0»'),
  },
  {
    name: 'a fit without the size of a batch',
    code: 'no-batch',
    says: 'how many rows of stamps.train make a batch?',
    ...fitting('fit centre: place(picture) on «stamps.train» passes 2'),
  },
  {
    name: 'a part fitted twice',
    code: 'fit-twice',
    why: 'Fits of one stage come one after another, so a second one would undo what the first has found.',
    says: 'centre is fitted twice',
    ...fitting(`${right}\n    fit «centre»: place(picture) on stamps.validation batch 8 steps 3`),
  },
  {
    name: 'a tokenizer fitted by two stages',
    code: 'fit-twice',
    says: 'caption.tokenizer is fitted twice',
    ...fitting(
      'fit caption.tokenizer on stamps.train\n  }\n  stage again {\n    «fit caption.tokenizer on stamps.test»',
      'fit caption.tokenizer on stamps.train',
    ),
  },
  {
    name: 'a fit whose part is not called',
    code: 'fit-misses',
    why: 'Nothing of this part runs in what the fit computes, so it would see no data.',
    says: "look(picture) doesn't call centre",
    ...fitting('fit «centre»: look(picture) on stamps.train batch 8 passes 2'),
  },
  {
    name: 'a layer of a part that is not there',
    code: 'fit-misses',
    says: "doesn't call place.norm",
    ...fitting('fit «place.norm»: place(picture) on stamps.train batch 8 passes 2'),
  },
  {
    name: 'a fit of weights',
    code: 'fit-without-state',
    why: 'A fit takes no gradients: it renews states by the updates that a part itself says. Weights are moved by minimize.',
    says: 'nothing of look can be fitted',
    ...fitting('fit «look»: place(picture) on stamps.train batch 8 passes 2'),
  },
  {
    name: 'a fit of a part that is not there',
    code: 'unknown-name',
    says: 'did you mean centre?',
    ...fitting('fit «center»: place(picture) on stamps.train batch 8 passes 2'),
  },
  {
    name: 'the tokenizer of a picture',
    code: 'wrong-kind',
    says: 'the tokenizer of a text modality',
    ...fitting('fit «picture.tokenizer» on stamps.train'),
  },
];
