// Every intrinsic, by name.

import type { Intrinsic } from '../intrinsic.ts';
import { contractions } from './contract.ts';
import { elementwise } from './elementwise.ts';
import { generation } from './generate.ts';
import { grouping } from './grouping.ts';
import { indexing } from './indexing.ts';
import { picking } from './picking.ts';
import { pooling } from './pooling.ts';
import { buffers } from './put.ts';
import { draws } from './random.ts';
import { reductions } from './reduce.ts';
import { shapes } from './shape.ts';

export const intrinsics: readonly Intrinsic[] = [
  ...elementwise,
  ...reductions,
  ...shapes,
  ...contractions,
  ...indexing,
  ...picking,
  ...grouping,
  ...pooling,
  ...buffers,
  ...draws,
  ...generation,
];
