// The identities that hold everywhere, as one pass: they bring equal things to one form.

import { broadcastRules } from './broadcasts.ts';
import { numberRules } from './numbers.ts';
import { type Pass, rulesPass } from './pass.ts';
import { poleRules } from './poles.ts';
import { maskRules, productRules } from './products.ts';
import { dropDimsRules, keepDimsRules, shapeRules } from './shapes.ts';

const identities = [...poleRules, ...shapeRules, ...numberRules, ...broadcastRules, ...productRules];

/** For recognition: reductions keep their axes, so that means and sums have one form. */
export const canonical: Pass = rulesPass('canonical', 'each rule states its equation', [
  ...keepDimsRules,
  ...maskRules,
  ...identities,
]);

/** For engines: no reshape behind a reduction. */
export const algebra: Pass = rulesPass('algebra', 'each rule states its equation', [
  ...dropDimsRules,
  ...identities,
]);
