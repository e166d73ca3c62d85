// Elements of values as text: loaded where the value is stored, worked out by the rules of its node where it isn't.

import type { ValueId } from '../../ir/graph.ts';
import { product } from '../node-query.ts';
import { ruleOf } from './core-table.ts';
import type { Form } from './form.ts';
import type { Index } from './indexing.ts';
import { elementOf, literalOf } from './kernel.ts';
import type { Scribe } from './scribe.ts';

/** A stored element as an expression. */
export type Load = (id: ValueId, at: Index) => string;

export interface Reader {
  /** Names an element of any value. */
  read(scribe: Scribe, id: ValueId, at: Index): string;
  /** Works it out, stored or not. */
  make(scribe: Scribe, id: ValueId, at: Index): string;
}

export function createReader({ graph, types, producer, stored }: Form, load: Load): Reader {
  const keyOf = (id: ValueId, at: Index): string => `${id}@${at.key}`;
  const typeOf = (id: ValueId) => types[id]!;
  const reader: Reader = {
    read(scribe, id, at) {
      const { dtype, shape } = typeOf(id);
      const element = elementOf(dtype);
      // What reads nothing gets some number.
      if (product(shape) === 0) return literalOf(0, element);
      const known = scribe.known(keyOf(id, at));
      if (known !== undefined) return known;
      if (!stored.has(id)) return reader.make(scribe, id, at);
      const name = scribe.name(element, load(id, at));
      scribe.remember(keyOf(id, at), name);
      return name;
    },
    make(scribe, id, at) {
      const node = graph.nodes[producer(id) ?? -1];
      if (node === undefined) throw new Error(`value ${id} is made by no node`);
      const rule = ruleOf(node.op);
      if (rule.kind !== 'element') throw new Error(`${node.op} gives no single elements`);
      const expression = rule.rule({
        node,
        inputs: [],
        types: node.inputs.map(typeOf),
        outputs: node.outputs.map(typeOf),
        used: node.outputs.map(() => true),
        at,
        scribe,
        read: (i, index) => reader.read(scribe, node.inputs[i]!, index),
      });
      const name = node.op === 'constant' ? expression : scribe.name(elementOf(typeOf(id).dtype), expression);
      scribe.remember(keyOf(id, at), name);
      return name;
    },
  };
  return reader;
}
