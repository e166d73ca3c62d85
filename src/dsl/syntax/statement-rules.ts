// The rules of bodies: statements, and the signatures of what has a body.

import { ExpressionRules } from './expression-rules.ts';
import { mark } from './lex.ts';
import * as t from './tokens.ts';

export abstract class StatementRules extends ExpressionRules {
  protected readonly signature = this.RULE('signature', () => {
    this.SUBRULE(this.params);
    this.OPTION(() => {
      this.CONSUME(t.Arrow);
      this.SUBRULE(this.type);
    });
    this.SUBRULE(this.body);
  });

  protected readonly params = this.RULE('params', () => {
    this.CONSUME(t.LParen);
    this.commaList(t.RParen, () => this.SUBRULE(this.param));
    this.CONSUME(t.RParen);
  });

  protected readonly param = this.RULE('param', () => {
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

  protected readonly body = this.RULE('body', () => {
    this.braces('statement', () => this.SUBRULE(this.statement));
  });

  protected readonly statement = this.RULE('statement', () => {
    this.mend('statement');
    this.OR({
      MAX_LOOKAHEAD: 1,
      DEF: [
        { GATE: () => this.next(2) === t.Equals, ALT: () => this.SUBRULE(this.assign) },
        { ALT: () => this.SUBRULE(this.letStatement) },
        { ALT: () => this.SUBRULE(this.returnStatement) },
        { ALT: () => this.SUBRULE(this.require) },
        { ALT: () => this.SUBRULE(this.paramStatement) },
        { ALT: () => this.SUBRULE(this.state) },
        { ALT: () => this.SUBRULE(this.update) },
        { ALT: () => this.SUBRULE(this.part) },
        { ALT: () => this.SUBRULE(this.repeat) },
        { ALT: () => this.SUBRULE(this.scan) },
        { ALT: () => this.SUBRULE(this.collect) },
        { ALT: () => this.SUBRULE(this.ifStatement) },
      ],
      ERR_MSG: 'statement',
    });
  });

  protected readonly assign = this.RULE('assign', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expr);
  });

  protected readonly letStatement = this.RULE('let', () => {
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

  protected readonly returnStatement = this.RULE('return', () => {
    this.CONSUME(t.Return);
    this.SUBRULE(this.expr);
  });

  protected readonly require = this.RULE('require', () => {
    this.CONSUME(t.Require);
    this.SUBRULE(this.expr);
  });

  protected readonly repeat = this.RULE('repeat', () => {
    this.CONSUME(t.Repeat);
    this.asBelongsOutside = mark(this.LA(1)).depth;
    this.SUBRULE(this.expr);
    this.asBelongsOutside = -1;
    this.OPTION(() => {
      this.CONSUME(t.As);
      this.CONSUME(t.Name);
      this.OPTION2(() => this.SUBRULE(this.renamed));
    });
    this.SUBRULE(this.body);
  });

  protected readonly scan = this.RULE('scan', () => {
    this.CONSUME(t.Scan);
    this.CONSUME(t.Name);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.CONSUME2(t.Name);
    });
    this.CONSUME(t.In);
    this.SUBRULE(this.expr);
    this.MANY2(() => {
      this.CONSUME2(t.Comma);
      this.SUBRULE2(this.expr);
    });
    this.OPTION(() => this.SUBRULE(this.along));
    this.OPTION2(() => this.CONSUME(t.Reverse));
    this.SUBRULE(this.body);
  });

  protected readonly along = this.RULE('along', () => {
    this.CONSUME(t.Along);
    this.SUBRULE(this.expr);
  });

  protected readonly collect = this.RULE('collect', () => {
    this.CONSUME(t.Collect);
    this.CONSUME(t.Name);
    this.SUBRULE(this.is);
    this.SUBRULE(this.expr);
  });

  protected readonly ifStatement = this.RULE('if', () => {
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

  protected readonly elseIf = this.RULE('elseIf', () => {
    this.CONSUME(t.Else);
    this.CONSUME(t.If);
    this.SUBRULE(this.expr);
    this.SUBRULE(this.body);
  });

  protected readonly part = this.RULE('part', () => {
    this.CONSUME(t.Part);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.SUBRULE(this.is);
    this.OR([
      { GATE: () => this.copies(), ALT: () => this.SUBRULE(this.copy) },
      { ALT: () => this.SUBRULE(this.expr) },
    ]);
  });

  /** Whether a `copy` stands here that isn't the name of something: it has what it copies behind it, on its line. */
  private copies(): boolean {
    if (this.next(1) !== t.Copy || !this.isName(2) || mark(this.LA(2)).startsLine) return false;
    return ![t.As, t.When, t.And, t.Or].includes(this.next(2)) || this.next(3) === t.By;
  }

  protected readonly copy = this.RULE('copy', () => {
    this.CONSUME(t.Copy);
    this.SUBRULE(this.expr);
    this.CONSUME(t.By);
    this.SUBRULE2(this.expr);
  });

  protected readonly state = this.RULE('state', () => {
    this.CONSUME(t.State);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expr);
  });

  protected readonly update = this.RULE('update', () => {
    this.CONSUME(t.Update);
    this.CONSUME(t.Name);
    this.SUBRULE(this.is);
    this.SUBRULE(this.expr);
  });

  protected readonly paramStatement = this.RULE('paramStatement', () => {
    this.CONSUME(t.ParamWord);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expr);
    this.MANY({
      GATE: () => this.next(2) === t.Least || this.next(2) === t.Most,
      DEF: () => this.SUBRULE(this.bound),
    });
  });

  protected readonly bound = this.RULE('bound', () => {
    this.CONSUME(t.At);
    this.OR([{ ALT: () => this.CONSUME(t.Least) }, { ALT: () => this.CONSUME(t.Most) }]);
    this.SUBRULE(this.expr);
  });
}
