/** The syntax tree of a template. `line` and `offset` are where Jinja places the node, which is where errors are reported. */

interface Placed {
  /** 1-based. */
  readonly line: number
  readonly offset: number
}

export interface Arguments {
  readonly args: readonly Expression[]
  readonly kwargs: readonly (readonly [name: string, value: Expression])[]
  readonly restArgs: Expression | undefined
  readonly restKwargs: Expression | undefined
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**'
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

export type Expression = Placed &
  (
    | { readonly kind: 'constant'; readonly value: string | boolean | null }
    | { readonly kind: 'integer' | 'float'; readonly text: string }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
    | { readonly kind: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[] }
    | {
        readonly kind: 'condition'
        readonly test: Expression
        readonly whenTrue: Expression
        readonly otherwise: Expression | undefined
      }
    | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'not' | 'negative' | 'positive'; readonly operand: Expression }
    | {
        readonly kind: 'binary'
        readonly operator: BinaryOperator
        readonly left: Expression
        readonly right: Expression
      }
    | { readonly kind: 'concatenation'; readonly parts: readonly Expression[] }
    | {
        readonly kind: 'comparison'
        readonly first: Expression
        readonly rest: readonly (readonly [CompareOperator, Expression])[]
      }
    | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
    | { readonly kind: 'item'; readonly object: Expression; readonly key: Expression }
    | {
        readonly kind: 'slice'
        readonly start: Expression | undefined
        readonly stop: Expression | undefined
        readonly step: Expression | undefined
      }
    | ({ readonly kind: 'call'; readonly target: Expression } & Arguments)
    /** Without an operand it filters the body of a block. */
    | ({ readonly kind: 'filter'; readonly name: string; readonly operand: Expression | undefined } & Arguments)
    | ({ readonly kind: 'test'; readonly name: string; readonly operand: Expression } & Arguments)
  )

export type ExpressionOf<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>

/** What can stand left of `=`, or between `for` and `in`. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string; readonly attribute: string }
  | { readonly kind: 'tuple'; readonly items: readonly Target[] }

export interface Parameter {
  readonly name: string
  readonly fallback: Expression | undefined
}

export type Body = readonly Statement[]

export type Statement = Placed &
  (
    | { readonly kind: 'data'; readonly text: string }
    | { readonly kind: 'output'; readonly value: Expression }
    | {
        readonly kind: 'if'
        /** The first is the `if`, the others are the `elif`s. */
        readonly branches: readonly (Placed & { readonly test: Expression; readonly body: Body })[]
        readonly otherwise: Body
      }
    | {
        readonly kind: 'for'
        readonly target: Target
        readonly items: Expression
        readonly test: Expression | undefined
        readonly isRecursive: boolean
        readonly body: Body
        readonly otherwise: Body
      }
    | { readonly kind: 'break' | 'continue' }
    | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
    | {
        readonly kind: 'set-block'
        readonly target: Target
        readonly filter: Expression | undefined
        readonly body: Body
      }
    | { readonly kind: 'do'; readonly value: Expression }
    | { readonly kind: 'macro'; readonly name: string; readonly parameters: readonly Parameter[]; readonly body: Body }
    | {
        readonly kind: 'call-block'
        readonly call: ExpressionOf<'call'>
        readonly parameters: readonly Parameter[]
        readonly body: Body
      }
    | { readonly kind: 'filter-block'; readonly filter: Expression; readonly body: Body }
    | { readonly kind: 'with'; readonly values: readonly (readonly [Target, Expression])[]; readonly body: Body }
    | { readonly kind: 'autoescape'; readonly value: Expression; readonly body: Body }
    | {
        readonly kind: 'block'
        readonly name: string
        readonly isScoped: boolean
        readonly isRequired: boolean
        readonly body: Body
      }
    | { readonly kind: 'extends'; readonly template: Expression }
    | {
        readonly kind: 'include'
        readonly template: Expression
        readonly ignoresMissing: boolean
        readonly withContext: boolean
      }
    | { readonly kind: 'import'; readonly template: Expression; readonly target: string; readonly withContext: boolean }
    | {
        readonly kind: 'from-import'
        readonly template: Expression
        readonly names: readonly (readonly [name: string, alias: string])[]
        readonly withContext: boolean
      }
    /** `load_yaml`, `load_json`, `load_text`: the body under the filter of that name. */
    | { readonly kind: 'load'; readonly filter: string; readonly target: Target; readonly body: Body }
    | {
        readonly kind: 'import-data'
        readonly filter: string
        readonly template: Expression
        readonly target: string
        readonly withContext: boolean
      }
    | { readonly kind: 'profile'; readonly label: Expression; readonly body: Body }
  )

export type StatementOf<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>
