/** `npm run build`: the binary for this machine, `dist/<system>/salt`, and the module for other programs, `dist/lib`. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { makeExecutable } from './packaging/executable.ts'
import { folders, root } from './packaging/folders.ts'
import { buildLibrary } from './packaging/library.ts'
import { nodeBase } from './packaging/node-base.ts'
import { currentCommit, makeBundle, nodeCommand } from './packaging/prepare.ts'
import { mebibytes, progress } from './packaging/program.ts'
import { fileName, hostTarget } from './packaging/targets.ts'
import { warmCache } from './packaging/warm.ts'

const target = hostTarget()
const output = path.join(folders.dist, target.system, fileName(target))
const library = buildLibrary(folders.library)
const made = await makeBundle(await currentCommit())
const base = await nodeBase(target)
const warm = await warmCache(made, target, await nodeCommand(target, base))
progress('make the executable')
await makeExecutable(target, made, warm, base.file, output)
await library
progress(`${path.relative(root, output)}: ${mebibytes((await stat(output)).size)}`)
