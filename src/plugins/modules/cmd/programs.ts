/** Functions of `cmd` that look for programs, shells and terminals. */
import { readFile, writeFile } from 'node:fs/promises'
import { s } from '../../../base/schema.ts'
import { findProgram } from '../../../engine/functions/process-identity.ts'
import { fn } from '../../../engine/plugin.ts'

const path = s.union([s.path(), s.null()], 'Full path, or null')

/** How a shell tells its version. */
const versionQuestions: Readonly<Record<string, { readonly words: readonly string[]; readonly pattern: RegExp }>> = {
  bash: { words: ['--version'], pattern: /version (\d\S*)/ },
  zsh: { words: ['--version'], pattern: /zsh (\d\S*)/ },
  fish: { words: ['--version'], pattern: /version (\d\S*)/ },
  tcsh: { words: ['--version'], pattern: /tcsh (\d\S*)/ },
  ksh: { words: ['--version'], pattern: /version\s+\S*\s*(\S+)/ },
  python3: { words: ['--version'], pattern: /Python (\d\S*)/ },
  perl: { words: ['-v'], pattern: /\(v(\d[^)]*)\)/ },
  ruby: { words: ['-v'], pattern: /ruby (\d\S*)/ },
  node: { words: ['--version'], pattern: /v(\d\S*)/ },
  php: { words: ['-v'], pattern: /PHP (\d\S*)/ },
}

export const programFunctions = {
  which: fn({
    doc: 'Find a program on the search path.',
    args: { cmd: s.string('Name of the program') },
    returns: path,
    examples: ["salt '*' cmd.which cat"],
    run: (_ctx, { cmd }) => findProgram(cmd) ?? null,
  }),
  which_bin: fn({
    doc: 'Find the first of several programs on the search path.',
    args: { cmds: s.array(s.string(), 'Names of the programs') },
    returns: path,
    examples: ["salt '*' cmd.which_bin '[pip3, pip]'"],
    run(_ctx, { cmds }) {
      for (const cmd of cmds) {
        const found = findProgram(cmd)
        if (found !== undefined) return found
      }
      return null
    },
  }),
  has_exec: fn({
    doc: 'Tell whether a program is on the search path.',
    args: { cmd: s.string('Name of the program') },
    returns: s.boolean(),
    examples: ["salt '*' cmd.has_exec cat"],
    run: (_ctx, { cmd }) => findProgram(cmd) !== undefined,
  }),
  shells: fn({
    doc: 'List the login shells that /etc/shells names.',
    returns: s.array(s.path()),
    examples: ["salt '*' cmd.shells"],
    async run() {
      const text = await readFile('/etc/shells', 'utf8').catch(() => '')
      return text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'))
    },
  }),
  shell_info: fn({
    doc: 'Tell where a shell or an interpreter is installed and which version it has.',
    args: {
      shell: s.string('Name of the shell'),
      list_modules: s.withDefault(s.boolean('Accepted, and without effect here'), false),
    },
    returns: s.record(s.any()),
    examples: ["salt '*' cmd.shell_info bash"],
    async run(ctx, { shell }) {
      const found = findProgram(shell)
      if (found === undefined) return { installed: false }
      const question = versionQuestions[shell]
      if (question === undefined) return { installed: true, path: found }
      const { stdout } = await ctx.exec([found, ...question.words], { mergeStderr: true, timeoutMs: 10_000 })
      const version = question.pattern.exec(stdout)?.[1]
      if (version === undefined) return { installed: true, path: found, version: 'unknown' }
      const [major, minor, patch] = version.match(/\d+/g) ?? []
      return {
        installed: true,
        path: found,
        version: version.replace(/[(,].*$/, ''),
        version_raw: version,
        ...(major === undefined ? {} : { version_major: major }),
        ...(minor === undefined ? {} : { version_minor: minor }),
        ...(patch === undefined ? {} : { version_patch: patch }),
      }
    },
  }),
  tty: fn({
    doc: 'Write a text to a terminal of the minion.',
    args: {
      device: s.string('The terminal: tty0, pts3'),
      echo: s.withDefault(s.text('The text'), ''),
    },
    returns: s.record(s.string()),
    examples: ["salt '*' cmd.tty tty0 'The machine restarts in a minute'"],
    async run(ctx, { device, echo }) {
      const match = /^(?:(tty\w*)|pts\/?(\d+))$/.exec(device)
      if (match === null) return { Error: 'The specified device is not a valid TTY' }
      const target = match[1] === undefined ? `/dev/pts/${match[2]}` : `/dev/${match[1]}`
      try {
        await writeFile(target, `${echo}\n`, { flag: 'r+' })
        return { Success: `Message was successfully echoed to ${target}` }
      } catch (error) {
        ctx.log.debug('A terminal could not be written to', { target, error })
        return { Error: `Echoing to ${target} returned error` }
      }
    },
  }),
}
