/** Who is logged in, as /run/utmp keeps it (utmp(5)). */
import * as fs from 'node:fs'
import { asFloat } from '../../../base/float.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const userProcess = 7

/** Most architectures keep times of 32 bits there; these have wider records. */
const narrow = { size: 384, time: 340, wide: false }
const wider = { size: 400, time: 344, wide: true }
const wideArchitectures: readonly string[] = ['arm64', 'riscv64', 'loong64']

export const getUsers = fn({
  doc: 'List who is logged in, where, from where and since when (seconds since 1970).',
  returns: s.array(s.record(s.any())),
  examples: ["salt '*' ps.get_users"],
  run(ctx) {
    const records = readRecords(ctx)
    const { size, time, wide } = wideArchitectures.includes(process.arch) ? wider : narrow
    const users: Record<string, unknown>[] = []
    for (let at = 0; at + size <= records.length; at += size) {
      if (records.readInt16LE(at) !== userProcess) continue
      const text = (from: number, length: number): string =>
        records.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '')
      const [whole, micro] = wide
        ? [Number(records.readBigInt64LE(at + time)), Number(records.readBigInt64LE(at + time + 8))]
        : [records.readInt32LE(at + time), records.readInt32LE(at + time + 4)]
      const host = text(76, 256)
      users.push({
        name: text(44, 32),
        terminal: text(8, 32),
        host: host === ':0' || host === ':0.0' ? 'localhost' : host,
        started: asFloat(whole + micro / 1e6),
        pid: records.readInt32LE(at + 4),
      })
    }
    return users
  },
})

function readRecords(ctx: FunctionContext): Buffer {
  for (const path of ['/run/utmp', '/var/run/utmp']) {
    try {
      return fs.readFileSync(ctx.at(path))
    } catch {}
  }
  return Buffer.alloc(0)
}
