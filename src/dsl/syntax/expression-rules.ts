// The rules of expressions and types. Operators are read flat; to-expr.ts gives them their precedence.

import { ParserBase } from './parser-base.ts';
import { beginsAnew, endsList } from './recovery.ts';
import * as t from './tokens.ts';

export abstract class ExpressionRules extends ParserBase {
  protected readonly expr = this.RULE('expr', () => {
    this.MANY({ GATE: () => this.startsLambda(), DEF: () => this.SUBRULE(this.lambdaHead) });
    this.SUBRULE(this.choice);
    this.MANY2(() => {
      this.CONSUME(t.Pipe);
      this.SUBRULE2(this.choice);
    });
  });

  protected readonly lambdaHead = this.RULE('lambdaHead', () => {
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

  protected readonly choice = this.RULE('choice', () => {
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

  protected readonly operation = this.RULE('operation', () => {
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
  protected readonly product = this.RULE('product', () => {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.CONSUME(t.ProductOp);
      this.SUBRULE2(this.operand);
    });
  });

  protected readonly operand = this.RULE('operand', () => {
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

  protected readonly postfix = this.RULE('postfix', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.args) },
      { ALT: () => this.SUBRULE(this.index) },
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          // `layers.0.weight`: layers of a repeat have numbers.
          this.OR2([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.NumberToken) }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.As);
          this.CONSUME2(t.Name);
          this.OPTION({ GATE: () => this.next(2) === t.From, DEF: () => this.SUBRULE(this.renamed) });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.With);
          this.SUBRULE(this.record);
        },
      },
    ]);
  });

  /** Behind a name: what it was called before, in the same place or by its path in the model. */
  protected readonly renamed = this.RULE('renamed', () => {
    this.CONSUME(t.Renamed);
    this.CONSUME(t.From);
    this.CONSUME(t.Name);
    this.MANY({
      GATE: () => this.touches(),
      DEF: () => {
        this.CONSUME(t.Dot);
        this.OR([{ ALT: () => this.CONSUME2(t.Name) }, { ALT: () => this.CONSUME(t.NumberToken) }]);
      },
    });
  });

  protected readonly paren = this.RULE('paren', () => {
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expr);
    this.CONSUME(t.RParen);
  });

  protected readonly listExpr = this.RULE('list', () => {
    this.CONSUME(t.LBracket);
    this.commaList(t.RBracket, () => this.SUBRULE(this.expr));
    this.CONSUME(t.RBracket);
  });

  protected readonly record = this.RULE('record', () => {
    this.CONSUME(t.LBrace);
    this.commaList(t.RBrace, () => this.SUBRULE(this.field));
    this.CONSUME(t.RBrace);
  });

  protected readonly field = this.RULE('field', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.SUBRULE(this.has);
      this.SUBRULE(this.expr);
    });
  });

  protected readonly args = this.RULE('args', () => {
    this.CONSUME(t.LParen);
    this.commaList(t.RParen, () => this.SUBRULE(this.arg));
    this.CONSUME(t.RParen);
  });

  protected readonly arg = this.RULE('arg', () => {
    this.OPTION({
      GATE: () => this.next(2) === t.Colon || this.next(2) === t.Equals,
      DEF: () => {
        this.CONSUME(t.Name);
        this.SUBRULE(this.has);
      },
    });
    this.SUBRULE(this.expr);
  });

  protected readonly index = this.RULE('index', () => {
    this.CONSUME(t.LBracket);
    this.commaList(t.RBracket, () => this.SUBRULE(this.indexItem));
    this.CONSUME(t.RBracket);
  });

  protected readonly indexItem = this.RULE('indexItem', () => {
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

  protected readonly sliceEnd = this.RULE('sliceEnd', () => {
    this.CONSUME(t.Colon);
    this.OPTION({ GATE: () => !endsList(this.next(1)), DEF: () => this.SUBRULE(this.expr) });
  });

  /** `:` where a declaration takes one; `=` is read too, and reported. */
  protected readonly has = this.RULE('has', () => {
    this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.Colon) }, { ALT: () => this.CONSUME(t.Equals) }],
      ERR_MSG: 'colon',
    });
  });

  /** `=` where a declaration takes one; `:` is read too, and reported. */
  protected readonly is = this.RULE('is', () => {
    this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.Equals) }, { ALT: () => this.CONSUME(t.Colon) }],
      ERR_MSG: 'equals',
    });
  });

  // ── Types

  protected readonly type = this.RULE('type', () => {
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.recordType) }, { ALT: () => this.SUBRULE(this.tensorType) }],
      ERR_MSG: 'type',
    });
  });

  protected readonly recordType = this.RULE('recordType', () => {
    this.CONSUME(t.LBrace);
    this.commaList(t.RBrace, () => this.SUBRULE(this.fieldType));
    this.CONSUME(t.RBrace);
  });

  protected readonly fieldType = this.RULE('fieldType', () => {
    this.CONSUME(t.Name);
    this.SUBRULE(this.has);
    this.SUBRULE(this.type);
  });

  protected readonly tensorType = this.RULE('tensorType', () => {
    this.OPTION({ GATE: () => this.isQualified(), DEF: () => this.SUBRULE(this.qualifier) });
    this.CONSUME(t.Name);
    this.MANY(() => {
      this.CONSUME(t.Dot);
      this.CONSUME2(t.Name);
    });
    this.OPTION2(() => this.SUBRULE(this.size));
    this.OPTION3(() => this.SUBRULE(this.dims));
  });

  /** A type follows `unit`: in `-> label: unit by cross_entropy()` none does. */
  private isQualified(): boolean {
    return this.isName(2) && !(this.LA(2).tokenType === t.By && this.isName(3));
  }

  protected readonly qualifier = this.RULE('qualifier', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Unit) }, { ALT: () => this.CONSUME(t.Simplex) }]);
  });

  protected readonly dims = this.RULE('dims', () => {
    this.CONSUME(t.LBracket);
    this.commaList(t.RBracket, () => this.SUBRULE(this.dim));
    this.CONSUME(t.RBracket);
  });

  protected readonly dim = this.RULE('dim', () => {
    this.OR({
      DEF: [
        { GATE: () => this.next(2) === t.Ellipsis, ALT: () => this.SUBRULE(this.pack) },
        { ALT: () => this.SUBRULE(this.expr) },
      ],
      ERR_MSG: 'dim',
    });
  });

  protected readonly pack = this.RULE('pack', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Ellipsis);
  });

  protected readonly size = this.RULE('size', () => {
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expr);
    this.CONSUME(t.RParen);
  });

  protected readonly labelNames = this.RULE('labelNames', () => {
    this.CONSUME(t.LBrace);
    this.commaList(t.RBrace, () => this.CONSUME(t.Name));
    this.CONSUME(t.RBrace);
  });
}
