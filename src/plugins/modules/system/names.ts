/** Functions of `system` about name and description of the host, and whether it wants to be restarted. */
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { s } from '../../../base/schema.ts'
import { runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { readSystemFile, setLine, writeSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const machineInfo = '/etc/machine-info'
const witness = '/var/volatile/tmp/salt/reboot_witnessed'

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\n': '\\n', '\t': '\\t' }
const unescapes: Readonly<Record<string, string>> = { '\\"': '"', '\\n': '\n', '\\t': '\t' }

async function readDescription(ctx: FunctionContext): Promise<string | false> {
  const told = await runIfInstalled(ctx, ['hostnamectl', 'status', '--pretty'])
  const text = told?.retcode === 0 ? told.stdout.trimEnd() : describedInFile(ctx)
  return text === undefined ? false : text.replace(/\\["nt]/g, (pair) => unescapes[pair] ?? pair)
}

/** The last line counts. */
function describedInFile(ctx: FunctionContext): string | undefined {
  const lines = Array.from((readSystemFile(ctx, machineInfo) ?? '').matchAll(/^\s*PRETTY_HOSTNAME=(.*)$/gm))
  return lines
    .at(-1)?.[1]
    ?.trim()
    .replace(/^(["'])(.*)\1$/, '$2')
}

export const nameFunctions = {
  get_computer_desc: fn({
    doc: 'Tell the description of this host, which systemd calls its pretty name.',
    returns: s.union([s.string(), s.boolean()], 'False where there is none'),
    examples: ["salt '*' system.get_computer_desc"],
    run: readDescription,
  }),
  set_computer_desc: fn({
    doc: 'Set the description of this host, which systemd calls its pretty name.',
    args: { desc: s.string('The description') },
    returns: s.boolean('Whether it worked'),
    examples: ["salt '*' system.set_computer_desc 'The laptop of Michael'"],
    async run(ctx, { desc }) {
      const escaped = desc.replace(/["\n\t]/g, (character) => escapes[character] ?? character)
      const set = await runIfInstalled(ctx, ['hostnamectl', 'set-hostname', '--pretty', escaped])
      if (set !== undefined) return set.retcode === 0
      const text = readSystemFile(ctx, machineInfo) ?? ''
      writeSystemFile(ctx, machineInfo, setLine(text, /^\s*PRETTY_HOSTNAME=/, `PRETTY_HOSTNAME="${escaped}"`))
      return true
    },
  }),
  get_computer_name: fn({
    doc: 'Tell the name of this host.',
    returns: s.string(),
    examples: ["salt '*' system.get_computer_name"],
    run: () => hostname(),
  }),
  set_computer_name: fn({
    doc: 'Set the name of this host.',
    args: { hostname: s.string('The name') },
    returns: s.any('What network.mod_hostname answers'),
    examples: ["salt '*' system.set_computer_name master.saltstack.com"],
    run: (ctx, args) => ctx.salt('network.mod_hostname', [args.hostname]),
  }),
  set_reboot_required_witnessed: fn({
    doc: 'Remember, until the next boot, that this host wants to be restarted.',
    returns: s.boolean('Always true'),
    examples: ["salt '*' system.set_reboot_required_witnessed"],
    run(ctx) {
      writeSystemFile(ctx, witness, '')
      return true
    },
  }),
  get_reboot_required_witnessed: fn({
    doc: 'Tell whether it was remembered since boot that this host wants to be restarted.',
    returns: s.boolean(),
    examples: ["salt '*' system.get_reboot_required_witnessed"],
    run: (ctx) => fs.existsSync(ctx.at(witness)),
  }),
}
