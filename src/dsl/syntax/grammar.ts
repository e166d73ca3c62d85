// The grammar, as a chevrotain parser that yields a concrete tree. Newlines mean nothing, with two exceptions
// that keep a statement from running into the next: the `(` of a call and the `[` of an index stand on the line
// where their callee ends, and a `-` that starts a line begins something new unless it stands inside ( ) or [ ].
// Every other operator may start a line. Operators are read flat here; to-expr.ts gives them their precedence.
// After an error the nearest item, member, statement or clause is dropped and the reader goes on at the next
// (recovery.ts), so that one run reports every mistake. Slips with one plain meaning (`x = 1` for `x: 1`) are
// read as that and reported by to-ast.ts.

import { CstParser, EOF, type IToken, isRecognitionException, type TokenType } from 'chevrotain';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { expectations, syntaxDiagnostic } from './diagnostics.ts';
import { mark, tokenSpan } from './lex.ts';
import { type ElementKind, mendKeyword } from './mend.ts';
import { beginsAnew, endsList, isForeign, looksLikeBody, syncPoint } from './recovery.ts';
import * as t from './tokens.ts';

/** Past this many errors the rest of a file isn't read: it is no `.mm` file. */
const tooManyErrors = 100;

export class Grammar extends CstParser {
  private tokens: IToken[] = [];
  private source = '';
  /** Errors with a meaning of their own, found while reading. */
  readonly found: Diagnostic[] = [];
  /** The bracket depth at which `as` belongs to `repeat` and not to the expression; -1 for none. */
  private asBelongsOutside = -1;

  constructor() {
    super(t.vocabulary, {
      maxLookahead: 2,
      skipValidations: true,
      nodeLocationTracking: 'full',
      errorMessageProvider: expectations,
    });
    this.performSelfAnalysis();
  }

  /** Sets the tokens to be read; then call `wholeFile`. */
  begin(tokens: IToken[], file: string): void {
    this.tokens = tokens;
    this.source = file;
    this.found.length = 0;
    this.asBelongsOutside = -1;
    this.input = tokens;
  }

  // ── Files and models

  readonly wholeFile = this.RULE('file', () => {
    this.each('item', () => this.SUBRULE(this.item));
  });

  private readonly item = this.RULE('item', () => {
    this.mend('item');
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.useItem) },
        { ALT: () => this.SUBRULE(this.modelItem) },
        { ALT: () => this.SUBRULE(this.blockItem) },
        { ALT: () => this.SUBRULE(this.variantItem) },
      ],
      ERR_MSG: 'item',
    });
  });

  private readonly useItem = this.RULE('useItem', () => {
    this.CONSUME(t.Use);
    this.CONSUME(t.StringToken);
    this.CONSUME(t.As);
    this.CONSUME(t.Name);
  });

  private readonly modelItem = this.RULE('modelItem', () => {
    this.CONSUME(t.Model);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.params));
    this.OPTION2(() => {
      this.CONSUME(t.Version);
      this.CONSUME(t.StringToken);
    });
    this.SUBRULE(this.members);
  });

  private readonly members = this.RULE('members', () => {
    this.braces('member', () => this.SUBRULE(this.member));
  });

  private readonly variantItem = this.RULE('variantItem', () => {
    this.CONSUME(t.Variant);
    this.CONSUME(t.Name);
    this.SUBRULE(this.is);
    this.CONSUME2(t.Name);
    this.SUBRULE(this.args);
  });

  private readonly blockItem = this.RULE('blockItem', () => {
    this.CONSUME(t.Block);
    this.CONSUME(t.Name);
    this.SUBRULE(this.signature);
  });

  private readonly signature = this.RULE('signature', () => {
    this.SUBRULE(this.params);
    this.OPTION(() => {
      this.CONSUME(t.Arrow);
      this.SUBRULE(this.type);
    });
    this.SUBRULE(this.body);
  });

  private readonly params = this.RULE('params', () => {
    this.CONSUME(t.LParen);
    this.commaList(t.RParen, () => this.SUBRULE(this.param));
    this.CONSUME(t.RParen);
  });

  private readonly param = this.RULE('param', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.type);
    });
    this.OPTION2(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expr);
    });
  });

  /** `:` where a declaration takes one; `=` is read too, and reported. */
  private readonly has = this.RULE('has', () => {
    this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.Colon) }, { ALT: () => this.CONSUME(t.Equals) }],
      ERR_MSG: 'colon',
    });
  });

  /** `=` where a declaration takes one; `:` is read too, and reported. */
  private readonly is = this.RULE('is', () => {
    this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.Equals) }, { ALT: () => this.CONSUME(t.Colon) }],
      ERR_MSG: 'equals',
    });
  });

  // ── Members

  private readonly member = this.RULE('member', () => {
    this.mend('member');
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.modality) },
        { ALT: () => this.SUBRULE(this.space) },
        { ALT: () => this.SUBRULE(this.vocabularyMember) },
        { ALT: () => this.SUBRULE(this.labels) },
        { ALT: () => this.SUBRULE(this.part) },
        { ALT: () => this.SUBRULE(this.paramStatement) },
        { ALT: () => this.SUBRULE(this.blockItem) },
        { ALT: () => this.SUBRULE(this.encoder) },
        { ALT: () => this.SUBRULE(this.objective) },
        { ALT: () => this.SUBRULE(this.exportMember) },
        { ALT: () => this.SUBRULE(this.align) },
        { ALT: () => this.SUBRULE(this.stage) },
      ],
      ERR_MSG: 'member',
    });
  });

  private readonly modality = this.RULE('modality', () => {
    this.CONSUME(t.Modality);
    this.CONSUME(t.Name);
    this.SUBRULE(this.has);
    this.SUBRULE(this.expr);
  });

  private readonly space = this.RULE('space', () => {
    this.CONSUME(t.Space);
    this.CONSUME(t.Name);
    this.SUBRULE(this.size);
  });

  private readonly vocabularyMember = this.RULE('vocabulary', () => {
    this.CONSUME(t.Vocabulary);
    this.CONSUME(t.Name);
    this.SUBRULE(this.size);
  });

  private readonly size = this.RULE('size', () => {
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expr);
    this.CONSUME(t.RParen);
  });

  private readonly labels = this.RULE('labels', () => {
    this.CONSUME(t.Labels);
    this.CONSUME(t.Name);
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.size) }, { ALT: () => this.SUBRULE(this.labelNames) }],
      ERR_MSG: 'labels',
    });
  });

  private readonly labelNames = this.RULE('labelNames', () => {
    this.CONSUME(t.LBrace);
    this.commaList(t.RBrace, () => this.CONSUME(t.Name));
    this.CONSUME(t.RBrace);
  });

  private readonly part = this.RULE('part', () => {
    this.CONSUME(t.Part);
    this.CONSUME(t.Name);
    this.SUBRULE(this.is);
    this.SUBRULE(this.expr);
  });

  private readonly paramStatement = this.RULE('paramStatement', () => {
    this.CONSUME(t.ParamWord);
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expr);
    this.MANY({
      GATE: () => this.next(2) === t.Least || this.next(2) === t.Most,
      DEF: () => this.SUBRULE(this.bound),
    });
  });

  private readonly bound = this.RULE('bound', () => {
    this.CONSUME(t.At);
    this.OR([{ ALT: () => this.CONSUME(t.Least) }, { ALT: () => this.CONSUME(t.Most) }]);
    this.SUBRULE(this.expr);
  });

  private readonly encoder = this.RULE('encoder', () => {
    this.CONSUME(t.Encoder);
    this.CONSUME(t.Name);
    this.SUBRULE(this.signature);
  });

  private readonly objective = this.RULE('objective', () => {
    this.CONSUME(t.Objective);
    this.CONSUME(t.Name);
    this.SUBRULE(this.signature);
  });

  private readonly exportMember = this.RULE('export', () => {
    this.CONSUME(t.Export);
    this.CONSUME(t.Name);
    this.SUBRULE(this.signature);
  });

  private readonly align = this.RULE('align', () => {
    this.CONSUME(t.Align);
    this.CONSUME(t.Name);
    this.SUBRULE(this.has);
    this.SUBRULE(this.expr);
    this.CONSUME(t.Pair);
    this.SUBRULE2(this.expr);
    this.CONSUME(t.By);
    this.SUBRULE3(this.expr);
  });

  // ── Stages

  private readonly stage = this.RULE('stage', () => {
    this.CONSUME(t.Stage);
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.From);
      this.SUBRULE(this.expr);
    });
    this.SUBRULE(this.clauses);
  });

  private readonly clauses = this.RULE('clauses', () => {
    this.braces('clause', () => this.SUBRULE(this.clause));
  });

  private readonly clause = this.RULE('clause', () => {
    this.mend('clause');
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.minimize) },
        { ALT: () => this.SUBRULE(this.train) },
        { ALT: () => this.SUBRULE(this.freeze) },
        { ALT: () => this.SUBRULE(this.optimizer) },
        { ALT: () => this.SUBRULE(this.steps) },
        { ALT: () => this.SUBRULE(this.measure) },
      ],
      ERR_MSG: 'clause',
    });
  });

  private readonly minimize = this.RULE('minimize', () => {
    this.CONSUME(t.Minimize);
    this.SUBRULE(this.term);
    this.MANY(() => {
      this.CONSUME(t.Plus);
      this.SUBRULE2(this.term);
    });
  });

  private readonly term = this.RULE('term', () => {
    this.SUBRULE(this.product);
    this.OPTION(() => {
      this.CONSUME(t.On);
      this.SUBRULE(this.dataUse);
    });
  });

  private readonly dataUse = this.RULE('dataUse', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Dot);
    this.CONSUME2(t.Name);
    this.MANY(() =>
      this.OR([{ ALT: () => this.SUBRULE(this.transforms) }, { ALT: () => this.SUBRULE(this.batch) }]),
    );
  });

  private readonly batch = this.RULE('batch', () => {
    this.CONSUME(t.Batch);
    this.SUBRULE(this.product);
  });

  private readonly transforms = this.RULE('transforms', () => {
    this.CONSUME(t.With);
    this.SUBRULE(this.transform);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.transform);
    });
  });

  private readonly transform = this.RULE('transform', () => {
    this.CONSUME(t.Name);
    this.SUBRULE(this.has);
    this.SUBRULE(this.listExpr);
  });

  private readonly train = this.RULE('train', () => {
    this.CONSUME(t.Train);
    this.SUBRULE(this.patterns);
  });

  private readonly freeze = this.RULE('freeze', () => {
    this.CONSUME(t.Freeze);
    this.SUBRULE(this.patterns);
  });

  private readonly patterns = this.RULE('patterns', () => {
    this.SUBRULE(this.pattern);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.pattern);
    });
  });

  /** `hear.**.lora.*`, `**.attention.{qkv,out}.weight`: one run of signs without a space. */
  private readonly pattern = this.RULE('pattern', () => {
    this.SUBRULE(this.segment);
    this.MANY({
      GATE: () => this.touches(),
      DEF: () => this.OR([{ ALT: () => this.CONSUME(t.Dot) }, { ALT: () => this.SUBRULE2(this.segment) }]),
    });
  });

  private readonly segment = this.RULE('segment', () => {
    this.OR({
      DEF: [
        { GATE: () => !beginsAnew(this.LA(1), this.LA(2)), ALT: () => this.CONSUME(t.Name) },
        { ALT: () => this.CONSUME(t.NumberToken) },
        { ALT: () => this.CONSUME(t.Star) },
        { ALT: () => this.CONSUME(t.DoubleStar) },
        { ALT: () => this.SUBRULE(this.labelNames) },
      ],
      ERR_MSG: 'pattern',
    });
  });

  private readonly optimizer = this.RULE('optimizer', () => {
    this.CONSUME(t.Optimizer);
    this.SUBRULE(this.expr);
  });

  private readonly steps = this.RULE('steps', () => {
    this.CONSUME(t.Steps);
    this.SUBRULE(this.expr);
  });

  private readonly measure = this.RULE('measure', () => {
    this.CONSUME(t.Measure);
    this.SUBRULE(this.expr);
    this.CONSUME(t.On);
    this.SUBRULE(this.dataUse);
    this.OPTION(() => {
      this.CONSUME(t.Every);
      this.SUBRULE2(this.expr);
    });
  });

  // ── Types

  private readonly type = this.RULE('type', () => {
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.recordType) }, { ALT: () => this.SUBRULE(this.tensorType) }],
      ERR_MSG: 'type',
    });
  });

  private readonly recordType = this.RULE('recordType', () => {
    this.CONSUME(t.LBrace);
    this.commaList(t.RBrace, () => this.SUBRULE(this.fieldType));
    this.CONSUME(t.RBrace);
  });

  private readonly fieldType = this.RULE('fieldType', () => {
    this.CONSUME(t.Name);
    this.SUBRULE(this.has);
    this.SUBRULE(this.type);
  });

  private readonly tensorType = this.RULE('tensorType', () => {
    this.OPTION({ GATE: () => this.isName(2), DEF: () => this.SUBRULE(this.qualifier) });
    this.CONSUME(t.Name);
    this.MANY(() => {
      this.CONSUME(t.Dot);
      this.CONSUME2(t.Name);
    });
    this.OPTION2(() => this.SUBRULE(this.size));
    this.OPTION3(() => this.SUBRULE(this.dims));
  });

  private readonly qualifier = this.RULE('qualifier', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Unit) }, { ALT: () => this.CONSUME(t.Simplex) }]);
  });

  private readonly dims = this.RULE('dims', () => {
    this.CONSUME(t.LBracket);
    this.commaList(t.RBracket, () => this.SUBRULE(this.dim));
    this.CONSUME(t.RBracket);
  });

  private readonly dim = this.RULE('dim', () => {
    this.OR({
      DEF: [
        { GATE: () => this.next(2) === t.Ellipsis, ALT: () => this.SUBRULE(this.pack) },
        { ALT: () => this.SUBRULE(this.expr) },
      ],
      ERR_MSG: 'dim',
    });
  });

  private readonly pack = this.RULE('pack', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Ellipsis);
  });

  // ── Statements

  private readonly body = this.RULE('body', () => {
    this.braces('statement', () => this.SUBRULE(this.statement));
  });

  private readonly statement = this.RULE('statement', () => {
    this.mend('statement');
    this.OR({
      MAX_LOOKAHEAD: 1,
      DEF: [
        { GATE: () => this.next(2) === t.Equals, ALT: () => this.SUBRULE(this.assign) },
        { ALT: () => this.SUBRULE(this.letStatement) },
        { ALT: () => this.SUBRULE(this.returnStatement) },
        { ALT: () => this.SUBRULE(this.require) },
        { ALT: () => this.SUBRULE(this.paramStatement) },
        { ALT: () => this.SUBRULE(this.part) },
        { ALT: () => this.SUBRULE(this.repeat) },
        { ALT: () => this.SUBRULE(this.ifStatement) },
      ],
      ERR_MSG: 'statement',
    });
  });

  private readonly assign = this.RULE('assign', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expr);
  });

  private readonly letStatement = this.RULE('let', () => {
    this.CONSUME(t.Let);
    this.CONSUME(t.Name);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.CONSUME2(t.Name);
    });
    this.SUBRULE(this.is);
    this.SUBRULE(this.expr);
    this.MANY2(() => {
      this.CONSUME2(t.Comma);
      this.SUBRULE2(this.expr);
    });
  });

  private readonly returnStatement = this.RULE('return', () => {
    this.CONSUME(t.Return);
    this.SUBRULE(this.expr);
  });

  private readonly require = this.RULE('require', () => {
    this.CONSUME(t.Require);
    this.SUBRULE(this.expr);
  });

  private readonly repeat = this.RULE('repeat', () => {
    this.CONSUME(t.Repeat);
    this.asBelongsOutside = mark(this.LA(1)).depth;
    this.SUBRULE(this.expr);
    this.asBelongsOutside = -1;
    this.OPTION(() => {
      this.CONSUME(t.As);
      this.CONSUME(t.Name);
    });
    this.SUBRULE(this.body);
  });

  private readonly ifStatement = this.RULE('if', () => {
    this.CONSUME(t.If);
    this.SUBRULE(this.expr);
    this.SUBRULE(this.body);
    this.MANY({ GATE: () => this.next(2) === t.If, DEF: () => this.SUBRULE(this.elseIf) });
    this.OPTION({
      GATE: () => this.next(2) !== t.Equals,
      DEF: () => {
        this.CONSUME(t.Else);
        this.SUBRULE2(this.body);
      },
    });
  });

  private readonly elseIf = this.RULE('elseIf', () => {
    this.CONSUME(t.Else);
    this.CONSUME(t.If);
    this.SUBRULE(this.expr);
    this.SUBRULE(this.body);
  });

  // ── Expressions

  private readonly expr = this.RULE('expr', () => {
    this.MANY({ GATE: () => this.startsLambda(), DEF: () => this.SUBRULE(this.lambdaHead) });
    this.SUBRULE(this.choice);
    this.MANY2(() => {
      this.CONSUME(t.Pipe);
      this.SUBRULE2(this.choice);
    });
  });

  private readonly lambdaHead = this.RULE('lambdaHead', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Name) },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          this.commaList(t.RParen, () => this.CONSUME2(t.Name));
          this.CONSUME(t.RParen);
        },
      },
    ]);
    this.CONSUME(t.FatArrow);
  });

  private readonly choice = this.RULE('choice', () => {
    this.SUBRULE(this.operation);
    this.MANY({
      GATE: () => this.next(2) !== t.Equals,
      DEF: () => {
        this.CONSUME(t.When);
        this.SUBRULE2(this.operation);
        this.CONSUME(t.Else);
        this.SUBRULE3(this.operation);
      },
    });
  });

  private readonly operation = this.RULE('operation', () => {
    this.SUBRULE(this.operand);
    this.MANY({
      GATE: () => this.goesOn(),
      DEF: () => {
        this.CONSUME(t.BinaryOp);
        this.SUBRULE2(this.operand);
      },
    });
  });

  /** An operation without `+`, `-` and what binds looser: the terms of `minimize`. */
  private readonly product = this.RULE('product', () => {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.CONSUME(t.ProductOp);
      this.SUBRULE2(this.operand);
    });
  });

  private readonly operand = this.RULE('operand', () => {
    this.MANY(() => this.CONSUME(t.PrefixOp));
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.NumberToken) },
        { ALT: () => this.CONSUME(t.StringToken) },
        { GATE: () => !beginsAnew(this.LA(1), this.LA(2)), ALT: () => this.CONSUME(t.Name) },
        { ALT: () => this.SUBRULE(this.listExpr) },
        { ALT: () => this.SUBRULE(this.record) },
        { ALT: () => this.SUBRULE(this.paren) },
      ],
      ERR_MSG: 'expression',
    });
    this.MANY2({
      GATE: () => this.isPostfix(),
      DEF: () => this.SUBRULE(this.postfix),
    });
  });

  private readonly postfix = this.RULE('postfix', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.args) },
      { ALT: () => this.SUBRULE(this.index) },
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          this.CONSUME(t.Name);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.As);
          this.CONSUME2(t.Name);
        },
      },
    ]);
  });

  private readonly paren = this.RULE('paren', () => {
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expr);
    this.CONSUME(t.RParen);
  });

  private readonly listExpr = this.RULE('list', () => {
    this.CONSUME(t.LBracket);
    this.commaList(t.RBracket, () => this.SUBRULE(this.expr));
    this.CONSUME(t.RBracket);
  });

  private readonly record = this.RULE('record', () => {
    this.CONSUME(t.LBrace);
    this.commaList(t.RBrace, () => this.SUBRULE(this.field));
    this.CONSUME(t.RBrace);
  });

  private readonly field = this.RULE('field', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.SUBRULE(this.has);
      this.SUBRULE(this.expr);
    });
  });

  private readonly args = this.RULE('args', () => {
    this.CONSUME(t.LParen);
    this.commaList(t.RParen, () => this.SUBRULE(this.arg));
    this.CONSUME(t.RParen);
  });

  private readonly arg = this.RULE('arg', () => {
    this.OPTION({
      GATE: () => this.next(2) === t.Colon || this.next(2) === t.Equals,
      DEF: () => {
        this.CONSUME(t.Name);
        this.SUBRULE(this.has);
      },
    });
    this.SUBRULE(this.expr);
  });

  private readonly index = this.RULE('index', () => {
    this.CONSUME(t.LBracket);
    this.commaList(t.RBracket, () => this.SUBRULE(this.indexItem));
    this.CONSUME(t.RBracket);
  });

  private readonly indexItem = this.RULE('indexItem', () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.Ellipsis) },
        { GATE: () => endsList(this.next(2)), ALT: () => this.CONSUME(t.New) },
        {
          ALT: () => {
            this.SUBRULE(this.expr);
            this.OPTION(() => this.SUBRULE(this.sliceEnd));
          },
        },
        { ALT: () => this.SUBRULE2(this.sliceEnd) },
      ],
      ERR_MSG: 'index',
    });
  });

  private readonly sliceEnd = this.RULE('sliceEnd', () => {
    this.CONSUME(t.Colon);
    this.OPTION({ GATE: () => !endsList(this.next(1)), DEF: () => this.SUBRULE(this.expr) });
  });

  // ── Helpers: what the rules above have in common

  private next(k: number): TokenType {
    return this.LA(k).tokenType;
  }

  private isName(k: number): boolean {
    return isNameType(this.next(k));
  }

  /** Comma-separated, a trailing comma allowed; `element` is called at one place, as chevrotain wants. */
  private commaList(close: TokenType, element: () => void): void {
    let more = true;
    this.MANY({
      GATE: () => more && this.next(1) !== close && this.next(1) !== EOF,
      DEF: () => {
        element();
        more = false;
        this.OPTION9(() => {
          this.CONSUME9(t.Comma);
          more = true;
        });
      },
    });
  }

  /** `{ element* }`: goes on after errors, and closes itself where its `}` was forgotten. */
  private braces(kind: ElementKind, element: () => void): void {
    const open = this.LA(1);
    if (!this.RECORDING_PHASE && open.tokenType === t.Colon && mark(this.LA(2)).startsLine) {
      this.colonBlock(open);
      return;
    }
    this.CONSUME(t.LBrace);
    this.each(kind, element);
    if (this.RECORDING_PHASE || this.next(1) === t.RBrace) {
      this.CONSUME(t.RBrace);
      return;
    }
    const related = [{ span: tokenSpan(this.source, open), message: 'opened here' }];
    this.found.push(
      syntaxDiagnostic(
        'missing-brace',
        { what: kind, found: this.LA(1).image },
        { span: this.here(), related },
      ),
    );
  }

  /** A body in the manner of Python: reported, and skipped by its indentation. */
  private colonBlock(colon: IToken): void {
    let first = mark(colon).index;
    while (first > 0 && !mark(this.tokens[first] as IToken).startsLine) first -= 1;
    const indent = this.tokens[first]?.startColumn ?? 1;
    this.found.push(syntaxDiagnostic('colon-block', {}, { span: tokenSpan(this.source, colon) }));
    do this.SKIP_TOKEN();
    while (this.next(1) !== EOF && !(mark(this.LA(1)).startsLine && (this.LA(1).startColumn ?? 1) <= indent));
  }

  /** Elements up to the end of their list; one that can't be read is dropped and reading goes on behind it. */
  private each(kind: ElementKind, element: () => void): void {
    if (this.RECORDING_PHASE) {
      this.MANY(element);
      return;
    }
    while (this.next(1) !== EOF && !this.closes(kind)) {
      const start = mark(this.LA(1)).index;
      try {
        element();
      } catch (e) {
        if (!(e instanceof Error) || !isRecognitionException(e)) throw e;
        this.asBelongsOutside = -1;
        this.recover(kind, start);
      }
    }
  }

  private closes(kind: ElementKind): boolean {
    if (kind === 'item') return false;
    return this.next(1) === t.RBrace || isForeign(kind, this.tokens, mark(this.LA(1)).index);
  }

  /** Skips to where the next element can start; a body whose head was wrong is still read for its errors. */
  private recover(kind: ElementKind, start: number): void {
    const at = this.next(1) === EOF ? this.tokens.length : mark(this.LA(1)).index;
    const target =
      this.errors.length > tooManyErrors ? this.tokens.length : syncPoint(kind, this.tokens, start, at);
    for (let i = at; i < target; i++) this.SKIP_TOKEN();
    const head = this.tokens[start];
    const inner = looksLikeBody(this.tokens, target);
    if (head === undefined || inner === undefined) return;
    if (inner === 'member') this.SUBRULE8(this.members);
    else if (inner === 'clause') this.SUBRULE8(this.clauses);
    else this.SUBRULE8(this.body);
  }

  private mend(kind: ElementKind): void {
    this.ACTION(() => {
      const complaint = mendKeyword(kind, this.source, this.LA(1), this.LA(2), this.LA(3));
      if (complaint !== undefined) this.found.push(complaint);
    });
  }

  /** Behind the last token where the next one stands on a later line, else at the next one. */
  private here() {
    const next = this.LA(1);
    const last = this.LA(0);
    if (next.tokenType !== EOF && !mark(next).startsLine) return tokenSpan(this.source, next);
    const end = tokenSpan(this.source, last);
    return { ...end, start: end.end, line: end.endLine, column: end.endColumn };
  }

  /** Whether the next token follows the last without a space. */
  private touches(): boolean {
    return this.LA(1).startOffset === (this.LA(0).endOffset ?? -2) + 1;
  }

  private startsLambda(): boolean {
    if (this.next(1) !== t.LParen) return this.next(2) === t.FatArrow;
    const partner = mark(this.LA(1)).partner;
    return partner >= 0 && this.tokens[partner + 1]?.tokenType === t.FatArrow;
  }

  private goesOn(): boolean {
    const token = this.LA(1);
    if (token.tokenType === t.Minus && mark(token).startsLine) {
      const opener = this.tokens[mark(token).opener]?.tokenType;
      return opener === t.LParen || opener === t.LBracket;
    }
    return !(isNameType(token.tokenType) && this.next(2) === t.Equals);
  }

  private isPostfix(): boolean {
    const token = this.LA(1);
    if (token.tokenType === t.LParen || token.tokenType === t.LBracket) return !mark(token).startsLine;
    if (token.tokenType === t.As) return this.isName(2) && mark(token).depth !== this.asBelongsOutside;
    return true;
  }
}

function isNameType(type: TokenType): boolean {
  return type === t.Word || (type.CATEGORIES ?? []).includes(t.Name);
}
