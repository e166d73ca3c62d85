// Functions that XLA compiles: equal ones are written once, so that the layers of a model share their code.

import type { FunctionRecord, TensorflowType } from './saved-model-proto.ts';
import { asFunctionNodes, createWriter, functionValue, type Writer } from './writer.ts';

export interface FunctionBody {
  /** Equal for equal functions, which are written once; one without a key is like no other. */
  readonly key: string | undefined;
  readonly arguments: readonly TensorflowType[];
  /** Writes the body over its arguments; the values that it gives. */
  readonly body: (inside: Writer, args: readonly string[]) => readonly string[];
}

export interface FunctionLibrary {
  /** The function's name. */
  define(f: FunctionBody): string;
  readonly functions: readonly FunctionRecord[];
}

export function createFunctionLibrary(): FunctionLibrary {
  const functions: FunctionRecord[] = [];
  const names = new Map<string, string>();
  return {
    functions,
    define(f) {
      const known = f.key === undefined ? undefined : names.get(f.key);
      if (known !== undefined) return known;
      const w = createWriter();
      const args = f.arguments.map((type, i) => w.argument(`a${i}`, type));
      const gives = f.body(w, args);
      const byName = new Map(w.nodes.map(n => [n.name, n]));
      const nodes = asFunctionNodes(w.nodes);
      const body = {
        inputs: f.arguments.map((type, i) => ({ name: `a${i}`, type })),
        outputs: gives.map((value, i) => ({ name: `r${i}`, type: w.typeOf(value) })),
        nodes,
        results: Object.fromEntries(gives.map((value, i) => [`r${i}`, functionValue(byName, value)])),
        effects: w.nodes.filter(n => n.op === 'AssignVariableOp').map(n => n.name),
        attributes: {
          _XlaMustCompile: { kind: 'bool', value: true },
          _noinline: { kind: 'bool', value: true },
        },
      } as const;
      const name = `cluster${functions.length}`;
      if (f.key !== undefined) names.set(f.key, name);
      functions.push({ name, ...body });
      return name;
    },
  };
}
