// All ops by name: what builders, passes and engines are handed.

import type { AnyOpDef, OpRegistry } from '../ir/op.ts';
import { compositeOps } from './composite.ts';
import { coreOps } from './core.ts';

const all: Readonly<Record<string, AnyOpDef>> = { ...coreOps, ...compositeOps };

export const ops: OpRegistry = new Map(Object.entries(all));
