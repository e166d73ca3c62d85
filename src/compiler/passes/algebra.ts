// The identities that hold everywhere, as one pass: they bring equal things to one form.

import { broadcastRules } from './broadcasts.ts';
import { numberRules } from './numbers.ts';
import { type Pass, rulesPass } from './pass.ts';
import { productRules } from './products.ts';
import { shapeRules } from './shapes.ts';

export const algebra: Pass = rulesPass('algebra', 'each rule states its equation', [
  ...shapeRules,
  ...numberRules,
  ...broadcastRules,
  ...productRules,
]);
