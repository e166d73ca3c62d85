// The identities that hold everywhere, as one pass: they bring equal things to one form.

import { broadcastRules } from './broadcasts.ts';
import { numberRules } from './numbers.ts';
import { type Pass, rulesPass } from './pass.ts';
import { poleRules } from './poles.ts';
import { maskRules, productRules } from './products.ts';
import { dropDimsRules, keepDimsRules, shapeRules } from './shapes.ts';
import { softmaxRules } from './softmax.ts';
import { turnRules } from './turns.ts';

const identities = [...poleRules, ...shapeRules, ...numberRules, ...broadcastRules, ...productRules];

const recognised = [...keepDimsRules, ...maskRules, ...identities];

/** For recognition: reductions keep their axes, so that means and sums have one form. */
export const canonical: Pass = rulesPass('canonical', 'each rule states its equation', recognised);

/** For attention: softmax by hand over scores that were transposed. */
export const turnedSoftmax: Pass = rulesPass('turned-softmax', 'softmax stands beside its products', [
  ...turnRules,
  ...recognised,
  ...softmaxRules,
]);

/** For engines: no reshape behind a reduction. */
export const algebra: Pass = rulesPass('algebra', 'each rule states its equation', [
  ...dropDimsRules,
  ...identities,
]);
