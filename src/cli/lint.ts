/** `salt lint`: what is wrong with SLS files, told without a minion. */
import { commonOptions } from './options/common.ts'
import { type CommandSpec, flag, text } from './options/option.ts'
import { parseCommand } from './parse-command.ts'

export const spec: CommandSpec = {
  name: 'salt lint',
  usage: '[options] [PATH…]',
  operands: ['files'],
  about:
    'Checks SLS files, or all below folders, without a minion: whether they can be rendered and compiled, whether there are the states, arguments, files and ids that they name. Templates get the grains of this host and an empty pillar unless files are given, and run no functions that look at a host or change it: what needs those is told as a note. Prints one line for each finding, `file:line:column: severity: message [code]`. Exit codes: 0 no errors, 1 errors (with --strict warnings, too), 64 wrong usage.',
  groups: [
    {
      title: 'Options',
      options: [
        text(
          ['--root'],
          'DIR',
          'Folder that the names of SLS files begin at; may be given several times. When left out, the nearest folder around that has a top.sls, else those below that have one, else the one to check.',
          { kind: 'list', offers: 'folders' },
        ),
        text(['--grains'], 'FILE', 'YAML or JSON file with the grains, instead of those of this host.'),
        text(['--pillar'], 'FILE', 'YAML or JSON file with the pillar.'),
        text(['--saltenv'], 'NAME', 'Environment that the files are in; base when left out.'),
        text(['--id'], 'ID', 'Id of the minion; the grain id when left out.'),
        text(['--out'], 'FORMAT', 'text, or json for programs.', { choices: ['text', 'json'] }),
        flag(['--strict'], 'Warnings count as errors.'),
        flag(['--scripts'], 'Run state files in TypeScript (#!ts), which can do anything on this host.'),
        ...commonOptions.filter(({ names }) => !names.includes('--config-dir')),
      ],
    },
  ],
  examples: [
    { line: 'salt lint', doc: 'All SLS files below this folder' },
    {
      line: 'salt lint /srv/salt --grains grains.yaml --pillar pillar.yaml',
      doc: 'A tree as a certain minion sees it',
    },
    { line: 'salt lint --strict --out=json web/init.sls', doc: 'One file, for a program' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { lintPaths } = await import('./lint/lint-paths.ts')
  return await lintPaths(parsed.options, parsed.words.length === 0 ? ['.'] : parsed.words)
}
