/** Arguments that most functions of `git` share. */
import { s } from '../../../base/schema.ts'

export const folder = s.path('The repository; a relative path begins in the home folder of the user')
export const opts = s.withDefault(s.any('More options for the subcommand, as text or a list'), '')
export const gitOpts = s.withDefault(s.any('More options for git itself, before the subcommand'), '')
export const identity = s.optional(
  s.any('Private SSH keys to try, one after the other: paths or salt:// addresses, as a list or text with commas'),
)
export const httpsUser = s.optional(s.any('User name for HTTPS'))
export const httpsPass = s.optional(s.any('Password for HTTPS'))
export const saltenv = s.withDefault(s.string('Environment of the file server, for keys'), 'base')
export const outputEncoding = s.optional(s.string('Encoding of the output; UTF-8 by default'))
const ignoreRetcode = s.withDefault(s.boolean('Accepted: a failure is told in any case'), false)

/** Who runs git. */
export const asUser = {
  user: s.optional(s.string('User to run git as; only root may choose')),
  password: s.optional(s.any('Accepted, and without effect here')),
}

/** What comes last in most functions. */
export const tail = { ...asUser, ignore_retcode: ignoreRetcode, output_encoding: outputEncoding }

/** The same, with options in front. */
export const optionsAndTail = { opts, git_opts: gitOpts, ...tail }

/** What functions end with that talk to another repository. */
export const remoteTail = {
  opts,
  git_opts: gitOpts,
  ...asUser,
  identity,
  ignore_retcode: ignoreRetcode,
  saltenv,
  output_encoding: outputEncoding,
}

export const output = s.text('What git wrote')
export const outputAndMessages = s.text('What git wrote, its messages included')
export const alwaysTrue = s.boolean('Always true')
