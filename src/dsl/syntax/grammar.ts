// The grammar, as a chevrotain parser that yields a concrete tree. Newlines mean nothing, with two exceptions
// that keep a statement from running into the next: the `(` of a call and the `[` of an index stand on the line
// where their callee ends, and a `-` that starts a line begins something new unless it stands inside ( ) or [ ].
// Every other operator may start a line. Operators are read flat here; to-expr.ts gives them their precedence.
// After an error the nearest item, member, statement or clause is dropped and the reader goes on at the next
// (recovery.ts), so that one run reports every mistake. Slips with one plain meaning (`x = 1` for `x: 1`) are
// read as that and reported by to-ast.ts.

import type { ElementKind } from './mend.ts';
import { beginsAnew } from './recovery.ts';
import { StatementRules } from './statement-rules.ts';
import * as t from './tokens.ts';

/** The whole grammar: `begin` with tokens, then read a `wholeFile`. */
export class Grammar extends StatementRules {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  // ── Files and models

  readonly wholeFile = this.RULE('file', () => {
    this.each('item', () => this.SUBRULE(this.item));
  });

  protected readonly item = this.RULE('item', () => {
    this.mend('item');
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.useItem) },
        { ALT: () => this.SUBRULE(this.modelItem) },
        { ALT: () => this.SUBRULE(this.blockItem) },
        { ALT: () => this.SUBRULE(this.variantItem) },
        { ALT: () => this.SUBRULE(this.migrate) },
      ],
      ERR_MSG: 'item',
    });
  });

  protected readonly useItem = this.RULE('useItem', () => {
    this.CONSUME(t.Use);
    this.CONSUME(t.StringToken);
    this.CONSUME(t.As);
    this.CONSUME(t.Name);
  });

  protected readonly modelItem = this.RULE('modelItem', () => {
    this.CONSUME(t.Model);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.params));
    this.OPTION3(() => {
      this.CONSUME(t.Extends);
      this.SUBRULE(this.expr);
    });
    this.OPTION2(() => {
      this.CONSUME(t.Version);
      this.CONSUME(t.StringToken);
    });
    this.SUBRULE(this.members);
  });

  protected readonly members = this.RULE('members', () => {
    this.braces('member', () => this.SUBRULE(this.member));
  });

  protected readonly variantItem = this.RULE('variantItem', () => {
    this.CONSUME(t.Variant);
    this.CONSUME(t.Name);
    this.SUBRULE(this.is);
    this.CONSUME2(t.Name);
    this.SUBRULE(this.args);
  });

  protected readonly blockItem = this.RULE('blockItem', () => {
    this.CONSUME(t.Block);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.SUBRULE(this.signature);
  });

  // ── Members

  protected readonly member = this.RULE('member', () => {
    this.mend('member');
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.modality) },
        { ALT: () => this.SUBRULE(this.space) },
        { ALT: () => this.SUBRULE(this.vocabularyMember) },
        { ALT: () => this.SUBRULE(this.labels) },
        { ALT: () => this.SUBRULE(this.part) },
        { ALT: () => this.SUBRULE(this.paramStatement) },
        { ALT: () => this.SUBRULE(this.state) },
        { ALT: () => this.SUBRULE(this.blockItem) },
        { ALT: () => this.SUBRULE(this.encoder) },
        { ALT: () => this.SUBRULE(this.head) },
        { ALT: () => this.SUBRULE(this.objective) },
        { ALT: () => this.SUBRULE(this.exportMember) },
        { ALT: () => this.SUBRULE(this.align) },
        { ALT: () => this.SUBRULE(this.adapt) },
        { ALT: () => this.SUBRULE(this.stage) },
        { ALT: () => this.SUBRULE(this.migrate) },
      ],
      ERR_MSG: 'member',
    });
  });

  protected readonly modality = this.RULE('modality', () => {
    this.CONSUME(t.Modality);
    this.CONSUME(t.Name);
    this.SUBRULE(this.has);
    this.SUBRULE(this.expr);
  });

  protected readonly space = this.RULE('space', () => {
    this.CONSUME(t.Space);
    this.CONSUME(t.Name);
    this.SUBRULE(this.sized);
  });

  protected readonly vocabularyMember = this.RULE('vocabulary', () => {
    this.CONSUME(t.Vocabulary);
    this.CONSUME(t.Name);
    this.SUBRULE(this.sized);
  });

  protected readonly sized = this.RULE('sized', () => {
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.size) }, { ALT: () => this.SUBRULE(this.alias) }],
      ERR_MSG: 'sized',
    });
  });

  /** What another model declares: `= Bert.text`. */
  protected readonly alias = this.RULE('alias', () => {
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expr);
  });

  protected readonly labels = this.RULE('labels', () => {
    this.CONSUME(t.Labels);
    this.CONSUME(t.Name);
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.size) },
        { ALT: () => this.SUBRULE(this.labelNames) },
        { ALT: () => this.SUBRULE(this.alias) },
      ],
      ERR_MSG: 'labels',
    });
  });

  protected readonly encoder = this.RULE('encoder', () => {
    this.CONSUME(t.Encoder);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.SUBRULE(this.signature);
  });

  /** `head topic(…) { … }`, a part, or `head topics: scores(text) -> topic: index(Topic)[B] by cross_entropy()`. */
  protected readonly head = this.RULE('head', () => {
    this.CONSUME(t.Head);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.signature) },
        {
          ALT: () => {
            this.SUBRULE(this.has);
            this.SUBRULE(this.expr);
            this.CONSUME(t.Arrow);
            this.SUBRULE(this.fieldType);
            this.CONSUME(t.By);
            this.SUBRULE2(this.expr);
          },
        },
      ],
      ERR_MSG: 'head',
    });
  });

  protected readonly objective = this.RULE('objective', () => {
    this.CONSUME(t.Objective);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.SUBRULE(this.signature);
  });

  protected readonly exportMember = this.RULE('export', () => {
    this.CONSUME(t.Export);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.SUBRULE(this.signature);
  });

  protected readonly align = this.RULE('align', () => {
    this.CONSUME(t.Align);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.renamed));
    this.SUBRULE(this.has);
    this.SUBRULE(this.expr);
    this.CONSUME(t.Pair);
    this.SUBRULE2(this.expr);
    this.CONSUME(t.By);
    this.SUBRULE3(this.expr);
  });

  protected readonly adapt = this.RULE('adapt', () => {
    this.CONSUME(t.Adapt);
    this.SUBRULE(this.expr);
    this.CONSUME(t.By);
    this.SUBRULE2(this.expr);
    this.CONSUME(t.On);
    this.SUBRULE(this.patterns);
  });

  // ── Migrations

  protected readonly migrate = this.RULE('migrate', () => {
    this.CONSUME(t.Migrate);
    this.CONSUME(t.From);
    this.CONSUME(t.StringToken);
    this.SUBRULE(this.moves);
  });

  protected readonly moves = this.RULE('moves', () => {
    this.braces('move', () => this.SUBRULE(this.move));
  });

  protected readonly move = this.RULE('move', () => {
    this.mend('move');
    this.OR({
      MAX_LOOKAHEAD: 1,
      DEF: [
        { GATE: () => [t.Dot, t.Equals, t.Colon].includes(this.next(2)), ALT: () => this.SUBRULE(this.give) },
        { ALT: () => this.SUBRULE(this.eachLayer) },
        { ALT: () => this.SUBRULE(this.drop) },
        { ALT: () => this.SUBRULE(this.fresh) },
      ],
      ERR_MSG: 'move',
    });
  });

  /** `out.weight = transpose(head.weight)`: a new weight, of old ones. */
  protected readonly give = this.RULE('give', () => {
    this.SUBRULE(this.pattern);
    this.SUBRULE(this.is);
    this.SUBRULE(this.expr);
  });

  protected readonly eachLayer = this.RULE('eachLayer', () => {
    this.CONSUME(t.Each);
    this.SUBRULE(this.pattern);
    this.OPTION(() => {
      this.SUBRULE(this.is);
      this.SUBRULE2(this.pattern);
    });
    this.SUBRULE(this.moves);
  });

  protected readonly drop = this.RULE('drop', () => {
    this.CONSUME(t.Drop);
    this.SUBRULE(this.patterns);
  });

  protected readonly fresh = this.RULE('fresh', () => {
    this.CONSUME(t.Fresh);
    this.SUBRULE(this.patterns);
  });

  // ── Stages

  protected readonly stage = this.RULE('stage', () => {
    this.CONSUME(t.Stage);
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.From);
      this.SUBRULE(this.expr);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.expr);
      });
    });
    this.SUBRULE(this.clauses);
  });

  protected readonly clauses = this.RULE('clauses', () => {
    this.braces('clause', () => this.SUBRULE(this.clause));
  });

  protected readonly clause = this.RULE('clause', () => {
    this.mend('clause');
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.minimize) },
        { ALT: () => this.SUBRULE(this.train) },
        { ALT: () => this.SUBRULE(this.freeze) },
        { ALT: () => this.SUBRULE(this.optimizer) },
        { ALT: () => this.SUBRULE(this.steps) },
        { ALT: () => this.SUBRULE(this.fit) },
        { ALT: () => this.SUBRULE(this.measure) },
      ],
      ERR_MSG: 'clause',
    });
  });

  protected readonly minimize = this.RULE('minimize', () => {
    this.CONSUME(t.Minimize);
    this.SUBRULE(this.term);
    this.MANY(() => {
      this.CONSUME(t.Plus);
      this.SUBRULE2(this.term);
    });
  });

  protected readonly term = this.RULE('term', () => {
    this.SUBRULE(this.product);
    this.OPTION(() => {
      this.CONSUME(t.On);
      this.SUBRULE(this.dataUse);
    });
  });

  protected readonly dataUse = this.RULE('dataUse', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Dot);
    this.CONSUME2(t.Name);
    this.MANY(() =>
      this.OR([{ ALT: () => this.SUBRULE(this.transforms) }, { ALT: () => this.SUBRULE(this.batch) }]),
    );
  });

  protected readonly batch = this.RULE('batch', () => {
    this.CONSUME(t.Batch);
    this.SUBRULE(this.product);
  });

  protected readonly transforms = this.RULE('transforms', () => {
    this.CONSUME(t.With);
    this.SUBRULE(this.transform);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.transform);
    });
  });

  protected readonly transform = this.RULE('transform', () => {
    this.CONSUME(t.Name);
    this.SUBRULE(this.has);
    this.SUBRULE(this.listExpr);
  });

  protected readonly train = this.RULE('train', () => {
    this.CONSUME(t.Train);
    this.SUBRULE(this.patterns);
  });

  protected readonly freeze = this.RULE('freeze', () => {
    this.CONSUME(t.Freeze);
    this.SUBRULE(this.patterns);
  });

  protected readonly patterns = this.RULE('patterns', () => {
    this.SUBRULE(this.pattern);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.pattern);
    });
  });

  /** `hear.**.lora.*`, `**.attention.{qkv,out}.weight`: one run of signs without a space. */
  protected readonly pattern = this.RULE('pattern', () => {
    this.SUBRULE(this.segment);
    this.MANY({
      GATE: () => this.touches(),
      DEF: () => this.OR([{ ALT: () => this.CONSUME(t.Dot) }, { ALT: () => this.SUBRULE2(this.segment) }]),
    });
  });

  protected readonly segment = this.RULE('segment', () => {
    this.OR({
      DEF: [
        { GATE: () => !beginsAnew(this.LA(1), this.LA(2)), ALT: () => this.CONSUME(t.Name) },
        { ALT: () => this.CONSUME(t.NumberToken) },
        { ALT: () => this.CONSUME(t.Star) },
        { ALT: () => this.CONSUME(t.DoubleStar) },
        { ALT: () => this.SUBRULE(this.choices) },
      ],
      ERR_MSG: 'pattern',
    });
  });

  /** `{query,key}`, `{0,1}`: names, or numbers of layers. */
  protected readonly choices = this.RULE('choices', () => {
    this.CONSUME(t.LBrace);
    this.commaList(t.RBrace, () =>
      this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.NumberToken) }]),
    );
    this.CONSUME(t.RBrace);
  });

  protected readonly optimizer = this.RULE('optimizer', () => {
    this.CONSUME(t.Optimizer);
    this.SUBRULE(this.expr);
  });

  protected readonly steps = this.RULE('steps', () => {
    this.CONSUME(t.Steps);
    this.SUBRULE(this.expr);
  });

  protected readonly fit = this.RULE('fit', () => {
    this.CONSUME(t.Fit);
    this.SUBRULE(this.pattern);
    this.OPTION(() => {
      this.SUBRULE(this.has);
      this.SUBRULE(this.expr);
    });
    this.CONSUME(t.On);
    this.SUBRULE(this.dataUse);
    this.OPTION2(() => this.SUBRULE(this.fitLength));
  });

  protected readonly fitLength = this.RULE('fitLength', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Passes) }, { ALT: () => this.CONSUME(t.Steps) }]);
    this.SUBRULE(this.expr);
  });

  protected readonly measure = this.RULE('measure', () => {
    this.CONSUME(t.Measure);
    this.SUBRULE(this.expr);
    this.CONSUME(t.On);
    this.SUBRULE(this.dataUse);
    this.OPTION(() => {
      this.CONSUME(t.Every);
      this.SUBRULE2(this.expr);
    });
  });

  protected skim(kind: Exclude<ElementKind, 'item'>): void {
    if (kind === 'member') this.SUBRULE8(this.members);
    else if (kind === 'clause') this.SUBRULE8(this.clauses);
    else if (kind === 'move') this.SUBRULE8(this.moves);
    else this.SUBRULE8(this.body);
  }
}
