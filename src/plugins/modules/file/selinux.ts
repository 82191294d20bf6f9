/** SELinux contexts of files, through the programs that know about them. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

/** Parts of an SELinux context; those that are left out do not matter. */
export interface SelinuxContext {
  readonly user?: string | undefined
  readonly role?: string | undefined
  readonly type?: string | undefined
  readonly range?: string | undefined
}

const path = s.path('The file')

/** The context, or a sentence where there is none. */
export async function readContext(ctx: FunctionContext, path: string): Promise<string> {
  const { retcode, stdout } = await ctx.exec(['stat', '-c', '%C', path])
  return retcode === 0 ? stdout.trimEnd() : `No selinux context information is available for ${path}`
}

/** The context that the file has afterwards; false when it could not be changed. */
export async function setContext(
  ctx: FunctionContext,
  path: string,
  { user, role, type, range }: SelinuxContext,
  persist: boolean,
): Promise<string | false> {
  if (!user && !role && !type && !range) return false
  if (persist) {
    const result = await ctx.salt('selinux.fcontext_add_policy', [path], {
      sel_type: type ?? null,
      sel_user: user ?? null,
      sel_level: range ?? null,
    })
    if (!isRecord(result) || result.retcode !== 0) {
      throw new SaltError('execution-failed', `Problem setting fcontext: ${pythonString(result)}`)
    }
  }
  const option = (name: string, value: string | undefined) => (value ? [name, value] : [])
  const words = [...option('-u', user), ...option('-r', role), ...option('-t', type), ...option('-l', range)]
  const { retcode } = await ctx.exec(['chcon', ...words, path])
  ctx.setRetcode(retcode)
  return retcode === 0 ? readContext(ctx, path) : false
}

export const selinuxFunctions = {
  get_selinux_context: fn({
    doc: 'Give the SELinux context of a file.',
    args: { path },
    returns: s.string(),
    examples: [`salt '*' file.get_selinux_context /etc/hosts`],
    run: (ctx, args) => readContext(ctx, args.path),
  }),
  set_selinux_context: fn({
    doc: 'Change parts of the SELinux context of a file.',
    args: {
      path,
      user: s.optional(s.string('User of the context')),
      role: s.optional(s.string('Role')),
      type: s.optional(s.string('Type')),
      range: s.optional(s.string('Range')),
      persist: s.withDefault(s.boolean('Add it to the policy, so that it survives a relabeling'), false),
    },
    returns: s.union([s.string(), s.boolean()]),
    examples: [`salt '*' file.set_selinux_context /etc/yum.repos.d/epel.repo system_u object_r system_conf_t s0`],
    run: (ctx, { path, persist, ...context }) => setContext(ctx, path, context, persist),
  }),
  restorecon: fn({
    doc: 'Give a file the SELinux context that the policy has for it.',
    args: { path, recursive: s.withDefault(s.boolean('All below a folder too'), false) },
    returns: s.boolean(),
    examples: [`salt '*' file.restorecon /root/.ssh/authorized_keys`],
    async run(ctx, { path, recursive }) {
      const { retcode } = await ctx.exec(['restorecon', recursive ? '-FR' : '-F', path])
      ctx.setRetcode(retcode)
      return retcode === 0
    },
  }),
}
