// What `mm explain CODE` and `mm explain --codes` do: a code in words, a wrong spec with its error, what mends it.

import { diagnosticJson, renderDiagnostics } from '../dsl/render.ts';
import { allCodes, type CodeRule, codeRooms, rulesOf } from './codes.ts';
import { type Context, present, report } from './context.ts';
import { commandDiagnostic } from './diagnostics.ts';
import { type ExitCode, exit } from './exit.ts';
import { changeOf, lessonOf, type ShownLesson } from './lesson.ts';
import { formOf } from './message-form.ts';
import type { Channel } from './output.ts';
import { table } from './table.ts';

/** Whether a word that names no file is meant as a code. */
export const looksLikeCode = (word: string): boolean => /^[a-z]+(?:-[a-z]+)*$/i.test(word);

export function explainCode(code: string, context: Context): ExitCode {
  const rules = rulesOf(code);
  if (rules.length === 0)
    return report(context, [
      commandDiagnostic('unknown-code', { name: code, known: allCodes() }, { span: undefined }),
    ]);
  const lesson = lessonOf(code);
  present(context, codeJson(code, rules, lesson), () => codeText(code, rules, lesson, context.output.out));
  return exit.ok;
}

export function listCodes(context: Context): ExitCode {
  const rows = Object.entries(codeRooms).map(([room, registry]) => ({
    room,
    codes: Object.entries(registry).map(([code, rule]) => ({
      code,
      severity: rule.severity,
      ...formOf(rule),
    })),
  }));
  const { paint } = context.output.out;
  present(
    context,
    rows.flatMap(({ room, codes }) => codes.map(c => ({ room, ...c }))),
    () =>
      rows
        .map(({ room, codes }) => {
          const [, ...lines] = table(
            ['', ''],
            codes.map(c => [`  ${c.code}`, c.message]),
          ).split('\n');
          return [paint.bold(room), ...lines].join('\n');
        })
        .join('\n\n'),
  );
  return exit.ok;
}

function codeJson(code: string, rules: readonly CodeRule[], lesson: ShownLesson | undefined): object {
  return {
    code,
    meanings: rules.map(({ room, rule }) => ({ room, severity: rule.severity, ...formOf(rule) })),
    why: lesson?.why ?? null,
    example:
      lesson === undefined
        ? null
        : {
            name: lesson.name,
            wrong: lesson.wrong,
            diagnostics: lesson.diagnostics.map(diagnosticJson),
            rendered: renderDiagnostics(lesson.diagnostics, lesson.sources, { color: false }),
            mended: lesson.mended,
            files: lesson.files,
          },
  };
}

function codeText(
  code: string,
  rules: readonly CodeRule[],
  lesson: ShownLesson | undefined,
  out: Channel,
): string {
  const { paint } = out;
  const width = Math.min(out.columns(), 100);
  const meanings = rules.flatMap(({ room, rule }) => {
    const { message, helps } = formOf(rule);
    return [
      `${paint.bold(`${rule.severity}[${code}]`)}, from ${room}`,
      ...wrap(message, width - 2).map(line => `  ${line}`),
      ...helps.map(help => `  ${paint.cyan('help:')} ${help}`),
    ];
  });
  if (lesson === undefined) return meanings.join('\n');
  return [
    ...meanings,
    '',
    ...wrap(lesson.why, width),
    '',
    `${paint.bold('For example')}, ${lesson.name}:`,
    '',
    renderDiagnostics(lesson.diagnostics, lesson.sources, { color: out.color }),
    '',
    `${paint.bold('Mended')}:`,
    '',
    ...changeText(lesson, out, width),
  ].join('\n');
}

function changeText({ wrong, mended }: ShownLesson, { paint }: Channel, width: number): readonly string[] {
  const lines = changeOf(wrong, mended);
  const gutter = Math.max(2, ...lines.map(l => String(l.number).length));
  const most = Math.max(width, 130);
  return lines.map(({ side, number, text }) => {
    const sign = side === 'both' ? ' ' : side === 'wrong' ? '-' : '+';
    const whole = `${String(number).padStart(gutter)} ${sign} ${text}`.trimEnd();
    const line = whole.length > most ? `${whole.slice(0, most - 1)}…` : whole;
    return side === 'both' ? paint.dim(line) : side === 'wrong' ? paint.red(line) : paint.green(line);
  });
}

/** Words in lines of at most so many columns. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
