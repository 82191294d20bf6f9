/** What is otherwise than in Salt on purpose, for those who come from there. The compatibility page is made from it. */

export interface Difference {
  readonly subject: string
  readonly salt: string
  readonly here: string
}

export const differences: readonly Difference[] = [
  {
    subject: 'Keys and wire',
    salt: 'RSA keys, ZeroMQ or TCP on two ports',
    here: 'Ed25519 keys, a wire of its own on one port (`ret_port`); masters and minions of Python Salt do not connect',
  },
  {
    subject: 'Unknown options',
    salt: 'are passed over in silence',
    here: 'are errors with file, line and the nearest name; `custom_options` names those of your own',
  },
  {
    subject: 'Minions that do not answer',
    salt: 'are left out, and the command may exit 0',
    here: 'have a named state each, and the command exits 1',
  },
  {
    subject: 'Exit codes of `salt run`',
    salt: '0 for an unknown function or an exception',
    here: 'not 0',
  },
  {
    subject: 'Plugins in Python',
    salt: 'are loaded into the daemon',
    here: 'are written in TypeScript, or are programs with a description; neither can stall or end the daemon',
  },
  {
    subject: 'Grains of the program itself',
    salt: '`pythonversion`, `pythonpath`, `pythonexecutable`, `zmqversion`',
    here: '`nodeversion`, `nodeexecutable`; `saltversion` and `pythonversion` are those of Salt 3006.0, since trees name packages after them',
  },
  {
    subject: 'Dry runs',
    salt: 'each state has a branch of its own for `test=True`',
    here: 'a state makes a plan, which a run carries out and a dry run shows; the changes of a dry run are those of the run, as far as they can be known before',
  },
  {
    subject: '`test: False` of `salt.state` in a dry run of an orchestration',
    salt: 'changes the minions',
    here: 'has no effect, with a warning: a dry run changes nothing',
  },
  {
    subject: 'Unknown arguments of states',
    salt: 'are a warning, or are taken without a word by states with `**kwargs`',
    here: 'are a warning with the nearest name',
  },
  {
    subject: '`salt.function` and minions that do not return',
    salt: 'they are left out',
    here: 'they are left out, with a warning that names each and its state',
  },
  {
    subject: '`fail_minions` of `salt.function`',
    salt: 'does not count where the return code is not 0',
    here: 'counts',
  },
  {
    subject: 'Steps of orchestrations',
    salt: 'can only be guessed from the events of jobs',
    here: 'are told by events `salt/run/JID/step/N/begun` and `…/ended`',
  },
  {
    subject: 'Errors of templates and SLS files',
    salt: 'name the file, often not the line',
    here: "are Salt's sentences with file, line, column and an excerpt",
  },
  {
    subject: 'Control characters in returns',
    salt: 'escape sequences reach the terminal',
    here: 'are shown as `?`',
  },
  {
    subject: '`--out highstate` of what is no result of states',
    salt: 'an empty summary',
    here: 'the same as `nested`',
  },
]
