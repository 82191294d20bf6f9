/** Functions of `file` on paths as texts, without looking at files. */
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { joinPath, normalizePath, splitPath } from './paths.ts'

const path = s.string('The path')

export const pathFunctions = {
  basename: fn({
    doc: 'Give the last part of a path.',
    args: { path },
    returns: s.string(),
    examples: [`salt '*' file.basename /etc/ssh/sshd_config`],
    run: (_ctx, args) => splitPath(args.path)[1],
  }),
  dirname: fn({
    doc: 'Give a path without its last part.',
    args: { path },
    returns: s.string(),
    examples: [`salt '*' file.dirname /etc/ssh/sshd_config`],
    run: (_ctx, args) => splitPath(args.path)[0],
  }),
  join: fn({
    doc: 'Join parts of a path. A part that starts with a slash begins anew.',
    rest: s.string('Parts of the path'),
    returns: s.string(),
    examples: [`salt '*' file.join / usr local bin`],
    run: (_ctx, _args, { rest }) => {
      const [first = '', ...others] = rest.map(String)
      return joinPath(first, ...others)
    },
  }),
  normpath: fn({
    doc: 'Simplify a path: without double slashes, `.` and `..`.',
    args: { path },
    returns: s.string(),
    examples: [`salt '*' file.normpath a/b/c/..`],
    run: (_ctx, args) => normalizePath(args.path),
  }),
  pardir: fn({
    doc: 'Give the name that stands for the parent folder.',
    returns: s.string(),
    examples: [`salt '*' file.pardir`],
    run: () => '..',
  }),
}
