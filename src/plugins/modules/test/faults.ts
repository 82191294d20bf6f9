/** Functions of `test` that fail on purpose, or set a return code. */
import { type ErrorCode, SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { SignatureError } from '../../../engine/functions/bind.ts'
import { fn } from '../../../engine/plugin.ts'

/** Salt's own exceptions by what they are here. */
const saltExceptions: Readonly<Record<string, ErrorCode>> = {
  AuthenticationError: 'denied',
  CommandExecutionError: 'execution-failed',
  CommandNotFoundError: 'missing-program',
  SaltInvocationError: 'bad-arguments',
  SaltReqTimeoutError: 'timeout',
  SaltRenderError: 'execution-failed',
  SaltException: 'execution-failed',
  TimeoutError: 'timeout',
}

const builtinExceptions = new Set([
  'ArithmeticError',
  'AssertionError',
  'AttributeError',
  'BufferError',
  'EOFError',
  'Exception',
  'FileExistsError',
  'FileNotFoundError',
  'FloatingPointError',
  'ImportError',
  'IndexError',
  'IOError',
  'IsADirectoryError',
  'KeyError',
  'LookupError',
  'MemoryError',
  'ModuleNotFoundError',
  'NameError',
  'NotADirectoryError',
  'NotImplementedError',
  'OSError',
  'OverflowError',
  'PermissionError',
  'ProcessLookupError',
  'RecursionError',
  'ReferenceError',
  'RuntimeError',
  'StopIteration',
  'SyntaxError',
  'SystemError',
  'TimeoutError',
  'TypeError',
  'UnicodeError',
  'ValueError',
  'ZeroDivisionError',
])

class NamedError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

export const faultFunctions = {
  true: fn({
    doc: 'Give back true.',
    returns: s.boolean(),
    examples: ["salt '*' test.true"],
    run: () => true,
  }),
  false: fn({
    doc: 'Give back false.',
    returns: s.boolean(),
    examples: ["salt '*' test.false"],
    run: () => false,
  }),
  retcode: fn({
    doc: 'Set the return code of the job.',
    args: { code: s.withDefault(s.integer('The return code'), 42) },
    returns: s.boolean('Always true'),
    examples: ["salt '*' test.retcode 42"],
    run(ctx, { code }) {
      ctx.setRetcode(code)
      return true
    },
  }),
  exception: fn({
    doc: 'Fail as a function does that has a fault.',
    args: { message: s.withDefault(s.string('Text of the error'), 'Test Exception') },
    returns: s.null('Nothing is ever returned'),
    examples: ["salt '*' test.exception 'Something broke'"],
    run(_ctx, { message }) {
      throw new NamedError('Exception', message)
    },
  }),
  assertion: fn({
    doc: 'Fail unless the value is true.',
    args: { assertion: s.any('The value') },
    returns: s.null(),
    examples: ["salt '*' test.assertion true"],
    run(_ctx, { assertion }) {
      if (!assertion) throw new NamedError('AssertionError', 'the value is not true')
      return null
    },
  }),
  raise_exception: fn({
    doc:
      'Fail with the error of that name, to see how each kind is told. ' +
      'Known are the exceptions of Python and those of salt.exceptions; any other name gives false.',
    args: { name: s.string('Name of the exception') },
    rest: s.any('Words of its message'),
    extra: s.any('Taken and ignored'),
    returns: s.boolean('False where there is no such exception'),
    examples: [
      "salt '*' test.raise_exception TypeError 'not a number'",
      "salt '*' test.raise_exception salt.exceptions.CommandExecutionError 'it went wrong'",
    ],
    run(ctx, { name }, { rest }) {
      const message = rest.map(pythonString).join(' ')
      const own = name.startsWith('salt.exceptions.')
        ? saltExceptions[name.slice('salt.exceptions.'.length)]
        : undefined
      if (own !== undefined) throw new SaltError(own, message)
      if (name === 'TypeError') throw new SignatureError(message)
      if (builtinExceptions.has(name)) throw new NamedError(name, message)
      ctx.log.error('No such exception', { name })
      return false
    },
  }),
  stack: fn({
    doc: 'Show the calls that led to this function.',
    returns: s.text(),
    examples: ["salt '*' test.stack"],
    run: () => new Error('stack').stack ?? '',
  }),
  tty: fn({
    doc: 'Has another place now: cmd.tty.',
    rest: s.any('Ignored'),
    extra: s.any('Ignored'),
    returns: s.string(),
    examples: ["salt '*' test.tty tty0 hello"],
    run: () => 'ERROR: This function has been moved to cmd.tty',
  }),
}
