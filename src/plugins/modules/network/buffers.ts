/** The rings of network cards, which ethtool tells and changes. */
import { s } from '../../../base/schema.ts'
import { assertOperand } from '../../../engine/functions/host-programs.ts'
import { fn } from '../../../engine/plugin.ts'
import { kernelOf } from './kernel.ts'

const rings = ['rx', 'tx', 'rx-mini', 'rx-jumbo']
const usage = 'Requires rx=<val> tx==<val> rx-mini=<val> and/or rx-jumbo=<val>'

/** `ethtool -g`: what is possible as `rx-max`, what is set as `rx`. */
function parseRings(text: string): Record<string, number> {
  const sizes: Record<string, number> = {}
  let suffix = ''
  for (const line of text.split('\n')) {
    if (line.trimEnd().endsWith('maximums:')) suffix = '-max'
    else if (line.trimEnd().endsWith('settings:')) suffix = ''
    const [, name, size] = /^(.+):\s+(\d+)\s*$/.exec(line) ?? []
    if (name !== undefined) sizes[name.toLowerCase().replaceAll(' ', '-') + suffix] = Number(size)
  }
  return sizes
}

const iface = s.string('Name of the interface')

export const bufferFunctions = {
  get_bufsize: fn({
    doc: 'Tell the sizes of the buffers of a network card, and the largest ones possible (Linux only).',
    args: { iface },
    returns: s.record(s.any()),
    examples: ["salt '*' network.get_bufsize eth0"],
    async run(ctx, args) {
      if (kernelOf(ctx) !== 'Linux') return {}
      assertOperand(args.iface, 'the name of an interface')
      const { stdout } = await ctx.exec(['ethtool', '-g', args.iface], { mergeStderr: true })
      const sizes = parseRings(stdout)
      if (Object.keys(sizes).length === 0) return { result: false, comment: stdout.trim() }
      return { result: true, ...sizes }
    },
  }),
  mod_bufsize: fn({
    doc: 'Change the sizes of the buffers of a network card (Linux only).',
    args: { iface },
    rest: s.any('Not taken: the sizes have names'),
    extra: s.any('rx, tx, rx-mini, rx-jumbo: the size of each'),
    returns: s.any('Whether it is so now, and what was set or what is wrong'),
    examples: ["salt '*' network.mod_bufsize eth0 tx=1024 rx=2048"],
    async run(ctx, args, { rest, extra }) {
      if (kernelOf(ctx) !== 'Linux') return false
      const words = rings.flatMap((ring) =>
        extra[ring] === undefined || extra[ring] === null ? [] : [ring, String(extra[ring])],
      )
      if (rest.length > 0 && words.length > 0) return { result: false, comment: `Unknown arguments: ${rest.join(' ')}` }
      if (words.length === 0) return { result: false, comment: usage }
      assertOperand(args.iface, 'the name of an interface')
      const { stdout } = await ctx.exec(['ethtool', '-G', args.iface, ...words], { mergeStderr: true })
      const complaint = stdout.trim()
      return complaint === '' ? { result: true, comment: words.join(' ') } : { result: false, comment: complaint }
    },
  }),
}
